"""Rows to the parent: in batches, each after its bodies are safe in the vault.

A thread syncs the vault and writes the pipe, so that a store that is slow, or a parent that is busy committing, slows
the hand-over and not the reactor (whose time caps would then cut off answers that had arrived).
"""

import asyncio
import os
import queue
import threading
from collections.abc import Callable
from typing import NoReturn

from crawlers.wire import Handed, failure_of, handed_line
from pipeline.errors import BeatwatchError
from pipeline.records import Fetch

BATCH_ROWS = 50
BATCH_SECONDS = 0.5
SILENCE_SECONDS = 1.0
"""Without rows for so long, an empty message says that the crawl is alive."""


class Handover:
    """Collects rows and hands them over after `sync` (the vault's). Rows come from the reactor's thread, `sync` is called
    from another: it covers what was written before the rows were added.

    `fd` is the write end of the parent's pipe. When the parent is gone the process ends at once: nobody will ever
    commit a row again, and the vault is made to be cut off at any byte.
    """

    def __init__(self, fd: int, sync: Callable[[], None]) -> None:
        self._fd, self._sync = fd, sync
        self._rows: list[Fetch] = []
        self._timer: asyncio.TimerHandle | None = None
        self._lines: queue.SimpleQueue[Handed | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="handover", daemon=True)
        self._writer.start()

    def add(self, row: Fetch) -> None:
        """Take a row; it goes out with the batch, half a second later at most."""
        self._rows.append(row)
        if len(self._rows) >= BATCH_ROWS:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(BATCH_SECONDS, self.flush)

    def flush(self) -> None:
        """Hand over what there is."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._rows:
            self._lines.put(Handed(rows=tuple(self._rows)))
            self._rows.clear()

    def finish(self) -> None:
        """Hand over the rest and say that the crawl is complete."""
        self.flush()
        self._lines.put(Handed(done=True))
        self._drain()

    def fail(self, error: BeatwatchError) -> NoReturn:
        """Tell the parent why the crawl cannot go on and end the process; rows not yet handed over are dropped."""
        self._lines.put(failure_of(error))
        self._drain()
        os._exit(1)

    def _drain(self) -> None:
        self._lines.put(None)
        self._writer.join()

    def _write(self) -> None:
        try:
            with os.fdopen(self._fd, "wb") as pipe:
                while (handed := self._next()) is not None:
                    failed = self._failure() if handed.rows else None
                    pipe.write(handed_line(failed or handed))
                    pipe.flush()
                    if failed:
                        os._exit(1)
        except BrokenPipeError:
            os._exit(1)

    def _next(self) -> Handed | None:
        try:
            return self._lines.get(timeout=SILENCE_SECONDS)
        except queue.Empty:
            return Handed()

    def _failure(self) -> Handed | None:
        """Sync the vault; what to tell the parent if that fails."""
        try:
            self._sync()
        except BeatwatchError as error:
            return failure_of(error)
        return None
