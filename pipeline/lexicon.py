"""The lexicon compiled: which words of the beat stand where in a text (`config/lexicon/README.md` explains the keys).

All languages are matched at once for what needs no grammar: a text may quote another language, and the automaton costs
the same. What tells an act, its status and its numbers is matched in the text's own language: short stems of one language
are everyday words of another. Labels are (group, name), e.g. ("types", "training") or ("police", "").
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.terms import Hit, Terms

FLAT = ("china", "prc_bodies", "police", "foreign", "military", "domestic", "other_world", "cumulative", "reporting")
GROUPED = ("types", "status", "acts", "units", "qualifiers", "periods", "country_roles", "voices", "frames")

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
        self._own = {file.lang: Terms((label, term) for label, term in _entries(file, ACT_KEYS)) for file in files}

    def screen_hits(self, text: str) -> list[Hit]:
        """Hits of china, prc_bodies, police, foreign and the signs of near misses."""
        return self._screen.find(text)

    def coding_hits(self, text: str) -> list[Hit]:
        """Hits of everything that codes a sentence: types, status, units, voices, frames and the rest."""
        return self._coding.find(text)

    def act_hits(self, text: str, lang: str) -> list[Hit]:
        """Hits of the keys in `ACT_KEYS`, in the text's language; in all languages where that one has no file."""
        own = self._own.get(RELATED.get(lang, lang))
        if own is not None:
            return own.find(text)
        return [hit for hit in self._coding.find(text) if hit.label[0] in ACT_KEYS]


RELATED = {"hr": "sr", "bs": "sr"}
"""Languages that read the file of a near relative."""
ACT_KEYS = frozenset(
    {"types", "status", "acts", "units", "qualifiers", "periods", "cumulative", "country_roles", "reporting"}
)
"""What tells acts: matched in the language of the text."""
_SCREEN = frozenset({"china", "prc_bodies", "police", "foreign", "military", "domestic", "other_world"})
_CODING = frozenset(FLAT + GROUPED) - _SCREEN - {"acts"}


def _entries(file: LexiconFile, keys: frozenset[str]) -> Iterable[tuple[Label, str]]:
    for key, terms in file.flat.items():
        if key in keys:
            yield from (((key, ""), term) for term in terms)
    for key, names in file.grouped.items():
        if key in keys:
            yield from (((key, name), term) for name, terms in names.items() for term in terms)
