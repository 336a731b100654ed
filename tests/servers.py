"""Real servers for tests, one of each for the whole session: the one that the environment names, else one of our own.

Where none can be started the test is skipped and the run's last lines say what brings it in; continuous integration fails.
"""

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

from sample.servers.elasticsearch_node import ElasticsearchNode
from sample.servers.packages import ServerUnavailable
from sample.servers.postgres_server import PostgresServer

missing: dict[str, str] = {}
"""Servers that could not be started, with the reason."""


def elasticsearch_url() -> str:
    """The address of an Elasticsearch; skips the test where there is none."""
    return os.environ.get("BEATWATCH_TEST_ELASTICSEARCH") or _started("elasticsearch")


def postgres_url() -> str:
    """SQLAlchemy's address of a PostgreSQL database from which others can be made; skips the test where there is none."""
    return os.environ.get("BEATWATCH_TEST_DATABASE") or _started("postgres")


def _started(name: str) -> str:
    url, reason = _start(name)
    if reason:
        unavailable(name, reason)
    return url


def unavailable(name: str, reason: str) -> NoReturn:
    """End a test that cannot have its server: skipped for a person, failed in continuous integration."""
    missing[name] = reason
    if os.environ.get("BEATWATCH_CI"):
        pytest.fail(f"{name} cannot be started: {reason}")
    pytest.skip(f"{name} cannot be started: {reason}")


@cache
def _start(name: str) -> tuple[str, str]:
    folder = Path(tempfile.mkdtemp(prefix=f"beatwatch-{name}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        if name == "postgres":
            server = PostgresServer(folder)
            server.start()
            atexit.register(server.stop)
            return server.url(), ""
        node = ElasticsearchNode(folder)
        node.start()
        atexit.register(node.stop)
        return node.url, ""
    except ServerUnavailable as error:
        return "", str(error).splitlines()[0]
