"""The connection to the database: one place for its settings, its transactions and the mapping of its errors.

On SQLite writers begin with BEGIN IMMEDIATE: one that read first and wrote later would fail instead of waiting when
another process wrote in between.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import sqlalchemy as sa
from alembic.util import CommandError

from pipeline.adapters import sqlite_files
from pipeline.adapters.migrations import upgrade
from pipeline.adapters.state.rows import AnyRow
from pipeline.adapters.state.writing import Writing
from pipeline.errors import BeatwatchError, DataFolderError, StateError

_WRITING = 0x62656174  # of our own, among the locks that a database's programs agree on by number
_FOLDER_FAULTS = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_FULL", "SQLITE_IOERR")
_REMEDIES = {
    "SQLITE_NOTADB": "it is not a database: restore a backup (`beatwatch restore`) or use another data folder",
    "SQLITE_CORRUPT": "it is damaged: restore a backup (`beatwatch restore`) or use another data folder",
    "SQLITE_BUSY": f"another process has been writing for {sqlite_files.BUSY_SECONDS} s: wait until it ends and try again",
    "SQLITE_LOCKED": "another connection is writing: try again",
}


def postgres_address(url: str, password: str | None) -> str:
    """An operator's address (`postgresql://user@host/name`) as `Database.open` takes it. Raises `StateError`."""
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise StateError("BEATWATCH_DATABASE: not a database address: write postgresql://user@host/name") from error
    if parsed.get_backend_name() != "postgresql":
        raise StateError(f"BEATWATCH_DATABASE: {parsed.get_backend_name()}: the database of the state is PostgreSQL")
    known = parsed.set(drivername="postgresql+psycopg", password=password or parsed.password)
    return known.render_as_string(hide_password=False)


def mapped(error: Exception, place: str) -> BeatwatchError:
    """A library's exception as ours: what happened, to which database, what to do."""
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlite_errorname", "")
    first_line = str(cause).partition("\n")[0]
    if code.startswith(_FOLDER_FAULTS):
        return DataFolderError(f"{place}: {first_line}: check that its folder exists, is writable and not full")
    for prefix, remedy in _REMEDIES.items():
        if code.startswith(prefix):
            return StateError(f"{place}: {first_line}: {remedy}")
    if type(cause).__module__.startswith("psycopg") and isinstance(error, sa.exc.OperationalError):
        return StateError(f"{place}: {first_line}: check that PostgreSQL runs there, takes this user and has room")
    return StateError(f"{place}: {type(cause).__name__}: {first_line}")


@contextmanager
def translated(place: str) -> Iterator[None]:
    """No exception of SQLAlchemy, its driver or Alembic leaves this block."""
    try:
        yield
    except (sa.exc.SQLAlchemyError, sqlite3.Error, CommandError) as error:
        raise mapped(error, place) from error


def _json(value: object) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))  # NaN is no JSON, and PostgreSQL says so


def connect(url: str) -> sa.Engine:
    """An engine with the settings that this module's docstring gives."""
    served = not url.startswith("sqlite")  # a server may have been restarted between two transactions
    engine = sa.create_engine(url, json_serializer=_json, pool_pre_ping=served)
    if not served:
        sa.event.listen(engine, "connect", _set_up_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _one_at_a_time(connection: sa.Connection) -> None:
    """PostgreSQL lets several write at once, SQLite does not. Ours come one after the other on both: what one read before
    it wrote is still so, rows that two workers make are not made twice, and nobody waits in a circle. Writing is a
    small part of what a worker does, in batches of well under a second."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITING)))


def _set_up_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    sqlite_files.set_up(connection)
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class Database:
    """Transactions for the groups of methods that make up the state.

    A read inside an open write joins its transaction: `identify` and `baseline` are called within one and may ask the
    state for what the same batch has just written.
    """

    def __init__(self, engine: sa.Engine, place: str) -> None:
        self._engine = engine
        self._place = place
        self._open: sa.Connection | None = None

    @classmethod
    def open(cls, url: str) -> Self:
        """Connect to `url` (SQLAlchemy's form) and bring the schema up to date.

        Raises `DataFolderError` where the file cannot be made or written, `StateError` where it is no database of ours
        or was made by a newer version.
        """
        try:
            parsed = sa.make_url(url)
        except sa.exc.ArgumentError as error:
            raise StateError(f"{url}: not a database address: write sqlite:///FILE") from error
        place = str(parsed.database or url) if parsed.drivername.startswith("sqlite") else repr(parsed)
        with translated(place):
            engine = connect(url)
            try:
                with engine.begin() as connection:
                    current = upgrade.is_current(connection, place)
                if not current:
                    with engine.execution_options(writes=True).begin() as connection:
                        _one_at_a_time(connection)
                        upgrade.to_head(connection, place)
            except BaseException:
                engine.dispose()
                raise
        return cls(engine, place)

    def schema(self) -> str:
        """The version of the schema."""
        with self.reading() as connection:
            return str(upgrade.revision_of(connection))

    def scrub(self) -> bool:
        """SQLite overwrites deleted rows in its file, and here cuts off its log, which has them still. PostgreSQL frees
        them by its own vacuum."""
        if self._engine.dialect.name != "sqlite":
            return True
        with translated(self._place), self._engine.connect() as connection:
            file = connection.connection.driver_connection
            assert isinstance(file, sqlite3.Connection)
            return sqlite_files.cut_log(file)

    @staticmethod
    def is_there(url: str) -> bool:
        """Whether the database at `url` holds a state, of any version. Raises `StateError` where it cannot be asked."""
        engine = connect(url)
        try:
            with translated(repr(engine.url)), engine.begin() as connection:
                return sa.inspect(connection).has_table("runs")
        finally:
            engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection with one view of the database."""
        if self._open is not None:
            yield self._open
            return
        with translated(self._place), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """One transaction: all of it is committed, with row versions and search outbox, or nothing is."""
        with translated(self._place), self._engine.execution_options(writes=True).begin() as connection:
            _one_at_a_time(connection)
            self._open = connection
            try:
                writing = Writing(connection)
                yield writing
                writing.publish()
            finally:
                self._open = None

    def pages(self, query: "sa.Select[Any]", order: tuple[sa.ColumnElement[Any], ...]) -> Iterator[AnyRow]:
        """The rows of `query` by `order` (a unique key that it selects), read page by page without holding a
        transaction in between, so that the caller may write while it walks."""
        page = query.order_by(*order).limit(500)
        after: tuple[Any, ...] = ()
        while True:
            asked = page.where(sa.tuple_(*order) > sa.tuple_(*_literals(order, after))) if after else page
            with self.reading() as connection:
                rows = connection.execute(asked).all()
            yield from rows
            if len(rows) < 500:
                return
            after = tuple(rows[-1]._mapping[column] for column in order)

    def close(self) -> None:
        """Release connections."""
        self._engine.dispose()


def _literals(order: tuple[sa.ColumnElement[Any], ...], values: tuple[Any, ...]) -> list[sa.ColumnElement[Any]]:
    return [sa.literal(value, column.type) for column, value in zip(order, values, strict=True)]
