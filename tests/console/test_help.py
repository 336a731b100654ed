"""Help answers at once: no model, crawler or scheduler is imported for it."""

import resource
import subprocess
import sys

import click
import pytest

from console.main import COMMANDS, beatwatch
from tests.console.conftest import CALL

HEAVY = ("torch", "scrapy", "prefect", "sentence_transformers", "transformers", "sklearn", "trafilatura")


def cpu_seconds(code: str) -> float:
    """Of the quickest of five children that run `code`."""
    return min(_once(code) for _ in range(5))


def _once(code: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code, "--help"], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_help_costs_little_more_than_python_itself() -> None:
    assert cpu_seconds(CALL) < 12 * cpu_seconds("pass")


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_imports_nothing_heavy(command: str) -> None:
    code = (
        "import sys; from console.main import status\n"
        f"assert status(['{command}', '--help'] if '{command}' else ['--help']) == 0\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"
    assert "Usage: beatwatch" in ended.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_the_group_and_the_command_say_the_same_name(command: str) -> None:
    found = beatwatch.get_command(click.Context(beatwatch), command)
    assert found is not None
    assert found.name == command
    assert found.help
