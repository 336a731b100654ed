"""Passages with marks, as the original writes them."""

from pipeline.highlight import AROUND, passages
from pipeline.query import parse_query, words


def _shown(text: str, query: str) -> tuple[str, ...]:
    return passages(text, words(parse_query(query)))


def test_a_short_text_is_shown_whole() -> None:
    assert _shown("La Policía Nacional", "policia") == ("La [[Policía]] Nacional",)
    assert _shown("中國公安部", "公安 中国") == ("[[中國]][[公安]]部",)
    assert _shown("policies", "polic*") == ("[[policies]]",)


def test_nothing_found_is_nothing_shown() -> None:
    assert _shown("La Policía", "police") == ()
    assert _shown("La Policía", "") == ()
    assert _shown("", "police") == ()


def test_phrases_are_marked_whole_and_overlaps_once() -> None:
    assert _shown("police training course", '"police training" "training course"') == ("[[police training course]]",)
    assert _shown("training police", '"police training"') == ()


def test_a_long_text_gives_up_to_three_passages_cut_between_words() -> None:
    filler = "nothing happened there " * 20
    text = filler.join(["Police met. ", "Police left. ", "Police came. ", "Police slept. "])
    shown = _shown(text, "police")
    assert [passage.count("[[Police]]") for passage in shown] == [1, 1, 1]
    assert shown[0].startswith("[[Police]] met. nothing")
    assert shown[0].endswith(" …")
    assert shown[1].startswith("… ")
    cut = {word for passage in shown for word in passage.replace("[[", "").replace("]]", "").split()}
    assert cut <= {"…", *text.split()}
    assert all(len(passage) < 3 * AROUND for passage in shown)


def test_line_breaks_are_one_space() -> None:
    assert _shown("The\n\n  police\tmet", "police") == ("The [[police]] met",)


def test_marks_stand_in_their_place_where_normalising_changes_lengths() -> None:
    assert _shown("Die Straße, ½ œuvre, ﬁne: Polizei!", "polizei") == ("Die Straße, ½ œuvre, ﬁne: [[Polizei]]!",)
    assert _shown("Die Straße", "strass*") == ("Die [[Straße]]",)
    assert _shown("Cafe\u0301s e\u0301te\u0301 police", "ete police") == ("Cafe\u0301s [[e\u0301te\u0301]] [[police]]",)
    assert _shown("ที่ตำรวจไทย FBI", "ตำรวจ fbi") == ("ที่[[ตำรวจ]]ไทย [[FBI]]",)
    assert _shown("경찰이 \u1100\u1167\u11bc", "경찰") == ("[[경찰]]이 \u1100\u1167\u11bc",)


def test_only_whole_words_are_marked() -> None:
    assert _shown("party art artful", "art") == ("party [[art]] artful",)
    assert _shown("AI中国AI AIs", "ai") == ("[[AI]]中国[[AI]] AIs",)
    assert _shown("a party", "art*") == ()
    assert _shown("กั ก", "ก") == ("กั [[ก]]",)  # with a vowel mark it is another token


def test_a_phrase_that_meets_itself_is_marked_to_its_end() -> None:
    assert _shown("no no no yes", '"no no"') == ("[[no no no]] yes",)
