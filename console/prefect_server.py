"""The Prefect server that `beatwatch serve` reports to: the operator's, or one on this machine that it starts itself.

Prefect's own fallback, a temporary server inside the client, runs no scheduler and no page, so nothing would ever be
run by it: a whole server is started instead, and ended with the command.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.errors import FailedRun, UsageError

HOST = "127.0.0.1"
START_SECONDS = 90.0


@contextmanager
def prefect_api(port: int) -> Iterator[str]:
    """The address of the API: Prefect's setting PREFECT_API_URL, else that of a server started on `port`."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    configured = PREFECT_API_URL.value()
    if configured:
        _require_answer(str(configured))
        yield str(configured)
        return
    api = f"http://{HOST}:{port}/api"
    with _server(port, api), temporary_settings({PREFECT_API_URL: api}):
        yield api


def _require_answer(api: str) -> None:
    if not _answers(api):
        raise FailedRun(f"PREFECT_API_URL {api}: no Prefect server answers there: start it, or unset the variable")


def _answers(api: str) -> bool:
    try:
        with urllib.request.urlopen(f"{api.rstrip('/')}/health", timeout=10) as response:  # noqa: S310  (the operator's)
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False


@contextmanager
def _server(port: int, api: str) -> Iterator[None]:
    """A server of its own process group, so that Ctrl-C ends the flow runner first, which still needs it."""
    _require_free(port)
    prefect = [sys.executable, "-m", "prefect", "server", "start"]
    command = [*prefect, "--host", HOST, "--port", str(port), "--analytics-off"]
    environment = {**os.environ, "PREFECT_API_URL": api, "PREFECT_UI_API_URL": api, "DO_NOT_TRACK": "1"}
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment, start_new_session=True)
    try:
        _await(child, api)
        yield
    finally:
        child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _require_free(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise UsageError(
                f"port {port} of {HOST} cannot be used ({error.strerror}): give another --port, or, if a Prefect server"
                f" is there, set PREFECT_API_URL=http://{HOST}:{port}/api"
            ) from error


def _await(child: "subprocess.Popen[bytes]", api: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(api):
        if child.poll() is not None:
            raise FailedRun(f"the Prefect server ended with status {child.returncode} before it answered; see above")
        if time.monotonic() > deadline:
            raise FailedRun(f"the Prefect server did not answer at {api} within {START_SECONDS:.0f} s")
        time.sleep(0.3)
