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
