"""The lexicon compiled: which words of the beat stand where in a text (`config/lexicon/README.md` explains the keys).

All languages are matched at once: a text may quote another language, and the automaton costs the same.
Labels are (group, name), e.g. ("types", "training") or ("police", ""). A file's terms of one language are kept apart
only where a label's meaning hangs on grammar (units follow the number in most languages).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.terms import Hit, Terms

FLAT = ("china", "prc_bodies", "police", "foreign", "military", "domestic", "other_world", "cumulative", "reporting")
GROUPED = ("types", "status", "units", "qualifiers", "periods", "country_roles", "voices", "frames")

Label = tuple[str, str]


@dataclass(frozen=True, slots=True)
class LexiconFile:
    """One language's terms as they were read: flat keys to terms, grouped keys to names to terms."""

    lang: str
    flat: Mapping[str, Sequence[str]]
    grouped: Mapping[str, Mapping[str, Sequence[str]]]


class Lexicon:
    """Terms of all languages in two automata: what the screen needs of every page, and the rest."""

    def __init__(self, files: Iterable[LexiconFile]) -> None:
        files = tuple(files)
        self.languages = tuple(sorted(file.lang for file in files))
        first = [(label, term) for file in files for label, term in _entries(file, _SCREEN)]
        rest = [(label, term) for file in files for label, term in _entries(file, _CODING)]
        self._screen, self._coding = Terms(first), Terms(rest)

    def screen_hits(self, text: str) -> list[Hit]:
        """Hits of china, prc_bodies, police, foreign and the signs of near misses."""
        return self._screen.find(text)

    def coding_hits(self, text: str) -> list[Hit]:
        """Hits of everything that codes a sentence: types, status, units, voices, frames and the rest."""
        return self._coding.find(text)


_SCREEN = frozenset({"china", "prc_bodies", "police", "foreign", "military", "domestic", "other_world"})
_CODING = frozenset(FLAT + GROUPED) - _SCREEN


def _entries(file: LexiconFile, keys: frozenset[str]) -> Iterable[tuple[Label, str]]:
    for key, terms in file.flat.items():
        if key in keys:
            yield from (((key, ""), term) for term in terms)
    for key, names in file.grouped.items():
        if key in keys:
            yield from (((key, name), term) for name, terms in names.items() for term in terms)
