"""How many of what: numbers with the noun they count, each given to the act of its clause that can have such a count.

Where the noun stands is a matter of language: behind the number with adjectives between (most), in front of it (Swahili),
or in front of a number with a counter (Chinese, Japanese, Korean, Thai). A number whose noun is not found is left out.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.acts import MARK, Mention, clause_marks
from pipeline.measures import amount_of, is_measure
from pipeline.nouns import Counted, counted, duals, individuals, single_post
from pipeline.numerals import Number
from pipeline.reading import Read
from pipeline.records import EngagementType, Qualifier, Quantity, QuantityRole, Status, Unit

UNITS_OF: dict[EngagementType, frozenset[Unit]] = {
    "training": frozenset({"officers", "persons", "trainings", "countries"}),
    "advisers": frozenset({"officers", "persons"}),
    "equipment": frozenset({"items", "money", "unknown", "countries"}),
    "facility": frozenset({"money", "unknown", "items", "stations"}),
    "agreement": frozenset({"money"}),
    "joint_patrol": frozenset({"officers", "persons", "countries"}),
    "exercise": frozenset({"officers", "persons", "countries", "items"}),
    "liaison_or_station": frozenset({"stations", "officers"}),
    "joint_operation": frozenset({"persons", "items", "stations", "officers", "money"}),
    "information_sharing": frozenset({"money"}),
    "extradition_or_repatriation": frozenset({"persons", "countries", "officers"}),
    "legal_assistance": frozenset({"persons", "money"}),
    "forum": frozenset({"delegations", "countries", "persons", "officers"}),
    "visit": frozenset({"persons", "officers"}),
    "peacekeeping": frozenset({"officers", "persons"}),
    "wanted_notice": frozenset({"persons", "money"}),
    "repression_act": frozenset({"persons"}),
    "countermeasure": frozenset({"persons", "stations"}),
}
"""Which counts an act can have; a number of another kind belongs to another act of the sentence or to none."""
ESCORTS = frozenset({"joint_operation", "extradition_or_repatriation"})
"""Acts whose officers count only if they are Chinese: how many local police went along says nothing of the cooperation."""
AS_OFFICERS = frozenset({"advisers", "joint_patrol", "exercise", "peacekeeping", "liaison_or_station"})
"""Acts whose people are serving police, whatever noun counts them: "a unit of 140"."""
ROLES: dict[EngagementType, QuantityRole] = {
    "advisers": "sent", "joint_patrol": "sent", "liaison_or_station": "sent", "peacekeeping": "sent",
    "extradition_or_repatriation": "repatriated", "joint_operation": "arrested", "forum": "attending", "visit": "attending",
    "exercise": "attending",
}  # fmt: skip
FAR = 130
"""A number farther than this from an act, clause marks counted, is none of it."""
PART = 30
"""Code points between a number and the words that make it a part of another."""
BESIDE = 40
"""Code points between an amount and the word that says it was given."""
RUNNING = 60
"""Code points from a number within which a sign of a running total is about it."""
_BOTH = 2
"""As many countries as every cooperation has: "the two countries" and "the two countries' police" count nothing."""
_PARTED: frozenset[Unit] = frozenset({"persons", "officers", "items"})
_PLAIN: frozenset[Unit] = frozenset({"trainings", "stations", "money", "unknown"})


@dataclass(frozen=True, slots=True)
class Owned:
    """A quantity with the mention that it belongs to and the place of its number in the sentence.

    `told`: its role, where a word beside the number tells it: victims freed among suspects held, trainers among trainees.
    `part`: it is a part of another number and shares the status of the act.
    """

    owner: Mention
    at: int
    quantity: Quantity
    told: QuantityRole | None = None
    part: bool = False


def owned_quantities(
    read: Read,
    own: Sequence[Mention],
    carried: Sequence[Mention],
    earlier: Sequence[Mention],
    lang: str,
    before: Sequence[Owned] = (),
) -> list[Owned]:
    """Each counted number of the sentence with its act: one of the sentence, else one `carried` from those just before.

    `earlier`: acts of any sentence before, to which a number belongs if a word beside it says so (`_CONFIRMED`).
    `before`: what was counted in the article so far; a part of it ("18 of them") has no noun of its own.
    """
    found: list[Owned] = []
    for i, number in enumerate(read.numbers):
        limit = read.numbers[i + 1].start if i + 1 < len(read.numbers) else len(read.sentence.text)
        what = _what(read, number, limit, lang)
        if what is None:
            part = _part(read, number, limit, (*before[-1:], *found), lang)
            found += [part] if part else []
            continue
        owner = _owner(read, what, own, carried) or _confirmed(read, what, (*own, *earlier))
        if owner:
            quantity = _quantity(read, number.value, what)
            if what.people and owner.type == "training" and _among_police(read, (*before, *found)):
                quantity = replace(quantity, unit="officers")
            found.append(Owned(owner, what.at, quantity, _told(read, what, owner)))
    for what in duals(read):
        owner = _owner(read, what, own, carried)
        if owner:
            found.append(Owned(owner, what.at, _quantity(read, 2, what), _told(read, what, owner)))
    return [*found, *_singles(read, own, found, lang)]


def _what(read: Read, number: Number, limit: int, lang: str) -> Counted | None:
    amount = amount_of(read.sentence.text, number)
    if amount is not None:
        return Counted("unknown" if amount.bare else "money", number.start, number.start, amount.end, amount.currency)
    if is_measure(read.sentence.text, number, lang) or number.value < 2:
        return None
    if number.value == _BOTH and read.around("units.countries", number.end, number.end + 3):
        return None
    return counted(read, number, limit, lang)


def _part(read: Read, number: Number, limit: int, known: Sequence[Owned], lang: str) -> Owned | None:
    """A number without a noun beside words that say "of them", as a part of what was counted last."""
    if not known or number.year or is_measure(read.sentence.text, number, lang):
        return None
    whole = known[-1]
    beside = read.around("acts.parts", number.start - PART, min(limit, number.end + PART))
    if not beside or whole.quantity.unit not in _PARTED or not 2 <= number.value < whole.quantity.n:
        return None
    words = Counted(whole.quantity.unit, number.start, number.start, number.end)
    return Owned(whole.owner, number.start, _quantity(read, number.value, words), whole.told, part=True)


def _among_police(read: Read, known: Sequence[Owned]) -> bool:
    """Whether "people" who are trained are police, by what was counted before or by the sentence."""
    counted_before = [row.quantity.unit for row in known if row.owner.type == "training" and row.told is None]
    if any(unit in ("officers", "persons") for unit in counted_before):
        return "officers" in counted_before
    return bool(read.labelled("units.officers"))


def _owner(read: Read, what: Counted, own: Sequence[Mention], carried: Sequence[Mention]) -> Mention | None:
    able = [
        (_far(read.sentence.text, what.at, mention), i, mention)
        for i, mention in enumerate(own)
        if _able(read, what, mention)
    ]
    if able:
        teachers = [row for row in able if row[2].type == "advisers" and _teaching(read, what)]
        nearest = min(teachers or able, key=lambda row: row[:2])
        return nearest[2] if nearest[0] <= FAR else None
    if own or what.unit in ("countries", "unknown"):
        return None
    return next((mention for mention in carried if _able(read, what, mention)), None)


def _able(read: Read, what: Counted, mention: Mention) -> bool:
    if mention.type in ESCORTS and what.unit == "officers" and not _chinese(read, what):
        return False
    return what.unit in UNITS_OF.get(mention.type, frozenset())


def _teaching(read: Read, what: Counted) -> bool:
    return any(hit.end <= what.end + 3 for hit in read.around("acts.trainer", what.start, what.end))


def _chinese(read: Read, what: Counted) -> bool:
    return any(read.around(label, what.start - 8, what.end + 25) for label in ("china", "prc_bodies"))


_CONFIRMED: dict[EngagementType, tuple[str, ...]] = {
    "forum": ("country_roles.attending", "acts.attend"),
    "exercise": ("country_roles.attending", "acts.attend"),
    "joint_operation": ("acts.arrest", "acts.free"),
    "equipment": ("acts.cost",),
    "facility": ("acts.cost",),
}
"""Signs by which a number belongs to an act told earlier in the article: who attended, who was held, what it cost."""
_BY_SIGN: frozenset[Unit] = frozenset({"persons", "officers", "countries", "delegations", "money", "items"})


def _confirmed(read: Read, what: Counted, earlier: Sequence[Mention]) -> Mention | None:
    for mention in earlier:
        able = _able(read, what, mention) and what.unit in _BY_SIGN
        signs = _CONFIRMED.get(mention.type, ())
        if able and any(read.around(label, what.at - FAR, what.at + FAR) for label in signs):
            return mention
    return None


def _told(read: Read, what: Counted, owner: Mention) -> QuantityRole | None:
    if owner.type == "training":
        return "sent" if _teaching(read, what) and _chinese(read, what) else None
    if owner.type == "facility" and what.unit == "money":
        return "donated" if read.around("acts.give", what.at - BESIDE, what.end + BESIDE) else None
    if owner.type == "wanted_notice" and what.unit == "persons":
        return "arrested" if read.around("acts.arrest", what.at - FAR, what.at + FAR) else None
    if owner.type == "joint_operation":
        near = [
            (abs(hit.start - what.at), name)
            for name in ("arrest", "free")
            for hit in read.around(f"acts.{name}", what.at - FAR, what.at + FAR)
        ]
        return "other" if near and min(near)[1] == "free" else None
    return None


def _far(text: str, at: int, mention: Mention) -> int:
    return min(
        abs(hit.start - at) + MARK * clause_marks(text, min(hit.start, at), max(hit.start, at))
        for hit in (mention.trigger, mention.anchor)
    )


SINGLES: frozenset[EngagementType] = frozenset({"extradition_or_repatriation", "wanted_notice", "countermeasure"})
"""Acts that are done to one person: "a man", "un empresario", "一名男子"."""


def _singles(read: Read, own: Sequence[Mention], found: Iterable[Owned], lang: str) -> Iterator[Owned]:
    """One person handed over or wanted, one office or officer, where the sentence counts no others."""
    people = any(row.quantity.unit in ("persons", "officers") for row in found)
    for mention in own:
        what = None
        if mention.type in SINGLES and not people:
            what = _one_person(read, mention.trigger.start, lang)
        elif mention.type == "liaison_or_station" and not any(row.owner == mention for row in found):
            what = single_post(read, mention.trigger, lang)
        if what:
            yield Owned(mention, what.at, _quantity(read, 1, what), _told(read, what, mention))


def _one_person(read: Read, near: int, lang: str) -> Counted | None:
    """An individual told by an article or a one before a singular noun, the nearest to `near`."""
    people = [person for person in individuals(read, lang) if abs(person.at - near) <= FAR]
    return min(people, key=lambda person: abs(person.at - near), default=None)


def _quantity(read: Read, value: float, what: Counted) -> Quantity:
    offset = read.sentence.start
    near = read.around("periods", what.at - FAR, what.at + FAR)
    period = min(near, key=lambda hit: abs(hit.start - what.at), default=None)
    running = bool(read.around("cumulative", what.at - RUNNING, what.at + RUNNING))
    return Quantity(
        n=value, unit=what.unit, role="other", qualifier=_qualifier(read, what), start=offset + what.start,
        end=offset + what.end, period=period.label[1] if period else None, cumulative=running, currency=what.currency,
    )  # fmt: skip


def _qualifier(read: Read, what: Counted) -> Qualifier:
    for hit in read.around("qualifiers", what.at - 30, what.end + 2):
        name: Qualifier = hit.label[1]
        if hit.end <= what.at <= hit.end + 3 or what.at < hit.start <= what.end + 1:
            return name
    return "exact"


def with_role(row: Owned, status: Status) -> Quantity:
    """The quantity with the part that its people or things play in the act."""
    unit = row.quantity.unit
    if row.owner.type in AS_OFFICERS and unit == "persons":
        unit = "officers"
    role: QuantityRole = row.told or _role(unit, row.owner, status)
    return replace(row.quantity, unit=unit, role=role)


def _role(unit: Unit, mention: Mention, status: Status) -> QuantityRole:
    if unit in _PLAIN:
        return "other"
    if unit in ("countries", "delegations"):
        return "attending" if mention.type in ("forum", "exercise") else "other"
    if unit == "officers" and mention.type in ESCORTS:
        return "sent"
    if mention.type == "training":
        return "trained" if status in ("delivered", "ended") else "to_train"
    if mention.type == "equipment":
        return "donated" if mention.gift and status in ("delivered", "pledged", "agreed") else "other"
    if mention.type == "extradition_or_repatriation" and status not in ("delivered", "under_way", "pledged", "ended"):
        return "other"
    return "other" if unit == "items" else ROLES.get(mention.type, "other")
