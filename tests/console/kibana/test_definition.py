"""The definition is checked where it is written: a field, kind or query that Elasticsearch does not have is no empty panel."""

from pathlib import Path

import pytest

from console.kibana import kql
from console.kibana.definition import FIELDS, FILE, Chart, Definition, Listed, read_definition
from pipeline.adapters.search_mappings import KINDS
from pipeline.declared import BrokenFiles
from pipeline.wiring import ROOT

TEXT = FILE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def definition() -> Definition:
    return read_definition(FILE)


def test_every_kind_of_document_has_a_data_view(definition: Definition) -> None:
    assert {view.of for view in definition.views} == set(KINDS)


def test_what_was_promised_is_there(definition: Definition) -> None:
    wanted = {"new-stories-today", "influence-by-country", "equipment-and-training", "silent-sources", "near-misses"}
    assert wanted <= {search.id for search in definition.searches}
    assert len(definition.dashboard.panels) >= 8


def test_sources_are_shown_whatever_span_of_time_is_chosen(definition: Definition) -> None:
    """One that never answered has no time, and a data view with a time field would hide it."""
    assert definition.view("source").time is None


def test_every_field_that_is_named_is_mapped(definition: Definition) -> None:
    """The models refuse others; here all that are in the file are looked up again, by hand."""
    named: set[str] = set()
    for view in definition.views:
        named |= {view.time} if view.time else set()
    for search in definition.searches:
        named |= {*search.columns, *(name.lstrip("-") for name in search.sort), *kql.fields(kql.read(search.query))}
        named |= {search.by} if search.by else set()
    for chart in definition.dashboard.charts:
        measured = chart.measure.function[1]
        named |= {*(group.field for group in chart.by), *kql.fields(kql.read(chart.query))}
        named |= {measured} if measured else set()
    assert len(named) > 20
    assert named <= set(FIELDS)


def test_what_is_grouped_and_sorted_by_is_no_text(definition: Definition) -> None:
    """Elasticsearch refuses to: text has no values of its own."""
    used = {group.field for chart in definition.dashboard.charts for group in chart.by}
    used |= {
        name.lstrip("-")
        for search in definition.searches
        for name in (*search.sort, *([search.by] if search.by else []))
    }
    assert not [name for name in used if FIELDS[name] == "text"]


def test_the_analysts_page_shows_every_search_as_it_is_defined(definition: Definition) -> None:
    page = (ROOT / "docs" / "kibana.md").read_text(encoding="utf-8")
    for search in definition.searches:
        assert search.title in page
        assert f"`{search.query}`" in page
    for panel in definition.dashboard.panels:
        title = panel.title if isinstance(panel, Chart) else panel.search
        assert isinstance(panel, Listed) or f"**{title}**" in page


def changed(tmp_path: Path, old: str, new: str) -> Path:
    """The definition with one thing changed."""
    assert old in TEXT
    path = tmp_path / "changed.yml"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("columns: [headline,", "columns: [headlines,", "no document has a field 'headlines'"),
        ('query: "frame: influence"', 'query: "frames: influence"', "no document has a field 'frames'"),
        ('query: "frame: influence"', 'query: "frame: influence and"', "cannot be read at character 21"),
        ("sort: [-first_seen]", "sort: [-firstseen]", "no document has a field '-firstseen'"),
        ("{of: article, name", "{of: page, name", "views[0].of"),
        ("by: country\n", "by: land\n", "no document has a field 'land'"),
        ("unique: country", "unique: country, sum: officers", "one of sum, max and unique"),
        ("shape: number", "shape: pie", "shape"),
        (
            "shape: number\n      of: article",
            "shape: table\n      of: article",
            "a panel of shape table has 1 to 4 groups",
        ),
        ("search: silent-sources", "search: quiet-sources", "there is no search 'quiet-sources'"),
        ("id: near-misses", "id: silent-sources", "'silent-sources' is declared 2 times"),
        ("span: 1y", "span: a year", "span"),
        ("width: 12", "width: 50", "width"),
        ("title: Languages", "titel: Languages", "unknown key"),
        ('  - {of: fetch, name: "beatwatch: fetches", time: time}\n', "", "there is no data view of fetch"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = changed(tmp_path, old, new)
    with pytest.raises(BrokenFiles) as raised:
        read_definition(path)
    assert message in str(raised.value)
    assert f"{path}:" in str(raised.value)


def test_a_file_that_is_not_there_is_said() -> None:
    with pytest.raises(BrokenFiles, match="cannot be read"):
        read_definition(Path("/nowhere.yml"))
