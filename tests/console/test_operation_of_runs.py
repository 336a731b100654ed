"""Operation of a real place: exports are equal byte for byte on whichever database a backup is restored; a backup from
the middle of a run is a place in which the next run ends the day; what was taken down is not asked for again."""

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.ports import State
from pipeline.wiring import opened_state
from tests.console.installation import Installation, steady
from tests.servers import postgres_database

pytestmark = [pytest.mark.server, pytest.mark.model, pytest.mark.timeout(1800)]
Places = Callable[[str], Installation]


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    """Makes an empty place on a kind of database, one of each."""
    with ExitStack() as databases:

        def make(kind: str) -> Installation:
            if kind == "sqlite":
                return Installation(tmp_path / kind)
            url = databases.enter_context(postgres_database()).set(drivername="postgresql")
            return Installation(tmp_path / kind, {"BEATWATCH_DATABASE": url.render_as_string(hide_password=False)})

        yield make


def test_exports_are_equal_byte_for_byte_from_database_to_database(
    sampled: Path, places: Places, tmp_path: Path
) -> None:
    first = Installation(sampled)
    before, mails = first.exported(), first.mails()
    assert min(len(lines.splitlines()) for lines in before.values()) > 30
    found = first.told("search", "police", "--sort", "id", "--json")
    for kind, options in (("postgresql", ["--no-index"]), ("sqlite", [])):
        file, second = tmp_path / f"{kind}.tar", places(kind)
        first.told("backup", file)
        second.told("restore", file, *options)
        assert second.exported() == before
        assert second.mails() == mails
        first = second
    assert steady([first.told("search", "police", "--sort", "id", "--json")]) == steady([found])


CODED = "SELECT count(*) FROM stage_results WHERE stage = 'embed'"


def wait_until_coded(place: Installation, run: "subprocess.Popen[bytes]", articles: int) -> None:
    """Until a run has come so far."""
    while True:
        with suppress(sa.exc.DBAPIError):  # there is no database yet, or no schema in it
            if place.count(CODED) >= articles:
                return
        assert run.poll() is None
        time.sleep(0.1)


def test_a_backup_in_the_middle_of_a_run_is_a_place_in_which_the_day_is_ended(
    sampled: Path, places: Places, tmp_path: Path
) -> None:
    """On the other database, by the next run."""
    place, again, file = places("sqlite"), places("postgresql"), tmp_path / "backup.tar"
    run = place.begin_run()
    try:
        wait_until_coded(place, run, 10)
        place.told("backup", file)
        assert run.poll() is None
        assert place.count("SELECT count(*) FROM runs WHERE outcome = 'completed'") == 0
    finally:
        run.send_signal(signal.SIGKILL)
        run.wait()
    again.told("restore", file)
    assert again.count("SELECT count(*) FROM bodies") >= 10
    for _ in (1, 2):
        again.run()
    whole = Installation(sampled)
    for what, lines in whole.exported().items():
        assert steady(again.exported()[what].splitlines()) == steady(lines.splitlines()), what
    assert again.mails().keys() == whole.mails().keys()


def asked_on(state: State, url: str) -> list[object]:
    """When an address was asked for."""
    return [fetch.at for fetch in state.fetches(url=url)]


def test_a_later_run_does_not_ask_for_what_was_taken_down(first_day: Path, sampled: Path, tmp_path: Path) -> None:
    """Relevant articles of the first day, which the second visits again for their edits."""
    place = Installation(Path(shutil.copytree(first_day, tmp_path / "data")))
    lines = place.told("export", "articles", "--format", "jsonl").splitlines()
    with opened_state(place.data) as state, opened_state(sampled) as later:
        relevant = [json.loads(line)["url"] for line in lines]
        before = {url: asked_on(state, url) for url in relevant}
        gone, stays = [url for url in relevant if len(asked_on(later, url)) > len(before[url])][:2]
    place.told("takedown", gone, "--reason", "asked", "--yes")
    counts = json.loads(place.run("--json"))["counts"]
    with opened_state(place.data) as state:
        assert asked_on(state, gone) == before[gone]
        assert len(asked_on(state, stays)) == len(before[stays]) + 1
    assert json.loads(place.told("trace", gone, "--json"))["fate"] == "taken_down"
    assert "pages read: taken down before" not in counts
    exported = "".join(place.exported().values())
    assert gone not in exported
    assert stays in exported
