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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

_MARKS = (
    "\\u0300-\\u036f\\u0483-\\u0487\\u0591-\\u05c7\\u0610-\\u061a\\u064b-\\u065f\\u0670\\u3099\\u309a\\uff9e\\uff9f"
)
# Letters and digits of ASCII together, other ASCII together (most text is made of these two, and they need no look-up);
# the jamo of a Hangul syllable; any other character with the marks that cling to it.
_PIECE = re.compile(
    rf"[0-9A-Za-z]+(?![{_MARKS}])|[\x00-/:-@\[-`{{-\x7f]+(?![{_MARKS}])|[\u1100-\u115f][\u1160-\u11ff]+|.[{_MARKS}]*",
    re.DOTALL,
)
_ASCII_WORD = re.compile("[0-9A-Za-z]+")
_DROPPED = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670]"
)
_UNDECOMPOSED = str.maketrans(
    {"đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "ø": "o", "ŧ": "t", "æ": "ae", "œ": "oe"}
)
_SINGLE = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao; Burmese; Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"  # iteration mark, zero; kana
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U000323af]"  # Han, Hangul
)
_HAN = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00), (0x20000, 0x323B0))


@dataclass(frozen=True, slots=True)
class Token:
    """A normalised word, or one character of a script without spaces; [start, end) in the original text."""

    text: str
    start: int
    end: int


def tokens(text: str) -> tuple[Token, ...]:
    """The tokens of `text`, in order."""
    return tuple(walk(text))


def walk(text: str) -> Iterator[Token]:
    """The tokens of `text` one by one, for who may stop before its end."""
    if text.isascii():  # the same by one expression, several times as fast
        return (Token(found.group().lower(), *found.span()) for found in _ASCII_WORD.finditer(text))
    return _joined(_characters(text))


def token_text(text: str) -> str:
    """The tokens of `text` joined by spaces: what an engine indexes."""
    return " ".join(token.text for token in walk(text))


def _characters(text: str) -> Iterator[Token]:
    """Every normalised character (of ASCII, every run) with the piece that it came from; "" for a separator."""
    for piece in _PIECE.finditer(text):
        if piece.group().isascii():
            yield Token(piece.group().lower() if piece.group()[0].isalnum() else "", piece.start(), piece.end())
            continue
        for char in _normal(piece.group()) or " ":
            yield Token(char if _is_token(char) else "", piece.start(), piece.end())


def _joined(characters: Iterable[Token]) -> Iterator[Token]:
    word: list[Token] = []
    for char in characters:
        if word and (not char.text or _begins(char.text, word[0].text)):
            yield _word(word)
            word = []
        if char.text:
            word.append(char)
    if word:
        yield _word(word)


def _begins(char: str, first: str) -> bool:
    """Does `char` begin a new token after a word that began with `first`? A vowel mark of Thai does not."""
    if _SINGLE.match(char):
        return unicodedata.category(char)[0] != "M"
    return _SINGLE.match(first) is not None


def _word(characters: list[Token]) -> Token:
    return Token("".join(char.text for char in characters), characters[0].start, characters[-1].end)


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
