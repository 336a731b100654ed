"""`beatwatch run`: one whole daily run."""

import json
from datetime import timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from console.options import Span, data_option, json_option
from console.progress import progress_bars
from pipeline.table import RunTable
from pipeline.wiring import daily_run, data_path


@click.command("run")
@click.option("--sources", default="sample", metavar="sample|live|DIR", help="which sources to ask (default: sample)")
@click.option(
    "--since", type=Span(), metavar="SPAN", help="leave entries that are dated earlier than this before now, e.g. 2d"
)
@data_option
@json_option
def command(sources: str, since: timedelta | None, data: Path | None, as_json: bool) -> None:
    """Gather, read, code, index and mail once.

    `sample` serves the sample newsroom on loopback and reads it as it stood on its day 1, then 2; `live` asks the sources of
    config/sources. Failures of single sources do not fail the run; they stand in the table and in `beatwatch trace`.
    """
    path = data_path(data, sources)
    with progress_bars(quiet=as_json) as progress:
        table, order = daily_run(sources, path, progress, since=since)
    if as_json:
        click.echo(json.dumps(summary(table, order.now.isoformat(), len(order.sources), path)))
    else:
        show(table, order.now.strftime("%-d %B %Y, %H:%M UTC"), len(order.sources), path)


def summary(table: RunTable, now: str, sources: int, path: Path) -> dict[str, object]:
    """The run as plain values."""
    return {
        "now": now, "data": str(path), "sources": sources, "answered": len(table.answered),
        "silent": dict(sorted(table.silent.items())), "counts": {row.strip(): n for row, n in sorted(table.counts.items())},
    }  # fmt: skip


def show(table: RunTable, now: str, sources: int, path: Path) -> None:
    """The run as a table, and where to look next."""
    console = Console()
    drawn = Table(title=f"beatwatch, {now}: {len(table.answered)} of {sources} sources answered", title_justify="left")
    drawn.add_column("what")
    drawn.add_column("count", justify="right")
    for row, count in table.rows():
        drawn.add_row(row, str(count), style=None if row.startswith(" ") else "bold")
    console.print(drawn)
    for source, reason in sorted(table.silent.items()):
        if source not in table.answered:
            console.print(f"silent: {source}: {reason}", style="yellow", highlight=False)
    mails = sorted((path / "mail").glob("*.eml"), key=lambda file: file.stat().st_mtime)
    if mails:
        console.print(f"latest mail: {mails[-1]}", highlight=False)
    console.print(
        f"next: beatwatch today --data {path}   beatwatch console --data {path}", highlight=False, soft_wrap=True
    )
