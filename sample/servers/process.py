"""A server as a child process, and whether something answers yet on loopback."""

import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self


def free_port() -> int:
    """A port of loopback that nobody has just now."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def connects(port: int) -> bool:
    """Whether anything listens on a port of loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def answers(url: str) -> bool:
    """Whether an HTTP server of this project's own answers with success."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  (an address of loopback that the caller made)
            return int(answer.status) == 200
    except (OSError, urllib.error.URLError):
        return False


def wait_for(ready: Callable[[], bool], process: "subprocess.Popen[bytes] | None", seconds: float) -> bool:
    """Ask `ready` until it holds, the process has ended or the time is over."""
    until = time.monotonic() + seconds
    while process is not None and process.poll() is None and time.monotonic() < until:
        if ready():
            return True
        time.sleep(0.1)
    return False


class Server(ABC):
    """One server over a data folder and a port; a context manager. It may be stopped and started again."""

    _stopping = signal.SIGTERM

    def __init__(self, data: Path, port: int | None = None) -> None:
        self._data = data.resolve()
        self._port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def start(self) -> None:
        """Start and wait until it answers. Raises `ServerUnavailable` with the end of its log."""

    def stop(self) -> None:
        """Stop in order; nothing to do where it is not running."""
        self._end(self._stopping)

    def kill(self) -> None:
        """Stop as a machine does whose power fails."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
