"""The data folder: where everything that an installation keeps lies, held by one run at a time.

The lock is the kernel's (flock through filelock), so it ends with its process, kill -9 included; who holds it stands in
a small file beside it, which is only read while the lock is taken and so cannot name a dead run.
"""

import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from pipeline.errors import DataFolderBusy, DataFolderError


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The layout of one data folder."""

    path: Path

    @classmethod
    def open(cls, path: Path, *, restoring: bool = False) -> Self:
        """Make the folder and its parts where they are missing. Raises `DataFolderError` where that cannot be done, or
        where they can only be read: also for root, who may write into a folder that nobody is meant to write into; and
        where a restore has begun and not ended, unless this is one.
        """
        folder = cls(path.absolute())
        if not restoring and folder.restoring.exists():
            raise DataFolderError(
                f"{path}: a restore into it was not finished: run the same `beatwatch restore` again, or delete the folder"
            )
        for part in (folder.path, folder.mail, folder.logs):
            try:
                part.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise _unusable(part, error) from error
            if not os.access(part, os.R_OK | os.W_OK | os.X_OK) or not part.stat().st_mode & 0o222:
                raise DataFolderError(f"{part}: it cannot be written: change its rights, or give another data folder")
        return folder

    @property
    def worker(self) -> str:
        """The name under which runs over this folder hold leases: the same after a restart, so that what a killed run
        held can be taken up at once. Made at the first call, which must be by who holds the folder; an empty
        file, as a full disk leaves it, counts as none."""
        file = self.path / "worker"
        try:
            with suppress(FileNotFoundError):
                if name := file.read_text(encoding="utf-8").strip():
                    return name
            draft = file.with_suffix(".new")
            draft.write_text(name := secrets.token_hex(8), encoding="utf-8")
            draft.replace(file)
            return name
        except OSError as error:
            raise _unusable(file, error) from error

    @property
    def state_url(self) -> str:
        """The system of record, as `SqlState.open` takes it."""
        return f"sqlite:///{self.path / 'state.db'}"

    @property
    def search(self) -> Path:
        """The search index: derived, may be deleted and made anew."""
        return self.path / "search.db"

    @property
    def mail(self) -> Path:
        """Messages as files."""
        return self.path / "mail"

    @property
    def restoring(self) -> Path:
        """A file that is there from the beginning of a restore to its end; it names the backup."""
        return self.path / "restore.unfinished"

    @property
    def logs(self) -> Path:
        """Log files."""
        return self.path / "logs"

    @contextmanager
    def hold(self, command: str | None = None) -> Iterator[None]:
        """Hold the folder for one run; raises `DataFolderBusy` at once while another process holds it.

        `command` is what the other run's message names; this process's command line where it is not given.
        """
        lock = FileLock(self.path / "run.lock", timeout=0, preserve_lock_file=True)
        try:
            lock.acquire()
        except Timeout as error:
            raise DataFolderBusy(
                f"{self.path}: {self._holder()}: wait until it ends, or give another --data"
            ) from error
        except OSError as error:
            raise _unusable(self.path, error) from error
        try:
            self._sign(command or " ".join(sys.argv))
            yield
        finally:
            lock.release()

    @property
    def _holder_file(self) -> Path:
        return self.path / "run.holder.json"

    def _sign(self, command: str) -> None:
        """Write who holds the folder; by a rename, so that nobody reads half of it."""
        holder = {"pid": os.getpid(), "command": command, "since": datetime.now(UTC).isoformat(timespec="seconds")}
        draft = self._holder_file.with_suffix(".new")
        try:
            draft.write_text(json.dumps(holder), encoding="utf-8")
            draft.replace(self._holder_file)
        except OSError as error:
            raise _unusable(self._holder_file, error) from error

    def _holder(self) -> str:
        try:
            holder = json.loads(self._holder_file.read_text(encoding="utf-8"))
            return f"held by process {holder['pid']} ({holder['command']}) since {holder['since']}"
        except (OSError, ValueError, KeyError, TypeError):  # it took the lock this moment and has not signed yet
            return "held by another run"


def _unusable(path: Path, error: OSError) -> DataFolderError:
    reason = (error.strerror or str(error)).lower()
    return DataFolderError(f"{path}: {reason}: change its rights, or give another data folder")
