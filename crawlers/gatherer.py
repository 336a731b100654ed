"""`ScrapyGatherer`: the crawl as the run loop sees it, an iterator of batches.

Imports nothing of Scrapy: that lives in the child process, which is started here, fed a plan, and ended with the
iterator whatever ends it (completion, an exception in the run loop, a kill).
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from crawlers.disk import DEFAULT_FLOOR_MB, require_space
from crawlers.vault.place import ENVIRONMENT, Place, default_place, guarded_folders, place_text
from crawlers.ways import own_hosts
from crawlers.wire import NOT_HELD, plan_line, read_handed
from pipeline.errors import DataFolderError, FailedRun
from pipeline.records import Fetch, GatherPlan, Source

_CHECKOUT = Path(__file__).resolve().parents[1]
_LAST_LINES = 5
_GOODBYE = 5.0  # seconds for a child that has said "done" to end by itself


class ScrapyGatherer:
    """Implements `pipeline.ports.Gatherer`: every crawl is a fresh child process under `data`.

    Bodies go to `vault`, by default the one in `data`. The child's log is `<data>/logs/crawl-<run id>.log`. `floor_mb`
    is the disk guard's limit.
    """

    def __init__(
        self, data: Path, *, vault: Place | None = None, floor_mb: int = DEFAULT_FLOOR_MB, python: str = sys.executable
    ) -> None:
        self._data, self._floor_mb, self._python = data, floor_mb, python
        self._vault = vault or default_place(data.resolve())

    def hosts(self, source: Source) -> frozenset[str]:
        """Of its home, ways in and further hosts, without "www."."""
        return own_hosts(source)

    def gather(self, plan: GatherPlan, hold: Callable[[], None] = lambda: None) -> Iterator[list[Fetch]]:
        """Batches of rows, their bodies synced. Raises `FailedRun` (`DiskFull`, `DataFolderError`, `VaultError`) if the
        crawl cannot run or dies. The crawl starts with the first `next` and ends with the iterator."""
        log = self.log_path(plan.run_id)
        self._prepare(log)
        with log.open("ab") as log_file:
            child, rows = self._start(log_file)
        try:
            _tell(child, plan)
            with rows:
                for batch in _batches(rows, child, log):
                    hold()
                    _say_held(child)
                    if batch:
                        yield batch
            child.wait(_GOODBYE)
        finally:
            _end(child)

    def log_path(self, run_id: str) -> Path:
        """Where the child of a run writes its log."""
        return self._data / "logs" / f"crawl-{run_id}.log"

    def _prepare(self, log: Path) -> None:
        try:
            log.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataFolderError(f"{log.parent}: cannot be made: {error.strerror}") from error
        for folder in guarded_folders(self._data, self._vault):
            require_space(folder, self._floor_mb)

    def _start(self, log_file: BinaryIO) -> tuple[subprocess.Popen[bytes], BinaryIO]:
        read_end, write_end = os.pipe()
        command = [
            self._python, "-m", "crawlers.child", "--data", str(self._data.resolve()), "--fd", str(write_end),
            "--parent", str(os.getpid()), "--floor-mb", str(self._floor_mb),
        ]  # fmt: skip
        path = os.pathsep.join(filter(None, (str(_CHECKOUT), os.environ.get("PYTHONPATH"))))
        try:
            child = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log_file, stderr=log_file, pass_fds=(write_end,),
                env={**os.environ, "PYTHONPATH": path, ENVIRONMENT: place_text(self._vault)},
            )  # fmt: skip
        except OSError as error:
            os.close(read_end)
            raise FailedRun(f"the crawl cannot be started: {error}") from error
        finally:
            os.close(write_end)
        return child, os.fdopen(read_end, "rb")


def _tell(child: subprocess.Popen[bytes], plan: GatherPlan) -> None:
    """Send the plan and leave stdin open: while it is, the child knows that we live."""
    assert child.stdin is not None
    with suppress(BrokenPipeError):  # it died already: the end of its rows says so
        child.stdin.write(plan_line(plan))
        child.stdin.flush()


def _say_held(child: subprocess.Popen[bytes]) -> None:
    """The child counts from here how long its hosts are held."""
    assert child.stdin is not None
    with suppress(BrokenPipeError):
        child.stdin.write(b"\n")
        child.stdin.flush()


def _batches(rows: BinaryIO, child: subprocess.Popen[bytes], log: Path) -> Iterator[list[Fetch]]:
    """Rows as they come; every few seconds at least an empty batch."""
    for line in rows:
        try:
            handed = read_handed(line)
        except ValueError:
            break  # cut off by the child's death
        if (error := handed.error()) is not None:
            raise error
        if handed.done:
            return
        yield list(handed.rows)
    raise FailedRun(_obituary(child, log))


def _obituary(child: subprocess.Popen[bytes], log: Path) -> str:
    status = child.wait()
    if status == NOT_HELD:
        return "the crawl ended: for too long nobody said that its hosts are still held; did the database answer?"
    how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
    return f"the crawl {how}; the end of {log}: {_last_lines(log)}"


def _last_lines(log: Path) -> str:
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - 4096))
        lines = stream.read().decode("utf-8", "replace").splitlines()
    return " | ".join(line.strip() for line in lines[-_LAST_LINES:] if line.strip()) or "(empty)"


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill: what was handed over is synced, and the vault is made to be cut off at any byte."""
    child.kill()
    child.wait()
    if child.stdin is not None:
        with suppress(BrokenPipeError):
            child.stdin.close()
