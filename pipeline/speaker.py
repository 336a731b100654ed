"""Who speaks in each sentence: signs for the voice head, read off the lexicon and carried from sentence to sentence.

A quotation's frame belongs to its speaker, so speakers are looked for outside quotation marks, near a verb of saying;
a person introduced with a title ("Mira Tal, a professor at ...") keeps that voice when only the surname comes later; and
a sentence that is all quotation, or begins with a pronoun, goes on with the speaker before it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.lexicon import Lexicon
from pipeline.records import Voice
from pipeline.sentences import Sentence
from pipeline.terms import Hit

VOICES: tuple[Voice, ...] = (
    "prc_official", "prc_state_media", "host_official", "host_opposition", "third_official", "international_body",
    "company", "expert", "civil_society", "citizen", "reporter",
)  # fmt: skip
REACH = 90
"""Code points between a speaker and a verb of saying that still belong together."""
BESIDE = 12
"""Code points between a name and the title that introduces it ("Mira Tal, a professor")."""
_WORD = re.compile(r"[A-ZÀ-ÝЀ-Я][\w-]+")
_QUOTED = re.compile(r"“[^”]*”?|\"[^\"]*\"?|«[^»]*»?|„[^”“]*[”“]?|「[^」]*」?|『[^』]*』?")
_NAME = re.compile(r"\b[A-ZÀ-ÝЀ-Я][\w'’-]+(?:\s+(?:[a-z]{1,3}\s+)?[A-ZÀ-ÝЀ-Я][\w'’-]+)+")
_PRONOUN = re.compile(
    r"^\W*(?:he|she|they|him|it|él|ella|ellos|il|elle|ils|ele|ela|eles|он|она|они|dia|ia|mereka|beliau|lui|lei|er|sie|ő)\b"
    r"|^\W*(?:他|她|他们|她们|他們|她們|同氏|氏は|彼|وأضاف|وقال|وأشار|كما)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Speaking:
    """`voice` is the rule's answer (None: nobody is named), `known` whether it comes from an earlier introduction or from
    the sentence before, which the head cannot see; the rest are signs for the head."""

    voice: Voice | None
    known: bool
    cues: tuple[float, ...]  # one for each of VOICES: 1 near a verb of saying, 0.5 elsewhere outside quotes
    attributed: bool
    quoted: float  # share of the sentence inside quotation marks
    carried: Voice | None


def speakers(sentences: Sequence[Sentence], lexicon: Lexicon) -> list[Speaking]:
    """One `Speaking` for each sentence, in order."""
    known: dict[str, Voice] = {}
    last: Voice | None = None
    found: list[Speaking] = []
    for sentence in sentences:
        quotes = [match.span() for match in _QUOTED.finditer(sentence.text)]
        outside = [hit for hit in lexicon.coding_hits(sentence.text) if not _within(hit.start, quotes)]
        speaking = _speaking(sentence.text, quotes, outside, known, last)
        _introduce(sentence.text, outside, known)
        found.append(speaking)
        last = speaking.voice or (last if speaking.attributed else None)
    return found


def _within(place: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in spans)


def _speaking(
    text: str, quotes: Sequence[tuple[int, int]], outside: Sequence[Hit], known: dict[str, Voice], last: Voice | None
) -> Speaking:
    verbs = [hit for hit in outside if hit.label[0] == "reporting"]
    named = [hit for hit in outside if hit.label[0] == "voices"]
    quoted = sum(b - a for a, b in quotes) / max(len(text), 1)
    attributed = bool(verbs) or quoted > 0
    voice = _nearest(named, verbs)
    carried = last if voice is None and (_PRONOUN.match(text) or quoted > 0.6) else None
    met = None if voice else carried or _by_name(text, quotes, known, attributed)
    return Speaking(voice or met, met is not None, _cues(named, verbs), attributed, quoted, last)


def _nearest(named: Sequence[Hit], verbs: Sequence[Hit]) -> Voice | None:
    pairs = [
        (abs(hit.start - verb.start), -(hit.end - hit.start), hit.label[1])
        for hit in named
        for verb in verbs
        if abs(hit.start - verb.start) <= REACH
    ]
    return min(pairs)[2] if pairs else None


def _cues(named: Sequence[Hit], verbs: Sequence[Hit]) -> tuple[float, ...]:
    strength = dict.fromkeys(VOICES, 0.0)
    for hit in named:
        near = any(abs(hit.start - verb.start) <= REACH for verb in verbs)
        voice: Voice = hit.label[1]
        strength[voice] = max(strength[voice], 1.0 if near else 0.5)
    return tuple(strength.values())


def _by_name(text: str, quotes: Sequence[tuple[int, int]], known: dict[str, Voice], attributed: bool) -> Voice | None:
    """The voice of a person introduced before; without a verb of saying only where the sentence begins with the name."""
    for match in _WORD.finditer(text):
        voice = known.get(match.group())
        if voice and not _within(match.start(), quotes) and (attributed or match.start() < 3):
            return voice
    return None


def _introduce(text: str, outside: Sequence[Hit], known: dict[str, Voice]) -> None:
    """Remember the last two words of each name beside a title: "Mira Tal, a professor" or "professor Mira Tal"."""
    bare = _QUOTED.sub(lambda quoted: " " * len(quoted.group()), text)
    titles = [hit for hit in outside if hit.label[0] == "voices"]
    for match in _NAME.finditer(bare):
        beside = (
            h for h in titles if 0 <= h.start - match.end() <= BESIDE or -len(h.term) <= match.start() - h.end <= 2
        )
        if title := next(beside, None):
            for part in match.group().split()[-2:]:
                if part.lower() not in title.term.lower():
                    known.setdefault(part.removesuffix("'s").removesuffix("’s"), title.label[1])
