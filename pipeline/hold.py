"""Leases of the state for work that only one process may do at a time, over whatever machines share the database."""

import os
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipeline.errors import StateError
from pipeline.ports import State

VAULT_LEASE = "vault"
"""Held by whoever copies the archive or takes something out of it, so that no file goes while it is copied."""
VAULT_SECONDS = 600.0
"""Longer than it takes to copy 64 MB; a holder that was killed is waited for no longer than this."""


class Hold:
    """A lease, taken or prolonged at each call; False while another process has it."""

    def __init__(self, state: State, lease: str, seconds: float) -> None:
        self._state, self._lease, self._seconds = state, lease, seconds
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"

    def __call__(self) -> bool:
        return bool(self._state.acquire_leases([self._lease], self._holder, self._seconds))

    def release(self) -> None:
        """Give it back."""
        self._state.release_leases({self._lease: 0}, self._holder)


@contextmanager
def holding(state: State, lease: str, seconds: float) -> Iterator[Hold]:
    """A hold that is given back at the end; nothing is taken before it is called."""
    hold = Hold(state, lease, seconds)
    try:
        yield hold
    finally:
        hold.release()


@contextmanager
def alone_in_the_vault(state: State) -> Iterator[Callable[[], None]]:
    """The vault for oneself; the call that is given keeps it. Both raise `StateError` while another process has it."""
    with holding(state, VAULT_LEASE, VAULT_SECONDS) as hold:

        def go_on() -> None:
            if not hold():
                raise StateError("a backup, a takedown or a retention is going on: wait until it ends and try again")

        go_on()
        yield go_on
