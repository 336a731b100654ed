"""Fixtures of the contract suites: every test that takes `state` or `index` runs on each engine. Another engine is one
more name in `params` and one more branch here."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.adapters import schema
from pipeline.adapters.search_sqlite import SqliteIndex
from pipeline.adapters.state import SqlState
from pipeline.ports import SearchIndex
from tests.pipeline.adapters.desk import Desk

Dump = dict[str, list[tuple[object, ...]]]


@pytest.fixture
def desk(state: SqlState) -> Desk:
    """Short ways to what most tests begin with: sources, fetched pages, articles, stories."""
    return Desk(state)


@pytest.fixture
def dump(state_url: str) -> Iterator[Callable[[], Dump]]:
    """All rows of all tables, as a second connection sees them."""
    engine = sa.create_engine(state_url)

    def read() -> Dump:
        with engine.connect() as connection:
            tables = schema.metadata.sorted_tables
            return {table.name: sorted(map(tuple, connection.execute(sa.select(table))), key=repr) for table in tables}

    yield read
    engine.dispose()


@pytest.fixture(params=["sqlite"])
def index(tmp_path: Path) -> Iterator[SearchIndex]:
    """An empty search index."""
    opened = SqliteIndex.open(tmp_path / "search.db")
    yield opened
    opened.close()
