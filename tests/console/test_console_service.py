"""`beatwatch console` as a service: on the address of the settings, and before anything was run."""

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.console.conftest import CALL, Beatwatch
from tests.servers import postgres_database


@contextmanager
def console(data: Path) -> Iterator[str]:
    """The address of a console that is ended like a service."""
    command = [sys.executable, "-c", CALL, "console", "--port", "0", "--data", str(data), "--json"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        yield json.loads(child.stdout.readline())["url"]
        child.send_signal(signal.SIGINT)
        assert child.wait(20) == 0
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def page(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        return str(answer.read().decode())


def test_it_listens_where_the_settings_say(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEATWATCH_CONSOLE_HOST", "0.0.0.0")
    with console(small) as url:
        assert url.startswith("http://0.0.0.0:")
        assert "Stories of" in page(url.replace("0.0.0.0", "127.0.0.1"))


def test_an_address_of_another_machine(beatwatch: Beatwatch, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEATWATCH_CONSOLE_HOST", "192.0.2.1")
    answer = beatwatch("console", "--port", 0, "--data", small)
    assert (answer.status, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "console_host" in answer.err


def test_what_is_no_address(beatwatch: Beatwatch, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEATWATCH_CONSOLE_HOST", "example.org")
    answer = beatwatch("console", "--data", small)
    assert (answer.status, answer.out) == (2, "")
    assert "BEATWATCH_CONSOLE_HOST" in answer.err


def test_without_a_database_a_folder_in_which_nothing_was_run_is_a_mistake(
    beatwatch: Beatwatch, tmp_path: Path
) -> None:
    answer = beatwatch("console", "--port", 0, "--data", tmp_path)
    assert (answer.status, answer.out) == (2, "")
    assert "no data in it yet" in answer.err


@pytest.mark.server
def test_beside_an_empty_database_it_says_that_there_is_nothing_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres_database() as database:
        address = database.set(drivername="postgresql").render_as_string(hide_password=False)
        monkeypatch.setenv("BEATWATCH_DATABASE", address)
        with console(tmp_path) as url:
            assert "No stories yet" in page(url)
