"""The noun that a number counts, by the word order of the language."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from pipeline.numerals import Number
from pipeline.reading import Read
from pipeline.records import Unit
from pipeline.terms import Hit

AFTER = 45
"""Code points between a number and its noun: "2,700 foreign law enforcement officers" has room for adjectives."""
COUNTED_AFTER = frozenset({"zh", "ja", "ko", "th"})
"""Languages with counters: the number, a counter, and the noun behind it or in front of the number."""
NOUN_FIRST = frozenset({"sw"})
"""Languages that put the noun in front of the number."""
HEAD_LAST = frozenset({"en", "de", "nl", "hu"})
"""Languages whose compound nouns end in their head: "police cars" are cars."""
_ENDS = {
    "en": "of for in by to from with and or at on that who whose which were was are is had have has as into than the a an during under",
    "es": "para por con y e o en a al que desde hasta como fueron eran son han el la los las un una se",
    "fr": "pour par avec et ou en à au aux que qui dans sur depuis comme ont sont étaient furent le la les un une se",
    "pt": "para por com e ou em a ao aos que no na nos nas desde até como foram eram são o os as um uma se",
    "it": "per con e o in a al ai che da dal nel nella come sono erano hanno il lo la i gli le un una si",
    "de": "für mit und oder in im an am auf aus nach von vom zu zur zum die der das den dem sind waren haben hat wurden als",
    "ru": "для с и или в во на по из от к как были",
    "hu": "és vagy a az hogy",
    "id": "untuk dengan dan atau di ke dari yang pada sebagai dalam",
    "ms": "untuk dengan dan atau di ke dari daripada kepada yang pada sebagai dalam oleh",
    "tr": "için ile ve veya kadar gibi olarak üzere bu da de",
    "fa": "برای با و یا در به از که تا را بر",
    "ur": "کو سے میں نے اور یا پر تک کہ جو تھے ہیں ہے تھا تھی",
    "hi": "को से में ने और या पर तक कि जो थे हैं है था थी",
    "tpi": "long na o i bai we olsem wantaim",
    "bi": "long mo o i oli bae we olsem wetem",
    "vi": "cho với và hoặc ở tại đến từ trong do",
    "ar": "في إلى على عن مع أو",
    "sr": "za sa i ili u na iz od do kao za са и или у на из од до као за",
}
"""Words that end a noun phrase: no noun beyond them is counted by a number before them."""
_STOPS = '.;:。；：!?！？(（，,、،؛—–"“”«»「」'
_ARTICLE = {
    "en": r"\b(?:an?|one|another)\s+",
    "es": r"\b(?:un|una)\s+",
    "fr": r"\b(?:un|une)\s+|\bd'une?\s+",
    "pt": r"\b(?:um|uma)\s+",
    "it": r"\b(?:un|uno|una)\s+|\bun'",
    "de": r"\b(?:ein|eine|einen|einem|einer|eines)\s+",
    "hu": r"\begy\s+",
    "ru": r"\b(?:один|одного|одному|одну|одна)\s+",
    "sr": r"\b(?:jedan|jednog|jednu|један|једног|једну)\s+",
    "id": r"\bseorang\s+|\bsatu\s+",
    "ms": r"\bseorang\s+",
    "tr": r"\bbir\s+",
    "fa": r"(?<!\w)یک\s+",
    "ur": r"(?<!\w)ایک\s+",
    "hi": r"(?<!\w)एक\s+",
    "tpi": r"\bwanpela\s+",
    "bi": r"\bwan\s+",
    "vi": r"\bmột\s+",
    "zh": "一名|一位|一个|一個|1名",
    "ja": r"一人|1人|一名|1名",
    "ko": r"한 명|1명",
    "th": "หนึ่งคน|1 คน",
}
"""What stands before a single person; where a language has no article, its word for one."""
_WORDS_BETWEEN = r"(?:[^\W\d_][\w'’-]*\s+){0,3}"


@dataclass(frozen=True, slots=True)
class Counted:
    """What is counted, the place of its number, and the words that say both: text[start:end] of the sentence.

    `people`: the noun says only that people are counted ("participants", 名), not whether they are police.
    """

    unit: Unit
    at: int
    start: int
    end: int
    currency: str | None = None
    people: bool = False


def counted(read: Read, number: Number, limit: int, lang: str) -> Counted | None:
    """The noun of a number, up to the next number at `limit`."""
    what = _counted(read, number, limit, lang)
    if what is None or what.unit != "persons":
        return what
    people = read.around("units.people", what.start, what.end)
    return replace(what, people=any(hit.end >= what.end or what.at > hit.start for hit in people))


def _counted(read: Read, number: Number, limit: int, lang: str) -> Counted | None:
    near = read.around("units", number.start - AFTER, number.end + AFTER + 1)
    units = [hit for hit in near if hit.label[1] in _UNITS]
    if lang in NOUN_FIRST:
        return _in_front(units, number, read.sentence.text) or _behind(units, number, limit, read.sentence.text, lang)
    if lang in COUNTED_AFTER:
        return _by_counter(units, number, limit, read.sentence.text)
    return _behind(units, number, limit, read.sentence.text, lang)


_UNITS = frozenset({"officers", "trainings", "countries", "delegations", "persons", "items", "stations"})


@lru_cache(maxsize=32)
def _end_of_phrase(lang: str) -> re.Pattern[str]:
    words = "|".join(_ENDS.get(lang, "").split())
    marks = f"[{re.escape(_STOPS)}]"
    return re.compile(rf"{marks}|(?<!\w)(?:{words})(?!\w)" if words else marks, re.IGNORECASE)


def _behind(units: Sequence[Hit], number: Number, limit: int, text: str, lang: str) -> Counted | None:
    last = min(limit, number.end + (3 if number.year else AFTER), len(text))
    whole = [
        hit
        for hit in units
        if number.end <= hit.start <= last and hit.label[1] == "delegations" and hit.start - number.end <= 2
    ]
    if whole:
        longest = max(whole, key=lambda hit: hit.end)
        return Counted("delegations", number.start, number.start, longest.end)
    linked = re.compile(r"\s*(?:de|d'|of the|of|di|من)\s+", re.IGNORECASE).match(text, number.end)
    begin = linked.end() if linked else number.end
    stop = _end_of_phrase(lang).search(text, begin, last)
    near = [hit for hit in units if begin <= hit.start + 1 and hit.start < (stop.start() if stop else last + 1)]
    if not near:
        return None
    if lang in HEAD_LAST:
        noun = max(near, key=lambda hit: (hit.end, -hit.start))
    else:
        noun = min(near, key=lambda hit: (hit.start, -hit.end))
    return Counted(noun.label[1], number.start, number.start, noun.end)


def _in_front(units: Sequence[Hit], number: Number, text: str) -> Counted | None:
    near = [hit for hit in units if 0 < number.start - hit.end <= 12 and not _stopped(text[hit.end : number.start])]
    if not near:
        return None
    noun = max(near, key=lambda hit: (hit.end, hit.end - hit.start))
    return Counted(noun.label[1], number.start, noun.start, number.end)


def _by_counter(units: Sequence[Hit], number: Number, limit: int, text: str) -> Counted | None:
    """The counter at the number, made more exact by a noun just behind it or just in front of the number."""
    counters = [hit for hit in units if number.end - 1 <= hit.start <= number.end + 3]
    if not counters or number.year:
        return None
    counter = max(counters, key=lambda hit: (hit.end, -hit.start))
    if counter.label[1] not in ("persons", "items"):
        return Counted(counter.label[1], number.start, number.start, counter.end)
    stop = next((i for i in range(counter.end, min(limit, counter.end + 9, len(text))) if text[i] in _STOPS), None)
    last = stop if stop is not None else counter.end + 8
    behind = [hit for hit in units if counter.end <= hit.start and hit.end <= last and hit.end - hit.start > 1]
    front = [
        hit
        for hit in units
        if 0 <= number.start - hit.end <= 2 and hit.end - hit.start > 1 and not _stopped(text[hit.end : number.start])
    ]
    nouns = [hit for hit in (*behind, *front) if hit.label[1] in ("officers", "persons", "items")]
    noun = next((hit for hit in nouns if hit.label[1] == "officers"), nouns[0] if nouns else counter)
    return Counted(noun.label[1], number.start, min(number.start, noun.start), max(counter.end, noun.end))


def _stopped(between: str) -> bool:
    return any(mark in between for mark in _STOPS)


_DUALS: dict[str, Unit] = {
    "dual_officers": "officers",
    "dual_persons": "persons",
    "dual_items": "items",
    "dual_stations": "stations",
}


def duals(read: Read) -> Iterator[Counted]:
    """Nouns that say two by their ending, listed as such (Arabic: شرطيان)."""
    for name, unit in _DUALS.items():
        for hit in read.labelled(f"units.{name}"):
            yield Counted(unit, hit.start, hit.start, hit.end)


def individuals(read: Read, lang: str) -> Iterator[Counted]:
    """Single persons: an article or a one, at most three words, and a singular noun of the lexicon's `units.person`."""
    pattern = _ARTICLE.get(lang)
    if pattern is None:
        return
    text = read.sentence.text
    if lang in COUNTED_AFTER:
        for match in re.finditer(pattern, text):
            yield Counted("persons", match.start(), match.start(), match.end())
        return
    for hit in read.labelled("units.person"):
        before = text[max(0, hit.start - 60) : hit.start]
        one = re.search(f"(?:{pattern}){_WORDS_BETWEEN}$", before, re.IGNORECASE)
        if one:
            start = hit.start - len(before) + one.start()
            yield Counted("persons", start, start, hit.end)


def single_post(read: Read, named: Hit, lang: str) -> Counted | None:
    """One office or one officer: an article or a one before the words that name a station or a liaison officer."""
    pattern = _ARTICLE.get(lang)
    if pattern is None:
        return None
    before = read.sentence.text[max(0, named.start - 60) : named.start]
    between = "[^\\W\\d_]{0,12}" if lang in COUNTED_AFTER else _WORDS_BETWEEN
    one = re.search(f"(?:{_ONE_PLACE.get(lang, pattern)}|{pattern}){between}$", before, re.IGNORECASE)
    if one is None:
        return None
    start = named.start - len(before) + one.start()
    officer = bool(read.around("units.person", named.start, named.end + 8))
    return Counted("officers" if officer else "stations", start, start, named.end)


_ONE_PLACE = {
    "zh": "一个|一處|一处|一間|一间|1个",
    "ja": "一か所|1か所|一カ所",
    "ko": "한 곳|1곳",
    "id": r"\bsebuah\s+",
    "ms": r"\bsebuah\s+",
    "th": "แห่งหนึ่ง",
}
"""Ones that count places, where a language has counters."""
