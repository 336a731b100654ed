"""Real servers for tests, one of each for the whole session: the one that the environment names, else one of our own.

Where none can be started the test is skipped and the run's last lines say what brings it in; continuous integration fails.
"""

import atexit
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest
import sqlalchemy as sa
from elasticsearch import Elasticsearch

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


@contextmanager
def postgres_database(template: str = "template1") -> Iterator[sa.URL]:
    """An empty database, or a copy of the one that is named (to which nobody may be connected); dropped at the end."""
    server = sa.create_engine(postgres_url(), isolation_level="AUTOCOMMIT")
    name = f"test_{uuid.uuid4().hex}"
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield server.url.set(database=name)
    finally:
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        server.dispose()


@contextmanager
def empty_database(kind: str, file: Path) -> Iterator[str]:
    """The address of an empty database: "sqlite" in `file`, or "postgresql"."""
    if kind == "sqlite":
        yield f"sqlite:///{file}"
        return
    with postgres_database() as url:
        yield url.render_as_string(hide_password=False)


@contextmanager
def elasticsearch_prefix() -> Iterator[tuple[str, str]]:
    """(address, prefix): what is made under the prefix goes at the end."""
    url, prefix = elasticsearch_url(), f"test-{uuid.uuid4().hex}"
    try:
        yield url, prefix
    finally:
        with Elasticsearch(url) as client:
            made = client.indices.get(index=f"{prefix}-*")
            client.options(ignore_status=404).indices.delete(index=",".join(made) or "none")
            client.options(ignore_status=404).indices.delete_index_template(name=prefix)
            client.options(ignore_status=404).cluster.delete_component_template(name=prefix)


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


_MEMORY = Path("/dev/shm")
_MEMORY_BYTES = 4 << 30


def _quickest() -> Path | None:
    """Memory where there is plenty, since a new database is three hundred files; else the usual place."""
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _MEMORY_BYTES else None


@cache
def _start(name: str) -> tuple[str, str]:
    folder = Path(tempfile.mkdtemp(prefix=f"beatwatch-{name}-", dir=_quickest() if name == "postgres" else None))
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
