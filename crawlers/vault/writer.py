"""What the crawl writes its bodies with."""

import re
import secrets
import socket
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from crawlers.disk import DEFAULT_FLOOR_MB, require_space
from crawlers.vault.store import VaultStore
from crawlers.vault.warc import Exchange, exchange_records, info_record
from pipeline.records import ArchiveRef


class VaultWriter:
    """Writes what one worker archives in one run; close it or use it in a `with`.

    `guarded` are folders whose disks must keep `floor_mb` megabytes free. Raises `VaultError` or `DiskFull`.
    """

    def __init__(
        self, store: VaultStore, run_id: str, now: datetime, *, worker: str | None = None,
        guarded: Sequence[Path] = (), floor_mb: int = DEFAULT_FLOOR_MB,
    ) -> None:  # fmt: skip
        stem = f"{now:%Y/%m}/{run_id}-{worker or worker_name()}"
        self._session = store.session(stem, partial(info_record, run_id=run_id, now=now))
        self._guarded, self._floor_mb = tuple(guarded), floor_mb

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, exchange: Exchange) -> ArchiveRef:
        """Append a response and its request; the body is safe after the next `sync`."""
        for folder in self._guarded:
            require_space(folder, self._floor_mb)
        file, offset = self._session.append(exchange_records(exchange))
        return ArchiveRef(file, offset, sha256(exchange.body).hexdigest())

    def sync(self) -> None:
        """Return when everything written so far is safe. May be called from another thread than `write`."""
        self._session.sync()

    def close(self) -> None:
        """Sync and end."""
        self._session.close()


def worker_name() -> str:
    """A name that no other worker has, on this machine or another: whose it is, and a random part."""
    host = re.sub(r"[^a-z0-9]+", "-", socket.gethostname().lower())[:32].strip("-")
    return f"{host or 'host'}-{secrets.token_hex(4)}"
