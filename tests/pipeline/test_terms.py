"""Listed terms stand where a reader would see them: at word edges, in any case, in either Chinese script."""

import pytest

from pipeline.terms import Terms, fold
from tests.pipeline.timing import LINEAR, growth


def found(term: str, text: str) -> list[str]:
    return [text[hit.start : hit.end] for hit in Terms([("x", term)]).find(text)]


@pytest.mark.parametrize(
    ("term", "text", "met"),
    [
        ("police", "POLICE said", ["POLICE"]),
        ("train", "the training of trains", []),
        ("train*", "training and trains", ["train", "train"]),
        ("polic*", "policía, policial, metropolice", ["polic", "polic"]),
        ("полици*", "Полиция и милиция", ["Полици"]),
        ("gendarm*", "Gendarmerie", ["Gendarm"]),
        ("law enforcement", "law enforcement officers", ["law enforcement"]),
        ("cảnh sát", "Cảnh sát Trung Quốc", ["Cảnh sát"]),
        ("명", "3000명", ["명"]),
        ("경찰*", "경찰관은", ["경찰"]),
        ("पुलिस", "चीनी पुलिस और पुलिसकर्मी।", ["पुलिस"]),
        ("सौंप*", "सौंपे गए", ["सौंप"]),
        ("تھانے", "چینی تھانے۔", ["تھانے"]),
        ("polis memuru*", "iki polis memurunun", ["polis memuru"]),
    ],
)
def test_word_edges_and_open_ends(term: str, text: str, met: list[str]) -> None:
    assert found(term, text) == met


@pytest.mark.parametrize(("text", "met"), [("=MPS", ["MPS"]), ("the mps voted", []), ("MPs", [])])
def test_a_term_marked_with_an_equals_sign_keeps_its_case(text: str, met: list[str]) -> None:
    assert found("=MPS", text) == met


@pytest.mark.parametrize(
    ("term", "text"),
    [("公安部", "中国公安部宣布"), ("警察", "ﾌ警察官が"), ("ตำรวจ", "เจ้าหน้าที่ตำรวจจีน"), ("រដ្ឋ", "ជារដ្ឋមន្ត្រី")],
)
def test_scripts_without_spaces_match_inside_a_line(term: str, text: str) -> None:
    assert found(term, text) == [term]


@pytest.mark.parametrize(
    ("term", "text", "met"), [("警务", "中國警務合作", ["警務"]), ("联合巡逻", "聯合巡邏", ["聯合巡邏"])]
)
def test_simplified_terms_meet_traditional_text(term: str, text: str, met: list[str]) -> None:
    assert found(term, text) == met


@pytest.mark.parametrize("text", ["شرطة", "الشرطة", "والشرطة", "بالشرطة", "للشرطة", "وشرطة"])
def test_arabic_words_may_carry_particles_and_the_article(text: str) -> None:
    assert found("شرطة", text) == ["شرطة"]


def test_other_letters_in_front_of_an_arabic_word_make_another_word() -> None:
    assert found("شرطة", "مشرطة") == []


def test_a_curly_apostrophe_is_an_apostrophe() -> None:
    assert found("china's police", "China’s police") == ["China’s police"]


@pytest.mark.parametrize("text", ["İstanbul'da Çin polisi", "ẞ 中國 İ", "TÜRKİYE", "ŒUVRE ’"])
def test_folding_keeps_every_offset(text: str) -> None:
    assert len(fold(text)) == len(text)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("içişleri", "İÇİŞLERİ"),
        ("sınır dışı*", "SINIR DIŞI edildi"),
        ("همکاری های", "همکاری\u200cهای پلیسی"),
        ("پلیس چین", "پليس چين گفت"),
        ("کلانتری", "كلانتري چین و پلیس"),
    ],
)
def test_letters_that_newsrooms_type_in_two_ways_are_one(term: str, text: str) -> None:
    assert len(found(term, text)) == 1


DOTTED = ["गिर\u092b\u093cतार", "गिर\u095eतार"]


@pytest.mark.parametrize("text", DOTTED)
@pytest.mark.parametrize("term", DOTTED)
def test_a_dotted_letter_of_devanagari_may_be_one_code_point_or_two(term: str, text: str) -> None:
    assert found(term, f"दो {text} हुए") == [text]


def test_arabic_keeps_its_own_letters() -> None:
    assert found("جیل", "جيل جديد في الصين") == []
    assert found(
        "شرطي", "شرطي پ من الصين يدرب الشرطة في العاصمة ويعود إلى بلاده بعد ثلاثة أشهر من التدريب والتعاون بين البلدين"
    ) == ["شرطي"]


def test_a_place_behind_a_letter_that_grows_when_lowered_is_right() -> None:
    text = "İİİ Polis"
    assert found("polis", text) == ["Polis"]


def test_hits_come_in_order_and_overlap() -> None:
    terms = Terms([("long", "police station"), ("short", "police"), ("other", "station")])
    assert [hit.label for hit in terms.find("A police station")] == ["long", "short", "other"]
    assert [hit.label for hit in terms.longest("A police station")] == ["long"]


def test_one_term_may_stand_under_two_labels() -> None:
    terms = Terms([("unit", "agents"), ("voice", "agents")])
    assert {hit.label for hit in terms.longest("agents")} == {"unit", "voice"}


def test_no_terms_find_nothing() -> None:
    assert Terms([]).find("police 警察") == []
    assert Terms([]).longest("police") == []
    assert Terms([("x", "police")]).find("") == []


@pytest.mark.parametrize(
    "text", ["\ud800police\udfff", "警" * 3000, "p" * 50_000, "polиce police", "\u200bpolice\u200b"]
)
def test_any_text_can_be_searched(text: str) -> None:
    hits = Terms([("x", "police"), ("y", "警"), ("z", "p*")]).find(text)
    assert all(0 <= hit.start < hit.end <= len(text) for hit in hits)


def test_time_grows_with_the_text_and_no_faster() -> None:
    terms = Terms([("x", "police"), ("y", "警察"), ("z", "شرطة")])
    assert growth(lambda size: terms.find("police 警察 والشرطة " * size), 800) < LINEAR
