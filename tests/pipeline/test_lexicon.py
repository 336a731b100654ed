"""The lexicon: all languages at once for who is meant, the text's own language for what is done."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.knowledge import CONFIG, load_lexicon
from pipeline.lexicon import ACT_KEYS, FLAT, GROUPED, Lexicon, LexiconFile
from tests.pipeline.timing import LINEAR, growth


def small(lang: str, **grouped: dict[str, list[str]]) -> LexiconFile:
    flat = {"china": ["china"], "police": ["polic*"]} if lang == "en" else {"china": ["chine"], "police": ["polic*"]}
    return LexiconFile(lang, flat, grouped)


@pytest.fixture(scope="module")
def shipped() -> Lexicon:
    return load_lexicon()


def test_the_screen_sees_the_words_of_all_languages() -> None:
    lexicon = Lexicon([small("en"), small("fr")])
    hits = lexicon.screen_hits("la police de Chine, the police of China")
    assert [hit.label for hit in hits if hit.label[0] == "china"] == [("china", ""), ("china", "")]


def test_acts_are_read_in_the_language_of_the_text() -> None:
    lexicon = Lexicon([small("en", acts={"give": ["don*"]}), small("fr", acts={"give": ["remis"]})])
    assert [hit.term for hit in lexicon.act_hits("don remis", "en")] == ["don"]
    assert [hit.term for hit in lexicon.act_hits("don remis", "fr")] == ["remis"]


def test_a_language_without_a_file_reads_names_of_acts_in_all_and_no_verbs() -> None:
    lexicon = Lexicon([small("en", types={"forum": ["forum"]}, acts={"give": ["gave"]})])
    assert {hit.label for hit in lexicon.act_hits("forum gave", "nl")} == {("types", "forum")}


@pytest.mark.parametrize(("lang", "read"), [("hr", "sr"), ("bs", "sr")])
def test_a_near_relative_lends_its_file(shipped: Lexicon, lang: str, read: str) -> None:
    text = "polis dilatih latihan bersama obuka policajaca patrola"
    assert shipped.act_hits(text, lang) == shipped.act_hits(text, read) != []


def test_coding_knows_no_verbs_of_acts(shipped: Lexicon) -> None:
    """They are read in one language only, so they stay out of the automaton of all."""
    assert not {hit.label for hit in shipped.coding_hits("donated, handed over, extradited") if hit.label[0] == "acts"}
    assert {"acts", "types", "status", "units"} <= ACT_KEYS <= set(FLAT + GROUPED)


@pytest.mark.parametrize("path", sorted((CONFIG / "lexicon").glob("*.yml")), ids=lambda path: path.stem)
def test_every_language_has_the_words_that_acts_are_told_by(path: Path) -> None:
    english, own = _acts(CONFIG / "lexicon" / "en.yml"), _acts(path)
    assert own.keys() == english.keys()
    assert all(own.values())


def _acts(path: Path) -> dict[str, list[str]]:
    return dict(YAML(typ="safe").load(path.read_text(encoding="utf-8"))["acts"])


@pytest.mark.parametrize("text", ["", "\ud800", "警" * 500, "polic" * 500])
def test_any_text_can_be_searched(shipped: Lexicon, text: str) -> None:
    for hits in (shipped.screen_hits(text), shipped.coding_hits(text), shipped.act_hits(text, "zh")):
        assert all(0 <= hit.start < hit.end <= len(text) for hit in hits)


def test_time_grows_with_the_text_and_no_faster(shipped: Lexicon) -> None:
    assert growth(lambda size: shipped.act_hits("police trained 警察培训 " * size, "en"), 300) < LINEAR
