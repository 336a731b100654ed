"""Which acts a sentence tells: a word that names the act, or a verb together with what it is done to.

Names of acts ("joint patrol", "red notice") come from the lexicon's `types`. Most acts are told without one: "handed over
26 motorcycles", "flew 94 suspects to China", "passed on the container numbers". Those are pairs of the lexicon's `acts`
and `units`, which must stand close to each other; each comma or semicolon between them counts as distance.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from pipeline.gazetteer import Place
from pipeline.reading import PRC, Read
from pipeline.records import EngagementType, Status
from pipeline.terms import Hit

CLAUSE_MARKS = ",;:،؛，；：—–("
MARK = 25
"""A clause mark between two words puts them as far apart as so many code points."""
LONG = 400
"""Longer than every limit of nearness here."""
BESIDE = 14
"""Code points between "extradition" and "treaty" when they are one name."""
CARRIED = 2
"""Sentences over which a subject carries: who acts is often named once and then meant."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One act in one sentence. `trigger` names it, `verb` is what is done; offsets are within the sentence.

    `gift`: things change hands for nothing; `contract`: an agreement that may be no more than a purchase;
    `sentence`: where its sentence begins, so that equal words in two sentences stay two mentions.
    """

    type: EngagementType
    trigger: Hit
    verb: Hit | None
    default: Status
    gift: bool = False
    contract: bool = False
    sentence: int = 0

    @property
    def anchor(self) -> Hit:
        """The word whose surroundings tell the status."""
        return self.verb or self.trigger


@dataclass(frozen=True, slots=True)
class Rule:
    """`named` (and, if given, one of `beside` within `near`) tells an act of `type` with status `default`.

    `verb`: the second is the verb. `local`: the Chinese side must stand in the sentence itself or the one before.
    `gift`: things change hands for nothing. `people`: words of handing over need a person in the sentence, to tell them from
    goods; words of extradition do not. `wide`: the words beside may also stand in a sentence next to it. `again`: short names
    ("the notice") that tell an act only once the article has told it. `officials`: police must stand in the sentence.
    """

    type: EngagementType
    named: tuple[str, ...]
    beside: tuple[str, ...] = ()
    near: int = 125
    default: Status = "delivered"
    verb: bool = False
    local: bool = False
    gift: bool = False
    people: bool = False
    wide: bool = False
    again: bool = False
    officials: bool = False


_SIDES = ("china", "prc_bodies", "police")
_PEOPLE = ("units.persons", "units.person")
_GOODS = ("units.items", "types.equipment", "acts.system")
RULES = (
    Rule("training", ("types.training", "acts.course"), ("units.officers", *_PEOPLE, *_SIDES), 140),
    Rule("advisers", ("types.advisers",), _SIDES, 60, "under_way", local=True),
    Rule("advisers", ("acts.trainer",), ("acts.stay",), 80, "under_way", local=True),
    Rule("equipment", _GOODS, ("acts.give",), 110, verb=True, gift=True),
    Rule("equipment", _GOODS, ("acts.receive",), 110, verb=True, gift=True),
    Rule("equipment", _GOODS, ("acts.install",), 110, verb=True),
    Rule("equipment", _GOODS, ("acts.buy",), 110, "agreed", verb=True),
    Rule("equipment", ("acts.system",), ("acts.open", "acts.build"), 95, verb=True),
    Rule("equipment", ("types.equipment",), ("acts.show",), 110, "proposed", verb=True),
    Rule("facility", ("types.facility", "acts.site"), ("acts.open", "acts.build", "acts.give"), 95, verb=True),
    Rule("agreement", ("acts.pact",), default="agreed"),
    Rule("joint_patrol", ("types.joint_patrol",), default="under_way"),
    Rule("joint_patrol", ("acts.patrol",), ("units.officers", "police", "prc_bodies"), 80, "under_way", local=True),
    Rule("joint_patrol", ("acts.patrol",), ("acts.together",), 95, "under_way", local=True),
    Rule("exercise", ("types.exercise",)),
    Rule("exercise", ("acts.drill",), ("china", "prc_bodies", "acts.together"), 140),
    Rule("liaison_or_station", ("acts.liaison",), default="under_way"),
    Rule("liaison_or_station", ("types.liaison_or_station",), ("china", "prc_bodies", "foreign"), 95, "under_way", local=True),
    Rule("joint_operation", ("types.joint_operation",), _SIDES, 90),
    Rule("joint_operation", ("acts.taskforce",), _SIDES, 90, local=True),
    Rule("joint_operation", ("acts.arrest", "acts.free"), ("acts.together", "prc_bodies"), 170, local=True),
    Rule("joint_operation", ("acts.arrest", "acts.free"), ("acts.together",), 170, local=True, wide=True),
    Rule("information_sharing", ("types.information_sharing", "acts.hotline")),
    Rule("information_sharing", ("acts.information",), ("acts.share",), 60, verb=True, local=True),
    Rule("extradition_or_repatriation", ("types.extradition_or_repatriation",), people=True),
    Rule("extradition_or_repatriation", ("types.extradition_or_repatriation",), ("acts.request", "acts.refuse"), 80),
    Rule("extradition_or_repatriation", ("acts.return",), ("acts.home",), 95, people=True),
    Rule("legal_assistance", ("types.legal_assistance",)),
    Rule("forum", ("types.forum", "acts.meeting"), ("police", "prc_bodies", "units.delegations", "acts.delegation"), 140),
    Rule("visit", ("types.visit",), ("acts.delegation",), 95),
    Rule("visit", ("acts.delegation",), ("acts.receive",), 45, verb=True),
    Rule("visit", ("types.visit", "acts.travel"), ("acts.delegation", "acts.official"), 80, local=True),
    Rule("peacekeeping", ("types.peacekeeping",)),
    Rule("peacekeeping", ("acts.mission",), ("units.officers", "prc_bodies", "police"), 140, local=True),
    Rule("wanted_notice", ("types.wanted_notice", "acts.reward")),
    Rule("wanted_notice", ("acts.notice",), again=True),
    Rule("repression_act", ("types.repression_act",), ("china", "prc_bodies", "acts.exile", "acts.kin"), 125, "alleged"),
    Rule("repression_act", ("acts.press",), ("acts.exile", "acts.kin"), 80, "alleged"),
    Rule("repression_act", ("acts.contact",), ("acts.kin", "acts.exile"), 110, "alleged", officials=True),
    Rule("countermeasure", ("acts.inquire",), default="under_way"),
    Rule("countermeasure", ("types.countermeasure", "acts.answer"), ("police", "china", "prc_bodies", "acts.liaison"), 140),
)  # fmt: skip


_PARTS = frozenset({("acts", "course"), ("acts", "patrol"), ("acts", "site"), ("acts", "drill"), ("units", "items")})
"""General words that say nothing of their own inside the name of an act, a body or a thing."""


def words_of(act: EngagementType) -> frozenset[str]:
    """Labels of the words that tell an act of this type, by name or as a verb."""
    named = {label for rule in RULES if rule.type == act for label in rule.named}
    return frozenset(named | {label for rule in RULES if rule.type == act and rule.verb for label in rule.beside})


def clause_marks(text: str, start: int, end: int) -> int:
    """Commas, semicolons and the like in text[start:end]; not counted in a span that is too long for anything anyway."""
    if end - start > LONG:
        return 0
    between = text[start:end]
    return sum(between.count(mark) for mark in CLAUSE_MARKS)


def distance(text: str, one: Hit | Place, other: Hit | Place) -> int:
    """Code points between two words or places, with the clause marks between them."""
    start, end = (one.end, other.start) if one.start <= other.start else (other.end, one.start)
    return max(0, end - start) + MARK * clause_marks(text, start, end)


def mentions(
    read: Read, before: Sequence[Read], about: bool, after: Sequence[Read] = (), seen: Collection[EngagementType] = ()
) -> list[Mention]:
    """The acts of one sentence, one for each type, in order.

    `before` are the sentences before it, nearest last; `about`: the article is about the Chinese side, so that it is meant
    throughout. In a wider piece an act needs it in its sentence or shortly before. `after` are the sentences that follow,
    `seen` the acts that the article has told already.
    """
    if not (about or any(sided(other) for other in (read, *before[-CARRIED:]))):
        return []
    found: dict[EngagementType, Mention] = {}
    hidden = _hidden(read)
    for rule in RULES:
        if rule.type in found or (rule.local and not _local(read, before, after if rule.wide else ())):
            continue
        if (rule.again and rule.type not in seen) or (rule.officials and not read.policing):
            continue
        near = (*before, *after) if rule.wide and read.numbers and _people(read) else ()
        mention = _told(rule, read, hidden, near)
        if mention is not None:
            found[rule.type] = mention
    return sorted(_consistent(found, read), key=lambda mention: mention.trigger.start)


def sided(read: Read) -> bool:
    """Whether the Chinese side stands in the sentence: by a word of it, or by a place."""
    return read.chinese or any(place.country in PRC for place in read.places)


def _local(read: Read, before: Sequence[Read], after: Sequence[Read]) -> bool:
    return any(sided(one) for one in (read, *before[-1:], *after[:1]))


def _told(rule: Rule, read: Read, hidden: set[Hit], beside: Sequence[Read]) -> Mention | None:
    """The act that a rule finds; `beside` are sentences in which its second word may stand too."""
    named = [hit for label in rule.named for hit in read.labelled(label) if hit not in hidden and not _counter(hit)]
    if "acts.inquire" in rule.named:  # a researcher is named by the same stem in many languages
        named = [hit for hit in named if not _overlaps(hit, read.labelled("voices.expert"))]
    if rule.type == "facility":
        named = [hit for hit in named if not _overlaps(hit, read.labelled("acts.system"))]
    if rule.people and not _people(read):
        named = [hit for hit in named if _overlaps(hit, read.labelled("acts.extradite"))]
    if not named:
        return None
    if not rule.beside or any(other.labelled(label) for other in beside for label in rule.beside):
        longest = max(named, key=lambda hit: (hit.end - hit.start, -hit.start))
        contract = rule.type == "agreement" and _overlaps(longest, read.labelled("acts.buy"))
        return Mention(rule.type, longest, None, rule.default, rule.gift, contract, read.sentence.start)
    pair = nearest_pair(
        read.sentence.text, named, [hit for label in rule.beside for hit in read.labelled(label)], rule.near
    )
    if pair is None:
        return None
    return Mention(
        rule.type, pair[0], pair[1] if rule.verb else None, rule.default, rule.gift, sentence=read.sentence.start
    )


def _people(read: Read) -> bool:
    return any(not _counter(hit) for label in _PEOPLE for hit in read.labelled(label)) or any(
        place.country == "TW" for place in read.places
    )


def _counter(hit: Hit) -> bool:
    """Whether the hit is a counter of one letter (名, 辆, 대), which says that something is counted but not what."""
    return hit.label[0] == "units" and hit.end - hit.start == 1


def _hidden(read: Read) -> set[Hit]:
    """Words that lie inside a longer word of another act or thing: "training" in "training centre", 巡逻 in 巡逻车."""
    listed = [hit for key in ("types", "acts", "units", "prc_bodies") for hit in read.hits.get(key, [])]
    reach: dict[tuple[str, str], Hit] = {}
    hidden = set()
    for hit in sorted(listed, key=lambda hit: (hit.start, -hit.end)):
        if any(
            other.end >= hit.end and other.end - other.start > hit.end - hit.start and _hides(other.label, hit)
            for other in reach.values()
        ):
            hidden.add(hit)
        if hit.label not in reach or hit.end > reach[hit.label].end:
            reach[hit.label] = hit
    return hidden


def _hides(label: tuple[str, str], hit: Hit) -> bool:
    """Whether a longer word under `label` takes `hit` with it."""
    if label[0] == "types":
        return (hit.label[0] == "types" and label != hit.label) or hit.label in _PARTS
    if label == ("units", "items"):
        return hit.label[0] == "types" or hit.label in _PARTS
    return label == ("prc_bodies", "") and hit.label in _PARTS


def nearest_pair(text: str, named: Iterable[Hit], beside: Iterable[Hit], near: int) -> tuple[Hit, Hit] | None:
    """The two closest hits, one of each kind, that do not overlap; None if they are farther apart than `near`."""
    others = sorted(beside, key=lambda hit: hit.start)
    starts = [hit.start for hit in others]
    best: tuple[int, int, Hit, Hit] | None = None
    for hit in named:
        at = bisect_left(starts, hit.start)
        for other in others[max(0, at - 3) : at + 3]:
            if (other.start < hit.end and hit.start < other.end) or abs(other.start - hit.start) > near + 60:
                continue
            key = (distance(text, hit, other), -(hit.end - hit.start), hit, other)
            if key[0] <= near and (best is None or key[:2] < best[:2]):
                best = key
    return (best[2], best[3]) if best else None


def _consistent(found: dict[EngagementType, Mention], read: Read) -> Iterable[Mention]:
    """Without acts that are only the subject of another: an extradition treaty is an agreement, a drill no training."""
    text = read.sentence.text
    pacts = read.labelled("acts.pact")
    for name, mention in found.items():
        handing = name in ("extradition_or_repatriation", "legal_assistance") and not _asked(read)
        if handing and any(distance(text, mention.trigger, pact) <= BESIDE for pact in pacts):
            continue
        if name in ("training", "joint_operation") and "exercise" in found:
            continue
        schooling = name == "facility" and "training" in found
        if schooling and mention.trigger.label[0] == "acts":  # the course of a school, not its making
            continue
        if name == "agreement" and not (sided(read) or _signed(read)):
            continue
        if name == "repression_act" and "extradition_or_repatriation" in found and mention.verb is None:
            continue
        if name == "liaison_or_station" and _speaks(mention.trigger, read):
            continue
        yield mention


def _signed(read: Read) -> bool:
    """Whether a word of signing, planning or ending stands in the sentence, so that a pact is more than cited."""
    return bool(read.labelled("status.agreed") or read.labelled("status.suspended") or read.labelled("status.ended"))


def _asked(read: Read) -> bool:
    """Whether a request under a treaty is decided here, so that the treaty is not all there is."""
    return bool(read.labelled("acts.request") or read.labelled("acts.refuse")) and not read.labelled("acts.share")


def _speaks(hit: Hit, read: Read) -> bool:
    """Whether a liaison officer is only quoted here."""
    return any(0 <= said.start - hit.end <= 12 for said in read.hits.get("reporting", []))


def _overlaps(hit: Hit, others: Iterable[Hit]) -> bool:
    return any(other.start < hit.end and hit.start < other.end for other in others)
