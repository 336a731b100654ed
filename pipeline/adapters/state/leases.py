"""Leases by the database's own clock: workers on machines whose clocks differ must agree on when one has ended."""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

from pipeline.adapters.schema import leases
from pipeline.adapters.state.database import Database
from pipeline.adapters.state.writing import inserting

_NOBODY = ""


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

    def acquire_leases(self, names: Iterable[str], holder: str, seconds: float) -> set[str]:
        """One statement for each, in order of their names: of two who ask at once one gets it, and nobody waits in a
        circle."""
        taken: set[str] = set()
        with self.writing() as writing:
            for name in sorted(set(names)):
                insert = inserting(writing.connection, leases).values(name=name, holder=holder, until=_Now() + seconds)
                free = (leases.c.holder == holder) | (leases.c.until <= _Now())
                update = insert.on_conflict_do_update(
                    index_elements=["name"], set_={"holder": holder, "until": _Now() + seconds}, where=free
                )
                taken.update(writing.connection.scalars(update.returning(leases.c.name)))
        return taken

    def lease_holder(self, name: str) -> str | None:
        """Who holds a lease now."""
        held = sa.select(leases.c.holder).where(leases.c.name == name, leases.c.until > _Now())
        with self.reading() as connection:
            return connection.scalar(held)

    def release_leases(self, names: Mapping[str, float], holder: str) -> None:
        """Only its holder gives a lease back; until its rest is over nobody holds it, and nobody can take it."""
        with self.writing() as writing:
            for name, rest in sorted(names.items()):
                own = (leases.c.name == name) & (leases.c.holder == holder)
                if rest:
                    resting = {"holder": _NOBODY, "until": _Now() + rest}
                    writing.connection.execute(sa.update(leases).where(own).values(resting))
                else:
                    writing.connection.execute(sa.delete(leases).where(own))
