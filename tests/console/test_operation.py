"""Backup, restore, retention and takedown as a person gives them."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from console import schemas
from pipeline.adapters.data_folder import DataFolder
from pipeline.adapters.state import SqlState
from pipeline.errors import VaultError
from pipeline.records import EngagementReport, Party
from pipeline.wiring import opened, opened_state
from tests.console.conftest import CALL, Beatwatch, in_child
from tests.pipeline.adapters.desk import DAY1, source
from tests.pipeline.archived_desk import ArchivedDesk, page_url
from tests.servers import elasticsearch_prefix

STORY = "01K6SK7V00B8WPJ3C1AT5M4N2E"
NAME = "Tuivaga"


def fill(desk: ArchivedDesk) -> None:
    """A story of two articles, one about a private person, and a page that was dropped."""
    with desk.writer() as writer:
        person = desk.page(writer, 1, f"Officer {NAME} was trained in Suva.")
        other = desk.page(writer, 2, "Officers were trained in Suva.")
        dropped = desk.page(writer, 3, "A ferry was late.")
    desk.screen(person, other)
    desk.screen(dropped, relevant=False)
    desk.engage(person, EngagementReport("training", "delivered", 0, 7, (Party("FJ", "host", 0, 7),)))
    desk.story(STORY, person, other)
    desk.state.end_run(desk.run, "completed", {})


@pytest.fixture
def place(tmp_path: Path, beatwatch: Beatwatch) -> Path:
    """A data folder with an index."""
    data = tmp_path / "data"
    data.mkdir()
    state = SqlState.open(f"sqlite:///{data / 'state.db'}")
    fill(ArchivedDesk(state, data / "vault"))
    state.close()
    assert beatwatch("reindex", "--data", data).status == 0
    return data


def checked(name: str, out: str) -> dict[str, object]:
    """A JSON answer that is as its schema says."""
    answer: dict[str, object] = json.loads(out)
    Draft202012Validator(schemas.schema(name)).validate(answer)
    return answer


def export(beatwatch: Beatwatch, data: Path) -> list[str]:
    told = [
        beatwatch("export", what, "--format", "jsonl", "--data", data)
        for what in ("stories", "articles", "engagements")
    ]
    assert [answer.status for answer in told] == [0, 0, 0]
    return [answer.out for answer in told]


# --- backup, restore -----------------------------------------------------------------------------------------------


def test_a_backup_is_restored_elsewhere(beatwatch: Beatwatch, place: Path, tmp_path: Path) -> None:
    file, other = tmp_path / "backup.tar", tmp_path / "other"
    made = checked("backup", beatwatch("backup", file, "--data", place, "--json").out)
    assert (made["vault_files"], made["missing"]) == (1, [])
    done = checked("restore", beatwatch("restore", file, "--data", other, "--json").out)
    assert (done["documents"], done["vault_files"]) == (5, 1)
    assert export(beatwatch, other) == export(beatwatch, place)
    assert beatwatch("search", NAME, "--data", other).out == beatwatch("search", NAME, "--data", place).out
    assert "1 answer" in beatwatch("search", NAME, "--data", other).out


def test_an_index_that_is_not_wanted_can_be_made_later(beatwatch: Beatwatch, place: Path, tmp_path: Path) -> None:
    file, other = tmp_path / "backup.tar", tmp_path / "other"
    assert "archive file" in beatwatch("backup", file, "--data", place).out
    told = beatwatch("restore", file, "--no-index", "--data", other).out
    assert f"next: beatwatch reindex --data {other}" in told
    assert "5 documents" in beatwatch("reindex", "--data", other).out


def test_a_backup_goes_through_a_pipe(place: Path, tmp_path: Path, beatwatch: Beatwatch) -> None:
    with (tmp_path / "piped.tar").open("wb") as out:
        ended = subprocess.run(
            [sys.executable, "-c", CALL, "backup", "-", "--data", str(place)], stdout=out, stderr=subprocess.PIPE
        )
    assert ended.returncode == 0
    assert b"rows of the state" in ended.stderr
    assert beatwatch("restore", tmp_path / "piped.tar", "--data", tmp_path / "other").status == 0


def test_a_disk_that_is_full_is_said(place: Path) -> None:
    with Path("/dev/full").open("wb") as out:
        command = [sys.executable, "-c", CALL, "backup", "-", "--data", str(place)]
        ended = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True)
    assert ended.returncode == 1
    assert "the disk is full; free some space and try again" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_disk_that_is_full_leaves_no_half_file(beatwatch: Beatwatch, place: Path, tmp_path: Path) -> None:
    file = tmp_path / "out" / "backup.tar"
    file.parent.mkdir()
    (file.parent / "backup.tar.part").symlink_to("/dev/full")
    answer = beatwatch("backup", file, "--data", place)
    assert (answer.status, answer.out, answer.err.count("\n")) == (1, "", 1)
    assert "the disk is full; free some space and try again" in answer.err
    assert list(file.parent.iterdir()) == []
    assert beatwatch("backup", file, "--data", place).status == 0


def test_nothing_is_backed_up_to_a_terminal(place: Path) -> None:
    main, terminal = os.openpty()
    command = [sys.executable, "-c", CALL, "backup", "-", "--data", str(place)]
    ended = subprocess.run(command, stdout=terminal, stderr=subprocess.PIPE, text=True)
    os.close(main)
    os.close(terminal)
    assert ended.returncode == 2
    assert "send it into a file or a pipe" in ended.stderr


def test_a_place_in_use_is_left_alone(beatwatch: Beatwatch, place: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    beatwatch("backup", file, "--data", place)
    before = export(beatwatch, place)
    answer = beatwatch("restore", file, "--data", place)
    assert (answer.status, answer.out, answer.err.count("\n")) == (1, "", 1)
    assert "it holds an archive of pages" in answer.err
    assert "restore into an empty data folder" in answer.err
    assert export(beatwatch, place) == before


def test_a_restore_without_room_changes_nothing(
    beatwatch: Beatwatch, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beatwatch("backup", tmp_path / "backup.tar", "--data", place)
    monkeypatch.setenv("BEATWATCH_DISK_FLOOR_MB", "1000000000")
    answer = beatwatch("restore", tmp_path / "backup.tar", "--data", tmp_path / "other")
    assert answer.status == 1
    assert "MB are needed: free some space and restore again" in answer.err
    monkeypatch.delenv("BEATWATCH_DISK_FLOOR_MB")
    assert beatwatch("restore", tmp_path / "backup.tar", "--data", tmp_path / "other").status == 0


def test_a_restore_that_did_not_end_is_no_place_to_work_in(beatwatch: Beatwatch, place: Path) -> None:
    (place / "restore.unfinished").write_text("0")
    for command in (["today"], ["run"], ["export", "stories"], ["retain"]):
        answer = beatwatch(*command, "--data", place)
        assert (answer.status, answer.err.count("\n")) == (1, 1)
        assert "a restore into it was not finished" in answer.err


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["backup", "{file}"], "it is there already"),
        (["backup", "{folder}/none/backup.tar"], "cannot be written: No such file"),
        (["backup", "-", "--json"], "the backup itself goes to stdout"),
        (["restore", "{folder}/none.tar", "--data", "{folder}/new"], "cannot be read: No such file"),
        (["restore", "{file}", "--data", "{folder}/new"], "it is no backup of beatwatch"),
        (["takedown", page_url(9), "--reason", "x", "--yes"], "no article has this address or id"),
        (["takedown", "0" * 32, "--reason", "x", "--yes"], "no article has this address or id"),
        (["takedown", page_url(1), "--reason", " ", "--yes"], "--reason: say why"),
        (["takedown", page_url(1)], "Missing option '--reason'"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    beatwatch: Beatwatch, place: Path, tmp_path: Path, command: list[str], words: str
) -> None:
    (tmp_path / "letter.tar").write_text("Dear desk")
    given = [part.format(file=tmp_path / "letter.tar", folder=tmp_path) for part in command]
    answer = beatwatch(*given, *([] if "--data" in given else ["--data", place]))
    assert (answer.status in (1, 2), answer.out, answer.err.count("\n")) == (True, "", 1)
    assert words in answer.err


@pytest.mark.parametrize("command", [["backup", "x.tar"], ["retain"], ["takedown", "x", "--reason", "y", "--yes"]])
def test_where_nothing_was_run(beatwatch: Beatwatch, tmp_path: Path, command: list[str]) -> None:
    answer = beatwatch(*command, "--data", tmp_path / "none")
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert "no data in it yet" in answer.err
    assert not (tmp_path / "none").exists()


# --- takedown ------------------------------------------------------------------------------------------------------


def test_an_article_is_taken_down(beatwatch: Beatwatch, place: Path) -> None:
    told = beatwatch(
        "takedown", page_url(1), "--reason", "asked by the person", "--by", "desk", "--yes", "--data", place
    )
    assert (told.status, told.err) == (0, "")
    assert "taken down, with 1 page, 1 text, 1 report" in told.out
    assert f"story {STORY}: told by its other articles" in told.out
    assert "0 answers" in beatwatch("search", NAME, "--data", place).out
    assert "0 answers" in beatwatch("search", "", "--kind", "engagement", "--data", place).out
    assert NAME not in beatwatch("story", STORY, "--data", place).out
    assert page_url(1) not in "".join(export(beatwatch, place))
    traced = checked("trace", beatwatch("trace", page_url(1), "--data", place, "--json").out)
    assert traced["fate"] == "taken_down"
    assert str(traced["words"]).endswith("by desk: asked by the person")
    assert "asked by the person" in beatwatch("trace", page_url(1), "--data", place).out


def test_its_words_are_in_no_file_any_more(beatwatch: Beatwatch, place: Path) -> None:
    """Nor in free pages of the databases, in what the full-text index has merged, or in a log that another process,
    which has the databases open, keeps from being removed."""
    assert holding_its_words(place) == {"state.db", "search.db", "RUN1-w1.warc.gz"}
    with opened(place) as reader:
        assert reader.state.article_by_url(page_url(1)) is not None
        assert reader.index.count("article")
        beatwatch("takedown", page_url(1), "--reason", "asked", "--yes", "--data", place)
        assert holding_its_words(place) == set()


def holding_its_words(place: Path) -> set[str]:
    """Names of the files with a part of the name in them, as a database may shorten words that begin alike."""
    held = {path.name: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    unpacked = {name: gzip.decompress(found) if name.endswith(".gz") else found for name, found in held.items()}
    return {name for name, found in unpacked.items() if NAME[-5:].encode() in found}


def test_a_second_time_it_says_that_it_was(beatwatch: Beatwatch, place: Path) -> None:
    command = ("takedown", page_url(1), "--by", "desk", "--yes", "--data", place, "--json", "--reason")
    first = checked("takedown", beatwatch(*command, "asked").out)
    assert first["records"] == 1
    assert first["index_lag"] == 0
    second = checked("takedown", beatwatch(*command, "other").out)
    assert (second["takedown"], second["removal"], second["records"]) == (first["takedown"], None, 0)


def test_by_its_id_and_by_an_address_as_a_person_writes_it(beatwatch: Beatwatch, place: Path) -> None:
    with opened_state(place) as state:
        article = state.article_by_url(page_url(2))
    assert article is not None
    assert beatwatch("takedown", article.id, "--reason", "x", "--yes", "--data", place).status == 0
    assert beatwatch("takedown", page_url(1) + "#top", "--reason", "x", "--yes", "--data", place).status == 0
    assert beatwatch("trace", page_url(1) + "#top", "--data", place).out.count("taken down on") == 1
    assert "0 stories" in beatwatch("stories", "--data", place).out


def test_nobody_says_yes(place: Path) -> None:
    ended = in_child("takedown", page_url(1), "--reason", "x", "--data", place, stdin=subprocess.DEVNULL)
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert "say --yes" in ended.stderr
    assert NAME in in_child("search", NAME, "--data", place).stdout


@pytest.fixture
def held(place: Path) -> Iterator[Path]:
    """A place that a run holds."""
    with DataFolder.open(place).hold("the run"):
        yield place


@pytest.mark.parametrize("command", [["retain"], ["takedown", page_url(1), "--reason", "x", "--yes"]])
def test_nothing_is_taken_away_beside_a_run(beatwatch: Beatwatch, held: Path, command: list[str]) -> None:
    answer = beatwatch(*command, "--data", held)
    assert (answer.status, answer.err.count("\n")) == (1, 1)
    assert "the run" in answer.err
    assert "wait until it ends" in answer.err


def test_a_backup_is_made_beside_a_run(beatwatch: Beatwatch, held: Path, tmp_path: Path) -> None:
    assert beatwatch("backup", tmp_path / "backup.tar", "--data", held).status == 0


def test_a_file_that_a_worker_elsewhere_writes(beatwatch: Beatwatch, place: Path) -> None:
    """A vault that machines share: the folder's lock says nothing of them."""
    state = SqlState.open(f"sqlite:///{place / 'state.db'}")
    desk = ArchivedDesk(state, place / "vault")
    with desk.writer("elsewhere") as writer:
        desk.page(writer, 7, "Still being written.")
        answer = beatwatch("takedown", page_url(7), "--reason", "x", "--yes", "--data", place)
    assert (answer.status, answer.err.count("\n")) == (1, 1)
    assert "wait until it ends" in answer.err
    assert state.article_by_url(page_url(7)) is not None
    state.close()
    assert beatwatch("takedown", page_url(7), "--reason", "x", "--yes", "--data", place).status == 0


# --- retention -----------------------------------------------------------------------------------------------------


def test_by_default_everything_is_kept(beatwatch: Beatwatch, place: Path) -> None:
    answer = checked("retain", beatwatch("retain", "--data", place, "--json").out)
    assert answer["rules"] == {"dropped_pages": None, "fetch_log": None, "mails": None}
    assert answer["removed"] == {"pages": 0, "texts": 0, "fetches": 0, "mails": 0}
    assert beatwatch("retain", "--data", place).out.count("kept for ever") == 3


def test_rules_of_the_settings_apply(beatwatch: Beatwatch, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = SqlState.open(f"sqlite:///{place / 'state.db'}")
    state.end_run(state.begin_run("live", DAY1.replace(year=2027)), "completed", {})
    state.close()
    monkeypatch.setenv("BEATWATCH_KEEP_DROPPED_PAGES", "90")
    before = export(beatwatch, place)
    assert "1 page and 1 text older than 90 days would go" in beatwatch("retain", "--dry-run", "--data", place).out
    told = beatwatch("retain", "--data", place).out
    assert "1 page and 1 text older than 90 days gone" in told
    assert "1 record cut out" in told
    assert export(beatwatch, place) == before
    traced = beatwatch("trace", page_url(3), "--data", place).out
    assert "dropped by the screen: terms (score 0.10)" in traced
    assert "0 records cut out" in beatwatch("retain", "--data", place).out


def test_a_rule_of_too_few_days_is_refused(beatwatch: Beatwatch, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEATWATCH_KEEP_MAILS", "3")
    answer = beatwatch("retain", "--data", place)
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert "BEATWATCH_KEEP_MAILS" in answer.err


# --- takedown, interrupted -----------------------------------------------------------------------------------------


@pytest.fixture
def copied(place: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """A place with a second article of the same text, whose id this is, and an archive that goes away under way."""
    state = SqlState.open(f"sqlite:///{place / 'state.db'}")
    desk = ArchivedDesk(state, place / "vault")
    with desk.writer("w2") as writer:
        copy = desk.page(writer, 4, f"Officer {NAME} was trained in Suva.", headline="Headline 1")
    state.close()

    def away(*_: object) -> None:
        raise VaultError("the share is not there: mount it")

    monkeypatch.setattr("pipeline.clearing.clear_vault", away)
    return place, copy.id


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_what_a_person_must_decide_on_is_told_before_the_archive_fails(
    beatwatch: Beatwatch, copied: tuple[Path, str], more: tuple[str, ...]
) -> None:
    place, copy = copied
    answer = beatwatch("takedown", page_url(1), "--reason", "x", "--by", "desk", "--yes", "--data", place, *more)
    assert answer.status == 1
    told = answer.err if more else answer.out
    assert f"kept: article {copy} has the same text" in told
    assert (answer.out == "") is bool(more)


def test_who_decided_must_be_said_where_the_user_has_no_name(
    beatwatch: Beatwatch, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
    answer = beatwatch("takedown", page_url(1), "--reason", "x", "--yes", "--data", place)
    assert (answer.status, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "--by: say who decided it" in answer.err
    assert NAME in beatwatch("search", NAME, "--data", place).out


@pytest.mark.server
def test_a_search_index_that_answers_for_another_place_is_left_alone(
    beatwatch: Beatwatch, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "backup.tar"
    beatwatch("backup", file, "--data", place)
    with elasticsearch_prefix() as (url, prefix):
        monkeypatch.setenv("BEATWATCH_ELASTICSEARCH", url)
        monkeypatch.setenv("BEATWATCH_ELASTICSEARCH_PREFIX", prefix)
        assert beatwatch("reindex", "--data", place).status == 0
        beatwatch("takedown", page_url(1), "--reason", "asked", "--yes", "--data", place)
        refused = beatwatch("restore", file, "--data", tmp_path / "drill")
        assert (refused.status, refused.out, refused.err.count("\n")) == (1, "", 1)
        assert f"the search index {prefix} holds documents already" in refused.err
        assert "0 answers" in beatwatch("search", NAME, "--data", place).out
        assert beatwatch("restore", file, "--data", tmp_path / "drill", "--no-index").status == 0


def test_a_search_in_an_index_that_lags_says_so(beatwatch: Beatwatch, place: Path) -> None:
    """Or in another one than that of the runs."""
    assert beatwatch("search", NAME, "--data", place).err == ""
    with opened_state(place) as state:
        state.register_sources([source("another")])
    told = beatwatch("search", NAME, "--data", place, "--json")
    assert json.loads(told.out)["hits"]
    assert told.err.startswith("beatwatch: 1 change of the state is not in this search index")
