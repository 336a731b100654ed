"""Numbers as news writes them, in the digits, words and separators of each language."""

from itertools import pairwise

import pytest

from pipeline.numerals import find_numbers
from tests.pipeline.timing import LINEAR, growth


def values(text: str, lang: str) -> list[float]:
    return [number.value for number in find_numbers(text, lang)]


@pytest.mark.parametrize(
    ("lang", "text", "value"),
    [
        ("en", "2,700 officers", 2700),
        ("es", "2.700 agentes", 2700),
        ("pt", "2.700 agentes", 2700),
        ("de", "2.700 Polizisten", 2700),
        ("id", "2.700 polisi", 2700),
        ("sr", "2.700 policajaca", 2700),
        ("fr", "2 700 policiers", 2700),
        ("fr", "2\u202f700 policiers", 2700),
        ("ru", "2\u00a0700 полицейских", 2700),
        ("de", "1.234.567 Euro", 1234567),
        ("en", "1,234,567 people", 1234567),
        ("en", "2.5 tonnes", 2.5),
        ("es", "2,5 toneladas", 2.5),
    ],
)
def test_separators_are_read_by_the_language(lang: str, text: str, value: float) -> None:
    assert values(text, lang) == [value]


@pytest.mark.parametrize(
    ("lang", "text", "value"),
    [
        ("en", "2.7 million dollars", 2.7e6),
        ("es", "2,7 millones de dólares", 2.7e6),
        ("pt", "3 mil policiais", 3000),
        ("pt", "1,5 milhão de reais", 1.5e6),
        ("fr", "3 millions d'euros", 3e6),
        ("ru", "3 тысячи полицейских", 3000),
        ("ru", "1,2 млрд юаней", 1.2e9),
        ("id", "3 ribu personel", 3000),
        ("vi", "3 nghìn cảnh sát", 3000),
        ("hu", "3 ezer rendőr", 3000),
        ("zh", "23万名嫌疑人", 230000),
        ("zh", "1.2亿元", 1.2e8),
        ("ko", "3만 명", 30000),
        ("ar", "3 آلاف شرطي", 3000),
        ("th", "3 พันนาย", 3000),
        ("hi", "4.8 करोड़ युआन", 4.8e7),
        ("hi", "21 करोड़ 50 लाख रुपये", 2.15e8),
        ("ur", "3 لاکھ افراد", 3e5),
        ("fa", "۲ هزار و ۳۰۰ دوربین", 2300),
        ("tr", "2 bin 300 kamera", 2300),
        ("en", "20 bin bags", 20),
        ("ms", "RM5 juta", 5e6),
        ("tpi", "14 milien kina", 1.4e7),
    ],
)
def test_a_multiplier_belongs_to_its_number(lang: str, text: str, value: float) -> None:
    assert values(text, lang) == [pytest.approx(value)]


@pytest.mark.parametrize(
    ("lang", "text", "value"),
    [
        ("en", "three thousand officers", 3000),
        ("en", "twenty-two officers", 22),
        ("es", "tres mil agentes", 3000),
        ("fr", "deux cents policiers", 200),
        ("pt", "quarenta e cinco policiais", 45),
        ("de", "zweihundert Polizisten", 200),
        ("it", "duecento agenti", 200),
        ("zh", "三千名警员", 3000),
        ("zh", "两千七百名警员", 2700),
        ("zh", "兩萬人", 20000),
        ("ja", "三十人", 30),
        ("ru", "сорок полицейских", 40),
        ("id", "dua puluh polisi", 20),
        ("hi", "पच्चीस पुलिसकर्मी", 25),
        ("hi", "साढ़े तीन सौ पुलिसकर्मी", 350),
        ("ur", "دو سو پچاس اہلکار", 250),
        ("fa", "بیست و پنج افسر", 25),
        ("fa", "هزار و ۲۰۰ نفر", 1200),
        ("tr", "yirmi beş polis", 25),
        ("ms", "dua puluh lima anggota", 25),
        ("tpi", "sikspela polis", 6),
        ("bi", "twante polis", 20),
    ],
)
def test_numbers_written_in_words(lang: str, text: str, value: float) -> None:
    assert values(text, lang) == [value]


@pytest.mark.parametrize(
    ("lang", "text", "value"),
    [
        ("ar", "٢٧٠٠ شرطي", 2700),
        ("ar", "٢٬٧٠٠ شرطي", 2700),
        ("fa", "۱۲۲ کشور", 122),
        ("hi", "१२२ देश", 122),
        ("hi", "1,00,000 लोग", 100000),
        ("zh", "１２２个国家", 122),
    ],
)
def test_digits_of_other_scripts(lang: str, text: str, value: float) -> None:
    assert values(text, lang) == [value]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("zh", "第3次会议"),
        ("zh", "第三次会议"),
        ("en", "flight BOL-110"),
        ("en", "Article 3 of the law"),
        ("en", "the 3rd meeting"),
        ("id", "Nomor 13"),
        ("id", "Pasal 5"),
        ("ru", "статья 282"),
        ("vi", "điều 4"),
        ("fr", "le 2e sommet"),
        ("hi", "अनुच्छेद 3"),
        ("ur", "شق 6"),
        ("tr", "3'üncü toplantı"),
        ("ms", "Perkara 5"),
    ],
)
def test_a_number_that_only_names_is_marked(lang: str, text: str) -> None:
    found = find_numbers(text, lang)
    assert found
    assert all(number.name for number in found)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "thousands of officers"),
        ("es", "miles de agentes"),
        ("fr", "des milliers de policiers"),
        ("ur", "اسی تھانے میں"),
        ("tr", "yüz tanıma sistemi"),
        ("fa", "نه پلیس"),
    ],
)
def test_vague_words_are_no_numbers(lang: str, text: str) -> None:
    assert values(text, lang) == []


@pytest.mark.parametrize(("lang", "text"), [("en", "a police officer"), ("es", "un agente"), ("fr", "une policière")])
def test_an_article_is_no_number(lang: str, text: str) -> None:
    assert values(text, lang) == []


def test_four_bare_digits_may_be_a_year_but_not_with_a_separator() -> None:
    assert [number.year for number in find_numbers("in 2024 and 2,024 and 3000", "en")] == [True, False, False]


@pytest.mark.parametrize(
    ("lang", "text"),
    [("en", "some 2,700 officers and 3,000 more"), ("zh", "培训2700名和三千名"), ("ar", "نحو ٢٧٠٠ ثم ٣٠٠٠")],
)
def test_offsets_point_at_what_is_written(lang: str, text: str) -> None:
    first, second = find_numbers(text, lang)
    assert (first.value, second.value) == (2700, 3000)
    assert text[first.start : first.end] in ("2,700", "2700", "٢٧٠٠")
    assert text[second.start : second.end] in ("3,000", "三千", "٣٠٠٠")


def test_no_number_lies_inside_another() -> None:
    found = find_numbers("1,200 police, two hundred and five cars, 3 million yuan, 7.5", "en")
    assert [number.value for number in found] == [1200, 205, 3e6, 7.5]
    assert all(a.end <= b.start for a, b in pairwise(found))


@pytest.mark.parametrize("lang", ["en", "zh", "ru", "und", "xx"])
def test_a_text_without_numbers(lang: str) -> None:
    assert values("", lang) == []
    assert values("—", lang) == []


@pytest.mark.parametrize(
    ("lang", "text", "value"),
    [
        ("ru", "двух тысяч камер", 2000),
        ("ru", "сорок пять офицеров", 45),
        ("sr", "trideset pet policajaca", 35),
        ("sr", "двадесет и два полицајца", 22),
        ("hu", "tizenhat nyomozó", 16),
        ("hu", "nyolcszáz pontjára", 800),
        ("hu", "kétezer-hétszáz rendőr", 2700),
        ("id", "dua ribu lima ratus personel", 2500),
        ("id", "sebelas orang", 11),
        ("ms", "tiga belas pegawai", 13),
        ("ar", "اثنا عشر موظفًا", 12),
        ("ar", "خمسة وأربعين ضابطًا", 45),
        ("ar", "ثلاثة آلاف متقاعد", 3000),
        ("ar", "ألفي كاميرا", 2000),
        ("sw", "pikipiki mia mbili hamsini na tano", 255),
        ("sw", "maafisa kumi na mbili", 12),
        ("ko", "순찰차 서른 대", 30),
        ("ko", "이천칠백 명", 2700),
        ("vi", "ba trăm hai mươi lăm người", 325),
        ("th", "เจ้าหน้าที่สองร้อยห้าสิบนาย", 250),
        ("ja", "カメラ千台", 1000),
    ],
)
def test_number_words_of_languages_that_no_library_reads(lang: str, text: str, value: float) -> None:
    assert values(text, lang) == [value]


@pytest.mark.parametrize(
    ("lang", "text", "found"),
    [("vi", "ba năm", [3]), ("ko", "이 학교", []), ("th", "ห้ามจับ", []), ("ru", "один из них", [])],
)
def test_words_that_only_look_like_numbers(lang: str, text: str, found: list[float]) -> None:
    """Vietnamese "năm" is five and year, Korean "이" two and this, Thai "ห้า" five and the start of a ban."""
    assert values(text, lang) == found


@pytest.mark.parametrize("lang", ["en", "es", "zh", "ja", "ru", "ar", "hu", "ko", "th", "vi", "und"])
@pytest.mark.parametrize(
    "text", ["\ud800 12 \udfff", "一" * 5000, "one hundred and " * 300, "1,2.3,4" * 300, "９" * 500, "двадцать" * 300]
)
def test_hostile_text_is_read_without_harm(lang: str, text: str) -> None:
    found = find_numbers(text, lang)
    assert all(0 <= number.start < number.end <= len(text) for number in found)
    assert all(a.end <= b.start for a, b in pairwise(found))


@pytest.mark.parametrize(
    ("lang", "piece"),
    [
        ("en", "12 and "),
        ("en", "twenty-one of "),
        ("zh", "三百名"),
        ("ru", "сорок "),
        ("hu", "ezer"),
        ("ko", "서른 대 "),
    ],
)
def test_time_grows_with_the_numbers_and_no_faster(lang: str, piece: str) -> None:
    assert growth(lambda size: find_numbers(piece * size, lang), 600) < LINEAR
