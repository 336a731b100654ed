"""What was promised, agreed and delivered: engagement reports with evidence, read off the sentences by the lexicon.

A sentence reports an act if it names one (lexicon `types`) and the Chinese side or the police are in it or carried from
the sentence before. Its status is the nearest status sign; each number with a counted noun is a quantity of the nearest
act. Rows of one article with the same type and status are one report. A field without evidence stays empty.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.gazetteer import Gazetteer, Organisation, Place
from pipeline.lexicon import Lexicon
from pipeline.numerals import Number, find_numbers
from pipeline.records import (
    EngagementReport,
    EngagementType,
    Party,
    Qualifier,
    Quantity,
    QuantityRole,
    Role,
    Status,
    ThirdParty,
    Unit,
)  # fmt: skip
from pipeline.sentences import Sentence
from pipeline.terms import Hit

VERSION = "engage-1"
PRC = frozenset({"CN", "HK", "MO"})
AFTER_NUMBER = 45
"""Code points between a number and its noun: "2,700 foreign law enforcement officers" has room for adjectives."""
BROAD = frozenset(
    {"forum", "visit", "agreement", "equipment", "facility", "exercise", "countermeasure", "repression_act", "training"}
)
"""Types whose words are everyday words: they count only where police or the Chinese side stand in the same sentence."""
HAPPENED: dict[EngagementType, Status] = {
    "forum": "delivered", "visit": "delivered", "agreement": "agreed", "joint_patrol": "under_way", "training": "under_way",
    "extradition_or_repatriation": "delivered", "countermeasure": "delivered", "wanted_notice": "delivered",
    "joint_operation": "delivered", "exercise": "delivered", "equipment": "delivered", "repression_act": "alleged",
    "liaison_or_station": "under_way",
}  # fmt: skip
"""Status where no sign tells one: how the act is usually reported."""
ROLES: dict[EngagementType, QuantityRole] = {
    "advisers": "sent", "joint_patrol": "sent", "liaison_or_station": "sent", "peacekeeping": "sent",
    "extradition_or_repatriation": "repatriated", "joint_operation": "arrested", "countermeasure": "arrested",
    "equipment": "donated", "forum": "attending", "visit": "attending", "exercise": "attending",
}  # fmt: skip
UNITS_OF: dict[EngagementType, frozenset[Unit]] = {
    "training": frozenset({"officers", "persons", "trainings", "countries"}),
    "advisers": frozenset({"officers", "persons"}),
    "equipment": frozenset({"items", "money", "unknown"}),
    "facility": frozenset({"money", "unknown", "items"}),
    "joint_patrol": frozenset({"officers", "countries", "trainings"}),
    "exercise": frozenset({"officers", "countries"}),
    "liaison_or_station": frozenset({"stations", "countries", "officers"}),
    "joint_operation": frozenset({"persons", "officers", "stations"}),
    "extradition_or_repatriation": frozenset({"persons"}),
    "forum": frozenset({"delegations", "countries", "persons", "officers"}),
    "visit": frozenset({"delegations", "persons"}),
    "peacekeeping": frozenset({"officers", "persons"}),
    "wanted_notice": frozenset({"persons", "money"}),
    "repression_act": frozenset({"persons", "countries"}),
    "countermeasure": frozenset({"persons", "stations"}),
}  # fmt: skip
"""Which counts an act can have; a number of another kind belongs to another act of the sentence or to none."""


@dataclass(frozen=True, slots=True)
class Read:
    """One sentence with everything that was found in it. Offsets of hits are within the sentence."""

    sentence: Sentence
    chinese: bool
    policing: bool
    hits: dict[str, list[Hit]]
    places: list[Place]
    organisations: list[Organisation]
    numbers: list[Number]


@dataclass(frozen=True, slots=True)
class Act:
    """One act in one sentence, before rows are joined."""

    type: EngagementType
    status: Status
    sentence: Sentence
    parties: tuple[Party, ...]
    third_parties: tuple[ThirdParty, ...]
    quantities: tuple[Quantity, ...]


def engage(
    headline: str, sentences: Sequence[Sentence], lang: str, lexicon: Lexicon, gazetteer: Gazetteer
) -> tuple[EngagementReport, ...]:
    """The reports of one relevant article, in order of their first evidence. Offsets point into the text."""
    reads = [_read(sentence, lang, lexicon, gazetteer) for sentence in sentences]
    acts = [act for i, read in enumerate(reads) for act in _acts(read, reads[i - 1] if i else None)]
    return _joined(_with_hosts(acts, reads, gazetteer.find(headline)[0]))


def _read(sentence: Sentence, lang: str, lexicon: Lexicon, gazetteer: Gazetteer) -> Read:
    hits: dict[str, list[Hit]] = {}
    for hit in lexicon.coding_hits(sentence.text) + lexicon.screen_hits(sentence.text):
        hits.setdefault(hit.label[0], []).append(hit)
    places, organisations = gazetteer.find(sentence.text)
    chinese = bool(hits.get("china") or hits.get("prc_bodies"))
    policing = bool(hits.get("police") or hits.get("prc_bodies")) or any(
        h.label[1] == "officers" for h in hits.get("units", [])
    )
    numbers = [number for number in find_numbers(sentence.text, lang)]
    return Read(sentence, chinese, policing, hits, places, organisations, numbers)


def _acts(read: Read, before: Read | None) -> list[Act]:
    carried = before is not None and before.chinese and before.policing
    if not (read.chinese or read.policing or carried):
        return []
    triggers = _triggers(read)
    quantities = _quantities(read, triggers)
    found: list[Act] = []
    for type_, trigger in triggers.items():
        if (
            type_ in BROAD
            and not (read.chinese and read.policing)
            and not (carried and (read.chinese or read.policing))
        ):
            continue
        own = [(anchor, quantity) for owner, anchor, quantity in quantities if owner == type_]
        found += _by_status(read, type_, trigger, own)
    return found


def _triggers(read: Read) -> dict[EngagementType, Hit]:
    """Longest word of each type; a type whose word lies inside a longer word of another type is dropped."""
    best: dict[EngagementType, Hit] = {}
    for hit in read.hits.get("types", []):
        name: EngagementType = hit.label[1]
        if name not in best or hit.end - hit.start > best[name].end - best[name].start:
            best[name] = hit
    return {
        name: hit
        for name, hit in sorted(best.items(), key=lambda pair: pair[1].start)
        if not any(
            o.start <= hit.start and hit.end <= o.end and o.end - o.start > hit.end - hit.start for o in best.values()
        )
    }


def _by_status(read: Read, type_: EngagementType, trigger: Hit, own: list[tuple[int, Quantity]]) -> list[Act]:
    """One act for each status that the type has in the sentence: that of its word, or of each of its numbers."""
    by_status: dict[Status, list[Quantity]] = {}
    for anchor, quantity in own:
        by_status.setdefault(_status(read, type_, anchor), []).append(quantity)
    if not own:
        by_status[_status(read, type_, trigger.start)] = []
    parties, third = _parties(read, type_), _third_parties(read, type_)
    return [
        Act(type_, status, read.sentence, parties, third, tuple(_with_role(q, type_, status) for q in quantities))
        for status, quantities in by_status.items()
    ]


def _status(read: Read, type_: EngagementType, anchor: int) -> Status:
    """The status sign nearest to `anchor`; what stands behind counts as farther, a clause border between as much farther."""
    text = read.sentence.text
    best: tuple[float, int, Status] | None = None
    for hit in read.hits.get("status", []):
        between = text[min(hit.start, anchor) : max(hit.end, anchor)]
        distance = abs(hit.start - anchor) * (1.0 if hit.start <= anchor else 1.4) + 25 * sum(
            between.count(c) for c in ",;，；、—"
        )
        key = (distance, -(hit.end - hit.start), hit.label[1])
        if best is None or key < best:
            best = key
    if best is None or best[0] > 140:
        return HAPPENED.get(type_, "under_way")
    return best[2]


def _quantities(read: Read, triggers: dict[EngagementType, Hit]) -> list[tuple[EngagementType, int, Quantity]]:
    """(type it belongs to, place of the number, quantity) for each number with a counted noun."""
    found = []
    units = read.hits.get("units", [])
    for i, number in enumerate(read.numbers):
        limit = read.numbers[i + 1].start if i + 1 < len(read.numbers) else len(read.sentence.text)
        noun = _noun(number, limit, units, read.sentence.text)
        if noun is None:
            continue
        unit: Unit = noun.label[1]
        owner = _owner(unit, number, triggers)
        if owner is not None:
            found.append((owner, number.start, _quantity(read, number, noun, unit)))
    return found


def _noun(number: Number, limit: int, units: Sequence[Hit], text: str) -> Hit | None:
    near = [
        hit
        for hit in units
        if number.end <= hit.start + 1 and hit.start <= min(limit, number.end + AFTER_NUMBER)
        and not any(c in text[number.end : hit.start] for c in ".;:。；：!?(")
    ]  # fmt: skip
    if number.year:
        near = [hit for hit in near if hit.start - number.end <= 2]
    return min(near, key=lambda hit: (hit.start, -(hit.end - hit.start))) if near else None


def _owner(unit: Unit, number: Number, triggers: dict[EngagementType, Hit]) -> EngagementType | None:
    able = [
        (abs(hit.start - number.start), name)
        for name, hit in triggers.items()
        if unit in UNITS_OF.get(name, frozenset())
    ]
    return min(able)[1] if able else None


def _quantity(read: Read, number: Number, noun: Hit, unit: Unit) -> Quantity:
    offset = read.sentence.start
    period = next((hit.label[1] for hit in read.hits.get("periods", [])), None)
    nearest = min(read.hits.get("periods", []), key=lambda hit: abs(hit.start - number.start), default=None)
    return Quantity(
        number.value, unit, "other", _qualifier(read, number, noun), offset + number.start, offset + noun.end,
        nearest.label[1] if nearest else period, any(abs(h.start - number.start) < 60 for h in read.hits.get("cumulative", [])),
    )  # fmt: skip


def _qualifier(read: Read, number: Number, noun: Hit) -> Qualifier:
    for hit in read.hits.get("qualifiers", []):
        name: Qualifier = hit.label[1]
        if hit.end <= number.start <= hit.end + 2 or number.end <= hit.start <= min(number.end + 1, noun.start):
            return name
    return "exact"


def _with_role(quantity: Quantity, type_: EngagementType, status: Status) -> Quantity:
    if quantity.unit in ("countries", "trainings", "stations", "money", "unknown"):
        role: QuantityRole = "attending" if quantity.unit == "countries" and type_ == "forum" else "other"
    elif type_ == "training":
        role = "trained" if status in ("delivered", "under_way", "ended") else "to_train"
    else:
        role = ROLES.get(type_, "other")
    return Quantity(
        quantity.n, quantity.unit, role, quantity.qualifier, quantity.start, quantity.end, quantity.period, quantity.cumulative,
        quantity.currency,
    )  # fmt: skip


def _parties(read: Read, type_: EngagementType) -> tuple[Party, ...]:
    offset = read.sentence.start
    found: dict[str, Party] = {}
    for place in read.places:
        if place.country in PRC or _only_compared(read.sentence.text, place):
            continue
        role = _role(read, place, type_)
        found.setdefault(place.country, Party(place.country, role, offset + place.start, offset + place.end))
    return tuple(found.values())


def _only_compared(text: str, place: Place) -> bool:
    """ "US-led", "US-style": a country that is compared with takes no part."""
    return text[place.end : place.end + 1] in ("-", "‑") or text[place.end : place.end + 4] in ("主导", "式的")


def _role(read: Read, place: Place, type_: EngagementType) -> Role:
    near = {
        hit.label[1]
        for hit in read.hits.get("country_roles", [])
        if -30 <= hit.start - place.end <= 25 or 0 <= place.start - hit.end <= 25
    }
    if "protesting" in near:
        return "protesting"
    if place.country == "TW" and type_ in ("extradition_or_repatriation", "joint_operation"):
        return "nationality_only"
    if type_ == "forum":
        return "attending"
    return "host"


def _third_parties(read: Read, type_: EngagementType) -> tuple[ThirdParty, ...]:
    offset = read.sentence.start
    if type_ not in ("forum", "peacekeeping", "wanted_notice", "training", "agreement", "joint_operation", "visit"):
        return ()
    named = {o.name: ThirdParty(o.name, offset + o.start, offset + o.end) for o in reversed(read.organisations)}
    return tuple(sorted(named.values(), key=lambda third: third.start))


def _with_hosts(acts: Sequence[Act], reads: Sequence[Read], headline: Iterable[Place]) -> list[Act]:
    """An act whose sentence names no country takes the article's one, if its headline or beginning has just one."""
    named = {place.country for place in headline} - PRC
    early = [(place, read) for read in reads[:3] for place in read.places if place.country not in PRC]
    hosts = named or {place.country for place, _ in early}
    host = next(((p, r) for p, r in early if hosts == {p.country}), None)
    if host is None:
        return list(acts)
    place, read = host
    party = Party(place.country, "host", read.sentence.start + place.start, read.sentence.start + place.end)
    return [
        act if act.parties else Act(act.type, act.status, act.sentence, (party,), act.third_parties, act.quantities)
        for act in acts
    ]


def _joined(acts: Sequence[Act]) -> tuple[EngagementReport, ...]:
    rows: dict[tuple[EngagementType, Status], list[Act]] = {}
    for act in acts:
        rows.setdefault((act.type, act.status), []).append(act)
    return tuple(_report(same) for same in rows.values())


def _report(acts: Sequence[Act]) -> EngagementReport:
    parties = {p.country: p for act in reversed(acts) for p in reversed(act.parties)}
    third = {t.name: t for act in reversed(acts) for t in reversed(act.third_parties)}
    quantities = {(q.n, q.unit, q.role): q for act in reversed(acts) for q in act.quantities}
    first = acts[0]
    return EngagementReport(
        first.type, first.status, first.sentence.start, first.sentence.end,
        tuple(sorted(parties.values(), key=lambda p: p.start)), tuple(sorted(third.values(), key=lambda t: t.start)),
        tuple(sorted(quantities.values(), key=lambda q: q.start)),
    )  # fmt: skip
