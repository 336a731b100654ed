"""Text as both search engines see it: one chain of tokens, each with its place in the original text.

Done here and not by an engine's analyzer because SQLite's tokenisers do not find 公安 inside a sentence,
Elasticsearch's differ from them, and both must answer alike. A piece of text (a character with its combining marks)
goes through NFKC, case folding, loss of diacritics, and simplified script; letters and digits of one word are joined
to a token. Scripts that are written without spaces (Han, kana, Thai, Lao, Khmer, Burmese), and Hangul, whose particles
cling to the word, give one token a character: a word is then found as a phrase of its characters wherever it stands.

Simplified script is mapped character by character and not by phrases: a query is shorter than the text that it must
meet, so what a character becomes may not hang on its neighbours (乾 alone and in 乾隆). Diacritics are dropped where
they mark a variant (Latin, Greek, Cyrillic, Arabic, Hebrew), kept where they are vowels of the script (Devanagari).
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import pairwise
from operator import attrgetter

_MARKS = (
    "\\u0300-\\u036f\\u0483-\\u0487\\u0591-\\u05c7\\u0610-\\u061a\\u064b-\\u065f\\u0670\\u3099\\u309a\\uff9e\\uff9f"
)
# What is normalised together: the jamo of a Hangul syllable; a character with the marks that cling to it.
_CLUSTER = re.compile(rf"[\u1100-\u115f][\u1160-\u11ff]+|.[{_MARKS}]+", re.DOTALL)
_MAY_CLUSTER = re.compile(rf"[\u1100-\u115f{_MARKS}]")  # says at once that a text has none, as most have not
_DROPPED = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670]"
)
_UNDECOMPOSED = str.maketrans(
    {"đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "ø": "o", "ŧ": "t", "æ": "ae", "œ": "oe"}
)
_SINGLES = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao; Burmese; Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"  # iteration mark, zero; kana
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U000323af"  # Han, Hangul
)
_SINGLE = re.compile(f"[{_SINGLES}]")
_VOWELS = "".join(
    char for char in map(chr, range(0x0E00, 0x3100)) if _SINGLE.match(char) and unicodedata.category(char)[0] == "M"
)
# The tokens of normalised text: a character of a script without spaces with its vowel marks, or a word of another script.
_REST = f"[^ {_SINGLES}]*(?:[{_VOWELS}]+[^ {_SINGLES}]*)*"
_TOKEN = re.compile(f"[{_SINGLES}][{_VOWELS}]*|[^ {_SINGLES}]{_REST}")
_RUN = re.compile(f"[{_SINGLES}]+|[^ {_SINGLES}]{_REST}")
# What may follow what was found of a token, by (whether it is a single character's, whether it may go on).
_RESTS = {
    (True, True): re.compile(f"[{_VOWELS}]*"),
    (True, False): re.compile(f"(?![{_VOWELS}])"),
    (False, True): re.compile(_REST),
    (False, False): re.compile(f"(?=[ {_SINGLES}]|$)(?![{_VOWELS}])"),
}
_HAN = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00), (0x20000, 0x323B0))


@dataclass(frozen=True, slots=True)
class Token:
    """A normalised word, or one character of a script without spaces; [start, end) in the original text."""

    text: str
    start: int
    end: int


def tokens(text: str) -> tuple[Token, ...]:
    """The tokens of `text`, in order."""
    normal = Normalised(text)
    return tuple(Token(found.group(), *normal.original(*found.span())) for found in _TOKEN.finditer(normal.text))


def token_text(text: str) -> str:
    """The tokens of `text` joined by spaces: what an engine indexes."""
    normal = _spelled(text) if _clusters(text) else text.translate(_CHARACTERS)
    if not normal.isascii() and _SINGLE.search(normal):
        return " ".join(map(_apart, _RUN.findall(normal)))
    while "  " in normal:
        normal = normal.replace("  ", " ")
    return normal.strip(" ")


def _apart(run: str) -> str:
    """A word as it is, characters of a script without spaces one by one; a vowel mark, which is no letter, with its own."""
    if not _SINGLE.match(run):
        return run
    return " ".join(run if run.isalpha() else _TOKEN.findall(run))


class Normalised:
    """A text as its tokens are cut from it, with the way back to the original. No step takes the text character by
    character in Python: a page of search results is made of twenty whole articles."""

    def __init__(self, original: str) -> None:
        self._original = original

    @cached_property
    def text(self) -> str:
        """Normalised characters, and a space for what is in no token."""
        return _spelled(self._original) if _clusters(self._original) else self._original.translate(_CHARACTERS)

    @cached_property
    def _uneven(self) -> "tuple[_Piece, ...]":
        # A character alone never becomes less than one, so equal lengths say that each became just one.
        uneven = len(self.text) != len(self._original) or _clusters(self._original)
        return tuple(_uneven(self._original)) if uneven else ()

    def find(self, wanted: tuple[str, ...], *, prefix: bool = False) -> Iterator[tuple[int, int]]:
        """Where these tokens follow each other, as [start, end) in the original, overlaps too; `prefix`: the last one is
        the beginning of a token, which is found whole."""
        alone = len(wanted) == 1 or not (prefix or wanted[0] in wanted[1:])  # no two matches can overlap
        if alone and self._original.isascii():
            return map(re.Match.span, _in_ascii(wanted, prefix).finditer(self._original.lower()))
        return self._find(wanted, prefix)

    def _find(self, wanted: tuple[str, ...], prefix: bool) -> Iterator[tuple[int, int]]:
        search, text = _following(wanted).search, self.text
        rest = _RESTS[_SINGLE.match(wanted[-1]) is not None, prefix].match
        found = search(text)
        while found:
            start, end = found.span()
            if self._begins(start) and (last := rest(text, end)):
                yield self.original(start, last.end())
            found = search(text, start + 1)

    def _begins(self, at: int) -> bool:
        """Does a token begin here? A letter of a word does after a space or a character of a script without spaces."""
        char, before = self.text[at], self.text[max(0, at - 10) : at]
        if char in _VOWELS:
            return before[-1:] in ("", " ")
        last = before.rstrip(_VOWELS)[-1:]
        return last in ("", " ") or _SINGLE.match(char) is not None or _SINGLE.match(last) is not None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Where [start, end) of the normalised text is in the original."""
        return (self._piece(start)[0], self._piece(end - 1)[1]) if self._uneven else (start, end)

    def _piece(self, at: int) -> tuple[int, int]:
        """The piece of the original that the normalised character at `at` came from."""
        before = bisect_right(self._uneven, at, key=attrgetter("at"))
        if before == 0:
            return at, at + 1
        piece = self._uneven[before - 1]
        beyond = at - piece.at - piece.length
        return (piece.start, piece.end) if beyond < 0 else (piece.end + beyond, piece.end + beyond + 1)


@dataclass(frozen=True, slots=True)
class _Piece:
    """[start, end) of the original, which became `length` normalised characters from `at` on."""

    start: int
    end: int
    at: int
    length: int


def _uneven(text: str) -> Iterator[_Piece]:
    """What did not become one character for one, in order."""
    several = "".join(re.escape(char) for char in sorted(set(text)) if len(_spell(char)) != 1)
    shift = 0
    for found in re.finditer(_CLUSTER.pattern + (f"|[{several}]" if several else ""), text, re.DOTALL):
        length = len(_spell(found.group()))
        yield _Piece(*found.span(), found.start() + shift, length)
        shift += length - len(found.group())


@lru_cache(maxsize=1 << 10)
def _in_ascii(wanted: tuple[str, ...], prefix: bool) -> re.Pattern[str]:
    """These tokens, one after the other in a text of small ASCII letters, by one expression. That a word begins is asked
    after the first token: an expression that begins with letters is looked for much faster."""
    begins = f"{re.escape(wanted[0])}(?<![0-9a-z]{re.escape(wanted[0])})"
    return re.compile(
        "[^0-9a-z]+".join([begins, *map(re.escape, wanted[1:])]) + ("[0-9a-z]*" if prefix else "(?![0-9a-z])")
    )


@lru_cache(maxsize=1 << 10)
def _following(wanted: tuple[str, ...]) -> re.Pattern[str]:
    """These tokens, one after the other in normalised text, where spaces are between all but those of scripts without.
    Where the first begins and the last ends is checked apart: classes of characters take milliseconds to compile."""
    parts = [re.escape(wanted[0])]
    for before, token in pairwise(wanted):
        close = token[0] not in _VOWELS and (_SINGLE.match(token) or _SINGLE.match(before))
        parts += [" *" if close else " +", re.escape(token)]
    return re.compile("".join(parts))


def _clusters(text: str) -> bool:
    """Whether anything in it may have to be normalised together."""
    return not text.isascii() and _MAY_CLUSTER.search(text) is not None


def _spelled(text: str) -> str:
    """All of a text, normalised, whose characters cling to each other."""
    pieces: list[str] = []
    at = 0
    for cluster in _CLUSTER.finditer(text):
        pieces += (text[at : cluster.start()].translate(_CHARACTERS), _spell(cluster.group()))
        at = cluster.end()
    return "".join((*pieces, text[at:].translate(_CHARACTERS)))


class _Characters(dict[int, str]):
    """What single characters become, for `str.translate`; worked out when one is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = _spell(chr(code))
        return self[code]


_CHARACTERS = _Characters()


def _spell(piece: str) -> str:
    """A character, or what is normalised together with it; one space where nothing of it is in a token."""
    normal = "".join(char if _is_token(char) else " " for char in _normal(piece))
    return normal if normal.strip(" ") else " "


def _is_token(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char) in ("Mn", "Mc")


@lru_cache(maxsize=1 << 16)
def _normal(piece: str) -> str:
    folded = unicodedata.normalize("NFKC", piece).casefold().translate(_UNDECOMPOSED)
    bare = _DROPPED.sub("", unicodedata.normalize("NFD", folded))
    return unicodedata.normalize("NFC", bare).translate(_simplified())


@cache
def _simplified() -> dict[int, str]:
    """Traditional to simplified for every Han character. 著, which OpenCC leaves for its phrases to decide, counts as
    着 (跟著, 跟着), everywhere alike."""
    from opencc import OpenCC

    characters = [chr(code) for first, end in _HAN for code in range(first, end)]
    simple = OpenCC("t2s").convert("\n".join(characters)).split("\n")
    pairs = zip(characters, simple, strict=True)
    return {ord(char): other for char, other in pairs if char != other and len(other) == 1} | {ord("著"): "着"}
