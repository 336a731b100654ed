"""The whole state as it was at one moment, for a backup: every table as plain JSON values, the same on both engines.

A snapshot is one reading transaction: SQLite's WAL and PostgreSQL's REPEATABLE READ both show what was committed when it
began, while a run goes on writing. Values are exact: times in ISO 8601 with microseconds, bytes in base64, fractions as
the shortest text that reads back as the same number.
"""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.adapters.migrations import upgrade
from pipeline.adapters.schema import UtcTime, bodies, fetches, leases, metadata
from pipeline.adapters.state.database import Database, translated
from pipeline.adapters.state.rows import AnyRow

PAGE = 1000  # rows that are held at a time

Values = dict[str, Any]

TABLES = tuple(table for table in metadata.sorted_tables if table is not leases)
"""What is kept, referenced tables first. A lease speaks of a process that is alive, and none is after a restore."""


class Snapshot:
    """Read it within the `with` that opened it, one table after the other."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    @property
    def revision(self) -> str:
        """The schema that its rows are of."""
        return upgrade.revision_of(self._connection) or ""

    def tables(self) -> Iterator[tuple[str, Iterator[Values]]]:
        """Each table's name and its rows."""
        for table in TABLES:
            yield table.name, self._rows(table)

    def _rows(self, table: sa.Table) -> Iterator[Values]:
        encoders = {column.name: _encoder(column) for column in table.columns}
        query = sa.select(table).order_by(*table.primary_key.columns)
        with self._connection.execute(query, execution_options={"yield_per": PAGE}) as found:
            for row in found:
                yield _values(row, encoders)

    def cited(self) -> dict[str, int]:
        """The vault's files that rows cite, by name, with the offset of the last record that is cited."""
        found: dict[str, int] = {}
        for table in (bodies, fetches):
            last = sa.select(table.c.file, sa.func.max(table.c.offset)).where(table.c.file.is_not(None))
            for name, offset in self._connection.execute(last.group_by(table.c.file)):
                found[name] = max(offset, found.get(name, 0))
        return dict(sorted(found.items()))


class Snapshots(Database):
    """Snapshots of the state."""

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The state as it is now, whatever is written until the end."""
        fixed: dict[str, Any] = {}
        if self._engine.dialect.name == "postgresql":
            fixed = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with (
            translated(self._place),
            self._engine.connect().execution_options(**fixed) as connection,
            connection.begin(),
        ):
            connection.execute(sa.select(sa.func.count()).select_from(metadata.tables["runs"]))  # it begins here
            yield Snapshot(connection)


def _values(row: AnyRow, encoders: dict[str, Callable[[Any], Any]]) -> Values:
    held = row._mapping
    return {name: None if held[name] is None else encode(held[name]) for name, encode in encoders.items()}


def _encoder(column: "sa.Column[Any]") -> Callable[[Any], Any]:
    if isinstance(column.type, UtcTime):
        return datetime.isoformat
    if isinstance(column.type, sa.LargeBinary):
        return lambda value: base64.b64encode(value).decode("ascii")
    return lambda value: value
