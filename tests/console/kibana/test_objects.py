"""The import file has the structure that Kibana documents, is whole in itself, and replaces what it made before."""

import json
from itertools import pairwise
from typing import Any

import pytest
from pydantic import ValidationError

from console.kibana.definition import FILE, GRID, Definition, read_definition
from console.kibana.objects import dashboard_id, ndjson, placed, saved_objects
from tests.console.kibana.structure import LINE, SavedDashboard


@pytest.fixture(scope="module")
def definition() -> Definition:
    return read_definition(FILE)


@pytest.fixture(scope="module")
def lines(definition: Definition) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ndjson(saved_objects(definition, "beatwatch")).splitlines()]


def test_every_line_has_the_structure_of_its_type(lines: list[dict[str, Any]]) -> None:
    assert len(lines) > 25
    for line in lines:
        LINE.validate_json(json.dumps(line))


def damaged(line: dict[str, Any], *path: str, value: object) -> str:
    """The line with one of its values replaced."""
    copy = json.loads(json.dumps(line))
    part = copy
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    return json.dumps(copy)


@pytest.mark.parametrize(
    ("type_", "path", "value"),
    [
        ("index-pattern", ("attributes", "timeField"), "time"),
        ("search", ("attributes", "sort"), [["time", "newest"]]),
        ("search", ("references",), []),
        (
            "lens",
            ("attributes", "state", "datasourceStates", "formBased", "layers", "layer", "columnOrder"),
            ["measure", "x"],
        ),
        ("lens", ("attributes", "state", "visualization", "metricAccessor"), "another"),
        ("lens", ("typeMigrationVersion",), "10.1.0"),
        ("dashboard", ("attributes", "panelsJSON"), "no JSON"),
        ("dashboard", ("attributes", "hits"), 0),
    ],
)
def test_the_structure_refuses_what_kibana_would_not_understand(
    lines: list[dict[str, Any]], type_: str, path: tuple[str, ...], value: object
) -> None:
    line = next(line for line in lines if line["type"] == type_)
    LINE.validate_json(json.dumps(line))
    with pytest.raises(ValidationError):
        LINE.validate_json(damaged(line, *path, value=value))


def test_what_an_object_refers_to_stands_before_it(lines: list[dict[str, Any]]) -> None:
    known: set[tuple[str, str]] = set()
    for line in lines:
        for reference in line["references"]:
            assert (reference["type"], reference["id"]) in known
        assert (line["type"], line["id"]) not in known
        known.add((line["type"], line["id"]))


def test_the_same_definition_makes_the_same_file(definition: Definition) -> None:
    assert ndjson(saved_objects(definition, "beatwatch")) == ndjson(saved_objects(read_definition(FILE), "beatwatch"))


def test_another_prefix_makes_objects_of_its_own_over_its_own_indices(definition: Definition) -> None:
    ours, others = (saved_objects(definition, prefix) for prefix in ("beatwatch", "trial"))
    assert not {one["id"] for one in ours} & {one["id"] for one in others}
    assert {one["attributes"]["title"] for one in others if one["type"] == "index-pattern"} == {
        f"trial-{view.of}" for view in definition.views
    }


def test_the_dashboard_has_its_panels_side_by_side_and_none_over_another(lines: list[dict[str, Any]]) -> None:
    (board,) = (LINE.validate_json(json.dumps(line)) for line in lines if line["type"] == "dashboard")
    assert isinstance(board, SavedDashboard)
    assert board.id == dashboard_id("beatwatch", "policing-diplomacy")
    places = [panel.gridData for panel in board.attributes.panelsJSON]
    assert len(places) >= 8
    taken = [(x, y) for at in places for x in range(at.x, at.x + at.w) for y in range(at.y, at.y + at.h)]
    assert len(taken) == len(set(taken))


def test_panels_fill_a_row_before_the_next_begins(definition: Definition) -> None:
    rows = [(at, panel.width) for panel, at in placed(definition.dashboard.panels)]
    for ((x, y), width), ((next_x, next_y), next_width) in pairwise(rows):
        assert (next_x, next_y) == (x + width, y) or (next_x == 0 and x + width + next_width > GRID)


def test_words_of_every_script_and_quotation_marks_survive(definition: Definition) -> None:
    """JSON lies in strings of JSON here."""
    chart = definition.dashboard.charts[0].model_copy(update={"title": 'Police "公安" \\ 警察', "query": 'lang: "zh"'})
    board = definition.dashboard.model_copy(update={"panels": (chart,)})
    made = ndjson(saved_objects(definition.model_copy(update={"dashboard": board}), "beatwatch")).splitlines()
    lens = next(line for line in map(json.loads, made) if line["type"] == "lens")
    LINE.validate_json(json.dumps(lens))
    assert lens["attributes"]["title"] == 'Police "公安" \\ 警察'
    assert lens["attributes"]["state"]["query"]["query"] == 'lang: "zh"'
