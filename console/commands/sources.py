"""`beatwatch sources`: the catalogue, and whether it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click

from alerts.facts import ANSWERS, outcome_words
from alerts.wording import one_line
from console.checking import check_sources
from console.options import data_option, json_option, sources_option
from console.output import answer, count, listed, moment, say, screen, table
from console.progress import progress_bars
from console.story_pages import source_views
from pipeline.errors import UsageError
from pipeline.records import Fetch, FetchKind, FetchOutcome, OutletKind, Source
from pipeline.wiring import catalogue, data_path, has_data, opened_state


@dataclass(frozen=True, slots=True)
class ListedSource:
    """A source file, and how the newest request for one of its ways in ended in the data folder, if any did."""

    id: str
    name: str
    home: str
    country: str
    languages: tuple[str, ...]
    kind: OutletKind
    owner: str | None
    feeds: tuple[str, ...]
    sitemaps: tuple[str, ...]
    lists: tuple[str, ...]
    spider: str | None
    delay: float
    verified: bool
    notes: str | None
    last_outcome: FetchOutcome | None
    last_at: datetime | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The sources by id."""

    sources: tuple[ListedSource, ...]


@dataclass(frozen=True, slots=True)
class CheckedWay:
    """One feed, sitemap or list page that was asked; `items` are the links in it."""

    url: str
    kind: FetchKind
    outcome: FetchOutcome
    status: int | None
    items: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class CheckedSource:
    """`problem` says why a source failed; None if every way in answered and one of them names something."""

    id: str
    name: str
    ok: bool
    items: int
    problem: str | None
    ways: tuple[CheckedWay, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """How many sources were asked and failed, and each of them."""

    checked: int
    failed: int
    sources: tuple[CheckedSource, ...]


@click.group("sources")
def command() -> None:
    """List the catalogue, or check that its sources answer."""


@command.command("list", short_help="List the sources.")
@sources_option
@data_option
@json_option
def list_sources(sources: str, data: Path | None, as_json: bool) -> None:
    """List the sources with their ways in, and how the newest request for one ended, if the data folder has one."""
    found = Catalogue(tuple(_listed(catalogue(sources), data_path(data, sources))))
    if as_json:
        answer(found)
    else:
        show(found)


def _listed(declared: Sequence[Source], path: Path) -> Sequence[ListedSource]:
    by_id = {source.id: source for source in declared}
    if not has_data(path):
        return [_entry(source, None, None) for source in declared]
    with opened_state(path) as state:
        views = {view.source.id: view for view in source_views(state, by_id)}
    return [_entry(source, views[source.id].last, views[source.id].answered_at) for source in declared]


def _entry(source: Source, last: Fetch | None, answered_at: datetime | None) -> ListedSource:
    return ListedSource(
        source.id, source.name, source.home, source.country, source.languages, source.kind, source.owner, source.feeds,
        source.sitemaps, tuple(rule.url for rule in source.lists), source.spider, source.delay, source.verified,
        source.notes, last.outcome if last else None, last.at if last else None, answered_at,
    )  # fmt: skip


def show(found: Catalogue) -> None:
    """The catalogue for a person."""
    columns = ("id", "name", "country", "languages", "kind", "ways in", "verified", "newest request")
    drawn = table(count(len(found.sources), "source"), *columns)
    for source in found.sources:
        last = f"{source.last_outcome.replace('_', ' ')}, {moment(source.last_at)}" if source.last_outcome else "-"
        drawn.add_row(
            source.id, one_line(source.name), source.country, listed(source.languages), source.kind.replace("_", " "),
            _ways(source), "yes" if source.verified else "no", last,
        )  # fmt: skip
    screen().print(drawn)


def _ways(source: ListedSource) -> str:
    named = (("feed", source.feeds), ("sitemap", source.sitemaps), ("list", source.lists))
    ways = [count(len(urls), kind) for kind, urls in named if urls]
    return ", ".join([*ways, *(["spider"] if source.spider else [])])


@command.command("check", short_help="Ask whether the sources answer.")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@sources_option
@data_option
@json_option
def check(ids: tuple[str, ...], sources: str, data: Path | None, as_json: bool) -> int:
    """Ask every feed, sitemap and list of the sources (or of those named) once and say how many links each names, or
    why it does not. No page is fetched and nothing is kept. The exit status is 1 if any source failed.

    Hosts that asked to wait, by what the data folder knows, are left in peace.
    """
    declared = chosen(catalogue(sources), ids)
    with progress_bars(quiet=as_json) as progress:
        rows = check_sources(declared, data_path(data, sources), progress, sample=sources == "sample")
    found = checked(declared, rows)
    if as_json:
        answer(found)
    else:
        show_check(found)
    return 1 if found.failed else 0


def chosen(declared: Sequence[Source], ids: Sequence[str]) -> tuple[Source, ...]:
    """The sources of these ids, all for none. Raises `UsageError` for an unknown one."""
    known = {source.id for source in declared}
    for id_ in ids:
        if id_ not in known:
            raise UsageError(f"source {id_!r}: there is no such source; `beatwatch sources list` names them")
    return tuple(source for source in declared if not ids or source.id in ids)


def checked(declared: Sequence[Source], rows: Sequence[Fetch]) -> Check:
    """The rows of a check, by source."""
    by_source: dict[str, list[Fetch]] = {source.id: [] for source in declared}
    for row in rows:
        by_source[row.source_id].append(row)
    found = tuple(_checked(source, by_source) for source in declared)
    return Check(len(found), sum(not source.ok for source in found), found)


def _checked(source: Source, by_source: Mapping[str, Sequence[Fetch]]) -> CheckedSource:
    rows = by_source[source.id]
    items = sum(row.items or 0 for row in rows)
    problem = _problem(rows, items)
    ways = tuple(CheckedWay(row.url, row.kind, row.outcome, row.status, row.items, row.reason) for row in rows)
    return CheckedSource(source.id, source.name, problem is None, items, problem, ways)


def _problem(rows: Sequence[Fetch], items: int) -> str | None:
    """Why a source failed: the first of its ways in that did not answer, or that none names anything."""
    if not rows:
        return "not asked"
    silent = next((row for row in rows if row.outcome not in ANSWERS), None)
    if silent is not None:
        return f"{silent.url}: {outcome_words(silent)}"
    return None if items else "it answers, but names no article"


def show_check(found: Check) -> None:
    """One line a source, and one for each way in that failed."""
    for source in found.sources:
        mark = ("ok      ", "green") if source.ok else ("problem ", "red")
        say(mark, f"{source.id}: {source.problem or count(source.items, 'item') + ' found'}")
    say(f"{count(found.checked, 'source')} asked, {found.failed} failed")
