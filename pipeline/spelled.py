"""Number words of the languages that text2num does not read: a small table each, and one rule to put the words together.

Every language here says a number as a sum of products: a word of a hundred or more multiplies what was gathered since
the last larger one ("dua ratus lima puluh"), any other word adds. Russian, Serbian and Arabic nouns of number are listed
in the cases that stand before a counted noun; Hungarian, Korean and Thai write a number as one word, which is cut up from
the left. One is left out everywhere: it is an article or a pronoun far more often than a count. Hindi and Urdu have a word of its
own for each number up to a hundred, and one for one and a half, two and a half, and "and a half".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

BELAS = 10.5
"""Stands in the table for Indonesian "belas", which makes a teen of the unit before it."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """Words of a language's numbers.

    `joiners` stand between them; `glued`: several may stand in one word, with one of `tails` after it; `after_only`:
    counters without which they are no numbers; `doubtful`: numbers whose words mean something else more often when they stand alone.
    """

    words: dict[str, float]
    joiners: frozenset[str] = frozenset()
    glued: bool = False
    tails: str = ""
    after_only: str = ""
    doubtful: frozenset[float] = frozenset()


def _table(*groups: str) -> dict[str, float]:
    """ "2 два две, 3 три" as a mapping."""
    table = {}
    for group in ", ".join(groups).split(","):
        value, *words = group.split()
        table.update(dict.fromkeys(words, float(value)))
    return table


_RU = _table(
    "2 два две двух двум двумя двое двоих, 3 три трёх трех тремя трое троих, 4 четыре четырёх четырех четверо четверых, 5 пять пяти пятью пятеро пятерых",
    "6 шесть шести шестью шестеро шестерых, 7 семь семи семью семеро семерых, 8 восемь восьми восемью, 9 девять девяти, 10 десять десяти десятью",
    "11 одиннадцать одиннадцати, 12 двенадцать двенадцати, 13 тринадцать тринадцати, 14 четырнадцать четырнадцати, 15 пятнадцать пятнадцати",
    "16 шестнадцать шестнадцати, 17 семнадцать семнадцати, 18 восемнадцать восемнадцати, 19 девятнадцать девятнадцати, 20 двадцать двадцати",
    "30 тридцать тридцати, 40 сорок сорока, 50 пятьдесят пятидесяти, 60 шестьдесят шестидесяти, 70 семьдесят семидесяти, 80 восемьдесят восьмидесяти",
    "90 девяносто, 100 сто ста сотню, 200 двести двухсот, 300 триста трёхсот трехсот, 400 четыреста четырёхсот, 500 пятьсот пятисот",
    "600 шестьсот шестисот, 700 семьсот семисот, 800 восемьсот восьмисот, 900 девятьсот девятисот, 1000 тысяча тысячи тысячу тысяч, 1e6 миллион миллиона миллионов",
)  # fmt: skip
_SR = _table(
    "2 dva dve dvije dvojica dvojicu, 3 tri trojica trojicu troje, 4 četiri četvorica četvoricu četvoro, 5 pet petorica petoricu petoro, 6 šest šestorica",
    "7 sedam sedmorica, 8 osam osmorica, 9 devet, 10 deset desetoro, 11 jedanaest, 12 dvanaest, 13 trinaest, 14 četrnaest, 15 petnaest, 16 šesnaest",
    "17 sedamnaest, 18 osamnaest, 19 devetnaest, 20 dvadeset, 30 trideset, 40 četrdeset, 50 pedeset, 60 šezdeset, 70 sedamdeset, 80 osamdeset",
    "90 devedeset, 100 sto stotinu, 200 dvesta dvjesta dvesto dvjesto, 300 trista tristo, 1000 hiljadu hiljada hiljade tisuću tisuća, 1e6 milion miliona",
)
_ID = _table(
    "1 satu, 2 dua, 3 tiga, 4 empat, 5 lima, 6 enam, 7 tujuh, 8 delapan lapan, 9 sembilan, 10 sepuluh puluh, 11 sebelas, 100 seratus ratus",
    "1000 seribu ribu, 1e6 sejuta juta, 10.5 belas",
)
_SW = _table(
    "2 mbili wawili viwili mawili, 3 tatu watatu vitatu matatu, 4 nne wanne vinne manne, 5 tano watano vitano matano, 6 sita, 7 saba, 8 nane wanane vinane manane",
    "9 tisa, 10 kumi, 20 ishirini, 30 thelathini, 40 arobaini, 50 hamsini, 60 sitini, 70 sabini, 80 themanini, 90 tisini, 100 mia, 1000 elfu, 1e6 milioni",
)
_VI = _table(
    "1 một, 2 hai, 3 ba, 4 bốn tư, 5 năm lăm, 6 sáu, 7 bảy, 8 tám, 9 chín, 10 mười mươi, 100 trăm, 1000 nghìn ngàn, 1e6 triệu, 1e9 tỷ"
)
_HU = _table(
    "1 egy, 2 kettő két, 3 három, 4 négy, 5 öt, 6 hat, 7 hét, 8 nyolc, 9 kilenc, 10 tíz tizen, 20 húsz huszon, 30 harminc, 40 negyven",
    "50 ötven, 60 hatvan, 70 hetven, 80 nyolcvan, 90 kilencven, 100 száz, 1000 ezer, 1e6 millió",
)
_AR = _table(
    "2 اثنان اثنين اثنتان اثنتين, 3 ثلاثة ثلاث, 4 أربعة أربع, 5 خمسة خمس, 6 ستة ست, 7 سبعة سبع, 8 ثمانية ثماني ثمان, 9 تسعة تسع, 10 عشرة عشر",
    "11 أحدعشر, 12 اثناعشر اثنيعشر, 20 عشرون عشرين, 30 ثلاثون ثلاثين, 40 أربعون أربعين, 50 خمسون خمسين, 60 ستون ستين, 70 سبعون سبعين",
    "80 ثمانون ثمانين, 90 تسعون تسعين, 100 مئة مائة, 200 مئتا مئتي مئتان مئتين مائتا مائتي مائتان مائتين, 300 ثلاثمئة ثلاثمائة, 400 أربعمئة أربعمائة",
    "500 خمسمئة خمسمائة, 600 ستمئة ستمائة, 700 سبعمئة سبعمائة, 800 ثمانمئة ثمانمائة, 900 تسعمئة تسعمائة, 1000 ألف ألفا ألفًا ألفاً آلاف",
    "2000 ألفا ألفان ألفين ألفي, 1e6 مليون ملايين, 2 اثنا اثني اثنتا اثنتي",
)  # fmt: skip
_AR["ألفا"] = 1000.0  # accusative of a thousand; two thousand in the construct is "ألفي" in news prose
_KO = _table(
    "1 한 일, 2 두 이, 3 세 삼, 4 네 사, 5 다섯 오, 6 여섯 육, 7 일곱 칠, 8 여덟 팔, 9 아홉 구, 10 열 십, 20 스무 스물, 30 서른, 40 마흔, 50 쉰, 60 예순",
    "70 일흔, 80 여든, 90 아흔, 100 백, 1000 천, 1e4 만, 1e8 억",
)
_TH = _table(
    "1 หนึ่ง เอ็ด, 2 สอง ยี่, 3 สาม, 4 สี่, 5 ห้า, 6 หก, 7 เจ็ด, 8 แปด, 9 เก้า, 10 สิบ, 100 ร้อย, 1000 พัน, 1e4 หมื่น, 1e5 แสน, 1e6 ล้าน"
)
_HI = _table(
    "1.5 डेढ़, 2.5 ढाई, 0.5 साढ़े, 2 दो, 3 तीन, 4 चार, 5 पाँच पांच, 6 छह छः छ छे, 7 सात, 8 आठ, 9 नौ, 10 दस, 11 ग्यारह, 12 बारह, 13 तेरह, 14 चौदह",
    "15 पंद्रह पन्द्रह, 16 सोलह, 17 सत्रह सतरह, 18 अठारह अट्ठारह, 19 उन्नीस, 20 बीस, 21 इक्कीस, 22 बाईस बाइस, 23 तेईस तेइस, 24 चौबीस, 25 पच्चीस",
    "26 छब्बीस, 27 सत्ताईस सत्ताइस, 28 अट्ठाईस अट्ठाइस अठाईस, 29 उनतीस उन्तीस, 30 तीस, 31 इकतीस इकत्तीस, 32 बत्तीस, 33 तैंतीस, 34 चौंतीस, 35 पैंतीस, 36 छत्तीस",
    "37 सैंतीस, 38 अड़तीस, 39 उनतालीस उन्तालीस, 40 चालीस, 41 इकतालीस, 42 बयालीस, 43 तैंतालीस, 44 चौवालीस चवालीस, 45 पैंतालीस, 46 छियालीस, 47 सैंतालीस",
    "48 अड़तालीस, 49 उनचास, 50 पचास, 51 इक्यावन, 52 बावन, 53 तिरपन, 54 चौवन, 55 पचपन, 56 छप्पन, 57 सत्तावन, 58 अट्ठावन अठावन, 59 उनसठ, 60 साठ, 61 इकसठ, 62 बासठ",
    "63 तिरसठ तिरेसठ, 64 चौंसठ, 65 पैंसठ, 66 छियासठ, 67 सड़सठ, 68 अड़सठ, 69 उनहत्तर, 70 सत्तर, 71 इकहत्तर, 72 बहत्तर, 73 तिहत्तर, 74 चौहत्तर, 75 पचहत्तर, 76 छिहत्तर",
    "77 सतहत्तर, 78 अठहत्तर, 79 उनासी, 80 अस्सी, 81 इक्यासी, 82 बयासी, 83 तिरासी, 84 चौरासी, 85 पचासी, 86 छियासी, 87 सत्तासी, 88 अट्ठासी अठासी, 89 नवासी, 90 नब्बे",
    "91 इक्यानवे, 92 बानवे, 93 तिरानवे, 94 चौरानवे, 95 पचानवे, 96 छियानवे, 97 सत्तानवे, 98 अट्ठानवे अठानवे, 99 निन्यानवे, 100 सौ, 1000 हज़ार हजार, 1e5 लाख, 1e7 करोड़",
)  # fmt: skip
_UR = _table(
    "1.5 ڈیڑھ, 2.5 ڈھائی, 0.5 ساڑھے, 2 دو, 3 تین, 4 چار, 5 پانچ, 6 چھ چھے, 7 سات, 8 آٹھ, 9 نو, 10 دس, 11 گیارہ, 12 بارہ, 13 تیرہ, 14 چودہ, 15 پندرہ, 16 سولہ",
    "17 سترہ, 18 اٹھارہ, 19 انیس, 20 بیس, 21 اکیس, 22 بائیس, 23 تئیس تیئیس, 24 چوبیس, 25 پچیس, 26 چھبیس, 27 ستائیس, 28 اٹھائیس, 29 انتیس, 30 تیس, 31 اکتیس, 32 بتیس",
    "33 تینتیس, 34 چونتیس, 35 پینتیس, 36 چھتیس, 37 سینتیس, 38 اڑتیس, 39 انتالیس, 40 چالیس, 41 اکتالیس, 42 بیالیس, 43 تینتالیس, 44 چوالیس, 45 پینتالیس, 46 چھیالیس",
    "47 سینتالیس, 48 اڑتالیس, 49 انچاس, 50 پچاس, 51 اکاون, 52 باون, 53 ترپن, 54 چون, 55 پچپن, 56 چھپن, 57 ستاون, 58 اٹھاون, 59 انسٹھ, 60 ساٹھ, 61 اکسٹھ, 62 باسٹھ, 63 تریسٹھ",
    "64 چونسٹھ, 65 پینسٹھ, 66 چھیاسٹھ, 67 سڑسٹھ, 68 اڑسٹھ, 69 انہتر, 70 ستر, 71 اکہتر, 72 بہتر, 73 تہتر, 74 چوہتر, 75 پچھتر پچہتر, 76 چھہتر, 77 ستتر, 78 اٹھہتر, 79 اناسی",
    "80 اسی, 81 اکیاسی, 82 بیاسی, 83 تراسی, 84 چوراسی, 85 پچاسی, 86 چھیاسی, 87 ستاسی, 88 اٹھاسی, 89 نواسی, 90 نوے, 91 اکیانوے, 92 بانوے, 93 ترانوے, 94 چورانوے, 95 پچانوے",
    "96 چھیانوے, 97 ستانوے, 98 اٹھانوے, 99 ننانوے, 100 سو, 1000 ہزار, 1e5 لاکھ, 1e7 کروڑ",
)  # fmt: skip
_FA = _table(
    "2 دو, 3 سه, 4 چهار, 5 پنج, 6 شش, 7 هفت, 8 هشت, 9 نه, 10 ده, 11 یازده, 12 دوازده, 13 سیزده, 14 چهارده, 15 پانزده, 16 شانزده, 17 هفده, 18 هجده هیجده, 19 نوزده, 20 بیست",
    "30 سی, 40 چهل, 50 پنجاه, 60 شصت, 70 هفتاد, 80 هشتاد, 90 نود, 100 صد یکصد, 200 دویست, 300 سیصد, 400 چهارصد, 500 پانصد, 600 ششصد, 700 هفتصد, 800 هشتصد, 900 نهصد",
    "1000 هزار, 1e6 میلیون, 1e9 میلیارد, 1 یک",
)  # fmt: skip
_TR = _table(
    "1 bir, 2 iki, 3 üç, 4 dört, 5 beş, 6 altı, 7 yedi, 8 sekiz, 9 dokuz, 10 on, 20 yirmi, 30 otuz, 40 kırk, 50 elli, 60 altmış, 70 yetmiş, 80 seksen, 90 doksan",
    "100 yüz, 1000 bin, 1e6 milyon, 1e9 milyar",
)
_TPI = _table(
    "2 tupela, 3 tripela, 4 fopela fopla, 5 faipela faivpela, 6 sikspela, 7 sevenpela, 8 etpela, 9 nainpela, 10 tenpela ten, 11 ileven, 12 twelv twelpela, 15 fiftin",
    "20 twenti, 30 teti, 40 foti, 50 fifti, 60 siksti, 70 seventi, 80 eti, 90 nainti, 100 handet, 1000 tausen, 1e6 milien, 1 wan",
)
_BI = _table(
    "2 tu tufala, 3 tri trifala, 4 fo fofala, 5 faef faefala, 6 sikis, 7 seven, 8 eit, 9 naen, 10 ten, 11 eleven, 12 twelef, 13 tatin, 14 fotin, 15 fiftin, 16 sikistin",
    "17 seventin, 18 eitin, 19 naentin, 20 twante twanti twenti, 30 teti tati, 40 foti, 50 fifti, 60 sikisti, 70 seventi, 80 eiti, 90 naenti, 100 handred, 1000 taosen, 1e6 milian, 1 wan",
)
_CYRILLIC = {
    "dž": "џ", "lj": "љ", "nj": "њ", "a": "а", "b": "б", "v": "в", "g": "г", "d": "д", "đ": "ђ", "e": "е", "ž": "ж", "z": "з", "i": "и",
    "j": "ј", "k": "к", "l": "л", "m": "м", "n": "н", "o": "о", "p": "п", "r": "р", "s": "с", "t": "т", "ć": "ћ", "u": "у", "f": "ф",
    "h": "х", "c": "ц", "č": "ч", "š": "ш",
}  # fmt: skip


def _cyrillic(word: str) -> str:
    for latin, cyrillic in _CYRILLIC.items():
        word = word.replace(latin, cyrillic)
    return word


_KO_COUNTERS = "명|대|곳|건|척|개|분|점|벌|기|차례|사람|여"
_TH_COUNTERS = "คน|นาย|คัน|ลำ|ราย|ตัว|เครื่อง|แห่ง|ประเทศ|กล้อง|ชุด"
SPELLINGS = {
    "ru": Spelling(_RU),
    "sr": Spelling(_SR | {_cyrillic(word): value for word, value in _SR.items()}, frozenset({"i", "и"})),
    "id": Spelling(_ID),
    "ms": Spelling(_ID),
    "sw": Spelling(_SW, frozenset({"na"})),
    "vi": Spelling(_VI, frozenset({"linh", "lẻ"})),
    "hu": Spelling(_HU, glued=True, tails="(?:an|en|at|et|ot|öt|t|nak|nek|ra|re|ból|ből|ban|ben)?"),
    "ar": Spelling(_AR),
    "ko": Spelling(_KO, glued=True, after_only=_KO_COUNTERS),
    "hi": Spelling(_HI),
    "ur": Spelling(_UR, doubtful=frozenset({54.0, 72.0, 80.0})),
    "fa": Spelling(_FA, frozenset({"و"}), doubtful=frozenset({9.0})),
    "tr": Spelling(_TR, doubtful=frozenset({100.0})),
    "tpi": Spelling(_TPI, frozenset({"na"})),
    "bi": Spelling(_BI, frozenset({"mo"})),
    "th": Spelling(_TH, glued=True, after_only=_TH_COUNTERS),
}
_WORD = re.compile(r"[^\W\d_]+(?:[\u064b-\u0652\u0900-\u0903\u093a-\u094f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]+[^\W\d_]*)*")
_MARKS = re.compile(r"[\u064b-\u0652]")


def spelled(text: str, lang: str) -> Iterator[tuple[float, int, int]]:
    """(value, start, end) of each number in words; nothing for a language without a table."""
    spelling = SPELLINGS.get(lang)
    if spelling is None:
        return
    if spelling.after_only:
        yield from _before_counters(text, lang, spelling)
        return
    run: list[tuple[list[float], int, int]] = []
    for match in _WORD.finditer(text):
        parts = _parts(match.group().lower(), lang)
        near = not run or text[run[-1][2] : match.start()] in (" ", "\u00a0", "-")
        if parts is None or not near:
            yield from _closed(run, spelling)
            run = []
        if parts is not None and (parts or run):
            run.append((parts, match.start(), match.end()))
    yield from _closed(run, spelling)


def _closed(run: list[tuple[list[float], int, int]], spelling: Spelling) -> Iterator[tuple[float, int, int]]:
    """The run as one number, without joiners at its end; one alone is no number."""
    while run and (not run[-1][0] or (spelling is SPELLINGS["vi"] and _vietnamese_year(run))):
        run.pop()
    if run and not (len(run) == 1 and spelling.doubtful.intersection(run[0][0])):
        value = _sum([part for parts, _, _ in run for part in parts], spelling)
        if value > 1:
            yield value, run[0][1], run[-1][2]


def _vietnamese_year(run: list[tuple[list[float], int, int]]) -> bool:
    """Whether the last word is "năm" as "year": alone, or after a unit ("ba năm" is three years)."""
    return run[-1][0] == [5.0] and (len(run) == 1 or run[-2][0][0] < 10)


@lru_cache(maxsize=8192)
def _parts(word: str, lang: str) -> list[float] | None:
    """What the word says: its numbers, an empty list for a joiner, None for any other word."""
    spelling = SPELLINGS[lang]
    if word in spelling.joiners:
        return []
    if lang == "ar":
        word = _arabic(word)
    if not spelling.glued:
        return [spelling.words[word]] if word in spelling.words else None
    match = _glued(lang).fullmatch(word)
    if match is None:
        return None
    return [spelling.words[part] for part in _pieces(lang).findall(match.group(1))]


def _arabic(word: str) -> str:
    """Without vowel marks and the particles و ف ب ل ك in front of a number that is listed."""
    bare = _MARKS.sub("", word)
    return bare[1:] if bare not in _AR and bare[:1] in "وفبلك" and bare[1:] in _AR else bare


@lru_cache(maxsize=8)
def _pieces(lang: str) -> re.Pattern[str]:
    return re.compile("|".join(sorted(SPELLINGS[lang].words, key=len, reverse=True)))


@lru_cache(maxsize=8)
def _glued(lang: str) -> re.Pattern[str]:
    return re.compile(f"((?:{_pieces(lang).pattern})+){SPELLINGS[lang].tails}")


@lru_cache(maxsize=8)
def _counted(lang: str) -> re.Pattern[str]:
    spelling = SPELLINGS[lang]
    return re.compile(rf"(?<![가-힣])((?:{_pieces(lang).pattern}){{1,9}})(?=\s?(?:{spelling.after_only}))")


def _before_counters(text: str, lang: str, spelling: Spelling) -> Iterator[tuple[float, int, int]]:
    """Numbers that stand before a counter: short syllables ("이", "ห้า") are numbers only there."""
    for match in _counted(lang).finditer(text):
        yield _sum([spelling.words[part] for part in _pieces(lang).findall(match.group(1))], spelling), *match.span(1)


def _sum(parts: list[float], spelling: Spelling) -> float:
    """Sum of products: hundreds multiply what is smaller, larger words close a group; "belas" adds ten."""
    if spelling is SPELLINGS["sw"]:
        return _swahili(parts)
    total = group = 0.0
    for part in parts:
        if part >= 1000 and 0 < total < part:
            total, group = (total + group) * part, 0.0
        elif part >= 1000:
            total, group = total + max(group, 1) * part, 0.0
        else:
            group = _grouped(group, part, spelling)
    return total + group


def _grouped(group: float, part: float, spelling: Spelling) -> float:
    if part == BELAS:
        return group + 10
    if part == 10 and 0 < group % 100 < 10 and spelling is not SPELLINGS["ar"]:
        return group + (group % 100) * 9  # "lima puluh", "năm mươi": ten multiplies
    if part == 100 and 0 < group < 10:
        return group * 100
    return group + part


def _swahili(parts: list[float]) -> float:
    """Swahili names the larger word first and then how many of them: "mia mbili" is two hundred."""
    total = large = 0.0
    for part in parts:
        if large and part < 10:
            total, large = total + large * part, 0.0
            continue
        total += large
        large = part if part >= 100 else 0.0
        total += 0.0 if large else part
    return total + large
