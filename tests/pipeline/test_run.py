"""The run loop over a real state, with engines around it that do what a test needs."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.state import SqlState
from pipeline.coding import Text
from pipeline.errors import Permanent, SearchError, StateError
from pipeline.records import ArchiveRef, Fetch, GatherPlan, Screening, Source
from pipeline.run import Engines, Order, Run
from sample.servers.packages import ServerUnavailable
from sample.servers.postgres_server import PostgresServer
from tests.pipeline.adapters.desk import DAY1, Desk, source
from tests.servers import unavailable


class Gathered:
    """Gathers a given batch."""

    def __init__(self, *batch: Fetch) -> None:
        self._batch = batch

    def hosts(self, source: Source) -> frozenset[str]:
        return frozenset({f"{source.id}.test"})

    def gather(self, plan: GatherPlan, hold: Callable[[], None]) -> Iterator[list[Fetch]]:
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
    order = Order(
        "live", DAY1, True, (source(),), worker="desk"
    )  # as over one data folder: it has its hosts back at once
    return Run(Engines(state=state, alerter=alerter, **(known | engines)), order, lambda *_: None)


def test_the_run_goes_on_without_its_search_index_and_says_so(state: SqlState) -> None:
    desk = Desk(state)
    article = desk.article()
    desk.settle()
    desk.screen(article)
    table = run(state, Quiet(), index=Unreachable()).execute()
    assert table.counts["waiting for the index"] == state.outbox_size() > 0
    assert table.notes == [
        "the search index lags by 1 change: no answer from the search server; the next run brings it up"
    ]


def test_a_failed_run_is_noted_and_told(state: SqlState) -> None:
    alerter = Quiet()

    class Broken(Gathered):
        def gather(self, plan: GatherPlan, hold: Callable[[], None]) -> Iterator[list[Fetch]]:
            raise SearchError("the cable is cut")
            yield []

    with pytest.raises(SearchError):
        run(state, alerter, gatherer=Broken()).execute()
    assert alerter.failures == ["the cable is cut"]
    assert state.completed_runs("live") == 0


@pytest.mark.server
def test_a_database_that_goes_away_ends_the_run_with_its_reason_and_costs_nothing() -> None:
    folder = Path(tempfile.mkdtemp(prefix="beatwatch-postgres-"))
    server = PostgresServer(folder)
    try:
        server.start()
    except ServerUnavailable as error:
        unavailable("postgres", str(error))

    class Cut(Dismissive):
        """The database goes away while articles are screened."""

        def screen(self, texts: Sequence[Text]) -> list[Screening]:
            server.stop()
            return super().screen(texts)

    try:
        state, alerter = SqlState.open(server.url()), Quiet()
        desk = Desk(state)
        article = desk.article()
        with pytest.raises(StateError, match="check that PostgreSQL runs there"):
            run(state, alerter, coder=Cut()).execute()
        assert alerter.failures == []  # the outbox of mails is in the database
        server.start()
        assert state.screening(article.id) is None
        assert run(state, alerter, index=Unreachable()).execute().counts["articles screened"] == 1
        assert state.completed_runs("live") == 1
        state.close()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
