"""Numbers as news writes them: digits with either separator, multipliers, number words, Chinese numerals, Arabic digits.

Words are read by text2num, Chinese numerals by cn2an; what is added here are places in the text and the separators of
each language ("2.700 agentes" is two thousand seven hundred, "2.7 million" is not).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import cn2an
from text_to_num import text2num

WORD_LANGUAGES = frozenset({"en", "fr", "es", "pt", "de", "it", "nl"})
POINT_GROUPS = frozenset({"es", "pt", "de", "it", "id", "nl", "tr", "vi", "hr", "sr", "bs", "da", "el", "ro"})
"""Languages that write 2.700 for two thousand seven hundred; elsewhere a point is decimal."""
_MULTIPLIERS = {
    "thousand": 1e3, "million": 1e6, "billion": 1e9, "mil": 1e3, "mille": 1e3, "millones": 1e6, "millón": 1e6, "millions": 1e6,
    "milhões": 1e6, "milhão": 1e6, "тысяч": 1e3, "тысячи": 1e3, "тыс": 1e3, "миллионов": 1e6, "миллиона": 1e6, "млн": 1e6,
    "ribu": 1e3, "juta": 1e6, "ezer": 1e3, "millió": 1e6, "ألف": 1e3, "آلاف": 1e3, "مليون": 1e6,
    "tausend": 1e3, "millionen": 1e6, "万": 1e4, "萬": 1e4, "亿": 1e8, "億": 1e8, "千": 1e3, "百": 1e2, "만": 1e4, "천": 1e3, "억": 1e8,
}  # fmt: skip
_DIGITS = re.compile(
    r"(?<![0-9A-Za-zÀ-ÿА-я.,])(?:[$€£¥])?(\d{1,3}(?:[,.\u00a0\u202f' ]\d{3})+(?![\d])|\d+(?:[.,]\d+)?)"
    r"(?:\s?(" + "|".join(sorted(_MULTIPLIERS, key=len, reverse=True)) + r")(?![a-zа-яё]))?"
)
_HAN = re.compile(r"[一二两三四五六七八九十百千万亿零〇兩萬億]+")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_ARABIC = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹０１２３４５６７８９٬٫", "012345678901234567890123456789,.")


@dataclass(frozen=True, slots=True)
class Number:
    """text[start:end] says `value`. `year`: four bare digits that may be a year."""

    value: float
    start: int
    end: int
    year: bool = False


def find_numbers(text: str, lang: str) -> list[Number]:
    """Every number in `text`, in order, none inside another."""
    plain = text.translate(_ARABIC)
    found = list(_digits(plain, lang))
    if lang in ("zh", "ja"):
        found += [n for n in _han(plain) if not _inside(n, found)]
    elif lang in WORD_LANGUAGES:
        found += [n for n in _words(plain, lang) if not _inside(n, found)]
    return sorted(found, key=lambda number: number.start)


def _inside(number: Number, others: list[Number]) -> bool:
    return any(other.start <= number.start < other.end for other in others)


def _digits(text: str, lang: str) -> Iterator[Number]:
    for match in _DIGITS.finditer(text):
        value = _value(match.group(1), lang) * _MULTIPLIERS.get(match.group(2) or "", 1)
        bare = match.group(1).isdigit() and not match.group(2)
        yield Number(
            value, match.start(1), match.end(2) if match.group(2) else match.end(1), bare and 1900 <= value <= 2100
        )


def _value(written: str, lang: str) -> float:
    compact = re.sub(r"[\u00a0\u202f' ]", "", written)
    grouped = re.fullmatch(r"\d{1,3}(?:,\d{3})+|\d{1,3}(?:\.\d{3})+", compact)
    if grouped and (("." in compact) == (lang in POINT_GROUPS or compact.count(".") > 1) or compact.count(",") > 1):
        return float(re.sub(r"[.,]", "", compact))
    if grouped and "," in compact:
        return float(compact.replace(",", ""))
    return float(compact.replace(",", "."))


def _han(text: str) -> Iterator[Number]:
    for match in _HAN.finditer(text):
        try:
            yield Number(
                float(cn2an.cn2an(match.group().translate(str.maketrans("兩萬億", "两万亿")), "smart")), *match.span()
            )
        except ValueError:
            continue


def _words(text: str, lang: str) -> Iterator[Number]:
    run: list[re.Match[str]] = []
    for match in (*_WORD.finditer(text), None):
        if match is not None and _reads([*run, match], text, lang) is not None:
            run.append(match)
            continue
        if run and (value := _reads(run, text, lang)) is not None:
            yield Number(value, run[0].start(), run[-1].end())
        run = [match] if match is not None and _reads([match], text, lang) is not None else []


_VAGUE = frozenset({"a", "an", "thousands", "hundreds", "millions", "dozens", "tens", "un", "une", "uno", "una", "um", "uma", "ein", "eine", "one", "second", "o",
    "cientos", "miles", "millones", "milhares", "centenas", "milliers", "centaines", "dizaines", "tausende", "hunderte", "migliaia"})  # fmt: skip
"""Words that text2num reads as numbers but that count nothing exactly."""


def _reads(run: list[re.Match[str]], text: str, lang: str) -> float | None:
    words = text[run[0].start() : run[-1].end()].lower()
    if words in _VAGUE or len(run) > 6:
        return None
    try:
        return float(text2num(words, lang))
    except (ValueError, KeyError):
        return None
