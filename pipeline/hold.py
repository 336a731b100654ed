"""Leases of the state for work that only one process may do at a time, over whatever machines share the database."""

import os
import socket
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from pipeline.errors import StateError
from pipeline.ports import State

VAULT_LEASE = "vault"
"""Held by whoever copies the archive or takes something out of it, so that no file goes while it is copied."""
CODING_LEASE = "coding"
"""Held by the one worker that codes what all of them gathered."""
VAULT_SECONDS = 600.0
"""A holder that was killed is waited for no longer than this."""
SILENCE = 64 << 20
"""Bytes that its holder copies before it says that it goes on: far fewer than take so long."""


class Hold:
    """Leases, taken or prolonged together at each call; False while another process has one of them."""

    def __init__(self, state: State, leases: Sequence[str], seconds: float) -> None:
        self._state, self._leases, self._seconds = state, leases, seconds
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"

    def __call__(self) -> bool:
        return self._state.acquire_leases(self._leases, self._holder, self._seconds) == set(self._leases)

    def release(self) -> None:
        """Give back those that were got."""
        self._state.release_leases(dict.fromkeys(self._leases, 0.0), self._holder)


@contextmanager
def holding(state: State, *leases: str, seconds: float) -> Iterator[Hold]:
    """A hold that is given back at the end; nothing is taken before it is called."""
    hold = Hold(state, leases, seconds)
    try:
        yield hold
    finally:
        hold.release()


@contextmanager
def alone_in_the_vault(state: State) -> Iterator[Callable[[], None]]:
    """Nobody else copies the archive or takes something out of it; the call that is given keeps it so. Both raise
    `StateError` while another process does."""
    with _alone(state, [VAULT_LEASE], "a backup, a takedown or a retention") as go_on:
        yield go_on


@contextmanager
def alone_with_the_articles(state: State) -> Iterator[Callable[[], None]]:
    """As `alone_in_the_vault`, and no worker codes: what is taken away is not being read."""
    others = "a run, a backup, a takedown or a retention, here or on another machine,"
    with _alone(state, [VAULT_LEASE, CODING_LEASE], others) as go_on:
        yield go_on


@contextmanager
def _alone(state: State, leases: Sequence[str], others: str) -> Iterator[Callable[[], None]]:
    with holding(state, *leases, seconds=VAULT_SECONDS) as hold:

        def go_on() -> None:
            if not hold():
                raise StateError(f"{others} is going on: wait until it ends and try again")

        go_on()
        yield go_on
