"""`beatwatch run`: one whole daily run."""

from datetime import timedelta
from pathlib import Path

import click

from alerts.wording import one_line
from console.options import Span, data_option, json_option, sources_option
from console.output import answer, say, screen
from console.output import table as drawn_table
from console.progress import progress_bars
from console.shapes import RunAnswer
from pipeline.table import RunTable
from pipeline.wiring import daily_run, data_path


@click.command("run")
@sources_option
@click.option(
    "--since", type=Span(), metavar="SPAN", help="leave entries that are dated earlier than this before now, e.g. 2d"
)
@click.option("--hourly", is_flag=True, help="only sources whose file says `every: hour`; mail only what is new")
@data_option
@json_option
def command(sources: str, since: timedelta | None, hourly: bool, data: Path | None, as_json: bool) -> None:
    """Gather, read, code, index and mail once.

    `sample` serves the sample newsroom on loopback and reads it as it stood on its day 1, then 2; `live` asks the
    sources of config/sources. Failures of single sources do not fail the run; they stand in the table and in
    `beatwatch trace`.
    """
    path = data_path(data, sources)
    with progress_bars(quiet=as_json) as progress:
        table, order = daily_run(sources, path, progress, since=since, hourly=hourly)
    for note in table.notes:
        click.echo(f"beatwatch: {note}", err=True)
    if as_json:
        answer(summary(table, order.now.isoformat(), len(order.sources), path))
    else:
        show(table, order.now.strftime("%-d %B %Y, %H:%M UTC"), len(order.sources), path)


def summary(table: RunTable, now: str, sources: int, path: Path) -> RunAnswer:
    """The run for programs."""
    return RunAnswer(now, str(path), sources, len(table.answered), dict(sorted(table.silent.items())), counts(table))


def counts(table: RunTable) -> dict[str, int]:
    """By row, for programs."""
    return {row.strip(): n for row, n in sorted(table.counts.items())}


def show_counts(title: str, table: RunTable) -> None:
    """By row, for a person."""
    drawn = drawn_table(title, "what", "count", right=("count",))
    for row, count in table.rows():
        drawn.add_row(row, str(count), style=None if row.startswith(" ") else "bold")
    screen().print(drawn)


def show(table: RunTable, now: str, sources: int, path: Path) -> None:
    """The run as a table, and where to look next."""
    show_counts(f"beatwatch, {now}: {len(table.answered)} of {sources} sources answered", table)
    for source, reason in sorted(table.silent.items()):
        if source not in table.answered:
            say((f"silent: {source}: {one_line(reason)}", "yellow"))
    mails = sorted((path / "mail").glob("*.eml"), key=lambda file: file.stat().st_mtime)
    if mails:
        say(f"latest mail: {mails[-1]}")
    say(f"next: beatwatch today --data {path}   beatwatch console --data {path}")
