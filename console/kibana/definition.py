"""The definition in `config/kibana/policing-diplomacy.yml`: data views, searches and one dashboard, as a person writes them.

Every field and every query is checked where it is written: what Elasticsearch does not have would show in Kibana as an
empty panel, days later and to somebody else. docs/kibana.md tells what each search and panel answers.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from console.kibana import kql
from pipeline.adapters.search_mappings import KINDS, component_template
from pipeline.declared import Declared, read_declared
from pipeline.searchable import Kind
from pipeline.wiring import ROOT

FILE = ROOT / "config" / "kibana" / "policing-diplomacy.yml"
GRID = 48  # columns of Kibana's dashboards
FIELDS: kql.Fields = {
    name: field["type"]
    for name, field in component_template()["template"]["mappings"]["properties"].items()
    if "type" in field
}
"""Elasticsearch's type of each field that documents have."""


def _mapped(name: str) -> str:
    if name.removeprefix("-") not in FIELDS:
        raise ValueError(f"no document has a field {name!r}")
    return name


def _readable(query: str) -> str:
    for name in kql.fields(kql.read(query)):
        _mapped(name)
    return query


def _indexed(kind: str) -> str:
    if kind not in KINDS:
        raise ValueError(f"no kind of document: {kind!r}; there are {', '.join(KINDS)}")
    return kind


Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]
Span = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*[hdwMy]$")]
"""A span of time before now, as Kibana writes it: 36h, 7d, 4w, 3M, 1y."""
FieldName = Annotated[str, AfterValidator(_mapped)]
Kql = Annotated[str, AfterValidator(_readable)]
Indexed = Annotated[Kind, AfterValidator(_indexed)]


class View(Declared):
    """A data view over one kind of document. Without `time` Kibana shows all of them, whatever span of time is chosen."""

    of: Indexed
    name: Words
    time: FieldName | None = None


class Search(Declared):
    """A saved search: what is found, which columns are shown in which order ("-time": newest first), and the field by which
    Discover's chart divides it."""

    id: Id
    title: Words
    answers: Words
    of: Indexed
    query: Kql
    columns: Annotated[tuple[FieldName, ...], Field(min_length=1)]
    sort: tuple[FieldName, ...] = ()
    by: FieldName | None = None
    span: Span | None = None


class Group(Declared):
    """Documents grouped by a field's values, the `most` frequent ones; by days where the field is a date."""

    field: FieldName
    name: Words
    most: Annotated[int, Field(ge=1, le=100)] = 10


class Measure(Declared):
    """What is shown of each group: the number of its documents, or what one function makes of a field."""

    name: Words
    sum: FieldName | None = None
    max: FieldName | None = None
    unique: FieldName | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(value is not None for value in (self.sum, self.max, self.unique)) > 1:
            raise ValueError("one of sum, max and unique")
        return self

    @property
    def function(self) -> tuple[Literal["count", "sum", "max", "unique"], str | None]:
        """The function with its field, None where documents are counted."""
        if self.sum is not None:
            return "sum", self.sum
        if self.max is not None:
            return "max", self.max
        return ("unique", self.unique) if self.unique is not None else ("count", None)


class Chart(Declared):
    """A panel that Lens draws. `columns` stand, `bars` lie, `shares` lie and add up to 100 %; the second group divides them.
    A `span` of its own stays whatever is chosen for the dashboard."""

    id: Id
    title: Words
    answers: Words
    shape: Literal["columns", "bars", "shares", "table", "number"]
    of: Indexed
    query: Kql = ""
    by: tuple[Group, ...] = ()
    measure: Measure
    span: Span | None = None
    width: Annotated[int, Field(ge=6, le=GRID)] = 24
    height: Annotated[int, Field(ge=4, le=40)] = 12

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        least, most = {"number": (0, 0), "table": (1, 4)}.get(self.shape, (1, 2))
        if not least <= len(self.by) <= most:
            raise ValueError(f"by: a panel of shape {self.shape} has {least} to {most} groups")
        return self


class Listed(Declared):
    """A panel that shows a saved search as a table."""

    shape: Literal["search"]
    search: Id
    width: Annotated[int, Field(ge=6, le=GRID)] = 24
    height: Annotated[int, Field(ge=4, le=40)] = 12


Panel: TypeAlias = Annotated[Chart | Listed, Field(discriminator="shape")]


class Dashboard(Declared):
    """Panels from left to right, a new row where the next one does not fit; `span` is the time shown at first."""

    id: Id
    title: Words
    answers: Words
    span: Span
    panels: Annotated[tuple[Panel, ...], Field(min_length=1)]

    @property
    def charts(self) -> tuple[Chart, ...]:
        """The panels that Lens draws."""
        return tuple(panel for panel in self.panels if isinstance(panel, Chart))


class Definition(Declared):
    """The whole file."""

    views: tuple[View, ...]
    searches: tuple[Search, ...]
    dashboard: Dashboard

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _once(view.of for view in self.views)
        _once(search.id for search in self.searches)
        _once(chart.id for chart in self.dashboard.charts)
        viewed = {view.of for view in self.views}
        asking: tuple[Search | Chart, ...] = (*self.searches, *self.dashboard.charts)
        for shown in asking:
            if shown.of not in viewed:
                raise ValueError(f"{shown.id}: there is no data view of {shown.of}")
        searches = {search.id for search in self.searches}
        for panel in self.dashboard.panels:
            if isinstance(panel, Listed) and panel.search not in searches:
                raise ValueError(f"dashboard: there is no search {panel.search!r}")
        return self

    def view(self, kind: Kind) -> View:
        """The data view of a kind of document."""
        return next(view for view in self.views if view.of == kind)


def _once(names: Iterable[str]) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise ValueError(f"{name!r} is declared {times} times")


def read_definition(path: Path = FILE) -> Definition:
    """The definition; raises `BrokenFiles`: a `ConfigError` with file, line and field for each fault."""
    return read_declared(path, Definition)
