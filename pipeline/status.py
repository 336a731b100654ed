"""How far an act has come: by the words of tense, modality, negation and denial next to it.

The nearest sign of the lexicon's `status` counts; each comma between makes it farther, and what stands behind the act
counts for less than what stands before. Only the statuses that a type can have are asked: "suspected of fraud" beside an
extradition says nothing about the extradition.
"""

import re
from collections.abc import Iterable

from pipeline.acts import MARK, Mention, clause_marks
from pipeline.reading import Read
from pipeline.records import EngagementType, Status
from pipeline.terms import Hit

_COMING: frozenset[Status] = frozenset({"proposed", "pledged"})
_ANY: frozenset[Status] = _COMING | {"agreed", "under_way", "delivered", "suspended", "ended"}
_OPEN: frozenset[Status] = _ANY | {"alleged"}
_EVENT: frozenset[Status] = _COMING | {"under_way", "delivered", "suspended", "ended"}
POSSIBLE: dict[EngagementType, frozenset[Status]] = {
    "training": _ANY,
    "advisers": _ANY - {"delivered"},
    "facility": _OPEN,
    "equipment": _COMING | {"agreed", "delivered", "suspended"},
    "agreement": _COMING | {"suspended", "ended"},
    "joint_patrol": _EVENT,
    "exercise": _COMING | {"under_way", "delivered", "suspended"},
    "liaison_or_station": _COMING | {"agreed", "under_way", "alleged", "ended"},
    "joint_operation": frozenset({"delivered"}),
    "information_sharing": _COMING | {"agreed", "delivered"},
    "extradition_or_repatriation": frozenset({"pledged", "delivered", "suspended"}),
    "legal_assistance": frozenset({"pledged", "delivered", "agreed"}),
    "forum": frozenset({"pledged", "under_way", "delivered"}),
    "visit": _COMING | {"under_way", "delivered"},
    "peacekeeping": _EVENT,
    "wanted_notice": frozenset({"delivered", "ended"}),
    "repression_act": frozenset({"alleged"}),
    "countermeasure": _COMING,
    "other": _OPEN,
}
"""Statuses that words may give a type; its rule's default holds otherwise."""
FAR = 90
"""A sign farther away than this, clause marks counted, belongs to another act."""
ASKED_FOR: frozenset[EngagementType] = frozenset({"extradition_or_repatriation", "legal_assistance"})
"""Acts that one side asks the other for, so that a request may be open or refused."""
CLOSE = 40
"""For an agreement, whose sentence is full of what it will bring, only a sign as close as this counts."""
HALT = 50
"""Code points between an agreement and the word that it is suspended or has ended."""
AGREED_IN: frozenset[EngagementType] = frozenset({"information_sharing", "liaison_or_station", "facility"})
"""Acts that are contents of an agreement where they stand beside one."""
MODAL = 12
"""Code points between a modal and its verb: "will be trained" is promised, though "trained" is done."""
BEHIND = 1.4
"""Weight of the distance to what stands behind the act."""
FUTURE = {
    "es": re.compile(r"\b(?!est|gibralt)\w{2,}(?:ar|er|ir|dr)(?:á|án|emos)\b"),
    "pt": re.compile(r"\b\w{2,}[aei]r(?:á|ão)\b"),
    "it": re.compile(r"\b\w{2,}(?:er|ir|ar|dr|vr)(?:à|anno)\b"),
    "fr": re.compile(r"\b\w{2,}[^aeiouéè\s](?:e|i)?ront\b|\b(?:sera|fera|pourra|devra|recevra|viendra|ira)\b"),
    "ar": re.compile(r"\bو?س[يتن](?!ار|اس|د\b|دة|اد|نم|ف\b)\w{3,}"),
    "sw": re.compile(r"\b(?:wa|a|i|ya|zi|u|ki|vi|tu|ni|li|ku)ta(?:ka)?[b-df-hj-np-tv-z]\w{3,}"),
    "tr": re.compile(r"\b(?!sürecek)\w+(?:y?ecek|y?acak|y?eceğ|y?acağ)(?!t)\w*"),
    "hi": re.compile(r"[\u0900-\u097f]+(?:ेगा|ेगी|ेंगे|ेंगी|एगा|एगी|एंगे|एंगी|एँगे|एँगी|ोगा|ोगी|ोंगे|ोंगी)(?![\u0900-\u0963])"),
    "ur": re.compile(r"(?<!\w)(?:\w*(?:ہو|ئی|ے|یں|وں))?گ[اےی](?!\w)"),
    "hu": re.compile(r"\bfog(?:ja|ják|nak|juk)?\b|\blesz(?:nek)?\b"),
}  # fmt: skip
"""Future tense by the ending or prefix of the verb, where a language has one and a list of verbs would never be complete."""
STAGED: frozenset[EngagementType] = frozenset({"forum", "exercise", "visit"})
"""Acts that open, go on for days and close."""
CONTENTS: frozenset[EngagementType] = frozenset(
    {"training", "information_sharing", "liaison_or_station", "facility", "joint_patrol", "advisers", "exercise"}
)
"""Acts that an agreement may provide for."""
NEGATED = 22
"""Code points between a negation and what it negates."""
_AFTER_VERB = frozenset({"ja", "ko", "hi", "ur", "fa", "tr"})
"""Languages whose negation follows what it negates."""


def status_of(read: Read, mention: Mention, lang: str, at: int | None = None, pact: bool = False) -> Status:
    """The status of an act, at the place of one of its numbers if `at` is given; `pact`: an agreement was told before."""
    anchor = mention.anchor.start if at is None else at
    if mention.type in ASKED_FOR:
        asked = _asked(read, anchor)
        if asked is not None:
            return asked
    if mention.type == "agreement":
        halted = _halted(read)
        if halted is not None:
            return halted
    if mention.type in CONTENTS and _provided_for(read, anchor, pact):
        return "agreed"
    signs = [sign for sign in _signs(read, lang, anchor) if sign[2] in POSSIBLE[mention.type]]
    if mention.type in STAGED:
        stages = list(_stages(read, anchor, signs))
        signs = [
            sign for sign in signs if not any(sign[0] < end and start < sign[1] for start, end, _ in stages)
        ] + stages
    best = _nearest(read, mention, signs, anchor)
    if best is None or (best[1] == "delivered" and mention.default == "alleged"):
        return _by_default(read, mention)
    if best[1] == "delivered":
        coming = (status for _, end, status in signs if status in _COMING and 0 <= best[0] - end <= MODAL)
        return next(coming, best[1])
    return best[1]


def _nearest(
    read: Read, mention: Mention, signs: Iterable[tuple[int, int, Status]], anchor: int
) -> tuple[int, Status] | None:
    """Place and status of the nearest sign that is not too far away; of two as near, the longer."""
    pact = mention.type == "agreement"
    ranked = [
        (_far(read.sentence.text, start, end, anchor), start - end, status, start)
        for start, end, status in signs
        if not pact or _of_pact(read, start, end, anchor)
    ]
    best = min(ranked, default=None)
    return None if best is None or best[0] > (CLOSE if pact else FAR) else (best[3], best[2])


def _signs(read: Read, lang: str, anchor: int) -> Iterable[tuple[int, int, Status]]:
    first, last = max(0, anchor - 2 * FAR), anchor + 2 * FAR
    for hit in read.around("status", first, last):
        if not (lang == "zh" and hit.term == "将" and _marks_object(read, hit, anchor)):
            yield hit.start, hit.end, hit.label[1]
    if lang in FUTURE:
        for match in FUTURE[lang].finditer(read.sentence.text[first:last].lower()):
            yield first + match.start(), first + match.end(), "pledged"


def _halted(read: Read) -> Status | None:
    """Whether any agreement of the sentence is suspended or has ended, with nothing signed nearer to it."""
    for pact in read.labelled("acts.pact"):
        near: list[tuple[int, Status]] = [
            (abs(hit.start - pact.start), hit.label[1])
            for hit in read.around("status", pact.start - HALT, pact.end + HALT)
            if hit.label[1] in ("suspended", "ended", "agreed") and (hit.start >= pact.end or hit.end <= pact.start)
        ]
        if near and min(near)[1] != "agreed":
            return min(near)[1]
    return None


def _stages(read: Read, anchor: int, signs: Iterable[tuple[int, int, Status]]) -> Iterable[tuple[int, int, Status]]:
    """What has opened is under way until words say that it has closed; what will close has not."""
    first, last = anchor - FAR, anchor + FAR
    coming = [end for _, end, status in signs if status in _COMING]
    for hit in read.around("acts.open", first, last):
        yield hit.start, hit.end, "under_way"
    for hit in read.around("acts.close", first, last):
        ahead = any(0 <= hit.start - end <= MODAL for end in coming)
        yield hit.start, hit.end, "under_way" if ahead else "delivered"


def _provided_for(read: Read, anchor: int, pact: bool) -> bool:
    """Whether an agreement is said to hold the act: "the text provides for patrols"."""
    return (pact or bool(read.labelled("acts.pact"))) and bool(read.around("acts.contain", anchor - FAR, anchor))


def _of_pact(read: Read, start: int, end: int, anchor: int) -> bool:
    """Whether a sign is about an agreement itself, not about what it will bring: before it, or beside a word of signing."""
    signing = (hit for hit in read.around("status", end - 20, end + 25) if hit.label[1] == "agreed")
    return start < anchor or any(hit.start != start for hit in signing)


def _marks_object(read: Read, hit: Hit, anchor: int) -> bool:
    """Chinese 将 before whom or what it is done to (将94名嫌疑人引渡) says nothing of the future."""
    if re.match(r"[\d一二两兩三四五六七八九十百千]", read.sentence.text[hit.end : hit.end + 1]):
        return True
    return any(len(unit.term) > 1 for unit in read.around("units", hit.end, min(anchor, hit.end + 12)))


def _by_default(read: Read, mention: Mention) -> Status:
    """What the rule says, but only agreed where the sentence is about a pact that holds it."""
    if mention.type in AGREED_IN and mention.default in ("delivered", "under_way") and read.labelled("acts.pact"):
        return "agreed"
    return mention.default


def _far(text: str, start: int, end: int, anchor: int) -> float:
    first, last = min(start, anchor), max(end, anchor)
    return abs(start - anchor) * (1.0 if start <= anchor else BEHIND) + MARK * clause_marks(text, first, last)


def _asked(read: Read, anchor: int) -> Status | None:
    """What became of a request for a person or for evidence: refused, or still open."""
    if _near(read, "acts.refuse", anchor, 60):
        return "denied"
    return "proposed" if _near(read, "acts.request", anchor, 35) else None


def _near(read: Read, label: str, anchor: int, limit: int) -> bool:
    signs = read.around(label, anchor - limit, anchor + limit)
    return any(_far(read.sentence.text, sign.start, sign.end, anchor) <= limit for sign in signs)


def negated(read: Read, mention: Mention, lang: str) -> bool:
    """Whether the sentence says that the act did not happen: "no agreement was signed". A refused request did happen."""
    if mention.type in ASKED_FOR and _asked(read, mention.anchor.start):
        return False
    for sign in read.labelled("acts.negator"):
        for hit in (mention.trigger, mention.anchor):
            start, end = (hit.end, sign.start) if lang in _AFTER_VERB else (sign.end, hit.start)
            if 0 <= end - start <= NEGATED and not clause_marks(read.sentence.text, start, end):
                return True
    return False


def denied(read: Read, mention: Mention) -> bool:
    """Whether a party denies the act in this sentence."""
    return _near_any((hit for hit in read.hits.get("status", []) if hit.label[1] == "denied"), read, mention)


def unreal(read: Read, mention: Mention) -> bool:
    """Whether the act is only wished, feared or supposed here."""
    return mention.verb is None and _near_any(read.labelled("acts.unreal"), read, mention, before=True)


def _near_any(signs: Iterable[Hit], read: Read, mention: Mention, before: bool = False) -> bool:
    anchor = mention.anchor.start
    return any(
        _far(read.sentence.text, sign.start, sign.end, anchor) <= FAR and (not before or sign.start < anchor)
        for sign in signs
    )
