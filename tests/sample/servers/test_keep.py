"""`python -m sample.servers postgres` keeps a server until it is told to end, and leaves nothing running."""

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sample.servers.process import connects, free_port
from tests.servers import postgres_url


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where PostgreSQL, which root starts as another user, may enter."""
    made = Path(tempfile.mkdtemp())
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.mark.server
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_server_ends_with_its_keeper(folder: Path, how: signal.Signals) -> None:
    assert postgres_url()  # where none can be started this is left out
    port = free_port()
    command = [sys.executable, "-m", "sample.servers", "postgres", "--port", str(port), "--data", str(folder / "one")]
    keeper = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert keeper.stdout is not None
    assert keeper.stdout.readline().startswith("postgresql")
    assert connects(port)
    keeper.send_signal(how)
    _, told = keeper.communicate(timeout=60)
    assert not connects(port)
    assert (keeper.returncode, told) == (0, "")


@pytest.mark.server
def test_servers_end_with_the_command_that_they_were_started_around(folder: Path) -> None:
    """Also where who started them ends it."""
    assert postgres_url()
    asleep = [
        sys.executable,
        "-c",
        "import os, time; print(os.environ['BEATWATCH_DATABASE'], flush=True); time.sleep(600)",
    ]
    command = [sys.executable, "-m", "sample.servers", "with", str(folder / "both"), *asleep]
    around = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert around.stdout is not None
    port = int(around.stdout.readline().rpartition(":")[2].partition("/")[0])
    assert connects(port)
    around.terminate()
    around.communicate(timeout=60)
    assert not connects(port)
