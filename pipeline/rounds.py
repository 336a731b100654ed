"""A round: the runs of several workers that share one day's sources and its coding, over one state.

Who begins while another is at work joins its round. Each worker takes shares of the sources, by the leases of their
hosts, so that no host is asked by two at once and no source is asked twice; when all are asked, one of them codes,
indexes and tells, and the others find it done. A worker that dies loses its leases when their time is over, and the
others take on what it had: so every worker stays until the round is whole. A worker alone is a round like any other.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil

from pipeline.errors import StateError
from pipeline.hold import CODING_LEASE
from pipeline.ports import State
from pipeline.records import Source

LEASE_SECONDS = 120.0
"""How long the hosts of a killed worker are left alone. Far longer than one batch of a stage takes."""
SHARES_EACH = 2
"""Shares that a worker takes in a day if all are as fast: fewer would leave one waiting for the other at the end, each
more costs the start of a crawl."""
POLL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Share:
    """Sources that are asked together because they have hosts in common; `rest` is the longest spacing (seconds) that
    one of them asks for."""

    sources: tuple[Source, ...]
    hosts: frozenset[str]

    @property
    def rest(self) -> float:
        """How long its hosts are left alone when it was asked."""
        return max(source.delay for source in self.sources)

    @property
    def ids(self) -> list[str]:
        """Of its sources."""
        return [source.id for source in self.sources]


def shares(sources: Sequence[Source], hosts: Mapping[str, frozenset[str]]) -> list[Share]:
    """The smallest shares of `sources` of which no two have a host in common; `hosts` by source id."""
    found: list[Share] = []
    for source in sources:
        of_source = hosts[source.id]
        joined = [share for share in found if share.hosts & of_source]
        whole = Share(
            (*(one for share in joined for one in share.sources), source),
            of_source.union(*(share.hosts for share in joined)),
        )
        found = [*(share for share in found if share not in joined), whole]
    return found


class Holding:
    """What one worker has leased; `hold` must be called more often than every quarter of `seconds`."""

    def __init__(self, state: State, worker: str, seconds: float) -> None:
        self._state, self._worker, self._seconds = state, worker, seconds
        self._held: set[str] = set()
        self._prolonged = time.monotonic()

    def hold(self) -> None:
        """Prolong all of it, if it is time. Raises `StateError` where another worker has taken some of it over, because
        this one was silent for too long."""
        if time.monotonic() - self._prolonged < self._seconds / 4:
            return
        lost = self._held - self._state.acquire_leases(self._held, self._worker, self._seconds)
        if lost:
            raise StateError(f"another worker took over {', '.join(sorted(lost))}: this one was silent for too long")
        self._prolonged = time.monotonic()

    @contextmanager
    def coding(self) -> Iterator[None]:
        """Wait until no other worker codes, and be the one that does."""
        while not self._lease([CODING_LEASE]):
            self.wait()
        try:
            yield
        finally:
            self._give_back({CODING_LEASE: 0.0})

    def wait(self) -> None:
        """For what another worker has."""
        self.hold()
        time.sleep(POLL_SECONDS)

    def _lease(self, names: Iterable[str]) -> set[str]:
        got = self._state.acquire_leases(names, self._worker, self._seconds)
        self._held |= got
        return got

    def _give_back(self, names: Mapping[str, float]) -> None:
        self._state.release_leases(names, self._worker)
        self._held -= names.keys()


class Round(Holding):
    """One worker's part in a round. `lane` tells rounds over different sources apart; `workers` is how many are meant to
    share it."""

    def __init__(self, state: State, lane: str, run_id: str, worker: str, workers: int, seconds: float) -> None:
        super().__init__(state, worker, seconds)
        self._name, self._workers = f"round:{lane}", workers
        self.id = self._join(run_id)
        state.join_round(run_id, self.id)

    def _join(self, run_id: str) -> str:
        """The round that is open, else a new one: the lease of the lane's round is held in the name of its first run."""
        while not self._state.acquire_leases([self._name], run_id, self._seconds):
            if (other := self._state.lease_holder(self._name)) is not None:
                return other
        return run_id

    def hold(self) -> None:
        """What this worker has, and the round."""
        if time.monotonic() - self._prolonged >= self._seconds / 4:
            self._state.acquire_leases([self._name], self.id, self._seconds)
        super().hold()

    def left(self, whole: Sequence[Share]) -> list[Share]:
        """Shares with sources that nobody has asked to the end; none when the round is completed."""
        if self.completed():
            return []
        done = self._state.gathered(self.id)
        return [share for share in whole if not done.issuperset(share.ids)]

    @contextmanager
    def taken(self, left: Sequence[Share], whole: int) -> Iterator[list[Share]]:
        """As many of the shares that are left as are this worker's part of the `whole`; none while others have them all.
        Where the block ends well they count as asked."""
        wished = left[: ceil(whole / (self._workers * SHARES_EACH))] if self._workers > 1 else left
        mine = self._share(wished) or self._share(left[len(wished) :])
        try:
            yield mine
            self._state.mark_gathered(self.id, [id_ for share in mine for id_ in share.ids])
        finally:
            self._give_back({host: share.rest for share in mine for host in _names(share)})

    def _share(self, wished: Sequence[Share]) -> list[Share]:
        """Those of the shares of which this worker gets every host; hosts of the others are given back unasked."""
        got = self._lease(name for share in wished for name in _names(share))
        mine = [share for share in wished if got.issuperset(_names(share))]
        self._give_back(dict.fromkeys(got.difference(*map(_names, mine)), 0.0))
        return mine

    def completed(self) -> bool:
        """Whether a worker of the round has coded and told all of it."""
        return self._state.completed_round(self.id)

    def close(self) -> None:
        """Everything was done: who begins now begins a new round."""
        self._state.release_leases({self._name: 0.0}, self.id)


def _names(share: Share) -> list[str]:
    return [f"host:{host}" for host in sorted(share.hosts)]
