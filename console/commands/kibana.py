"""`beatwatch kibana`: data views, searches and a dashboard for analysts, brought to Kibana."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.options import json_option
from console.output import answer, count, say, screen, table
from pipeline.errors import UsageError
from pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from console.kibana.definition import Definition
    from console.kibana.objects import Object
    from console.kibana.server import Imported, Kibana
    from pipeline.adapters.search_elastic import ElasticIndex


@dataclass(frozen=True, slots=True)
class WrittenObjects:
    """How many saved objects were written to which file."""

    objects: int
    out: str


@dataclass(frozen=True, slots=True)
class BroughtObject:
    """A saved object, and why Kibana did not take it; None if it did, or was not asked."""

    type: str
    id: str
    title: str
    problem: str | None


@dataclass(frozen=True, slots=True)
class Brought:
    """What was brought to which space of which Kibana; `dry_run`: nothing was sent. `kept` is how many were there and
    stayed as they were (with --only-missing), `dashboard` its address if it was brought."""

    kibana: str | None
    space: str
    dry_run: bool
    taken: int
    kept: int
    dashboard: str | None
    objects: tuple[BroughtObject, ...]


@dataclass(frozen=True, slots=True)
class AskedObject:
    """How many documents a search finds, or rows a panel shows, now."""

    id: str
    title: str
    answers: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Every search and panel, asked of Elasticsearch as Kibana will ask."""

    elasticsearch: str
    empty: int
    asked: tuple[AskedObject, ...]


@click.group("kibana")
def command() -> None:
    """Data views, searches and a dashboard for analysts, from config/kibana (docs/kibana.md)."""


@command.command("push")
@click.option(
    "--overwrite/--no-overwrite", default=True, help="replace what was brought before (default), or refuse to"
)
@click.option("--only-missing", is_flag=True, help="leave what is there as it is, bring what is not")
@click.option("--dry-run", is_flag=True, help="only say what would be brought; nothing is sent")
@json_option
def push(overwrite: bool, only_missing: bool, dry_run: bool, as_json: bool) -> int:
    """Bring data views, searches and dashboard into a space of Kibana.

    The settings say where Kibana is. What was brought before is replaced, and so are changes that somebody made to it
    there: save a copy under another name to keep them, or give --only-missing. While Kibana starts or does not answer it
    is tried again, for up to some minutes. The exit status is 1 if Kibana did not take everything.
    """
    settings = load_settings()
    objects = _objects(settings)
    done = _planned(settings, objects) if dry_run else _brought(settings, objects, overwrite, only_missing)
    answer(done) if as_json else show(done)
    return 0 if dry_run or done.taken + done.kept == len(objects) else 1


def _objects(settings: Settings) -> "list[Object]":
    from console.kibana.definition import read_definition
    from console.kibana.objects import saved_objects

    return saved_objects(read_definition(), settings.elasticsearch_prefix)


def _planned(settings: Settings, objects: "list[Object]") -> Brought:
    told = tuple(_told(one, None) for one in objects)
    return Brought(settings.kibana, settings.kibana_space, True, 0, 0, None, told)


def _brought(settings: Settings, objects: "list[Object]", overwrite: bool, only_missing: bool) -> Brought:
    from console.kibana.server import Kibana, KibanaAddress

    if settings.kibana is None:
        raise UsageError("no Kibana is set: BEATWATCH_KIBANA=https://host:5601 (or use `beatwatch kibana export`)")
    address = KibanaAddress(
        settings.kibana.rstrip("/"), settings.kibana_space, str(settings.kibana_ca) if settings.kibana_ca else None,
        settings.kibana_user, settings.kibana_key(),
    )  # fmt: skip
    with Kibana(address) as kibana:
        kibana.check_space()
        ended, missing = _import(kibana, objects, overwrite and not only_missing, only_missing)
    problems = {(one.type, one.id): one.reason for one in ended.refused}
    told = tuple(_told(one, problems.get((one["type"], one["id"]))) for one in objects)
    brought = [one["id"] for one in missing if one["type"] == "dashboard" and ended.taken == len(missing)]
    shown = [ended.renamed.get(("dashboard", id_), id_) for id_ in brought]
    links = [f"{address.url}{address.path}/app/dashboards#/view/{id_}" for id_ in shown]
    kept = len(objects) - len(missing)
    return Brought(address.url, address.space, False, ended.taken, kept, links[0] if links else None, told)


def _import(
    kibana: "Kibana", objects: "list[Object]", overwrite: bool, only_missing: bool
) -> "tuple[Imported, list[Object]]":
    """How it ended, and the objects that were not left because they were there: those of a second import, since of one
    with a conflict Kibana writes nothing."""
    from console.kibana.objects import ndjson

    ended = kibana.import_objects(ndjson(objects), overwrite=overwrite)
    there = {(one.type, one.id) for one in ended.refused if one.there}
    if not only_missing or not there:
        return ended, objects
    missing = [one for one in objects if (one["type"], one["id"]) not in there]
    if not missing:
        return replace(ended, taken=0, refused=()), []
    return kibana.import_objects(ndjson(missing), overwrite=False), missing


def _told(one: "Object", problem: str | None) -> BroughtObject:
    attributes = one["attributes"]
    return BroughtObject(one["type"], one["id"], attributes.get("name") or attributes["title"], problem)


def show(done: Brought) -> None:
    """What was brought, for a person."""
    if done.dry_run:
        drawn = table("Would be brought", "type", "id", "title", whole=("id",))
        for one in done.objects:
            drawn.add_row(one.type, one.id, one.title)
        screen().print(drawn)
        say(f"{count(len(done.objects), 'object')} for the space {done.space}; nothing was sent")
        return
    for one in done.objects:
        if one.problem is not None:
            say(("not taken ", "red"), f"{one.type} {one.title!r} ({one.id}): {one.problem}")
    say(f"{done.taken} of {count(len(done.objects), 'object')} brought into the space {done.space} of {done.kibana}")
    if done.kept:
        say(f"{count(done.kept, 'object')} left as they were")
    if done.dashboard is not None:
        say(f"dashboard: {done.dashboard}")


@command.command("export")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="file to write (default: stdout)")
@json_option
def export(out: Path | None, as_json: bool) -> None:
    """Write the saved objects as an import file (NDJSON), for Kibana's page Stack Management, Saved Objects.

    The file's name must end in .ndjson, or Kibana refuses it. With --out, --json prints a summary.
    """
    from console.kibana.objects import ndjson

    if as_json and out is None:
        raise UsageError("--json: give --out as well; the objects themselves are JSON lines on stdout without it")
    if out is not None and out.suffix != ".ndjson":
        raise UsageError(f"{out}: Kibana imports only files whose names end in .ndjson")
    objects = _objects(load_settings())
    if out is None:
        click.echo(ndjson(objects), nl=False)
        return
    try:
        out.write_bytes(ndjson(objects))
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error.strerror}") from error
    done = WrittenObjects(len(objects), str(out))
    answer(done) if as_json else say(f"{count(done.objects, 'object')}: {done.out}")


@command.command("check")
@json_option
def check(as_json: bool) -> None:
    """Ask Elasticsearch what every search and panel will ask, and say how many answers each has.

    Kibana itself is not asked. A panel without answers is not wrong: there may be nothing of that kind in its span of time.
    """
    from console.kibana.definition import read_definition
    from pipeline.wiring import elastic_index

    settings = load_settings()
    with elastic_index(settings) as index:
        asked = tuple(_asked(read_definition(), index))
    found = Asked(settings.elasticsearch or "", sum(one.answers == 0 for one in asked), asked)
    answer(found) if as_json else show_asked(found)


def _asked(definition: "Definition", index: "ElasticIndex") -> Iterator[AskedObject]:
    from console.kibana.requests import drawing, rows, searching

    for search in definition.searches:
        found = index.ask(search.of, searching(search, definition))
        yield AskedObject(search.id, search.title, found["hits"]["total"]["value"])
    for chart in definition.dashboard.charts:
        found = index.ask(chart.of, drawing(chart, definition))
        yield AskedObject(chart.id, chart.title, len(rows(chart, found)))


def show_asked(found: Asked) -> None:
    """One line for each."""
    drawn = table(f"Asked of {found.elasticsearch}", "id", "title", "answers", right=("answers",), whole=("id",))
    for one in found.asked:
        drawn.add_row(one.id, one.title, str(one.answers))
    screen().print(drawn)
    say(f"{count(len(found.asked), 'question')} asked, {found.empty} without an answer")
