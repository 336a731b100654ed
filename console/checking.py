"""Asking the ways into sources once, with nothing kept: what `beatwatch sources check` does on the network.

It crawls as a run does (robots.txt, spacing, address guard, one child process), so that what answers here answers
there, but fetches no page: a check over the catalogue must not cost publishers what a run costs them.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pipeline.ports import Progress
from pipeline.records import Fetch, GatherPlan, Source
from pipeline.settings import load_settings
from pipeline.wiring import has_data, opened_state, sample_day

HostMap = tuple[tuple[str, str], ...]


def check_sources(sources: Sequence[Source], data: Path, progress: Progress, *, sample: bool) -> list[Fetch]:
    """The rows of one crawl over the ways in, in order of their addresses. `data` is only read."""
    from crawlers.gatherer import ScrapyGatherer

    settings = load_settings()
    with _clock(sample, data) as (now, host_map), tempfile.TemporaryDirectory(prefix="beatwatch-check-") as folder:
        plan = GatherPlan(
            run_id="check", now=now, fixed_clock=sample, sources=tuple(sources), waits=_waits(data, now),
            host_map=host_map, allow_hosts=settings.allow_hosts, user_agent=settings.user_agent, pages=False,
        )  # fmt: skip
        rows: list[Fetch] = []
        for batch in ScrapyGatherer(Path(folder), floor_mb=settings.disk_floor_mb).gather(plan):
            rows += batch
            progress("check", len(rows), None)
    return sorted(rows, key=lambda row: (row.source_id, row.url))


@contextmanager
def _clock(sample: bool, data: Path) -> Iterator[tuple[datetime, HostMap]]:
    """The time of the check and where hosts are; for the sample with its newsroom running, on the day of the next run."""
    if not sample:
        yield datetime.now(UTC), ()
        return
    from sample.newsroom import Newsroom

    with Newsroom(day=_day(data)) as newsroom:
        yield newsroom.now, newsroom.host_map


def _day(data: Path) -> int:
    if not has_data(data):
        return 1
    with opened_state(data) as state:
        return sample_day(state)


def _waits(data: Path, now: datetime) -> tuple[tuple[str, datetime], ...]:
    """Hosts that asked to wait."""
    if not has_data(data):
        return ()
    with opened_state(data) as state:
        return tuple(sorted(state.host_waits(now).items()))
