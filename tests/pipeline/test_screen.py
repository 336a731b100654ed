"""The lexical look: wide enough for every language of the beat, and no wider than both sides together."""

import pytest

from pipeline.knowledge import load_lexicon
from pipeline.lexicon import Lexicon
from pipeline.screen import LEAD, NEAR, SIGNS, dropped, look, passages
from pipeline.sentences import split


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return load_lexicon()


@pytest.mark.parametrize(
    "text",
    [
        "Chinese instructors train the island's police.",
        "中国公安部为岛国培训警员。",
        "中國公安部為島國培訓警員。",
        "Китайские инструкторы обучают полицию острова.",
        "مدربون صينيون يدربون شرطة الجزيرة.",
        "Instructores chinos entrenan a la policía de la isla.",
        "Des instructeurs chinois forment la police de l'île.",
        "Instrutores chineses treinam a polícia da ilha.",
        "Pelatih Tiongkok melatih polisi pulau itu.",
        "中国の教官が島の警察を訓練している。",
        "중국 교관이 섬의 경찰을 훈련한다.",
        "Giảng viên Trung Quốc huấn luyện cảnh sát.",
        "Kínai oktatók képzik a rendőrséget.",
        "Kineski instruktori obučavaju policiju.",
        "Chinesische Ausbilder schulen die Polizei.",
        "Istruttori cinesi addestrano la polizia.",
        "ครูฝึกชาวจีนฝึกตำรวจ",
        "Wakufunzi wa China wafundisha polisi.",
    ],
)
def test_a_page_on_which_both_sides_meet_goes_on_in_every_language(text: str, lexicon: Lexicon) -> None:
    seen = look("", text, lexicon)
    assert seen.passes
    assert seen.meetings
    assert 0 < seen.score <= 1
    assert seen.terms


@pytest.mark.parametrize(
    "text",
    [
        "It rains in Suva, and the market is closed.",
        "Police arrested a man in Leeds on Monday.",
        "China sells more rice than last year.",
        "警察が東京で男を逮捕した。",
        "La policía detuvo a un hombre en Lima.",
        "",
    ],
)
def test_a_page_with_one_side_alone_is_dropped(text: str, lexicon: Lexicon) -> None:
    seen = look("", text, lexicon)
    assert (seen.passes, seen.meetings) == (False, ())


def test_a_body_that_is_both_sides_at_once_is_enough(lexicon: Lexicon) -> None:
    assert look("", "The Ministry of Public Security sent a note.", lexicon).passes
    assert look("", "公安部发表声明。", lexicon).passes


@pytest.mark.parametrize(("between", "passes"), [(NEAR - 20, True), (NEAR + 20, False)])
def test_both_sides_must_stand_within_about_two_sentences(between: int, passes: bool, lexicon: Lexicon) -> None:
    filler = ("rice and " * 100)[:between]
    assert look("", f"China {filler} police", lexicon).passes is passes


def test_the_headline_is_read_with_the_text(lexicon: Lexicon) -> None:
    assert look("Chinese instructors arrive", "The police were glad.", lexicon).passes


def test_meetings_are_places_in_headline_line_break_and_text(lexicon: Lexicon) -> None:
    headline, text = "Instructors arrive", "China trains police."
    seen = look(headline, text, lexicon)
    whole = f"{headline}\n{text}"
    assert any(whole[at:].startswith("police") for at in seen.meetings)


def test_signs_have_one_width_whatever_the_page(lexicon: Lexicon) -> None:
    widths = {len(look("", text, lexicon).signs) for text in ("", "China", "中国警方 " * 500)}
    assert widths == {len(SIGNS) + 2}


def test_what_is_dropped_says_why(lexicon: Lexicon) -> None:
    screening = dropped(look("", "Police arrested a man in Leeds.", lexicon))
    assert (screening.relevant, screening.score) == (False, 0.0)
    assert screening.reason == "no Chinese law enforcement in it"
    assert "polic" in screening.terms


def test_the_focus_passage_is_where_both_sides_meet(lexicon: Lexicon) -> None:
    filler = "The weather was fine on all the islands. " * 40
    text = f"{filler}Chinese police trained forty officers. {filler}"
    lead, focus = passages("Weather", text, split(text, "en"), look("Weather", text, lexicon))
    assert len(lead) == LEAD
    assert lead.startswith("Weather\nThe weather")
    assert focus == "Chinese police trained forty officers."


def test_without_a_meeting_the_lead_is_the_focus(lexicon: Lexicon) -> None:
    lead, focus = passages("Weather", "It rains.", split("It rains.", "en"), look("Weather", "It rains.", lexicon))
    assert lead == focus == "Weather\nIt rains."
