"""Finding listed terms in text of any script: one automaton over all languages, word edges checked afterwards.

A term is written as it stands in a dictionary, in any case, with two marks:
- `polic*`: any letters may follow (inflected languages live from this);
- `=FBI`: case counts.
Chinese is listed in simplified script; traditional text is folded, character by character. The dotless ı and the dotted
İ of Turkish are both read as i, the half space of Persian as a space, and ي and ك as ی and ک where a text has the letters
that Arabic lacks. Devanagari's dotted letters are one code point or two, as text has them.
Scripts without spaces (Han, kana, Thai, Lao, Khmer, Burmese) match anywhere; Arabic words may carry the one-letter
particles و ف ب ل ك and the article ال in front. Everything else needs word edges.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import ahocorasick
import opencc

_ARABIC_PREFIXES = frozenset(
    particle + article for particle in ("", "و", "ف", "ب", "ل", "ك", "وب", "ول", "وك") for article in ("", "ال", "ل")
)


@dataclass(frozen=True, slots=True)
class Term:
    """A listed term: what it says (`label`, any hashable of the caller's) and how it may stand in a text."""

    label: Any
    text: str
    open_end: bool
    cased: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """text[start:end] is a listed term (without the inflection that an open end let through)."""

    start: int
    end: int
    label: Any
    term: str


@lru_cache(maxsize=1)
def _folding() -> dict[int, int]:
    han = "".join(map(chr, range(0x4E00, 0xA000)))
    simplified = opencc.OpenCC("t2s").convert(han)
    table = {ord(a): ord(b) for a, b in zip(han, simplified, strict=True) if a != b}
    same = {"’": "'", "‘": "'", "‑": "-", "ı": "i", "İ": "i", "\u200c": " "}
    return table | {ord(a): ord(b) for a, b in same.items()}


_PERSIAN = str.maketrans("يك", "یک")
_NOT_ARABIC = "پچژگٹڈڑ"
"""Letters of Persian and Urdu that Arabic has only in foreign names."""


def _persian(text: str) -> bool:
    """Whether Arabic's ي and ك stand for Persian letters here, as some newsrooms type them."""
    return ("ي" in text or "ك" in text) and sum(map(text.count, _NOT_ARABIC)) * 100 >= len(text)


def fold(text: str) -> str:
    """Lower case, simplified script, straight apostrophes: code point for code point, so that offsets stay."""
    lowered = text.lower()
    if len(lowered) != len(text):  # "İ" and a few others grow when lowered
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    folded = lowered.translate(_folding())
    return folded.translate(_PERSIAN) if _persian(folded) else folded


_DOTTED = {unicodedata.normalize("NFC", letter): letter for letter in map(chr, range(0x0958, 0x0960))}
"""Devanagari letter and nukta to the one code point, which Unicode's normal forms never write but newsrooms do."""


def _spellings(written: str) -> tuple[str, ...]:
    one, two = written, written
    for pair, letter in _DOTTED.items():
        one, two = one.replace(pair, letter), two.replace(letter, pair)
    return (one,) if one == two else (one, two)


def edgeless(character: str) -> bool:
    """Whether words of this character's script are written without spaces."""
    point = ord(character)
    return (
        0x2E80 <= point <= 0x9FFF or 0xF900 <= point <= 0xFAFF or 0x0E00 <= point <= 0x0EFF
        or 0x1000 <= point <= 0x109F or 0x1780 <= point <= 0x17FF or 0x20000 <= point <= 0x3FFFF
    )  # fmt: skip


def _wordlike(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character) in ("Mn", "Mc")


class Terms:
    """A compiled set of terms. Matching is linear in the text, whatever the number of terms."""

    def __init__(self, entries: Iterable[tuple[Any, str]]) -> None:
        """`entries` are (label, written term); the same term may stand under several labels."""
        self._automaton = ahocorasick.Automaton()
        by_key: dict[str, list[Term]] = {}
        for label, written in entries:
            for spelling in _spellings(written):
                term = _read_term(label, spelling)
                by_key.setdefault(fold(term.text), []).append(term)
        for key, terms in by_key.items():
            self._automaton.add_word(key, terms)
        if by_key:
            self._automaton.make_automaton()
        self._empty = not by_key

    def find(self, text: str) -> list[Hit]:
        """All hits in order of (start, -end); overlapping ones included."""
        if self._empty:
            return []
        folded = fold(text)
        hits = [
            hit
            for last, terms in self._automaton.iter(folded)
            for term in terms
            for hit in _standing(term, text, folded, last + 1)
        ]
        return sorted(hits, key=lambda hit: (hit.start, -hit.end))

    def longest(self, text: str) -> list[Hit]:
        """Hits that do not lie inside a longer one; several labels of one span all stay."""
        kept: list[Hit] = []
        for hit in self.find(text):
            if not kept or hit.start >= kept[-1].end or (hit.start, hit.end) == (kept[-1].start, kept[-1].end):
                kept.append(hit)
        return kept


def _read_term(label: Any, written: str) -> Term:
    cased = written.startswith("=")
    open_end = written.endswith("*")
    return Term(label, written[cased : len(written) - open_end], open_end, cased)


def _standing(term: Term, text: str, folded: str, end: int) -> Iterator[Hit]:
    start = end - len(term.text)
    if term.cased and text[start:end] != term.text:
        return
    if _edge_before(folded, start) and _edge_after(folded, end, term.open_end):
        yield Hit(start, end, term.label, term.text)


def _edge_before(folded: str, start: int) -> bool:
    if start == 0 or edgeless(folded[start]) or not _wordlike(folded[start]) or not _wordlike(folded[start - 1]):
        return True
    if edgeless(folded[start - 1]) or (folded[start - 1].isdigit() and not folded[start].isdigit()):
        return True  # "3000명", "20kg": a number ends where letters begin
    if "\u0600" <= folded[start] <= "\u06ff":
        word_start = start
        while word_start > 0 and _wordlike(folded[word_start - 1]):
            word_start -= 1
        return folded[word_start:start] in _ARABIC_PREFIXES
    return False


def _edge_after(folded: str, end: int, open_end: bool) -> bool:
    if open_end or end == len(folded) or edgeless(folded[end - 1]) or not _wordlike(folded[end]):
        return True
    return edgeless(folded[end]) or not _wordlike(folded[end - 1])
