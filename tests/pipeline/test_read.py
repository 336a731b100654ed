"""What is read of a sentence: sides, words by key, places and numbers, each at its place."""

import pytest

from pipeline.gazetteer import Gazetteer
from pipeline.knowledge import load_gazetteer, load_lexicon
from pipeline.lexicon import Lexicon
from pipeline.reading import TYPES, Read, in_language, read, read_all, triggers
from pipeline.sentences import Sentence, split


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return load_lexicon()


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return load_gazetteer()


def of(text: str, lang: str, lexicon: Lexicon, gazetteer: Gazetteer) -> Read:
    return read(Sentence(0, len(text), text), lang, lexicon, gazetteer)


@pytest.mark.parametrize(
    ("lang", "text", "chinese", "policing"),
    [
        ("en", "Chinese police came.", True, True),
        ("en", "The ministry of public security wrote.", True, True),
        ("en", "China built a road.", True, False),
        ("en", "The police came.", False, True),
        ("en", "It rained.", False, False),
        ("zh", "中國公安部來了。", True, True),
        ("ru", "Полиция Китая приехала.", True, True),
        ("ar", "وصلت الشرطة الصينية.", True, True),
        ("ko", "중국 경찰이 왔다.", True, True),
    ],
)
def test_both_sides_are_told_apart(
    lexicon: Lexicon, gazetteer: Gazetteer, lang: str, text: str, chinese: bool, policing: bool
) -> None:
    found = of(text, lang, lexicon, gazetteer)
    assert (found.chinese, found.policing) == (chinese, policing)


@pytest.mark.parametrize(
    ("text", "foreign"),
    [("Police of Fiji", True), ("foreign police", True), ("police of China", False), ("police", False)],
)
def test_abroad_is_another_country_or_a_word_for_it(
    lexicon: Lexicon, gazetteer: Gazetteer, text: str, foreign: bool
) -> None:
    assert of(text, "en", lexicon, gazetteer).foreign is foreign


def test_offsets_are_within_the_sentence(lexicon: Lexicon, gazetteer: Gazetteer) -> None:
    text = "Rain fell. Chinese police trained 40 officers from Fiji."
    _, second = read_all(split(text, "en"), "en", lexicon, gazetteer)
    assert [second.sentence.text[place.start : place.end] for place in second.places][-1] == "Fiji"
    assert [(n.value, second.sentence.text[n.start : n.end]) for n in second.numbers] == [(40, "40")]


def test_labelled_takes_a_key_or_a_name_in_it(lexicon: Lexicon, gazetteer: Gazetteer) -> None:
    found = in_language(of("Chinese police donated 40 vehicles.", "en", lexicon, gazetteer), "en", lexicon)
    assert [hit.term for hit in found.labelled("units.items")] == ["vehicles"]
    assert found.labelled("units.stations") == []
    assert found.labelled("police")
    assert found.labelled("no such key") == []


def test_around_takes_what_begins_in_a_span(lexicon: Lexicon, gazetteer: Gazetteer) -> None:
    text = "officers and officers and officers"
    found = in_language(of(text, "en", lexicon, gazetteer), "en", lexicon)
    assert [hit.start for hit in found.around("units.officers", 1, 26)] == [13]
    assert [hit.start for hit in found.around("units.officers", -5, 1)] == [0]
    assert found.around("units.officers", 27, 27) == []


def test_words_of_acts_are_those_of_the_language(lexicon: Lexicon, gazetteer: Gazetteer) -> None:
    """A stem of one language is an everyday word of another: Portuguese "liber*" frees, English "liberal" does not."""
    text = "The Liberal bench praised its police programme with China."
    assert in_language(of(text, "en", lexicon, gazetteer), "en", lexicon).labelled("acts.free") == []


@pytest.mark.parametrize(
    ("lang", "text", "types"),
    [
        ("en", "They held a joint patrol and signed a memorandum.", {"joint_patrol", "agreement"}),
        ("en", "A training centre was opened.", {"facility"}),
        ("zh", "双方联合巡逻并签署备忘录", {"joint_patrol", "agreement"}),
        ("en", "It rained.", set()),
    ],
)
def test_triggers_are_the_acts_that_are_named(
    lexicon: Lexicon, gazetteer: Gazetteer, lang: str, text: str, types: set[str]
) -> None:
    found = triggers(of(text, lang, lexicon, gazetteer))
    assert set(found) == types
    assert set(found) <= set(TYPES)


@pytest.mark.parametrize("text", ["", " ", "\ud800", "警" * 2000, "x" * 20000, "مرحبا police 警察 12"])
def test_any_text_can_be_read(lexicon: Lexicon, gazetteer: Gazetteer, text: str) -> None:
    for lang in ("en", "zh", "ar", "und"):
        found = in_language(of(text, lang, lexicon, gazetteer), lang, lexicon)
        assert all(0 <= hit.start < hit.end <= len(text) for hits in found.hits.values() for hit in hits)
