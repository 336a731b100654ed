"""`beatwatch evaluate`: quality figures on labelled sets, with intervals and confusion."""

import json
import tempfile
from pathlib import Path

import click

from console.options import json_option
from console.progress import progress_bars
from training.scores import Table


@click.command("evaluate")
@click.option(
    "--set", "labelled", type=click.Choice(["newsroom", "dev", "frozen"]), default="newsroom", show_default=True,
    help="newsroom: two real runs over the sample against its expected coding; dev: the training examples, out of fold by"
    " event; frozen: articles that nothing was fitted or written on",
)  # fmt: skip
@click.option(
    "--data", type=click.Path(path_type=Path), help="a data folder in which both sample days were run already"
)
@json_option
def command(labelled: str, data: Path | None, as_json: bool) -> None:
    """Print every figure with its interval and what it was computed on."""
    tables = {"newsroom": lambda: _newsroom(data), "dev": _dev, "frozen": _frozen}[labelled]()
    if as_json:
        click.echo(json.dumps({"set": labelled, "figures": {t.title: t.figures for t in tables}}, ensure_ascii=False))
        return
    for table in tables:
        click.echo(table.text() + "\n")


def _newsroom(data: Path | None) -> list[Table]:
    from pipeline.settings import load_settings
    from pipeline.wiring import daily_run, opened
    from training.newsroom import compare, tables

    settings = load_settings()
    if data is None:  # a run for the evaluation alone leaves the operator's servers be
        settings = settings.embedded()
    with tempfile.TemporaryDirectory(prefix="beatwatch-evaluate-") as folder, progress_bars() as progress:
        path = data or Path(folder)
        if data is None:
            for _ in (1, 2):
                daily_run("sample", path, progress, settings=settings)
        with opened(path, settings=settings) as kept:
            return tables(compare(kept.state))


def _dev() -> list[Table]:
    from pipeline.wiring import build_coder
    from training import engagements, stories
    from training.fit import fit

    with tempfile.TemporaryDirectory(prefix="beatwatch-evaluate-") as folder:
        heads = fit(Path(folder))
    return [*heads, stories.table(build_coder()), *engagements.tables(engagements.code())]


def _frozen() -> list[Table]:
    from pipeline.wiring import build_coder
    from training.frozen import judge, tables

    return tables(judge(build_coder()))
