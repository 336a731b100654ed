"""Whether something answers yet on loopback."""

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing


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
