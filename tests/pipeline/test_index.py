"""Bringing the index up to date: what a server that goes away costs, who may index, what is built anew."""

from pathlib import Path

import pytest

from pipeline.adapters.search_elastic import ElasticAddress, ElasticIndex
from pipeline.adapters.search_sqlite import SqliteIndex
from pipeline.adapters.state import SqlState
from pipeline.errors import SearchError, StateError
from pipeline.index import BATCH, LEASE, build_anew, catch_up
from sample.servers.elasticsearch_node import ElasticsearchNode
from sample.servers.packages import ServerUnavailable
from tests import servers
from tests.pipeline.adapters.desk import Desk


def silent(stage: str, done: int, total: int | None) -> None:
    """Progress is for terminals."""


@pytest.fixture
def sqlite_index(tmp_path: Path) -> SqliteIndex:
    return SqliteIndex.open(tmp_path / "search.db")


def test_what_waits_is_written_once(desk: Desk, sqlite_index: SqliteIndex) -> None:
    desk.screen(desk.article(1), desk.article(2))
    waiting = desk.state.outbox_size()
    assert catch_up(desk.state, sqlite_index, silent) == waiting > 0
    assert catch_up(desk.state, sqlite_index, silent) == 0
    assert sqlite_index.count("article") == 2


def test_one_process_indexes_at_a_time(desk: Desk, sqlite_index: SqliteIndex) -> None:
    desk.screen(desk.article(1))
    assert desk.state.acquire_leases([LEASE], "another", 60)
    assert catch_up(desk.state, sqlite_index, silent) == 0
    with pytest.raises(StateError, match="another process is indexing"):
        build_anew(desk.state, sqlite_index, silent)
    desk.state.release_leases({LEASE: 0}, "another")
    waiting = desk.state.outbox_size()
    assert catch_up(desk.state, sqlite_index, silent) == waiting > 0
    assert sqlite_index.count("article") == 1


def test_a_lost_index_is_made_of_the_state(desk: Desk, sqlite_index: SqliteIndex, tmp_path: Path) -> None:
    desk.screen(desk.article(1), desk.article(2))
    desk.settle()
    assert build_anew(desk.state, sqlite_index, silent) == 3
    assert [sqlite_index.count(kind) for kind in ("article", "source")] == [2, 1]


@pytest.mark.server
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # of the state, which is not what this is about
def test_an_index_whose_server_goes_away_catches_up_by_itself(state: SqlState, tmp_path: Path) -> None:
    desk, count = Desk(state), 2 * BATCH + 10
    articles = [desk.article(number) for number in range(1, count + 1)]
    desk.settle()
    desk.screen(*articles)
    node = ElasticsearchNode(tmp_path / "node")
    try:
        node.start()
    except ServerUnavailable as error:
        servers.unavailable("elasticsearch", str(error))
    index = ElasticIndex(ElasticAddress(node.url))

    def stop_after_the_first_batch(stage: str, done: int, total: int | None) -> None:
        if done == BATCH:
            node.kill()

    try:
        with pytest.raises(SearchError, match="it does not answer"):
            catch_up(state, index, stop_after_the_first_batch)
        assert state.outbox_size() == count - BATCH
        with pytest.raises(SearchError, match="it does not answer"):
            catch_up(state, index, silent)
        node.start()
        assert catch_up(state, index, silent) == count - BATCH
        assert index.count("article") == count
    finally:
        index.close()
        node.stop()
