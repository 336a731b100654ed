"""`beatwatch reprocess`: what a new version of the stages reads anew."""

from pathlib import Path

import click

from console.commands.run import counts, show_counts
from console.options import data_option, json_option
from console.output import answer
from console.progress import progress_bars
from console.shapes import ReprocessAnswer
from pipeline.wiring import data_path, recode


@click.command("reprocess")
@data_option
@json_option
def command(data: Path | None, as_json: bool) -> None:
    """Read and code again what this version has not: after an update, or when the rules of a source changed.

    Nothing is gathered and nobody is mailed; a story that comes of it does not count as new.
    """
    with progress_bars(quiet=as_json) as progress:
        table = recode(data_path(data), progress)
    for note in table.notes:
        click.echo(f"beatwatch: {note}", err=True)
    if as_json:
        answer(ReprocessAnswer(counts(table)))
    else:
        show_counts("read and coded anew", table)
