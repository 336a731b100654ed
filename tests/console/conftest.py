"""Fixtures of the commands' tests: commands called in this process, a small data folder made in milliseconds, and one
with both days of the sample newsroom, run once for all tests that need it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from jsonschema import Draft202012Validator

from console.main import status
from console.schemas import FOLDER
from pipeline.adapters.state import SqlState
from pipeline.records import (
    EngagementReport,
    Extraction,
    FetchOutcome,
    Identity,
    Message,
    Party,
    Quantity,
    ThirdParty,
    digest128,
)
from tests.pipeline.adapters.desk import DAY1, DAY2, Desk, fetch, gone, message, published, source

CALL = "import sys; from console.main import main; main(sys.argv[1:])"
HOSTILE = '=HYPERLINK("http://evil.test")\x1b[31m [red]警务[/red]'
STORY = "01K6SK7V00B8WPJ3C1AT5M4N2E"
OTHER = "01K6SK7V00ZZZZZZZZZZZZZZZZ"
PLEDGE = EngagementReport(
    "training",
    "pledged",
    0,
    30,
    (Party("FJ", "host", 0, 8),),
    (ThirdParty("Interpol", 9, 11),),
    (Quantity(3000, "officers", "to_train", "at_least", 0, 8, period="next year"),),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended."""

    status: int
    out: str
    err: str


Beatwatch = Callable[..., Answer]


@pytest.fixture
def beatwatch(capsys: pytest.CaptureFixture[str]) -> Beatwatch:
    """Calls a command in this process."""

    def call(*arguments: object) -> Answer:
        capsys.readouterr()
        ended = status([str(argument) for argument in arguments])
        return Answer(ended, *capsys.readouterr())

    return call


def in_child(*arguments: object, **options: object) -> "subprocess.CompletedProcess[str]":
    """Calls a command in a process of its own."""
    command = [sys.executable, "-c", CALL, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload,no-any-return]


def valid(name: str, text: str) -> Any:
    """JSON that keeps to its schema as docs/schemas has it."""
    value = json.loads(text)
    schema = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    faults = list(Draft202012Validator(schema).iter_errors(value))
    assert not faults, f"{name}: {faults[0].json_path}: {faults[0].message}"
    return value


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a story of two articles (one a copy that vanished), a second story, a dropped page and a page
    that robots.txt keeps out. Its newest run is that of day 2."""
    path = tmp_path_factory.mktemp("small")
    state = SqlState.open(f"sqlite:///{path / 'state.db'}")
    _fill(Newsdesk(state))
    state.close()
    return path


class Newsdesk(Desk):
    """A desk that knows that the second page reprints the first."""

    def identify(self, read: Extraction) -> Identity:
        found = super().identify(read)
        return replace(found, copy_of=digest128(page(1)) if read.canonical_url == page(2) else None)


def page(number: int) -> str:
    """The address of a page of the small folder."""
    return f"http://fijitimes.press.test/news/{number}"


def _fill(desk: Desk) -> None:
    state = desk.state
    state.register_sources([source("strait", name="海峡报", country="CN", languages=("zh",))])
    first = desk.article(
        1, headline=HOSTILE, text="Officers of part 1 were trained in Suva.", published=published(DAY1)
    )
    copy = desk.article(2, headline="Copy", text="Officers of part 1 were trained in Suva, it says.")
    second = desk.article(3, at=DAY2, headline="Day two", lang="es")
    dropped = desk.article(4, headline="Ferry timetable")
    desk.screen(first, copy, second)
    desk.screen(dropped, relevant=False)
    for article in (first, copy, second):
        desk.frame(article, "influence" if article is second else "mixed")
        desk.embed(article, (1.0, 0.0))
    desk.engage(first, PLEDGE)
    desk.engage(second, EngagementReport("visit", "delivered", 0, 8, (Party("SB", "host", 0, 8),)))
    desk.story(STORY, first, copy)
    desk.story(OTHER, second)
    desk.fetch(gone(copy.url, DAY2), fetch("http://fijitimes.press.test/private", body=None, outcome=ROBOTS))
    _send(desk, message(), message("m2", created_at=DAY2, subject="One story"))
    state.end_run(desk.run, "completed", {})
    state.end_run(state.begin_run("live", DAY2), "completed", {})


ROBOTS = FetchOutcome.REFUSED_BY_ROBOTS


def _send(desk: Desk, *messages: Message) -> None:
    for each in messages:
        desk.state.enqueue_message(each, ())
        desk.state.mark_message(each.id, written_at=DAY2)
    desk.state.mark_message("m1", sent_at=DAY2 + timedelta(minutes=1))
    desk.state.mark_message("m2", error="550 no such user")


@pytest.fixture(scope="session")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which both days of the sample newsroom were run, with what each run printed in `printed-<day>.txt`;
    no test changes it. The processes that share a suite share the folder as well: the first that needs it makes it, and
    keeps a copy of how it was after the first day."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    path, begun = shared / "sampled", shared / "sampled-begun"
    with FileLock(shared / "sampled.lock"):
        if not path.exists():
            for day in (1, 2):
                ended = in_child("run", "--data", begun)
                assert ended.returncode == 0, ended.stderr
                (begun / f"printed-{day}.txt").write_text(ended.stdout)
                if day == 1:
                    shutil.copytree(begun, shared / "first-day")
            begun.rename(path)
    return path


@pytest.fixture(scope="session")
def first_day(sampled: Path) -> Path:
    """A data folder in which only the first day of the sample newsroom was run; no test changes it."""
    return sampled.with_name("first-day")
