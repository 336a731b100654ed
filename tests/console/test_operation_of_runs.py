"""Operation of a real place: exports are equal byte for byte on whichever database a backup is restored; a backup from
the middle of a run is a place in which the next run ends the day; what was taken down is not asked for again."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.console.conftest import CALL, in_child
from tests.console.test_whole_run import mails, steady
from tests.servers import postgres_database

pytestmark = [pytest.mark.server, pytest.mark.model, pytest.mark.timeout(1800)]
EXPORTS = ("stories", "articles", "engagements")


@dataclass(frozen=True, slots=True)
class Place:
    """A data folder and, with PostgreSQL, the environment that names its database."""

    data: Path
    url: sa.URL
    environment: dict[str, str]

    def told(self, *arguments: object) -> str:
        """What a command prints, which must end well."""
        ended = in_child(*arguments, "--data", self.data, env=self.environment)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def begun(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """A command that goes on."""
        command = [sys.executable, "-c", CALL, *arguments, "--data", str(self.data)]
        return subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def exported(self) -> dict[str, str]:
        """All exports."""
        export = {what: ("export", what, "--format", "jsonl") for what in EXPORTS}
        return {what: self.told(*command) for what, command in export.items()}

    def count(self, query: str) -> int:
        """A number from the database; 0 while there is none yet."""
        engine = sa.create_engine(self.url)
        try:
            with engine.connect() as connection:
                return int(connection.scalar(sa.text(query)) or 0)
        except sa.exc.DBAPIError:
            return 0
        finally:
            engine.dispose()


Places = Callable[[str], Place]


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    """Makes empty places on a kind of database."""
    with ExitStack() as databases:
        made: list[Path] = []

        def make(kind: str) -> Place:
            made.append(data := tmp_path / f"place-{len(made)}")
            if kind == "sqlite":
                return Place(
                    data, sa.make_url(f"sqlite:///file:{data / 'state.db'}?mode=ro&uri=true"), dict(os.environ)
                )
            url = databases.enter_context(postgres_database())
            address = url.set(drivername="postgresql").render_as_string(hide_password=False)
            return Place(data, url, {**os.environ, "BEATWATCH_DATABASE": address})

        yield make


def test_exports_are_equal_byte_for_byte_from_database_to_database(
    sampled: Path, places: Places, tmp_path: Path
) -> None:
    first = Place(sampled, sa.make_url("sqlite://"), dict(os.environ))
    before = first.exported()
    assert min(len(lines.splitlines()) for lines in before.values()) > 30
    found = first.told("search", "police", "--sort", "id", "--json")
    for number, kind in enumerate(("postgresql", "postgresql", "sqlite", "sqlite")):
        file, second = tmp_path / f"{number}.tar", places(kind)
        first.told("backup", file)
        second.told("restore", file)
        assert second.exported() == before
        assert mails(second.data) == mails(sampled)
        first = second
    assert steady([first.told("search", "police", "--sort", "id", "--json")]) == steady([found])


CODED = "SELECT count(*) FROM stage_results WHERE stage = 'embed'"


def test_a_backup_in_the_middle_of_a_run_is_a_place_in_which_the_day_is_ended(
    sampled: Path, places: Places, tmp_path: Path
) -> None:
    """On the other database, by the next run."""
    place, again, file = places("sqlite"), places("postgresql"), tmp_path / "backup.tar"
    run = place.begun("run")
    while place.count(CODED) < 10:
        assert run.poll() is None
        time.sleep(0.1)
    place.told("backup", file)
    assert run.poll() is None
    assert place.count("SELECT count(*) FROM runs WHERE outcome = 'completed'") == 0
    run.send_signal(signal.SIGKILL)
    run.wait()
    again.told("restore", file)
    assert again.count("SELECT count(*) FROM bodies") >= 10
    for _ in (1, 2):
        again.told("run")
    whole = Place(sampled, place.url, dict(os.environ)).exported()
    for what, lines in again.exported().items():
        assert steady(lines.splitlines()) == steady(whole[what].splitlines()), what
    assert mails(again.data).keys() == mails(sampled).keys()


def test_a_later_run_does_not_ask_for_what_was_taken_down(sampled: Path, tmp_path: Path) -> None:
    """A relevant article of the newest days, which would be visited again for its edits."""
    data = tmp_path / "data"
    shutil.copytree(sampled, data)
    place = Place(data, sa.make_url(f"sqlite:///{data / 'state.db'}"), dict(os.environ))
    lines = place.told("export", "articles", "--format", "jsonl").splitlines()
    url = next(article["url"] for article in map(json.loads, lines) if article["vanished_at"] is None)
    place.told("takedown", url, "--reason", "asked", "--yes")
    left = place.exported()
    assert url not in "".join(left.values())
    before = json.loads(place.told("trace", url, "--json"))
    counts = json.loads(place.told("run", "--json"))["counts"]
    after = json.loads(place.told("trace", url, "--json"))
    assert (after["fate"], after["fetches"]) == ("taken_down", before["fetches"])
    assert "pages read: taken down before" not in counts
    assert place.exported() == left
