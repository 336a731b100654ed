"""The engagement stage on the labelled examples: every line is read, and the figures do not fall."""

import json
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from training.engagements import code, tables
from training.examples import FOLDER
from training.scores import Table


@pytest.fixture(scope="module")
def figures() -> dict[str, Table]:
    return {table.title: table for table in tables(code())}


def test_every_coded_article_is_compared() -> None:
    lines = [line for path in (FOLDER / "engagements").glob("*.jsonl") for line in path.read_text("utf-8").splitlines()]
    assert len(code()) == len(lines)


@pytest.mark.parametrize(
    ("title", "floor"),
    [
        ("engagements: types", 0.80),
        ("engagements: types with status", 0.63),
        ("engagements: quantities (number, unit, role)", 0.64),
        ("engagements: quantities (number, unit)", 0.70),
        ("engagements: countries (articles with real ones)", 0.90),
    ],
)
def test_the_figures_stay_above_what_was_reached(figures: dict[str, Table], title: str, floor: float) -> None:
    assert figures[title].figures["f1"] >= floor


def test_each_language_has_its_line(figures: dict[str, Table]) -> None:
    lines = figures["engagements: types"].lines
    assert {line.split(":")[0] for line in lines[1:]} == {
        path.stem for path in (FOLDER / "engagements").glob("*.jsonl")
    }


def test_an_article_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "engagements").mkdir()
    line = json.dumps({"article": "xx-1", "engagements": []})
    (tmp_path / "engagements" / "xx.jsonl").write_text(line, encoding="utf-8")
    with pytest.raises(ConfigError, match="xx-1"):
        code(tmp_path)
