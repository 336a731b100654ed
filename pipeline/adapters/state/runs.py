"""Runs: their ids, how they ended, how many were completed."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from pipeline.adapters.schema import gathered, runs
from pipeline.adapters.state.database import Database

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def _ulid(now: datetime) -> str:
    """48 bits of milliseconds and 80 random ones: two runs of one fixed clock differ."""
    number = int(now.timestamp() * 1000) << 80 | secrets.randbits(80)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


class Runs(Database):
    """The runs of `pipeline.ports.State`."""

    def begin_run(self, kind: Literal["sample", "live"], now: datetime) -> str:
        """A new run's id."""
        run_id = _ulid(now)
        with self.writing() as writing:
            writing.put(runs, [{"id": run_id, "kind": kind, "round_id": run_id, "started_at": now}])
        return run_id

    def end_run(
        self, run_id: str, outcome: Literal["completed", "failed"], table: Mapping[str, int], reason: str | None = None
    ) -> None:
        """Close the run. What a completed round has gathered need not be told any more."""
        ended = {"outcome": outcome, "counts": dict(table), "reason": reason}
        with self.writing() as writing:
            writing.connection.execute(sa.update(runs).where(runs.c.id == run_id).values(ended))
            if outcome == "completed":
                of_round = sa.select(runs.c.round_id).where(runs.c.id == run_id).scalar_subquery()
                writing.connection.execute(sa.delete(gathered).where(gathered.c.round_id == of_round))

    def join_round(self, run_id: str, round_id: str) -> None:
        """Count the run as one of the round's."""
        with self.writing() as writing:
            writing.put(runs, [{"id": run_id, "round_id": round_id}])

    def completed_round(self, round_id: str) -> bool:
        """Whether a run of the round ended well."""
        ended = sa.select(runs.c.id).where(runs.c.round_id == round_id, runs.c.outcome == "completed")
        with self.reading() as connection:
            return connection.scalar(ended.limit(1)) is not None

    def gathered(self, round_id: str) -> set[str]:
        """Ids of the sources that the round has asked to the end."""
        with self.reading() as connection:
            return set(connection.scalars(sa.select(gathered.c.source_id).where(gathered.c.round_id == round_id)))

    def mark_gathered(self, round_id: str, source_ids: Sequence[str]) -> None:
        """Note that these sources were asked to the end."""
        with self.writing() as writing:
            writing.add(gathered, [{"round_id": round_id, "source_id": source_id} for source_id in source_ids])

    def completed_runs(self, kind: Literal["sample", "live"]) -> int:
        """Rounds of this kind that ended well."""
        rounds = sa.select(sa.func.count(runs.c.round_id.distinct()))
        with self.reading() as connection:
            return connection.scalar(rounds.where(runs.c.kind == kind, runs.c.outcome == "completed")) or 0

    def newest_run(self) -> datetime | None:
        """The time of the newest run that ended well."""
        query = sa.select(runs.c.started_at).where(runs.c.outcome == "completed").order_by(runs.c.started_at.desc())
        with self.reading() as connection:
            return connection.scalar(query.limit(1))
