"""What every test may count on, however the suite was started."""

import logging
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests import servers
from tests.object_store import ObjectStore, object_store

# What an operator has set would lead the tests to real servers; what says how to test is kept.
for name in [name for name in os.environ if name.startswith(("BEATWATCH_", "PREFECT_"))]:
    if not name.startswith(("BEATWATCH_TEST_", "BEATWATCH_CI", "BEATWATCH_SHARED")):
        del os.environ[name]

# A shell's background job ignores Ctrl-C, and so would every process that a test starts and stops by it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _root_logger() -> Iterator[None]:
    """Take away what a test hung on the root logger: Prefect's console, which later tests would find closed, comes by import."""
    root = logging.getLogger()
    before = set(root.handlers)
    yield
    for handler in set(root.handlers) - before:
        root.removeHandler(handler)


@pytest.fixture(scope="session")
def objects() -> Iterator[ObjectStore]:
    """A real S3-compatible server; each test has a prefix of its own in it."""
    with object_store() as server:
        yield server


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where tests are shared by processes, each of them passes on what it had to leave out."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["missing"] = servers.missing


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what such a process passed on; one that crashed has said nothing."""
    servers.missing.update(getattr(node, "workeroutput", {}).get("missing", {}))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say last what was skipped for want of a server, and what brings it in."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if servers.missing and reporter is not None:
        for name, reason in servers.missing.items():
            reporter.write_line(f"Tests on a real {name} were skipped: {reason}", yellow=True)
        reporter.write_line("`apt install maven openjdk-17-jdk-headless`, then `make test`, brings them in.")
