"""Fixtures of the network's tests: a staged web, plans over it, and crawls in real child processes."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawlers.gatherer import ScrapyGatherer
from pipeline.records import Fetch, GatherPlan, Source
from tests.crawlers.staged_web import StagedWeb

NOW = datetime(2026, 10, 5, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def web() -> Iterator[StagedWeb]:
    """The staged web of a test module."""
    staged = StagedWeb()
    yield staged
    staged.close()


@pytest.fixture(scope="session")
def source() -> Callable[..., Source]:
    """Makes a source from an id and what matters to the test; its home is http://<id>.press.test/."""

    def make(id: str, **fields: Any) -> Source:
        values: dict[str, Any] = {"home": f"http://{id}.press.test/", "delay": 0.0} | fields
        return Source(id=id, name=id, country="XX", languages=("en",), kind="private", **values)

    return make


@pytest.fixture(scope="session")
def plan() -> Callable[..., GatherPlan]:
    """Makes a plan over the staged web with a fixed clock and small caps."""

    def make(web: StagedWeb, *sources: Source, **fields: Any) -> GatherPlan:
        values: dict[str, Any] = {
            "run_id": "RUN1", "now": NOW, "fixed_clock": True, "user_agent": "beatwatch/0.1 (+mailto:desk@press.test)",
            "host_map": (("*.press.test", web.address),), "size_cap": 100_000, "time_cap": 1.5,
        }  # fmt: skip
        return GatherPlan(sources=sources, **(values | fields))

    return make


@pytest.fixture(scope="session")
def gather() -> Callable[[Path, GatherPlan], list[Fetch]]:
    """Runs a whole crawl in its child process and returns all rows."""

    def run(data: Path, plan: GatherPlan) -> list[Fetch]:
        return [row for batch in ScrapyGatherer(data, floor_mb=1).gather(plan) for row in batch]

    return run
