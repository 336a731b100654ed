"""The run loop over a real state, with engines around it that do what a test needs."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import pytest

from pipeline.adapters.state import SqlState
from pipeline.coding import Text
from pipeline.errors import Permanent, SearchError
from pipeline.records import ArchiveRef, Fetch, GatherPlan, Screening
from pipeline.run import Engines, Order, Run
from tests.pipeline.adapters.desk import DAY1, Desk, source


class Gathered:
    """Gathers a given batch."""

    def __init__(self, *batch: Fetch) -> None:
        self._batch = batch

    def gather(self, plan: GatherPlan) -> Iterator[list[Fetch]]:
        yield list(self._batch)


class Quiet:
    """Mails nothing, and keeps what it was told."""

    def __init__(self) -> None:
        self.failures: list[str] = []

    def announce(self, run_id: str, now: datetime, table: Mapping[str, int]) -> int:
        return 0

    def announce_failure(self, now: datetime, reason: str) -> None:
        self.failures.append(reason)


class Unreachable:
    """A search index whose server is away."""

    def write(self, documents: Sequence[object]) -> None:
        raise SearchError("no answer from the search server")


class Lost:
    """A vault that has none of its bodies."""

    def read(self, ref: ArchiveRef) -> bytes:
        raise Permanent("not in the vault")


class Dismissive:
    """A coder to whom no article is relevant."""

    model = "none"

    def screen(self, texts: Sequence[Text]) -> list[Screening]:
        return [Screening(False, 0.0, "terms") for _ in texts]


def run(state: SqlState, alerter: Quiet, **engines: Any) -> Run:
    """A run over the state; engines that are not given are never asked."""
    known: dict[str, Any] = {"index": None, "gatherer": Gathered(), "vault": Lost(), "coder": Dismissive()}
    order = Order("live", DAY1, True, (source(),))
    return Run(Engines(state=state, alerter=alerter, **(known | engines)), order, lambda *_: None)


def test_the_run_goes_on_without_its_search_index_and_says_so(state: SqlState) -> None:
    desk = Desk(state)
    desk.screen(desk.article())
    table = run(state, Quiet(), index=Unreachable()).execute()
    assert table.counts["waiting for the index"] == state.outbox_size() > 0
    assert table.notes == [
        "the search index is not up to date: no answer from the search server; the next run brings it up"
    ]


def test_a_failed_run_is_noted_and_told(state: SqlState) -> None:
    alerter = Quiet()

    class Broken:
        def gather(self, plan: GatherPlan) -> Iterator[list[Fetch]]:
            raise SearchError("the cable is cut")
            yield []

    with pytest.raises(SearchError):
        run(state, alerter, gatherer=Broken()).execute()
    assert alerter.failures == ["the cable is cut"]
    assert state.completed_runs("live") == 0
