"""Who speaks in each sentence: signs for the voice head, read off the lexicon and carried from sentence to sentence.

A quotation's frame belongs to its speaker, so speakers are looked for outside quotation marks, as subjects of verbs of
saying; a person introduced with a title ("Mira Tal, a professor at ...") keeps that voice when only the surname comes
later; and a pronoun, a verb without subject or a sentence that is all quotation goes on with the speaker before it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pipeline.lexicon import Lexicon
from pipeline.quotes import MARK, Quoted, quotations
from pipeline.records import Voice
from pipeline.sentences import Sentence
from pipeline.subject import Subject, subjects
from pipeline.terms import Hit
from pipeline.titles import PINYIN, POST, Title, titles

VOICES: tuple[Voice, ...] = (
    "prc_official", "prc_state_media", "host_official", "host_opposition", "third_official", "international_body",
    "company", "expert", "civil_society", "citizen", "reporter",
)  # fmt: skip
REACH = 90
"""Code points between a speaker and a verb of saying that still belong together."""
MEMORY = 2
"""Sentences without a speaker over which a pronoun still means the last one."""
_WORD = re.compile(r"[A-ZÀ-ÝЀ-Я][\w'’-]+")
_NAME = re.compile(r"\b[A-ZÀ-ÝЀ-Я][\w'’-]+(?:\s+(?:[a-z]{1,3}\s+)?[A-ZÀ-ÝЀ-Я][\w'’-]+)*")
_APPOSED = re.compile(r"^\w*,\s+(?:[^\s,]+\s+){0,5}$")
_BESIDE = re.compile(r"^\w*(?:\s+[\w'’-]+)?\s+$")


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


@dataclass
class _Told:
    """What the text has told so far: whose names and posts are whose, and who spoke last, how many sentences ago."""

    names: dict[str, Voice] = field(default_factory=dict)
    posts: dict[str, Voice] = field(default_factory=dict)
    last: Voice | None = None
    age: int = 0
    introduced: Voice | None = None
    """Of the person the sentence before introduced by name, without a word said."""


def speakers(sentences: Sequence[Sentence], lexicon: Lexicon) -> list[Speaking]:
    """One `Speaking` for each sentence, in order."""
    told = _Told()
    quoted = quotations([sentence.text for sentence in sentences])
    found = [_speaking(each, lexicon, told) for each in quoted]
    for place in reversed(range(len(found) - 1)):
        if quoted[place + 1].goes_on and found[place].voice is None and found[place + 1].voice:
            found[place] = replace(found[place], voice=found[place + 1].voice, known=True)
    return found


def _speaking(quoted: Quoted, lexicon: Lexicon, told: _Told) -> Speaking:
    text = quoted.bare
    hits = lexicon.coding_hits(text)
    verbs = [hit for hit in hits if hit.label[0] == "reporting"]
    named = [hit for hit in hits if hit.label[0] == "voices"]
    china = [hit for hit in lexicon.screen_hits(text) if hit.label[0] in ("china", "prc_bodies")]
    described = titles(text, named, verbs, china)
    attributed = bool(verbs) or quoted.share > 0
    voice, known = _who(quoted, verbs, described, told)
    speaking = Speaking(
        voice, known, _cues(named, verbs), attributed, quoted.share, told.last if told.age == 0 else None
    )
    _remember(text, described, speaking, told)
    return speaking


def _who(quoted: Quoted, verbs: Sequence[Hit], described: Sequence[Title], told: _Told) -> tuple[Voice | None, bool]:
    if not quoted.bare.replace(MARK, "").strip(" .,!?。，—–-"):
        voice = told.last if told.age == 0 else told.introduced
        return voice, voice is not None
    for subject in subjects(quoted.bare, verbs, described):
        voice, known = _of(subject, told)
        if voice:
            if subject.title and subject.names:
                for name in subject.names:
                    told.names.setdefault(name, voice)
            return voice, known
        if subject.title or subject.same:
            return None, False
    if quoted.share and not verbs and len(sides := {t.voice for t in described if t.voice}) == 1:
        return sides.pop(), False
    return None, False


def _of(subject: Subject, told: _Told) -> tuple[Voice | None, bool]:
    if subject.title:
        told_post = told.posts.get(subject.title.post)
        if subject.title.voice in (None, "host_official") and told_post:
            return told_post, True
        return subject.title.voice, False
    if subject.same:
        return (told.last or told.introduced if told.age <= MEMORY else None), True
    return next((told.names[name] for name in subject.names if name in told.names), None), True


def _cues(named: Sequence[Hit], verbs: Sequence[Hit]) -> tuple[float, ...]:
    strength = dict.fromkeys(VOICES, 0.0)
    for hit in named:
        near = any(abs(hit.start - verb.start) <= REACH for verb in verbs)
        voice: Voice = "host_official" if hit.label[1] == POST else hit.label[1]
        strength[voice] = max(strength[voice], 1.0 if near and hit.label[1] != POST else 0.5)
    return tuple(strength.values())


def _remember(text: str, described: Sequence[Title], speaking: Speaking, told: _Told) -> None:
    introduced = None
    for title in described:
        if title.voice:
            names = _names_beside(text, title)
            told.names |= {name: title.voice for name in names if name not in told.names}
            if title.post and title.voice != "host_official" and (names or title.bare):
                told.posts[title.post] = title.voice
            if names and introduced is None:
                introduced = title.voice
    told.introduced = None if speaking.attributed else introduced
    if speaking.voice:
        told.last, told.age = speaking.voice, 0
    elif speaking.attributed:
        told.last = None
    else:
        told.age += 1


def _names_beside(text: str, title: Title) -> list[str]:
    """The words of a name beside a title: "Mira Tal, a professor", "professor Mira Tal", "the professor, Mira Tal,"."""
    listed = PINYIN.search(text, title.start, title.end)  # "Chinese police chief Wang Xiaohong" is all description
    found: list[str] = listed[0].split() if listed else []
    for match in _NAME.finditer(text):
        before = match.end() <= title.start and _APPOSED.match(text[match.end() : title.start])
        after = match.start() >= title.end and (
            _BESIDE.match(text[title.end : match.start()])
            or (re.match(r"^\w*,\s+$", text[title.end : match.start()]) and text[match.end() :].startswith(","))
        )
        if before or after:
            found += [word.removesuffix("'s").removesuffix("’s") for word in _WORD.findall(match.group())[-2:]]
    return found
