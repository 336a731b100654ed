"""Progress of long work on stderr: a bar on a terminal, silence elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from pipeline.ports import Progress as ProgressPort


@contextmanager
def progress_bars(*, quiet: bool = False) -> Iterator[ProgressPort]:
    """A `Progress` that draws one bar a stage; it writes nothing where stderr is no terminal."""
    if quiet or not sys.stderr.isatty():
        yield _silent
        return
    columns = (TextColumn("{task.description:<14}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield show


def _silent(stage: str, done: int, total: int | None) -> None:
    """Nobody is watching."""
