"""Fixtures of the contract suites: every test that takes `state` or `index` runs on each engine. Another engine is one
more name in `params` and one more branch here."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.adapters import schema
from pipeline.adapters.search_elastic import ElasticAddress, ElasticIndex
from pipeline.adapters.search_sqlite import SqliteIndex
from pipeline.ports import SearchIndex
from tests.servers import elasticsearch_prefix

Dump = dict[str, list[tuple[object, ...]]]


def dumped(url: str) -> Dump:
    """All rows of all tables, as another connection sees them."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        tables = schema.metadata.sorted_tables
        found = {table.name: sorted(map(tuple, connection.execute(sa.select(table))), key=repr) for table in tables}
    engine.dispose()
    return found


@pytest.fixture
def dump(state_url: str) -> Callable[[], Dump]:
    """Reads all rows of the state."""
    return partial(dumped, state_url)


@pytest.fixture(params=["sqlite", pytest.param("elasticsearch", marks=pytest.mark.server)])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SearchIndex]:
    """An empty search index."""
    if request.param == "sqlite":
        opened = SqliteIndex.open(tmp_path / "search.db")
        yield opened
        opened.close()
        return
    yield request.getfixturevalue("elastic")


@pytest.fixture
def elastic_address() -> Iterator[ElasticAddress]:
    """Room of its own on a real server: what is made under the prefix goes with the test."""
    with elasticsearch_prefix() as (url, prefix):
        yield ElasticAddress(url, prefix)


@pytest.fixture
def elastic(elastic_address: ElasticAddress) -> Iterator[ElasticIndex]:
    """An empty index on a real Elasticsearch."""
    opened = ElasticIndex(elastic_address)
    yield opened
    opened.close()
