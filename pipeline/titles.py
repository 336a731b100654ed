"""The words that describe a speaker, joined and weighed: "director of the Coast Institute", "Chinese police chief".

Titles beside each other are one description; its voice is that of its head, or of the body it belongs to where the head is
a post that could be on any side ("director", "spokeswoman"). An office beside a Chinese place or a Chinese name is Chinese.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.records import Voice
from pipeline.terms import Hit

POST = "post"
"""The lexicon's name for posts that say nothing of a side: director, spokeswoman, head, member."""
KANA = re.compile(r"[ぁ-ヿ]")
HANGUL = re.compile(r"[가-힣]")
HAN = re.compile(r"[一-鿿]")
THAI = re.compile(r"[฀-๿]")
ARABIC = re.compile(r"[؀-ۿ]")
_LINK = re.compile(
    r"^\w*(?:['’]s)?[\s-]*(?:(?!(?:and|or|who|that|which|as|with|to|y|que|e|et|qui|avec|con|und|и|а|i|dan|yang|na|và)\b|و)"
    r"[\w'’«»\"“”.&/-]+[\s-]+){0,5}$"
)
"""What may stand between two titles of one description."""
_OF = (
    r"(?:of|of the|from|from the|in|at|at the|de|de la|del|du|des|d'|l'|do|da|dos|di|della|dari|wa|ya|la|của|ở|в|из|von|der"
    r"|aus)"
)
_QUALIFIED_BEFORE = re.compile(r"^\w*(?:['’]s)?(?:[\s-]+(?!and\b|or\b|with\b|to\b|for\b)[\w'’-]+){0,2}[\s-]*$")
_QUALIFIED_AFTER = re.compile(rf"^\w*[\s-]*(?:{_OF}\s*(?:\w+\s+)?)?(?:{_OF}\s*|ال|ل)?$")
_QUALIFIED_HAN = re.compile(r"^[^的与和同跟向对给，、。はがをにとも]{0,7}$|^の$")
_QUALIFIED_HANGUL = re.compile(r"^(?:의)?\s+(?:[가-힣]+[^은는이가을를도와과에\s]\s)?$")
_AT_ONCE = re.compile(r"^\s*(?:[^\W\d_]{1,5}\s)?$")
_SYLLABLE = r"(?:[bpmfdtnlgkhjqxrzcsywBPMFDTNLGKHJQXRZCSYW]|[zcsZCS]h)?[aeiouüAEO][aeiou]{0,2}(?:ng|n|r)?"
_PINYIN = (
    rf"(?:Wang|Li|Zhang|Liu|Chen|Yang|Huang|Zhao|Wu|Zhou|Xu|Sun|Ma|Zhu|Hu|Guo|He|Lin|Gao|Luo|Zheng|Liang|Xie|Song|Tang|Han|Feng"
    rf"|Deng|Cao|Peng|Zeng|Xiao|Tian|Dong|Pan|Yuan|Cai|Jiang|Yu|Du|Ye|Cheng|Wei|Su|Lu|Ding|Ren|Shen|Yao|Cui|Zhong|Tan|Lan|Qin|Fan|Shi"
    rf"|Jia|Xia|Fu|Fang|Zou|Xiong|Bai|Meng|Qiu|Hou|Yin|Xue|Yan|Lei|Long|Tao|Gu|Mao|Hao|Gong|Shao|Wan|Qian|Dai|Mo|Kong|Xiang|Chang|Qi|Pang)"
    rf"\s(?=[A-Z]){_SYLLABLE}(?:-?{_SYLLABLE})?(?=[\s,.;:)]|$)"
)
PINYIN = re.compile(rf"\b{_PINYIN}")
"""A personal name in pinyin."""
_PINYIN_AFTER = re.compile(rf"^\w*,?\s{_PINYIN}")
_PINYIN_BEFORE = re.compile(rf"\b{_PINYIN},\s(?:\w+\s)?$")
_CLAUSE_START = re.compile(r"(?:^|[,;:.，。；：—–]\s*|“”\s*|\b(?:that|que|but|mais|pero|mas|но|а|и|and|et|y|e)\s)$")
_ARTICLE = re.compile(
    r"(?:\b(?:le|la|les|un|une|du|des|au|el|los|las|al|del|il|lo|gli|the|a|o|os|as)\s|['’])$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Title:
    """A description of a speaker, text[start:end]. `voice` is None for a post whose side is not told."""

    start: int
    end: int
    voice: Voice | None
    post: str
    bare: bool = False
    """Whether the head is a post that could be on any side."""


def titles(text: str, voices: Iterable[Hit], verbs: Sequence[Hit], china: Sequence[Hit]) -> list[Title]:
    """The descriptions of speakers in a sentence, neighbours joined unless a verb of saying parts them."""
    joined: list[list[Title]] = []
    voices = [*voices, *_china_speaking(text, verbs, china)]
    spoken = {(verb.start, verb.end) for verb in verbs}
    for hit in outermost(voices):
        if (hit.start, hit.end) in spoken and not _ARTICLE.search(text[max(0, hit.start - 5) : hit.start]):
            continue  # French "juge" names a judge or what one does
        title = _title(text, hit, verbs, china)
        last = joined[-1][-1].end if joined else 0
        parted = any(last <= verb.start < title.start for verb in verbs)
        if joined and last <= title.start and not parted and _links(text[last : title.start]):
            joined[-1].append(title)
        else:
            joined.append([title])
    return [_description(text, parts) for parts in joined]


def _china_speaking(text: str, verbs: Sequence[Hit], china: Sequence[Hit]) -> Iterator[Hit]:
    """Hits of "Beijing" or "China" that themselves say something."""
    for place in china:
        after = any(_AT_ONCE.match(text[place.end : verb.start]) for verb in verbs if verb.start >= place.end)
        before = ARABIC.match(text[place.start]) and any(text[verb.end : place.start] in (" ", " ال") for verb in verbs)
        if (after and _CLAUSE_START.search(text[: place.start])) or before:
            yield Hit(place.start, place.end, ("voices", "prc_official"), "")


def outermost(hits: Iterable[Hit]) -> Iterator[Hit]:
    end = 0
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        if hit.start >= end:
            yield hit
            end = hit.end


def _title(text: str, hit: Hit, verbs: Sequence[Hit], china: Sequence[Hit]) -> Title:
    name = hit.label[1]
    if text[hit.end - 1] in "はがも":  # Japanese terms may be listed with their particle
        hit = Hit(hit.start, hit.end - 1, hit.label, hit.term[:-1])
    end = min((v.start for v in verbs if hit.start < v.start < hit.end == v.end), default=hit.end)  # "Beijing said"
    voice: Voice | None = None if name == POST else name
    office = name in (POST, "host_official")
    if office and (_chinese_name(text, hit.start, end) or any(_qualifies(text, place, hit) for place in china)):
        voice = "prc_official"
    return Title(hit.start, end, voice, hit.term if office else "", name == POST)


def _chinese_name(text: str, start: int, end: int) -> bool:
    """Whether a name in pinyin stands beside a title: "Deputy Minister Gao Peilin", "Gao Peilin, the deputy minister"."""
    return bool(_PINYIN_AFTER.match(text[end : end + 40]) or _PINYIN_BEFORE.search(text[max(0, start - 40) : start]))


def _qualifies(text: str, place: Hit, hit: Hit) -> bool:
    """Whether a Chinese place belongs to a title: "Chinese police chief", "ministre chinois", "director in Nanning"."""
    if place.end <= hit.start:
        gap, pattern = text[place.end : hit.start], _QUALIFIED_BEFORE
    elif hit.end <= place.start:
        gap, pattern = text[hit.end : place.start], _QUALIFIED_AFTER
    else:
        return False
    if len(gap) > 30:
        return False
    if HANGUL.match(text[hit.start]):
        return place.end <= hit.start and bool(_QUALIFIED_HANGUL.match(gap))
    if HAN.match(text[hit.start]) or KANA.match(text[hit.start]):
        return place.end <= hit.start and bool(_QUALIFIED_HAN.match(gap))
    return bool(pattern.match(gap))


def _links(gap: str) -> bool:
    if HAN.search(gap) or KANA.search(gap) or THAI.search(gap) or not gap.strip():
        return len(gap) <= 4 and not re.search(r"[和与與及跟向对對也了还還，、はがをとも]", gap)
    return len(gap) <= 45 and bool(_LINK.match(gap))


def _description(text: str, parts: Sequence[Title]) -> Title:
    head_last = bool(HAN.match(text[parts[0].start]) or HANGUL.match(text[parts[0].start]))
    order = list(reversed(parts)) if head_last else list(parts)
    told: list[Voice] = [p.voice for p in order if p.voice]
    voice = "international_body" if "international_body" in told else next(iter(told), None)
    if voice == "host_official":  # "minister counsellor of the embassy", "a minister of a neighbouring country"
        voice = next((p.voice for p in parts if p.voice in ("prc_official", "third_official")), voice)
    return Title(parts[0].start, parts[-1].end, voice, order[0].post, order[0].bare)
