"""The runs as Prefect flows: retries, a time limit, artifacts. No logic of their own.

One task and not one for each stage: the run loop already goes on where it stopped, and a data folder is held by one run
as a whole, so stages that are tasks could only be retried in ways that the run loop does better.
"""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from prefect import flow, get_run_logger, runtime, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.client.schemas.objects import State, TaskRun
from prefect.deployments import run_deployment

from pipeline.clearing import Cleared
from pipeline.errors import UsageError
from pipeline.retention import Retained
from pipeline.settings import load_settings
from pipeline.table import RunTable
from pipeline.wiring import daily_run, data_path, has_data, keep_to_rules, recode

Rows: TypeAlias = list[dict[str, str | int]]

RETRY_SECONDS = [300, 3600]
"""A short wait for what passes by itself, then a long one for a network that is down."""
LONGEST_SECONDS = 10 * 3600
"""A run that takes longer hangs: the slowest polite crawl of the catalogue takes some three hours."""


STALE = timedelta(hours=1)
"""An hourly run that begins so late has had its turn: the next one is due and asks the same."""


def may_pass(_task: object, _run: TaskRun, ended: "State[Any]") -> bool:
    """Whether another try can end better: not where a person has to change a setting, a file or a parameter first."""
    return not isinstance(ended.data, UsageError)


@task(
    name="run", retries=len(RETRY_SECONDS), retry_delay_seconds=RETRY_SECONDS, retry_condition_fn=may_pass,
    timeout_seconds=LONGEST_SECONDS,
)  # type: ignore[untyped-decorator]  # fmt: skip
def run(
    sources: str, data: str | None, *, days: int | None = None, hourly: bool = False, called: datetime | None = None
) -> RunTable:
    """One whole run."""
    path = data_path(Path(data) if data else None, sources)
    table, _ = daily_run(
        sources, path, _silent, since=timedelta(days=days) if days else None, hourly=hourly, called=called
    )
    return table


run_once = run.with_options(retries=0)
"""Between two tries Prefect sleeps within the worker, whose one place then is free for nothing else. An hourly run has
its next try in the next hour."""


@task(
    name="recode", retries=1, retry_delay_seconds=RETRY_SECONDS[:1], retry_condition_fn=may_pass,
    timeout_seconds=LONGEST_SECONDS,
)  # type: ignore[untyped-decorator]  # fmt: skip
def read_again(sources: str, data: str | None) -> RunTable:
    """Everything that this version has not read."""
    return recode(data_path(Path(data) if data else None, sources), _silent)


@task(name="retain", retries=1, retry_delay_seconds=RETRY_SECONDS[:1], retry_condition_fn=may_pass)  # type: ignore[untyped-decorator]
def retain(sources: str, data: str | None) -> tuple[Retained, Cleared, list[str]]:
    """Keep to the rules; before the first run there is nothing that they could take."""
    path = data_path(Path(data) if data else None, sources)
    if not has_data(path):
        return Retained(), Cleared(), []
    _, removed, cleared, waits = keep_to_rules(path, _silent)
    return removed, cleared, waits


def _silent(stage: str, done: int, total: int | None) -> None:
    """Progress bars are for terminals."""


@flow(name="daily")  # type: ignore[untyped-decorator]
def daily(sources: str = "live", data: str | None = None, called: datetime | None = None) -> Rows:
    """Gather, read, code, index and mail once. Where several `workers` are set and this is a deployment, as many flow
    runs of it share the sources, each with a data folder of its own: the first calls the others."""
    if called is None:
        _call_the_others(sources)
    return _shown(run(sources, data, called=called), f"one run over {sources}")


@flow(name="hourly")  # type: ignore[untyped-decorator]
def hourly(sources: str = "live", data: str | None = None) -> Rows:
    """The fast lane: sources whose file says `every: hour`; only what is new is mailed. One that had to wait for longer
    than an hour asks nothing, so that many of them do not run one after the other when a worker is free again."""
    what = f"the hourly sources of {sources}"
    due = runtime.flow_run.scheduled_start_time
    if datetime.now(UTC) - due > STALE:
        return _shown(RunTable(notes=[f"due at {due:%-d %B, %H:%M} UTC: left to the next hour's run"]), what)
    return _shown(run_once(sources, data, hourly=True), what)


@flow(name="backfill")  # type: ignore[untyped-decorator]
def backfill(days: int = 30, sources: str = "live", data: str | None = None) -> Rows:
    """What the sources still name from within so many days, and what is undated; of long lists more than the daily run
    takes. What they name no longer it cannot bring."""
    return _shown(run(sources, data, days=days), f"{sources}, {days} days back")


@flow(name="recode")  # type: ignore[untyped-decorator]
def recoding(sources: str = "live", data: str | None = None) -> Rows:
    """What a new version of the stages reads anew; nobody is told."""
    return _shown(read_again(sources, data), "what this version had not read")


@flow(name="retain")  # type: ignore[untyped-decorator]
def retaining(sources: str = "live", data: str | None = None) -> Rows:
    """What the settings no longer keep goes; without such settings nothing does."""
    removed, cleared, waits = retain(sources, data)
    counts = {**asdict(removed), "records of the archive": cleared.records}
    table = RunTable(notes=waits)
    rows: Rows = [{"what": what, "count": count} for what, count in counts.items()]
    return _told(rows, table, "what the settings no longer keep")


def _call_the_others(sources: str) -> None:
    """Further flow runs of this deployment, for the pool's other workers."""
    deployment = runtime.deployment.name
    others = load_settings().workers - 1 if deployment else 0
    for _ in range(others):
        name = f"{runtime.flow_run.flow_name}/{deployment}"
        run_deployment(
            name, parameters={"sources": sources, "called": datetime.now(UTC).isoformat()}, timeout=0, as_subflow=False
        )


def _shown(table: RunTable, what: str) -> Rows:
    """The run's table and where to read on, as artifacts of the flow run; the table, row by row."""
    return _told([{"what": row.strip(), "count": count} for row, count in table.rows()], table, what)


def _told(rows: Rows, table: RunTable, what: str) -> Rows:
    key = f"{runtime.flow_run.flow_name}-run"
    create_table_artifact(key=key, table=rows, description=what)
    create_markdown_artifact(key=f"{key}-links", markdown=_links(table), description=f"{what}: notes and links")
    for note in table.notes:
        get_run_logger().warning(note)
    return rows


def _links(table: RunTable) -> str:
    settings = load_settings()
    lines = [f"- {note}" for note in table.notes]
    silent = {source: why for source, why in sorted(table.silent.items()) if source not in table.answered}
    lines += [f"- silent: **{source}**: {why}" for source, why in silent.items()]
    places = {"stories": settings.console_url, "Kibana": settings.kibana_url}
    lines += [f"- [{name}]({address})" for name, address in places.items() if address]
    return "\n".join(lines) or "Nothing to note."
