"""The daily run as a Prefect flow: retries, a time limit, a table of what happened. No logic of its own.

One task and not one for each stage: the run loop already goes on where it stopped, and a data folder is held by one run
as a whole, so stages that are tasks could only be retried in ways that the run loop does better.
"""

from pathlib import Path

from prefect import flow, task
from prefect.artifacts import create_table_artifact

from pipeline.wiring import daily_run, data_path

RETRY_SECONDS = [300, 3600]
"""A short wait for what passes by itself, then a long one for a network that is down."""
LONGEST_SECONDS = 10 * 3600
"""A run that takes longer hangs: the slowest polite crawl of the catalogue takes some three hours."""


@task(name="run", retries=len(RETRY_SECONDS), retry_delay_seconds=RETRY_SECONDS, timeout_seconds=LONGEST_SECONDS)  # type: ignore[untyped-decorator]
def run(sources: str, data: str | None) -> list[dict[str, str | int]]:
    """One whole run; its table, row by row."""
    table, _ = daily_run(sources, data_path(Path(data) if data else None, sources), _silent)
    return [{"what": row.strip(), "count": count} for row, count in table.rows()]


def _silent(stage: str, done: int, total: int | None) -> None:
    """Progress bars are for terminals."""


@flow(name="daily")  # type: ignore[untyped-decorator]
def daily(sources: str = "live", data: str | None = None) -> list[dict[str, str | int]]:
    """Gather, read, code, index and mail once; the table becomes an artifact of the flow run."""
    rows: list[dict[str, str | int]] = run(sources, data)
    create_table_artifact(key="daily-run", table=rows, description=f"One run over {sources}")
    return rows
