"""Who is the subject of a verb of saying in one sentence, read off the descriptions of speakers and where they stand.

Which side of the verb the subject stands on follows the script: before it in most, after it in Arabic and after a
quotation, at a topic marker in Japanese and Korean. A pronoun, or no subject at all, means the speaker before.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.quotes import MARK
from pipeline.terms import Hit
from pipeline.titles import ARABIC, HAN, HANGUL, KANA, Title, outermost

WINDOW = 240
"""Code points before a verb of saying in which its subject is looked for."""
_PERSIAN = re.compile(r"[یکگچپےںٹڈ]")
_PRONOUN = (
    r"he|she|they|él|ella|ellos|ellas|il|elle|ils|elles|ele|ela|eles|elas|он|она|они|dia|ia|mereka|beliau|lui|lei|loro|er|sie"
    r"|ő|ők|yeye|wao|ông|bà|ông ấy|bà ấy|anh ấy|cô ấy|họ"
)
_BETWEEN = (
    r"has|have|had|also|then|later|again|still|ha|han|había|también|a|ont|avait|aussi|ne|se|s'est|lhe|também|ainda|anche|hat|auch"
    r"|haben|также|ещё|еще|потом|позже|же|juga|pun|kemudian|lalu|cũng|còn|đã|himself|herself|however|in turn"
)
_PRONOUN_BEFORE = re.compile(rf"(?:^|[\s,;“”—–-])(?i:{_PRONOUN})(?:\s+(?:{_BETWEEN}))*\s*$")
_PRONOUN_AFTER = re.compile(
    rf"^(?:\s+|-t-|-)(?:(?:he|she|they)\s*(?:$|[,.;:“])|(?!he\b|she\b|they\b)(?:{_PRONOUN})\b(?!\s+[A-ZÀ-ÝЀ-Я]))"
)
_PRONOUN_GIVEN = re.compile(rf"^\s+(?:{_PRONOUN}|ihm|ihr|него|неё|них)\b(?!\s+[A-ZÀ-ÝЀ-Я])")
_OWN_VIEW = re.compile(
    r"\b(?:in (?:his|her|their) (?:view|opinion|words)|à (?:son|leur) avis|selon (?:lui|elle|eux|elles)|d'après (?:lui|elle|eux)"
    r"|a su (?:juicio|entender|parecer)|en su opinión|según (?:él|ella|ellos|ellas)|na (?:sua )?opinião d?(?:ele|ela|eles)?"
    r"|segundo (?:ele|ela|eles|elas)|a seu ver|secondo (?:lui|lei|loro)|a suo (?:avviso|parere|giudizio)"
    r"|по (?:его|её|ее|их) (?:словам|мнению|данным)|на (?:его|её|ее|их) взгляд|menurutnya|katanya|ujarnya|tuturnya|ucapnya"
    r"|ihm zufolge|ihr zufolge|(?:seiner|ihrer) (?:ansicht|meinung) nach|szerinte|kulingana naye|kwa maoni yake"
    r"|theo (?:ông|bà)(?= ?[,:])|по (?:његовим|njegovim) речима|prema (?:njegovim|njenim) rečima)\b"
    r"|在[他她]看来|据[他她]|彼によると|彼女によると|그에 따르면|그녀에 따르면"
    r"|بحسبه|برأيه|برأيها|في رأيه|في رأيها|ووفقا له|وفقا لها",
    re.IGNORECASE,
)
_GIVEN = re.compile(
    r"^(?:according to|selon|d'après|según|de acuerdo con|segundo|de acordo com|conforme|secondo|stando a|a detta di|по |согласно"
    r"|menurut|theo|laut|nach|kwa mujibu|kulingana|بحسب|وفق|حسب|prema|према|ตามที่)"
)
"""Verbs of saying that are no verbs: the speaker follows."""
_FOR = re.compile(
    r"^\W*(?:for|pour|para|per|für|для|bagi|kwa|đối với|aux yeux de|à en croire|in the eyes of|untuk"
    r"|بالنسبة|对于|對於|在)\b[^,:;،，]{0,25}$",
    re.IGNORECASE,
)
"""Before a speaker whose view the whole sentence gives: "For the analyst Mira Tal, the deal is a trap"."""
_VIEW = re.compile(r"^[^:.;]{0,60}[,:،，]|^[^,:.;]{0,80}\b(?:ist|sind|war|zeigt|bleibt|steht)\b")
_PASSIVE = re.compile(r"\b(?:was|were|been|being|be|is|are|has been|have been)\s+(?:\w+ly\s+)?$", re.IGNORECASE)
_BOUNDARY = re.compile(rf"[;:!?…—–()]|{MARK}")
_STOP = re.compile(
    rf"[;:!?…—–()]|{MARK}|\b(?:that|que|qu'|che|что|bahwa|kuwa|kwamba|rằng|dass|hogy|da|but|mais|pero|но)\b"
)
_THAT = re.compile(
    r"^\s*(?:$|[.:]|“”|(?:(?:asimismo|también|además|também|ainda|inoltre|anche|aussi|juga|pia)\s+)?"
    r"(?:que|che|что|bahwa|kuwa|kwamba|rằng|dass|hogy|ว่า)\b)"
)
_ADJUNCT = re.compile(
    r"^\s+(?:en|desde|durante|ante|tras|ahora|ayer|hoy|luego|después|entre|em|no|na|nos|nas|in|nel|nella|dal|davanti|poi|ieri|oggi"
    r"|dans|devant|lors|в|на|после|перед|под|вчера|saat|ketika|di|dalam|kepada|kwenye|katika|trong|tại|với)\s"
)
"""What may follow a verb without subject after a quotation."""
_COMMA = re.compile(r"[,،，]")
_NAME_BEFORE = re.compile(r"([A-ZÀ-ÝЀ-Я][\w'’-]+)(?:\s+[a-zà-ÿа-яё]+){0,1}\s*$")
_NAME_AFTER = re.compile(r"^\s+((?:[\w'’.-]+\s+){0,3}?[A-ZÀ-ÝЀ-Я][\w'’-]+(?:\s+[A-ZÀ-ÝЀ-Я][\w'’-]+)*)")
_HAN_SAME = re.compile(
    r"(?:^|[，,。；“”])[^，,]{0,4}?(?:他|她|他们|她们|他們|她們|同氏)[^，,]{0,6}$|(?:^|“”[，。]?)(?:还|還|并|並|又|亦|也|续|續)?$"
)
_HAN_OBJECT = re.compile(r"[对對向给給被让讓请請]$")
_HAN_ADVERB = re.compile(
    r"(?:还|還|也|则|則|并|並|又|曾|进一步|進一步|随后|隨後|补充|補充|周.|[一二三四五六七八九十\d]+日|[在对對向就].*|近日|日前|昨日|今日)+$"
)
_TOPIC = re.compile(
    r"^[^はがもをにでと、。，「」“”\s]{0,8}(?:氏|さん|ら|たち)?(?:は|が|も|によると|によれば|側は)"
    r"|^[가-힣]{0,2}(?:은|는|이|가|도|에 따르면|에 의하면)(?![가-힣])"
)
_TOPIC_SAME = re.compile(
    r"(?:^|[、。“”\s])(?:彼女?ら?|同氏|氏|本人)(?:は|も)|(?:^|[\s“”])(?:그|그녀|그들)(?:는|은|도)\s"
)
_ARABIC_STOP = re.compile(rf"\s(?:[وب]?[إأا]نّ?(?:ه|ها|هم|هما|نا)?|بأنّ?(?:ه|ها|هم)?|لو|كيف|عما)(?=\s)|[:؛.]|{MARK}|«")
_ARABIC_SAME = re.compile(r"^\s*(?:$|(?:في|من|خلال|عن|على|إلى|أيضا|أيضًا|كذلك|بدوره|بدورها)(?:\s|$))")


@dataclass(frozen=True, slots=True)
class Subject:
    """Of one verb: the title that speaks, or that the speaker is the one before (`same`), or a bare name's words."""

    title: Title | None = None
    same: bool = False
    names: tuple[str, ...] = ()


def subjects(text: str, verbs: Iterable[Hit], found: Sequence[Title]) -> Iterator[Subject]:
    """For each verb of saying what its subject is, in order; nothing where it cannot be told."""
    if own := _OWN_VIEW.search(text):
        yield _referent(found, own.start())
    for title in found[:1]:
        if _FOR.match(text[: title.start]) and _VIEW.match(text[title.end :]):
            yield Subject(title=title)
    free = [verb for verb in outermost(verbs) if not any(t.start <= verb.start < t.end for t in found)]
    persian = bool(_PERSIAN.search(text))
    if KANA.search(text) or HANGUL.search(text):
        if free or MARK in text:
            yield from _at_topic(text, found, max((verb.start for verb in free), default=0))
        return
    for verb in free:
        if HAN.match(text[verb.start]):
            yield from _before_in_chinese(text, verb, found)
        elif ARABIC.match(text[verb.start]) and not persian:
            yield from _after_in_arabic(text, verb, found)
        else:
            yield from _round(text, verb, found)


def _referent(found: Sequence[Title], end: int) -> Subject:
    """Whom a pronoun before `end` means: the one with whom this sentence begins, else the speaker before."""
    first = next((t for t in found if t.start <= 15 and t.end < end - 5), None)
    return Subject(title=first) if first else Subject(same=True)


def _round(text: str, verb: Hit, found: Sequence[Title]) -> Iterator[Subject]:
    """In scripts with spaces: before the verb, or after it where a quotation or a comma stands before."""
    given = bool(_GIVEN.match(verb.term))
    far = max(0, verb.start - WINDOW)
    start = max((m.end() for m in _BOUNDARY.finditer(text, far, verb.start)), default=far)
    before, after = text[start : verb.start], text[verb.end : verb.end + 90]
    inverted = given or not before.strip(" ,.'\"") or before.rstrip().endswith((",", "،"))
    if _PASSIVE.search(before):
        return
    if _PRONOUN_GIVEN.match(after) if given else _PRONOUN_BEFORE.search(before) or after.startswith("-"):
        yield _referent(found, verb.start)
    elif inverted and not given and _PRONOUN_AFTER.match(after):
        yield Subject(same=True)
    elif inverted and (later := _title_after(text, verb, after, found)):
        yield Subject(title=later)
    elif not given and (held := _title_before(text, start, verb, found)):
        yield Subject(title=held)
    elif not given and (name := _NAME_BEFORE.search(before)):
        yield Subject(names=(re.sub(r"['’]s$", "", name[1]),))
    elif inverted and not given and (_THAT.match(after) or (text.endswith(MARK, 0, start) and _ADJUNCT.match(after))):
        yield Subject(same=True)
    elif inverted and (name := _NAME_AFTER.match(after)):
        yield Subject(names=tuple(re.findall(r"[A-ZÀ-ÝЀ-Я][\w'’-]+", name[1])))


def _title_after(text: str, verb: Hit, after: str, found: Sequence[Title]) -> Title | None:
    """The first description in the clause after a verb; behind a comma only where a name stands before it."""
    stop = _STOP.search(after)
    reach = verb.end + (stop.start() if stop else len(after))
    title = next((t for t in found if verb.end <= t.start < reach), None)
    commas = len(_COMMA.findall(text[verb.end : title.start])) if title else 0
    return title if commas == 0 or (commas == 1 and _NAME_AFTER.match(after)) else None


def _title_before(text: str, start: int, verb: Hit, found: Sequence[Title]) -> Title | None:
    held = [t for t in found if start <= t.start and t.end <= verb.start]
    return held[-1] if held and _reaches(text[held[-1].end : verb.start]) else None


def _reaches(gap: str) -> bool:
    """Whether a title may be the subject of a verb that follows after `gap`: no clause ends between them."""
    commas = _COMMA.findall(gap)
    last = _COMMA.split(gap)[-1]
    return len(gap) <= 110 and (len(commas) % 2 == 0 or not last.strip())


def _before_in_chinese(text: str, verb: Hit, found: Sequence[Title]) -> Iterator[Subject]:
    """Right before the verb, at most a short clause away; else the words there may be a name."""
    before = text[max(0, verb.start - WINDOW) : verb.start]
    held = [t for t in found if t.end <= verb.start and not _HAN_OBJECT.search(text, max(0, t.start - 1), t.start)]
    gap = text[held[-1].end : verb.start] if held else before
    near = len(gap) <= 22 and MARK not in gap and ("，" not in gap or len(gap.split("，")[-1]) <= 5)
    if held and near and not re.search(r"(?:^|，)[^，]{0,3}[他她]", gap):
        yield Subject(title=held[-1], names=_han_names(gap))
    elif _HAN_SAME.search(before):
        yield _referent(found, verb.start)
    else:
        yield Subject(names=_han_names(re.split(r"[，,。；：]|“”", before)[-1]))


def _han_names(piece: str) -> tuple[str, ...]:
    """The words right before the verb, if they may be a name."""
    word = _HAN_ADVERB.sub("", piece)
    if not 2 <= len(word) <= 10 or not re.fullmatch(r"[一-鿿·‧・-]+", word):
        return ()
    return tuple(dict.fromkeys((word, re.split(r"[·‧・-]", word)[-1])))


def _at_topic(text: str, found: Sequence[Title], verb: int) -> Iterator[Subject]:
    """The first one marked as topic before the last verb of saying or beside a quotation."""
    same = _TOPIC_SAME.search(text)
    marked = next((t for t in found if (t.end <= verb or MARK in text) and _TOPIC.match(text[t.end :])), None)
    if marked and not (same and same.start() < marked.start):
        yield Subject(title=marked, names=_kana_names(text, marked))
    elif same:
        yield Subject(same=True)
    else:
        yield Subject(names=tuple(re.findall(r"([ァ-ヿ・ー]{2,}|[一-鿿]{2,4})氏?(?:は|も)", text)[:1]))


def _kana_names(text: str, title: Title) -> tuple[str, ...]:
    before = re.search(r"([ァ-ヿー]{2,})(?:・[ァ-ヿー]+)*$", text[: title.start])
    after = re.match(r"[・の]?([ァ-ヿー]{2,})", text[title.end :])
    return tuple(m[1] for m in (before, after) if m)


def _after_in_arabic(text: str, verb: Hit, found: Sequence[Title]) -> Iterator[Subject]:
    """Between the verb and what is said; a title before the verb where nothing stands there."""
    after = text[verb.end :]
    stop = _ARABIC_STOP.search(after)
    zone = after[: stop.start()] if stop else after[:60]
    later = next((t for t in found if verb.end <= t.start < verb.end + len(zone)), None)
    held = [t for t in found if t.end <= verb.start and verb.start - t.end <= 30]
    if later and later.start - verb.end <= 40:
        yield Subject(title=later, names=tuple(zone.split()[-1:]))
    elif stop and _ARABIC_SAME.match(zone) and verb.start <= 3:
        yield Subject(same=True)
    elif held and not _COMMA.search(text[held[-1].end : verb.start]):
        yield Subject(title=held[-1])
    elif zone.split():
        yield Subject(names=tuple(zone.split()[:3]))
