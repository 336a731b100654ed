"""The vault in a folder, which several workers may share: one file a worker and run.

While a file is written a locked marker `<file>.open` lies beside it. The lock is the kernel's, so it ends with its
process: a marker that nobody holds was left by a kill, and the next session cuts its file back to the last whole record.
The folder's file system must know locks and hard links, as local ones and NFS 4 do.
"""

import fcntl
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Self

from crawlers.disk import is_full
from crawlers.vault.cutting import whole_length
from crawlers.vault.store import SUFFIX, Head, Session, Stored, checked, is_name, missing
from pipeline.errors import BeatwatchError, DiskFull, VaultError

_MARKER = ".open"
_DRAFT = ".draft"


class FolderStore:
    """Implements `VaultStore` in the folder `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    @classmethod
    def open(cls, path: Path, *, create: bool = False) -> Self:
        """The folder, made if it is missing and `create` says so. One that an operator names is not made: where a share
        is not mounted, pages would be archived on the wrong disk. Raises `VaultError` if it cannot be made."""
        store = cls(path)
        with _mapped(store.path):
            if create:
                store.path.mkdir(parents=True, exist_ok=True)
        return store

    @property
    def address(self) -> str:
        """The folder's path."""
        return str(self.path)

    def check(self) -> None:
        """Raise `VaultError` if it is not there, or cannot be written; also for root, who may write into a folder that
        nobody is meant to write into."""
        if not self.path.is_dir():
            raise VaultError(f"{self.path}: the vault's folder is not there: make it, or mount its disk")
        if not os.access(self.path, os.R_OK | os.W_OK | os.X_OK) or not self.path.stat().st_mode & 0o222:
            raise VaultError(f"{self.path}: the vault cannot be written: change the folder's rights")

    def session(self, stem: str, head: Head) -> Session:
        """Begin a file; what killed workers left torn is cut back first."""
        self.trim_torn()
        return _FolderSession(self, checked(stem + SUFFIX), head)

    def names(self) -> Iterator[Stored]:
        """Every file, ordered by name."""
        self.check()
        with _mapped(self.path):
            for path in sorted(self.path.rglob("*" + SUFFIX)):
                name = path.relative_to(self.path).as_posix()
                with suppress(FileNotFoundError):  # deleted meanwhile
                    if is_name(name):
                        yield Stored(name, path.stat().st_size, _growing(path))

    def size(self, name: str) -> int | None:
        """Bytes of a file, None if it is not there."""
        path = self._path(name)
        with _mapped(path):
            return path.stat().st_size if path.is_file() else None

    def read(self, name: str, offset: int = 0) -> BinaryIO:
        """A stream from `offset` on."""
        path = self._path(name)
        with _mapped(path, "read"):
            if not path.is_file():
                self.check()  # where the whole folder is away, no file is lost
                raise missing(name)
            stream = path.open("rb")
            stream.seek(offset)
            return stream

    def put_new(self, name: str, chunks: Iterable[bytes]) -> bool:
        """Keep a whole file under a free name. A hard link puts it there: unlike a rename it never overwrites."""
        path = self._path(name)
        if path.exists():
            return False
        with _mapped(path), _drafted(path, chunks) as draft:
            try:
                path.hardlink_to(draft)
            except FileExistsError:
                return False
            _sync_folder(path.parent)
        return True

    def replace(self, name: str, chunks: Iterable[bytes]) -> None:
        """Put other bytes in the place of a file, by a rename."""
        path = self._path(name)
        with _mapped(path):
            if not path.is_file():
                raise missing(name)
            _refuse_growing(path)
            with _drafted(path, chunks) as draft:
                draft.replace(path)
            _sync_folder(path.parent)

    def sweep(self) -> None:
        """Delete drafts."""
        with _mapped(self.path):
            for draft in self.path.rglob(f"*{SUFFIX}.*{_DRAFT}"):
                draft.unlink(missing_ok=True)

    def delete(self, name: str) -> bool:
        """Remove a file."""
        path = self._path(name)
        with _mapped(path):
            _refuse_growing(path)
            try:
                path.unlink()
            except FileNotFoundError:
                return False
            _sync_folder(path.parent)
        return True

    def trim_torn(self) -> list[str]:
        """Cut files that a killed run left back to their last whole record; returns the names of those that were left
        behind. A file whose marker is locked belongs to a living worker and is not touched."""
        left_behind = []
        for marker in sorted(self.path.glob(f"*/*/*{SUFFIX}{_MARKER}")):
            path = marker.with_suffix("")
            with _mapped(path):
                held = _hold(marker)
                if held is None:
                    continue
                with held:
                    if path.exists():
                        with path.open("rb") as stream:
                            os.truncate(path, whole_length(stream))
                    marker.unlink()
                left_behind.append(path.relative_to(self.path).as_posix())
        return left_behind

    def _path(self, name: str) -> Path:
        return self.path / checked(name)


class _FolderSession:
    """One file of one worker. Implements `Session`."""

    def __init__(self, store: FolderStore, name: str, head: Head) -> None:
        self._name, self._path, self._head = name, store.path / name, head
        self._out: BinaryIO | None = None
        self._marker: BinaryIO | None = None
        self._length = 0  # counted: asked of the file, it is wrong while another thread syncs
        self._unsynced = False
        self._lost: OSError | None = None

    def append(self, records: bytes) -> tuple[str, int]:
        with _mapped(self._path):
            out = self._out or self._begin()
            out.write(records)
        offset = self._length
        self._length += len(records)
        self._unsynced = True
        return self._name, offset

    def sync(self) -> None:
        with _mapped(self._path):
            if self._lost is not None:  # the kernel tells a failed flush once and then forgets it
                raise self._lost
            if self._out is None or not self._unsynced:
                return
            self._unsynced = False
            try:
                self._out.flush()
                os.fsync(self._out.fileno())
            except OSError as error:
                self._lost = error
                raise

    def close(self) -> None:
        self.sync()
        if self._out is not None and self._marker is not None:
            self._out.close()
            _marker_of(self._path).unlink(missing_ok=True)
            self._marker.close()
            self._out = self._marker = None

    def _begin(self) -> BinaryIO:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        while (marker := _hold(_marker_of(self._path), create=True)) is None:
            pass  # another worker took it for a killed one's, in the moment before it was locked
        self._marker = marker
        self._out = self._path.open("ab")
        _sync_folder(self._path.parent)  # else a crash may lose the name of a file whose contents were synced
        head = self._head(self._name)
        self._length = self._out.tell() + self._out.write(head)
        return self._out


def _hold(marker: Path, *, create: bool = False) -> BinaryIO | None:
    """The marker, locked until it is closed; None if another holds it or it is gone.

    It is opened for writing, which a lock on NFS asks for; and looked at again once it is locked, because whoever held
    it before may have taken it away.
    """
    try:
        held = marker.open("ab" if create else "r+b")
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(held.fileno()), marker.stat()):
            return held
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        held.close()
        raise
    held.close()
    return None


def _growing(path: Path) -> bool:
    """Whether a living worker writes this file."""
    marker = _marker_of(path)
    if not marker.exists():
        return False
    held = _hold(marker)
    if held is None:
        return marker.exists()
    held.close()
    return False


def _refuse_growing(path: Path) -> None:
    if _growing(path):
        raise VaultError(f"{path}: a worker still writes it: try again when its run has ended")


@contextmanager
def _drafted(path: Path, chunks: Iterable[bytes]) -> Iterator[Path]:
    """A file beside `path` with these bytes, safe on the disk; gone at the end unless it was renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}{_DRAFT}")
    try:
        with draft.open("xb") as out:
            for chunk in chunks:
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _marker_of(path: Path) -> Path:
    return path.with_name(path.name + _MARKER)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


@contextmanager
def _mapped(path: Path, what: str = "written") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _folder_error(path, error, what) from error


def _folder_error(path: Path, error: OSError, what: str) -> BeatwatchError:
    if is_full(error):
        return DiskFull(f"{path}: the disk is full; free some space and start the run again")
    return VaultError(f"{path}: cannot be {what}: {error.strerror or error}")
