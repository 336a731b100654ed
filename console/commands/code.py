"""`beatwatch code`: codes articles that a user already has."""

import json
import sys
from pathlib import Path

import click

from console.progress import progress_bars
from pipeline.lines import read_lines, write_lines


@click.command("code")
@click.argument("source", metavar="IN.jsonl", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT.jsonl", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="a summary as JSON on stdout")
def command(source: Path, target: Path, as_json: bool) -> int:
    """Code the articles of IN.jsonl (objects with `id`, `text`, and optionally `url`, `headline`, `date`, `lang`,
    `source`) by the codebook into OUT.jsonl, one object a line, in the same order.

    A line that cannot be used is named on stderr by its number and skipped; the exit status is then 1.
    """
    from pipeline.code import check, code, given

    faults: list[int] = []

    def bad(number: int, problem: str) -> None:
        faults.append(number)
        sys.stderr.write(f"beatwatch: {source}:{number}: {problem}; skipped\n")

    articles = [given(line.record) for line in read_lines(source, check, bad)]
    from pipeline.wiring import build_coder

    with progress_bars() as progress:
        count = write_lines(target, code(articles, build_coder(), progress))
    summary = {"coded": count, "skipped": len(faults), "out": str(target)}
    click.echo(json.dumps(summary) if as_json else f"{count} coded, {len(faults)} skipped: {target}")
    return 1 if faults else 0
