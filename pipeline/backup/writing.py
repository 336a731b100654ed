"""Writing a backup while a run may go on."""

import gzip
import hashlib
import json
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Any, BinaryIO

from crawlers.disk import is_full
from crawlers.vault.cutting import whole_length
from crawlers.vault.store import VaultStore
from pipeline.backup.layout import FORMAT, HEAD, MANIFEST, Head, Manifest, Member, table_place, vault_place
from pipeline.backup.reading import BackupFile
from pipeline.errors import BackupError, DiskFull, Permanent, UsageError, VaultError
from pipeline.hold import SILENCE, alone_in_the_vault
from pipeline.payloads import plain
from pipeline.ports import Progress, Snapshot, State

_ROWS = 10_000  # rows that are packed before the lease is prolonged


def write_file(file: Path, state: State, vault: VaultStore, now: datetime, progress: Progress) -> Manifest:
    """Write a backup under a free name; it appears whole and checked, or not at all. Raises `StateError` while
    another one is written, or something is taken out of the archive."""
    if file.exists():
        raise UsageError(f"{file}: it is there already: give another name, or move it away")
    draft = file.with_name(file.name + ".part")
    with _writable(file), alone_in_the_vault(state) as go_on:
        try:
            with draft.open("wb") as out:
                manifest = _write(out, state, vault, _Clerk(now, go_on, file.parent), progress)
                out.flush()
                os.fsync(out.fileno())
            with BackupFile.open(draft) as written:
                written.check(progress)
            draft.replace(file)
            _sync_folder(file.parent)
        finally:
            draft.unlink(missing_ok=True)
    return manifest


def write_stream(
    out: BinaryIO, state: State, vault: VaultStore, scratch: Path, now: datetime, progress: Progress
) -> Manifest:
    """Write a backup to where it cannot be read again; tables are packed in the folder `scratch` before. Raises
    `StateError` as `write_file` does."""
    with _writable(Path("stdout")), alone_in_the_vault(state) as go_on:
        manifest = _write(out, state, vault, _Clerk(now, go_on, scratch), progress)
        out.flush()
    return manifest


@dataclass(frozen=True, slots=True)
class _Clerk:
    """The time to stamp, a call that keeps the lease, and the folder in which tables are packed: a tar file says the
    size of each member before it."""

    now: datetime
    go_on: Callable[[], None]
    scratch: Path


def _write(out: BinaryIO, state: State, vault: VaultStore, clerk: _Clerk, progress: Progress) -> Manifest:
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        writer = _Writer(tar, clerk)
        with state.snapshot() as snapshot:
            head = Head(FORMAT, clerk.now, snapshot.revision)
            writer.add_json(HEAD, head)
            tables = tuple(writer.add_table(name, rows) for name, rows in _shown(snapshot, progress))
            cited = snapshot.cited()
        files, missing = _add_vault(writer, vault, cited, progress)
        manifest = Manifest(head, tables, files, missing)
        writer.add_json(MANIFEST, manifest)
    return manifest


def _shown(snapshot: Snapshot, progress: Progress) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
    for done, table in enumerate(snapshot.tables()):
        progress("state", done, None)
        yield table


def _add_vault(
    writer: "_Writer", vault: VaultStore, cited: dict[str, int], progress: Progress
) -> tuple[tuple[Member, ...], tuple[str, ...]]:
    added, missing = [], []
    for done, (name, last) in enumerate(cited.items(), start=1):
        try:
            with vault.read(name, last) as stream:
                size = last + whole_length(stream)
            with vault.read(name) as stream:
                added.append(writer.add(vault_place(name), name, size, stream))
        except Permanent:
            missing.append(name)
        progress("vault", done, len(cited))
    return tuple(added), tuple(missing)


class _Writer:
    """Members of one tar file, hashed as they are written."""

    def __init__(self, tar: tarfile.TarFile, clerk: _Clerk) -> None:
        self._tar, self._clerk = tar, clerk

    def add(self, place: str, name: str, size: int, stream: IO[bytes], rows: int = 0) -> Member:
        """`size` bytes of a stream."""
        self._clerk.go_on()
        info = tarfile.TarInfo(place)
        info.size, info.mtime, info.mode = size, int(self._clerk.now.timestamp()), 0o600
        hashed = _Hashed(place, stream, self._clerk.go_on)
        self._tar.addfile(info, hashed)  # type: ignore[arg-type]  # all that it does is to read
        return Member(name, size, hashed.sha256.hexdigest(), rows)

    def add_json(self, place: str, document: object) -> None:
        """A record as readable JSON."""
        content = json.dumps(plain(document), indent=1, ensure_ascii=False).encode()
        self.add(place, place, len(content), BytesIO(content))

    def add_table(self, name: str, rows: Iterable[dict[str, Any]]) -> Member:
        """Rows as packed JSON lines."""
        count = 0
        with tempfile.TemporaryFile(dir=self._clerk.scratch) as packed:
            with gzip.GzipFile(filename="", fileobj=packed, mode="wb", mtime=0) as lines:
                for row in rows:
                    line = json.dumps(row, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
                    lines.write(line.encode() + b"\n")
                    count += 1
                    if count % _ROWS == 0:
                        self._clerk.go_on()
            size = packed.tell()
            packed.seek(0)
            return self.add(table_place(name), name, size, packed, count)


class _Hashed:
    """What is read of a stream, hashed; `tick` is called as it goes."""

    def __init__(self, place: str, stream: IO[bytes], tick: Callable[[], None]) -> None:
        self._place, self._stream, self._tick, self._silent = place, stream, tick, 0
        self.sha256 = hashlib.sha256()

    def read(self, size: int) -> bytes:
        try:
            part = self._stream.read(size)
        except OSError as error:
            raise VaultError(f"{self._place}: cannot be read: {error.strerror or error}") from error
        self.sha256.update(part)
        self._silent += len(part)
        if self._silent > SILENCE:
            self._silent = 0
            self._tick()
        return part


@contextmanager
def _writable(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise DiskFull(f"{file}: the disk is full; free some space and try again") from error
        raise BackupError(f"{file}: the backup cannot be written: {error.strerror or error}") from error


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
