"""An empty state, on each engine: for the contract suites and for the run loop."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.adapters import schema
from pipeline.adapters.state import SqlState
from tests.pipeline.adapters.desk import Desk
from tests.servers import empty_database, postgres_database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def engine(request: pytest.FixtureRequest) -> str:
    """The kind of database."""
    return str(request.param)


@pytest.fixture
def empty_url(engine: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database without a schema."""
    with empty_database(engine, tmp_path / "empty.db") as url:
        yield url


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema and nothing in it: a copy is made in a tenth of the time of the migrations."""
    file = tmp_path_factory.mktemp("schema") / "state.db"
    SqlState.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture(scope="session")
def migrated_database() -> Iterator[str]:
    """The name of a PostgreSQL database with the schema and nothing in it, to be copied as well."""
    with postgres_database() as url:
        SqlState.open(url.render_as_string(hide_password=False)).close()
        yield str(url.database)


@pytest.fixture
def state_url(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database with the schema and nothing in it."""
    if engine == "sqlite":
        file = shutil.copyfile(request.getfixturevalue("migrated_file"), tmp_path / "state.db")
        yield f"sqlite:///{file}"
        return
    with postgres_database(request.getfixturevalue("migrated_database")) as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture
def state(state_url: str) -> Iterator[SqlState]:
    """An empty state."""
    opened = SqlState.open(state_url)
    yield opened
    opened.close()


@pytest.fixture
def pass_time(state_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets so many seconds pass for leases and for those who hold them, without waiting."""
    leases, clock = schema.leases, time.monotonic
    passed = 0.0

    def wait(seconds: float) -> None:
        nonlocal passed
        passed += seconds
        engine = sa.create_engine(state_url)
        with engine.begin() as connection:
            connection.execute(sa.update(leases).values(until=leases.c.until - seconds))
        engine.dispose()

    monkeypatch.setattr("pipeline.rounds.time.monotonic", lambda: clock() + passed)
    return wait


@pytest.fixture
def desk(state: SqlState) -> Desk:
    """Short ways to what most tests begin with: sources, fetched pages, articles, stories."""
    return Desk(state)
