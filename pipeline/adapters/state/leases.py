"""Leases by the database's own clock: workers on machines whose clocks differ must agree on when one has ended."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

from pipeline.adapters.schema import leases
from pipeline.adapters.state.database import Database
from pipeline.adapters.state.writing import inserting


class _Now(FunctionElement[float]):
    """Seconds since 1970, now and not when the transaction began."""

    type = sa.Double()
    inherit_cache = True


@compiles(_Now, "sqlite")
def _now_sqlite(*_: Any, **__: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(_Now, "postgresql")
def _now_postgresql(*_: Any, **__: Any) -> str:
    return "extract(epoch from clock_timestamp())"


class Leases(Database):
    """Leases of `pipeline.ports.State`."""

    def acquire_lease(self, name: str, holder: str, seconds: float) -> bool:
        """One statement, so that of two who ask at once one gets it."""
        with self.writing() as writing:
            insert = inserting(writing.connection, leases).values(name=name, holder=holder, until=_Now() + seconds)
            free = (leases.c.holder == holder) | (leases.c.until <= _Now())
            taken = insert.on_conflict_do_update(
                index_elements=["name"], set_={"holder": holder, "until": _Now() + seconds}, where=free
            )
            return writing.connection.scalar(taken.returning(leases.c.name)) is not None

    def release_lease(self, name: str, holder: str) -> None:
        """Only its holder gives a lease back."""
        with self.writing() as writing:
            own = (leases.c.name == name) & (leases.c.holder == holder)
            writing.connection.execute(sa.delete(leases).where(own))
