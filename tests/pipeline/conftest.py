"""An empty state, on each engine: for the contract suites and for the run loop."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.adapters.state import SqlState
from tests.pipeline.adapters.desk import Desk
from tests.servers import postgres_database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def state_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database of the engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'state.db'}"
        return
    with postgres_database() as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture
def state(state_url: str) -> Iterator[SqlState]:
    """An empty state."""
    opened = SqlState.open(state_url)
    yield opened
    opened.close()


@pytest.fixture
def desk(state: SqlState) -> Desk:
    """Short ways to what most tests begin with: sources, fetched pages, articles, stories."""
    return Desk(state)
