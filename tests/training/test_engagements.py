"""The engagement stage on the labelled examples: every line is read, and the figures do not fall."""

import json
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from training.engagements import Coded, code, tables
from training.examples import FOLDER

COVERED = frozenset(
    ["ar", "de", "en", "es", "fr", "hu", "id", "it", "ja", "ko", "pt", "ru", "sr", "sw", "th", "vi", "zh"]
)
"""Languages whose words have been checked against labelled articles; the floors are theirs."""


@pytest.fixture(scope="module")
def coded() -> list[Coded]:
    return code()


def figure(coded: list[Coded], title: str, *, unread: bool) -> float:
    """F1 over the articles that the rules were written against, or over those that came after (batch k)."""
    chosen = [one for one in coded if one.example.lang in COVERED and ("-k-" in one.example.id) is unread]
    return next(table for table in tables(chosen) if table.title == title).figures["f1"]


def test_every_coded_article_is_compared(coded: list[Coded]) -> None:
    lines = [line for path in (FOLDER / "engagements").glob("*.jsonl") for line in path.read_text("utf-8").splitlines()]
    assert len(coded) == len(lines)


@pytest.mark.parametrize(
    ("title", "floor"),
    [
        ("engagements: types", 0.74),
        ("engagements: types with status", 0.55),
        ("engagements: quantities (number, unit, role)", 0.55),
        ("engagements: quantities (number, unit)", 0.63),
        ("engagements: countries (articles with real ones)", 0.93),
    ],
)
def test_the_figures_stay_above_what_was_reached(coded: list[Coded], title: str, floor: float) -> None:
    assert figure(coded, title, unread=False) >= floor


@pytest.mark.parametrize(
    ("title", "floor"),
    [
        ("engagements: types", 0.69),
        ("engagements: types with status", 0.41),
        ("engagements: quantities (number, unit, role)", 0.40),
        ("engagements: quantities (number, unit)", 0.48),
    ],
)
def test_nor_do_they_fall_on_articles_that_no_rule_was_written_against(
    coded: list[Coded], title: str, floor: float
) -> None:
    assert figure(coded, title, unread=True) >= floor


def test_each_language_has_its_line(coded: list[Coded]) -> None:
    lines = tables(coded)[0].lines
    assert {line.split(":")[0].strip() for line in lines[1:]} == {one.example.lang for one in coded}


def test_an_article_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "engagements").mkdir()
    line = json.dumps({"article": "xx-1", "engagements": []})
    (tmp_path / "engagements" / "xx.jsonl").write_text(line, encoding="utf-8")
    with pytest.raises(ConfigError, match="xx-1"):
        code(tmp_path)
