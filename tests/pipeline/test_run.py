"""The run loop over a real state, with engines around it that do what a test needs."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from pipeline.adapters.schema import metadata
from pipeline.adapters.state import SqlState
from pipeline.coding import Text
from pipeline.errors import Permanent, SearchError, StateError, UsageError
from pipeline.ports import Vectors
from pipeline.records import (
    ArchiveRef,
    EngagementReport,
    Fetch,
    FramedSentence,
    Framing,
    GatherPlan,
    Refusal,
    Screening,
    SearchDocument,
    Source,
)
from pipeline.run import Engines, Order, Run
from pipeline.settings import Settings
from pipeline.wiring import daily_run, lane
from sample.servers.packages import ServerUnavailable
from sample.servers.postgres_server import PostgresServer
from tests.pipeline.adapters.desk import DAY1, DAY2, REPORT, Desk, fetch, source
from tests.servers import postgres_database, unavailable


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
        self.announced: list[str] = []

    def announce(self, run_id: str, now: datetime, table: Mapping[str, int]) -> int:
        self.announced.append(run_id)
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


class Approving(Dismissive):
    """A coder to whom every article is relevant, and the same."""

    knowledge = SimpleNamespace(centres={})

    def screen(self, texts: Sequence[Text]) -> list[Screening]:
        return [Screening(True, 0.9, "terms") for _ in texts]

    def vectors(self, texts: Sequence[Text]) -> Vectors:
        return np.ones((len(texts), 2), np.float32)

    def frame(self, texts: Sequence[Text]) -> list[Framing]:
        sentence = FramedSentence(0, 6, "Police", "cooperation", False, "expert", 0.8)
        shares = {"cooperation": 1.0, "influence": 0.0}
        return [Framing("cooperation", {"cooperation": 0.8}, shares, (sentence,)) for _ in texts]

    def engage(self, text: Text) -> tuple[EngagementReport, ...]:
        return (REPORT,)

    def specifics(self, text: Text) -> tuple[frozenset[str], frozenset[str]]:
        return frozenset(), frozenset()


class Pages:
    """A vault whose bodies are all one page."""

    def read(self, ref: ArchiveRef) -> bytes:
        words = "Police of both countries met in Suva and signed an agreement on the training of officers. " * 5
        return f"<html lang=en><title>Police meet</title><h1>Police meet</h1><article><p>{words}</p></article>".encode()


class Willing:
    """A search index that takes everything."""

    kinds = ("article", "story", "engagement", "sentence", "dropped", "source", "fetch")

    def write(self, documents: Sequence[SearchDocument]) -> list[Refusal]:
        return []

    def refresh(self) -> None:
        """Nothing to do."""


def run(state: SqlState, alerter: Quiet, order: Mapping[str, Any] | None = None, **engines: Any) -> Run:
    """A run over the state; engines that are not given are never asked."""
    known: dict[str, Any] = {"index": None, "gatherer": Gathered(), "vault": Lost(), "coder": Dismissive()}
    # The worker's name is that of a data folder, which has its hosts back at once.
    values = {
        "kind": "live",
        "now": DAY1,
        "fixed_clock": True,
        "sources": (source(),),
        "worker": "desk",
        **(order or {}),
    }
    return Run(Engines(state=state, alerter=alerter, **(known | engines)), Order(**values), lambda *_: None)


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


class Unasked(Gathered):
    """Must not gather."""

    def gather(self, plan: GatherPlan, hold: Callable[[], None]) -> Iterator[list[Fetch]]:
        raise AssertionError("it gathers")
        yield []


def rows(url: str, name: str = "") -> dict[str, int]:
    """How many rows each table has, or the named one."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in metadata.tables.values()
            if name in ("", table.name)
        }
    engine.dispose()
    return found


def test_a_run_that_was_called_before_the_newest_one_ended_well_does_nothing(state: SqlState, state_url: str) -> None:
    alerter = Quiet()
    run(state, alerter, index=Willing()).execute()
    before = rows(state_url)
    late = run(state, alerter, {"called": DAY1 - timedelta(minutes=1)}, gatherer=Unasked()).execute()
    assert late.notes == ["the run that called this one was completed before it began"]
    assert (rows(state_url), len(alerter.announced)) == (before, 1)
    run(state, alerter, {"now": DAY2, "called": DAY1 + timedelta(minutes=1)}, index=Willing()).execute()
    assert (rows(state_url, "runs"), len(alerter.announced)) == ({"runs": before["runs"] + 1}, 2)


def test_what_is_coded_anew_is_no_news_and_is_done_once(state: SqlState, state_url: str) -> None:
    """What an earlier version dropped is a story of this one; it would be new to a run, as it came after the baseline."""
    desk, alerter = Desk(state), Quiet()
    desk.fetch(fetch("http://fijitimes.press.test/feed", body=None, kind="feed"))
    article = desk.article(at=DAY2)
    desk.screen(article, relevant=False)
    assert state.baselines()["fijitimes"] < article.time
    before = rows(state_url, "runs")
    engines: dict[str, Any] = {"index": Willing(), "vault": Pages(), "coder": Approving(), "gatherer": Unasked()}
    table = run(state, alerter, **engines).recode()
    assert (table.counts["pages read"], table.counts["new stories"]) == (1, 1)
    (story,) = state.stories()
    assert (story.article_ids, story.baseline) == ((article.id,), True)
    assert (alerter.announced, alerter.failures, rows(state_url, "runs")) == ([], [], before)
    done = rows(state_url)
    assert done["engagement_reports"] == 1
    again = run(state, alerter, **engines).recode()
    assert (rows(state_url), again.counts["pages read"], state.outbox_size()) == (done, 0, 0)


def test_runs_of_two_lanes_that_overlap_are_two_rounds(state: SqlState, state_url: str) -> None:
    """Else what one has asked would count as asked for the other, which asks other sources or for other entries."""
    lanes = [lane(None, False), lane(None, True), lane(timedelta(days=30), False)]
    assert lanes == ["daily", "hourly", "backfill"]

    class Beside(Gathered):
        """While it gathers, a run of another lane begins and ends."""

        def gather(self, plan: GatherPlan, hold: Callable[[], None]) -> Iterator[list[Fetch]]:
            run(state, Quiet(), {"lane": lanes[1], "sources": (source("strait"),)}, index=Willing()).execute()
            run(state, Quiet(), {"lane": lanes[2], "sources": (source("herald"),)}, index=Willing()).execute()
            yield []

    run(state, Quiet(), {"lane": lanes[0]}, gatherer=Beside(), index=Willing()).execute()
    engine = sa.create_engine(state_url)
    with engine.connect() as connection:
        found = connection.execute(sa.text("SELECT id, round_id FROM runs")).all()
    engine.dispose()
    assert len(found) == 3
    assert all(id_ == round_id for id_, round_id in found)


@pytest.mark.server
def test_runs_of_the_other_kind_are_refused_without_showing_a_password(tmp_path: Path) -> None:
    with postgres_database() as url:
        state = SqlState.open(url.render_as_string(hide_password=False))
        state.end_run(state.begin_run("live", DAY1), "completed", {})
        state.close()
        address = url.set(drivername="postgresql", password="hush-word", query={"application_name": "hush-name"})
        settings = Settings(database=address.render_as_string(hide_password=False))
        with pytest.raises(UsageError, match="it holds live runs") as told:
            daily_run("sample", tmp_path, lambda *_: None, settings=settings)
    assert f"/{url.database}: " in str(told.value)
    assert "hush" not in str(told.value)


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
