"""`beatwatch export`: stories, articles or engagements for spreadsheets and programs."""

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Literal, TextIO, cast

import click

from console.evidence import CodedQuantity
from console.exported import (
    ExportedArticle,
    ExportedEngagement,
    ExportedStory,
    exported_articles,
    exported_engagements,
    exported_stories,
)
from console.options import data_option, json_option
from console.output import answer
from pipeline.errors import UsageError
from pipeline.payloads import plain
from pipeline.ports import State
from pipeline.wiring import data_path, opened_state

Kind = Literal["stories", "articles", "engagements"]
Format = Literal["csv", "jsonl"]
Row = ExportedStory | ExportedArticle | ExportedEngagement
ROWS: dict[Kind, type[Row]] = {
    "stories": ExportedStory,
    "articles": ExportedArticle,
    "engagements": ExportedEngagement,
}
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""First characters by which spreadsheets take a text for a formula; the full-width ones are read alike in East Asia."""


@dataclass(frozen=True, slots=True)
class Export:
    """What was written to which file."""

    kind: Kind
    format: Format
    exported: int
    out: str


@click.command("export")
@click.argument("kind", type=click.Choice(["stories", "articles", "engagements"]))
@click.option(
    "--format", "format_", type=click.Choice(["csv", "jsonl"]), help="default csv; jsonl with --json and without --out"
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="file to write (default: stdout)")
@click.option("--all", "everything", is_flag=True, help="articles: also those that are not relevant")
@data_option
@json_option
def command(
    kind: str, format_: str | None, out: Path | None, everything: bool, data: Path | None, as_json: bool
) -> None:
    """Write stories, articles or engagements as CSV or JSON lines, in UTF-8, sorted by id.

    Only coded fields, headlines and links are written: no text, no author, no quotation. In CSV the values of a list
    are joined by "; ", and a text that a spreadsheet would take for a formula begins with an apostrophe. A file
    appears whole or not at all. With --out, --json prints a summary; without, it asks for JSON lines.
    """
    if everything and kind != "articles":
        raise UsageError(f"--all: only articles can be irrelevant; `export {kind}` always writes all")
    if as_json and out is None and format_ == "csv":
        raise UsageError("--json: without --out the CSV itself goes to stdout; leave --json out, or give --out")
    chosen = cast(Format, format_ or ("jsonl" if as_json and out is None else "csv"))
    with opened_state(data_path(data)) as state, target(out) as file:
        count = write(file, chosen, ROWS[cast(Kind, kind)], rows(state, cast(Kind, kind), everything))
    if out is not None:
        done = Export(cast(Kind, kind), chosen, count, str(out))
        answer(done) if as_json else click.echo(f"{count} {kind}: {out}")


def rows(state: State, kind: Kind, everything: bool) -> Iterable[Row]:
    """The rows of a kind, by id."""
    if kind == "stories":
        return exported_stories(state)
    return exported_articles(state, everything=everything) if kind == "articles" else exported_engagements(state)


@contextmanager
def target(out: Path | None) -> Iterator[TextIO]:
    """Where rows go: stdout, or a draft that is moved in place once it is whole."""
    if out is None:
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # whatever the terminal: a file that it is sent to is data
        yield sys.stdout
        return
    draft = out.with_name(out.name + ".part")
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            yield file
        draft.replace(out)
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)


def write(file: TextIO, format_: Format, shape: type[Row], found: Iterable[Row]) -> int:
    """Write row by row; returns how many."""
    count = 0
    if format_ == "jsonl":
        for count, row in enumerate(found, start=1):  # noqa: B007  (the last number is the answer)
            file.write(json.dumps(plain(row), ensure_ascii=False) + "\n")
        return count
    names = [field.name for field in fields(shape)]
    writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(names)
    for count, row in enumerate(found, start=1):  # noqa: B007
        writer.writerow([cell(getattr(row, name)) for name in names])
    return count


def cell(value: Any) -> str | int | float:
    """A value as a spreadsheet may read it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return value
        case datetime():
            return value.isoformat()
        case CodedQuantity():
            return f"{value.words}, {value.period}" if value.period else value.words
        case tuple():
            return _safe("; ".join(str(cell(part)) for part in value))
    return _safe(str(value))


def _safe(text: str) -> str:
    """Every text is quoted, so that no separator of another locale cuts a formula out of its middle."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
