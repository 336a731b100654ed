"""Numbers as news writes them: digits with either separator, multipliers, number words, Chinese numerals, Arabic digits.

Words are read by text2num, Chinese numerals by cn2an; languages that neither reads have a table in `pipeline.spelled`.
What is added here are places in the text, the separators of each language ("2.700 agentes" is two thousand seven
hundred, "2.7 million" is not), and which numbers only name something (the third meeting, BOL-110, Article 3).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import cn2an
from text_to_num import text2num

from pipeline.spelled import spelled

WORD_LANGUAGES = frozenset({"en", "fr", "es", "pt", "de", "it", "nl"})
POINT_GROUPS = frozenset({"es", "pt", "de", "it", "id", "nl", "tr", "vi", "hr", "sr", "bs", "da", "el", "ro"})
"""Languages that write 2.700 for two thousand seven hundred; elsewhere a point is decimal."""
_MULTIPLIERS = {
    "thousand": 1e3, "million": 1e6, "billion": 1e9, "bn": 1e9, "mil": 1e3, "mille": 1e3, "millones": 1e6, "millón": 1e6,
    "millions": 1e6, "milhões": 1e6, "milhão": 1e6, "mila": 1e3, "milioni": 1e6, "milione": 1e6, "milliards": 1e9,
    "тысяч": 1e3, "тысячи": 1e3, "тысяча": 1e3, "тыс": 1e3, "миллионов": 1e6, "миллиона": 1e6, "миллион": 1e6, "млн": 1e6,
    "миллиардов": 1e9, "миллиарда": 1e9, "млрд": 1e9, "hiljada": 1e3, "miliona": 1e6, "хиљада": 1e3, "милиона": 1e6,
    "ribu": 1e3, "juta": 1e6, "miliar": 1e9, "ezer": 1e3, "millió": 1e6, "milliárd": 1e9, "ألف": 1e3, "آلاف": 1e3,
    "مليون": 1e6, "ملايين": 1e6, "مليار": 1e9, "nghìn": 1e3, "ngàn": 1e3, "triệu": 1e6, "tỷ": 1e9, "พัน": 1e3, "หมื่น": 1e4,
    "แสน": 1e5, "ล้าน": 1e6, "tausend": 1e3, "millionen": 1e6, "milliarden": 1e9, "万": 1e4, "萬": 1e4, "亿": 1e8,
    "億": 1e8, "हज़ार": 1e3, "हजार": 1e3, "लाख": 1e5, "करोड़": 1e7, "अरब": 1e9, "ہزار": 1e3, "لاکھ": 1e5, "کروڑ": 1e7, "ارب": 1e9,
    "هزار": 1e3, "میلیون": 1e6, "میلیارد": 1e9, "bin": 1e3, "milyon": 1e6, "milyar": 1e9, "bilion": 1e9, "tausen": 1e3,
    "taosen": 1e3, "milien": 1e6, "milian": 1e6, "千": 1e3, "百": 1e2, "만": 1e4, "천": 1e3, "백": 1e2, "억": 1e8,
}  # fmt: skip
_ONLY_IN = {"bin": "tr", "ارب": "ur", "अरब": "hi"}
"""Multipliers that are another word elsewhere."""
_DIGITS = re.compile(
    r"(?<![0-9A-Za-zÀ-ÿА-я.,])(?:RM|[$€£¥])?(\d{1,2}(?:,\d{2})+,\d{3}(?!\d)|"
    r"\d{1,3}(?:[,.\u00a0\u202f' ]\d{3})+(?![\d])|\d+(?:[.,]\d+)?)"
    r"(?:\s?(" + "|".join(sorted(_MULTIPLIERS, key=len, reverse=True)) + r")(?![a-zа-яё]))?",
    re.IGNORECASE,
)
_HAN = re.compile(r"[一二两兩三四五六七八九十百千万亿零〇萬億]+")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_PLAIN = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९０１２３４５６７８９٬٫", "0123456789" * 4 + ",.")
_JOINERS = frozenset({"and", "y", "e", "et", "und", "en"})
"""Words inside a spelled number ("quarenta e cinco") that are no number by themselves."""
_LONGEST = 12
"""More words than this are an enumeration, not one number."""
_NAMES_BEFORE = re.compile(
    r"(?:第|[^\W\d_][-‑–—]\s?|\b(?:no|nos|nr|núm|n°|nº|art|artikel|articles?|artículos?|artigos?|articoli|articolo|pages?|página|"
    r"chapters?|sections?|nomor|pasal|статья|статьи|статье|№|номер|số|điều|perkara|fasal|"
    r"seksyen|madde|namba|धारा|अनुच्छेद|नंबर|دفعہ|شق|آرٹیکل|نمبر|ماده|شماره)\.?\s?)$",
    re.IGNORECASE,
)
"""What stands before a number that names something and counts nothing: "BOL-110", "第三次", "Nomor 13"."""
_NAMES_AFTER = re.compile(
    r"(?:st|nd|rd|th|e|er|º|ª|°|й|я|го|му|-й|-я|-го|-м|'?(?:[iıuü]?nc[iıuü])\w*|वें|वीं|वाँ|वां|ویں|واں)(?!\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Number:
    """text[start:end] says `value`. `year`: four bare digits that may be a year; `name`: it names, it does not count."""

    value: float
    start: int
    end: int
    year: bool = False
    name: bool = False


def find_numbers(text: str, lang: str) -> list[Number]:
    """Every number in `text`, in order, none inside another."""
    plain = text.translate(_PLAIN)
    found = list(_digits(plain, lang))
    if lang in ("zh", "ja"):
        found += _han(plain)
    elif lang in WORD_LANGUAGES:
        found += _words(plain, lang)
    else:
        found += [Number(value, start, end) for value, start, end in spelled(plain, lang)]
    apart = _apart(found)
    return list(_summed(apart, plain, _PARTS_JOINED[lang]) if lang in _PARTS_JOINED else apart)


def _apart(numbers: Iterable[Number]) -> Iterator[Number]:
    """In order of place, without those that begin inside the one before."""
    end = -1
    for number in sorted(numbers, key=lambda number: (number.start, -number.end)):
        if number.start >= end:
            yield number
            end = number.end


def _digits(text: str, lang: str) -> Iterator[Number]:
    for match in _DIGITS.finditer(text):
        written, multiplier = match.group(1), match.group(2)
        if multiplier and _ONLY_IN.get(multiplier.lower(), lang) != lang:
            multiplier = None
        value = _value(written, lang) * _MULTIPLIERS.get((multiplier or "").lower(), 1)
        end = match.end(2) if multiplier else match.end(1)
        year = written.isdigit() and not multiplier and 1900 <= value <= 2100
        names = bool(_NAMES_BEFORE.search(text[max(0, match.start() - 12) : match.start()]))
        yield Number(value, match.start(1), end, year, names or bool(_NAMES_AFTER.match(text, end)))


_PARTS_JOINED = {"hi": " ", "ur": " ", "tr": " ", "fa": " و "}
"""What stands between the parts of "2 bin 300" or "21 करोड़ 50 लाख" in languages that write a number so."""


def _summed(numbers: Iterable[Number], text: str, between: str) -> Iterator[Number]:
    """With the parts of one number put together: each is smaller than the multiplier of the one before."""
    last: Number | None = None
    for number in numbers:
        joined = last is not None and text[last.end : number.start] == between and not text[last.end - 1].isdigit()
        if last and joined and last.value % 10 ** len(str(int(number.value))) == 0:
            last = Number(last.value + number.value, last.start, number.end)
            continue
        if last:
            yield last
        last = number
    if last:
        yield last


def _value(written: str, lang: str) -> float:
    compact = re.sub(r"[\u00a0\u202f' ]", "", written)
    if re.fullmatch(r"\d{1,2}(?:,\d{2})+,\d{3}", compact):
        return float(compact.replace(",", ""))  # India groups by two beyond the thousand: 1,00,000
    grouped = re.fullmatch(r"\d{1,3}(?:,\d{3})+|\d{1,3}(?:\.\d{3})+", compact)
    if grouped and (("." in compact) == (lang in POINT_GROUPS or compact.count(".") > 1) or compact.count(",") > 1):
        return float(re.sub(r"[.,]", "", compact))
    if grouped and "," in compact:
        return float(compact.replace(",", ""))
    return float(compact.replace(",", "."))


_HAN_NAMES = frozenset('第“「『《〈"')
"""After these a Chinese numeral orders or belongs to a title."""


def _han(text: str) -> Iterator[Number]:
    for match in _HAN.finditer(text):
        value = _han_value(match.group())
        if value is not None:
            yield Number(value, *match.span(), name=text[max(0, match.start() - 1) : match.start()] in _HAN_NAMES)


@lru_cache(maxsize=4096)
def _han_value(written: str) -> float | None:
    if len(written) > _LONGEST:
        return None
    if written[0] in "百千":
        written = "一" + written
    try:
        return float(cn2an.cn2an(written.translate(str.maketrans("兩萬億", "两万亿")), "smart"))
    except ValueError:
        return None


def _words(text: str, lang: str) -> Iterator[Number]:
    """Longest runs of words that text2num reads as one number; a joiner counts if a number follows it."""
    words = list(_WORD.finditer(text))
    i = 0
    while i < len(words):
        value, after = _run(words, i, text, lang)
        if value is None:
            i += 1
            continue
        yield Number(value, words[i].start(), words[after - 1].end())
        i = after


def _run(words: list[re.Match[str]], first: int, text: str, lang: str) -> tuple[float | None, int]:
    """(value, index after its last word) of the longest number that begins with word `first`."""
    value, after = _reads(words[first].group(), lang), first + 1
    if value is None and words[first].group().lower() not in _ONES:
        return None, first
    last = after
    while last < min(len(words), first + _LONGEST) and text[words[last - 1].end() : words[last].start()] in (
        " ",
        "\u00a0",
    ):
        longer = _reads(text[words[first].start() : words[last].end()], lang)
        if longer is not None:
            value, after = longer, last + 1
        elif words[last].group().lower() not in _JOINERS:
            break
        last += 1
    vague = after == first + 1 and words[first].group().lower() in _VAGUE
    return (None if vague else value), after


_ONES = frozenset({"a", "one", "un", "une", "uno", "una", "um", "uma", "ein", "eine", "een"})
_VAGUE = _ONES | frozenset({
    "an", "thousands", "hundreds", "millions", "dozens", "tens", "second", "o", "cientos",
     "miles", "millones", "milhares", "centenas",
    "milliers", "centaines", "dizaines", "tausende", "hunderte", "migliaia", "million", "billion", "mil", "mille",
})  # fmt: skip
"""Words that text2num reads as numbers but that count nothing exactly when they stand alone."""


@lru_cache(maxsize=16384)
def _reads(words: str, lang: str) -> float | None:
    try:
        return float(text2num(words.lower().replace("\u00a0", " "), lang))
    except (ValueError, KeyError):
        return None
