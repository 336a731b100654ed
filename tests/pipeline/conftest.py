"""An empty state, on each engine: for the contract suites and for the run loop."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.adapters.state import SqlState
from tests.pipeline.adapters.desk import Desk
from tests.servers import empty_database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def state_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database of the engine."""
    with empty_database(request.param, tmp_path / "state.db") as url:
        yield url


@pytest.fixture(scope="session")
def empty_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema and nothing in it: a copy is made in a tenth of the time of the migrations."""
    file = tmp_path_factory.mktemp("schema") / "state.db"
    SqlState.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def state(state_url: str, empty_state: Path) -> Iterator[SqlState]:
    """An empty state."""
    if state_url.startswith("sqlite"):
        shutil.copyfile(empty_state, state_url.removeprefix("sqlite:///"))
    opened = SqlState.open(state_url)
    yield opened
    opened.close()


@pytest.fixture
def desk(state: SqlState) -> Desk:
    """Short ways to what most tests begin with: sources, fetched pages, articles, stories."""
    return Desk(state)
