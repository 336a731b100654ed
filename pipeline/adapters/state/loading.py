"""A snapshot's rows put into an empty database, in one transaction: all of it is there afterwards, or nothing.

The tables are made as they were at the snapshot's schema, are filled, and are then brought to the present one by the same
migrations as any older database. What a column holds is read from the tables that were made, so rows of every schema that
there ever was can be loaded.
"""

import base64
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from pipeline.adapters.migrations import upgrade
from pipeline.adapters.schema import UtcTime
from pipeline.adapters.state.database import connect, translated
from pipeline.adapters.state.snapshot import PAGE, Values
from pipeline.errors import StateError


def knows(revision: str) -> bool:
    """Whether rows of this schema can be loaded."""
    return upgrade.is_known(revision)


def held(url: str) -> dict[str, int]:
    """How many rows each table of the database at `url` has; none where it is not there. Raises `StateError` where it
    cannot be asked."""
    file = sa.make_url(url)
    if file.get_backend_name() == "sqlite" and not Path(file.database or "").exists():
        return {}
    engine = connect(url)
    try:
        with translated(repr(engine.url)), engine.begin() as connection:
            return _held(connection)
    finally:
        engine.dispose()


def _held(connection: sa.Connection) -> dict[str, int]:
    names = set(sa.inspect(connection).get_table_names()) - {"alembic_version"}
    return {name: connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name))) or 0 for name in names}


def load(url: str, revision: str, tables: Iterable[tuple[str, Iterable[Values]]]) -> dict[str, int]:
    """Fill the empty database at `url`; returns how many rows each table got. `tables` come in the snapshot's order. Tables
    without rows, which whoever only looks into a new place makes, are made anew.

    Raises `StateError` if it is not empty, if `revision` is none that this version knows, or for rows that do not fit.
    """
    engine = connect(url)
    place = repr(engine.url)
    try:
        with translated(place), engine.execution_options(writes=True).begin() as connection:
            if any(_held(connection).values()):
                raise StateError(f"{place}: it is not empty: give an empty database")
            _drop_tables(connection)
            upgrade.to(connection, revision, place)
            made = _tables(connection)
            counts = {name: _fill(connection, _table(made, name), rows) for name, rows in tables}
            _set_sequences(connection, made)
            upgrade.to_head(connection, place)
        return counts
    finally:
        engine.dispose()


def _drop_tables(connection: sa.Connection) -> None:
    made = sa.MetaData()
    made.reflect(connection)
    made.drop_all(connection)


def _tables(connection: sa.Connection) -> sa.MetaData:
    """The tables as they are in the database, with the types by which this program writes."""
    made = sa.MetaData()
    made.reflect(connection)
    for table in made.tables.values():
        for column in table.columns:
            if isinstance(column.type, sa.DateTime):
                column.type = UtcTime()
            elif isinstance(column.type, sa.JSON):
                column.type = sa.JSON(none_as_null=True)
    return made


def _table(made: sa.MetaData, name: str) -> sa.Table:
    if name not in made.tables or name == "alembic_version":
        raise StateError(f"{name}: no table of the schema that the backup names: it was not written by beatwatch")
    return made.tables[name]


def _fill(connection: sa.Connection, table: sa.Table, rows: Iterable[Values]) -> int:
    """Rows may refer to later rows of their own table: such references are set when all are there."""
    inner = [key.parent for key in table.foreign_keys if key.column.table is table]
    waiting: dict[str, list[Values]] = {column.name: [] for column in inner}
    keys = [column.name for column in table.primary_key.columns]
    count, decoded = 0, (_decoded(table, row) for row in rows)
    while page := list(islice(decoded, PAGE)):
        for name, held in waiting.items():
            held += [{f"of_{key}": row[key] for key in keys} | {"to": row[name]} for row in page if row[name]]
        own = dict.fromkeys(waiting)
        connection.execute(sa.insert(table), [row | own for row in page])
        count += len(page)
    for name, held in waiting.items():
        where = [table.c[key] == sa.bindparam(f"of_{key}") for key in keys]
        if held:
            connection.execute(sa.update(table).where(*where).values({name: sa.bindparam("to")}), held)
    return count


def _decoded(table: sa.Table, row: Mapping[str, Any]) -> Values:
    """A row's values as the database takes them. Raises `StateError` for a row that is none of this table."""
    if row.keys() != set(table.columns.keys()):
        odd = sorted(row.keys() ^ set(table.columns.keys()))
        raise StateError(f"{table.name}: a row of the backup does not fit its schema (column {odd[0]})")
    try:
        return {name: None if value is None else _value(table.c[name], value) for name, value in row.items()}
    except (ValueError, TypeError) as error:
        raise StateError(f"{table.name}: a row of the backup holds a value that cannot be read: {error}") from error


def _value(column: "sa.Column[Any]", value: Any) -> Any:
    if isinstance(column.type, UtcTime):
        return datetime.fromisoformat(value)
    return base64.b64decode(value, validate=True) if isinstance(column.type, sa.LargeBinary) else value


def _set_sequences(connection: sa.Connection, made: sa.MetaData) -> None:
    """PostgreSQL numbers new rows by sequences, which rows that bring their number do not move."""
    if connection.dialect.name != "postgresql":
        return
    for table, column in _numbered(made):
        highest = sa.select(sa.func.max(column)).scalar_subquery()
        sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
        set_to = sa.func.setval(sequence, sa.func.coalesce(highest, 1), highest.is_not(None))
        connection.execute(sa.select(set_to).where(sequence.is_not(None)))


def _numbered(made: sa.MetaData) -> Iterator[tuple[sa.Table, "sa.Column[Any]"]]:
    for table in made.tables.values():
        keys = list(table.primary_key.columns)
        if len(keys) == 1 and isinstance(keys[0].type, sa.Integer):
            yield table, keys[0]
