"""What a person does wrong ends as one line on stderr with a status, and never as a traceback."""

import os
from pathlib import Path

import pytest

from pipeline.adapters.data_folder import DataFolder
from tests.console.conftest import STORY, Beatwatch, in_child


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["today", "--nothing"], "No such option '--nothing'"),
        (["nothing"], "No such command 'nothing'"),
        (["stories", "--since", "soon"], "'soon' is no span of time"),
        (["stories", "--since", "-1d"], "'-1d' is no span of time"),
        (["stories", "--country", "Fiji"], "'Fiji' is no country's two letters"),
        (["stories", "--country", "QQ"], "'QQ' is no country's two letters"),
        (["stories", "--framing", "good"], "'good' is not one of"),
        (["stories", "--limit", "0"], "0 is not in the range"),
        (["story", "01K6S"], "at least its first 6 characters"),
        (["story", "01K6SK7V00"], "2 stories begin so"),
        (["story", "ZZZZZZZZ"], "there is no such story"),
        (["story"], "Missing argument 'ID'"),
        (["ledger", "--type", "party"], "'party' is not one of"),
        (["search", "author:Lee"], "there is no field 'author'"),
        (["search", "x", "--after", "bla"], "the cursor 'bla' is none of this search"),
        (["search", "type:training", "--kind", "story"], "is no field of story documents"),
        (["export", "everything"], "'everything' is not one of"),
        (["export", "stories", "--all"], "only articles can be irrelevant"),
        (["export", "stories", "--json", "--format", "csv"], "leave --json out, or give --out"),
        (["export", "stories", "--out", "/nowhere/at/all.csv"], "/nowhere/at/all.csv: cannot be written"),
    ],
)
def test_arguments(beatwatch: Beatwatch, small: Path, arguments: list[str], words: str) -> None:
    answer = beatwatch(*arguments, *([] if "--nothing" in arguments or arguments == ["nothing"] else ["--data", small]))
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("beatwatch: ")
    assert answer.err.count("\n") == 1
    assert words in answer.err


@pytest.mark.parametrize(
    "arguments",
    [["sources", "check", "nobody"], ["sources", "list", "--sources", "/nowhere"], ["serve", "--sources", "/nowhere"]],
)
def test_unknown_sources(beatwatch: Beatwatch, arguments: list[str]) -> None:
    answer = beatwatch(*arguments)
    assert (answer.status, answer.out, answer.err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize(
    "command",
    [["today"], ["stories"], ["story", STORY], ["ledger"], ["search", "x"], ["trace", "x"], ["export", "stories"],
     ["alerts", "log"], ["console"]],
)  # fmt: skip
def test_a_data_folder_in_which_nothing_was_run(beatwatch: Beatwatch, tmp_path: Path, command: list[str]) -> None:
    path = tmp_path / "nothing"
    answer = beatwatch(*command, "--data", path)
    assert (answer.status, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "no data in it yet" in answer.err
    assert not path.exists()


def test_a_file_that_is_no_database(beatwatch: Beatwatch, tmp_path: Path) -> None:
    (tmp_path / "state.db").write_text("This is no database, but it is long enough to look at." * 30)
    answer = beatwatch("today", "--data", tmp_path)
    assert (answer.status, answer.out, answer.err.count("\n")) == (1, "", 1)
    assert "it is not a database" in answer.err


def test_a_broken_index_does_not_keep_stories_back(beatwatch: Beatwatch, small: Path, tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes((small / "state.db").read_bytes())
    (tmp_path / "search.db").write_text("This is no database, but it is long enough to look at." * 30)
    assert beatwatch("stories", "--data", tmp_path).status == 0
    answer = beatwatch("search", "police", "--data", tmp_path)
    assert (answer.status, answer.err.count("\n")) == (1, 1)


def test_a_folder_that_may_not_be_read(beatwatch: Beatwatch, small: Path) -> None:
    small.chmod(0)
    try:
        assert beatwatch("today", "--data", small).status in (1, 2)
    finally:
        small.chmod(0o755)


def test_a_file_where_a_folder_must_be(beatwatch: Beatwatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    answer = beatwatch("today", "--data", tmp_path / "file")
    assert (answer.status, answer.err.count("\n")) == (2, 1)


@pytest.mark.parametrize("command", ["code", "cluster"])
def test_lines_that_cannot_be_read(beatwatch: Beatwatch, tmp_path: Path, command: str) -> None:
    answer = beatwatch(command, tmp_path / "none.jsonl", tmp_path / "out.jsonl")
    assert (answer.status, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "cannot be read: No such file" in answer.err


def test_pages_that_are_not_there(beatwatch: Beatwatch, tmp_path: Path) -> None:
    assert beatwatch("extract", tmp_path / "none", tmp_path / "out.jsonl").status == 2


@pytest.fixture
def broken_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that is no JSON."""
    monkeypatch.setenv("BEATWATCH_ALLOW_HOSTS", "host.example.org")


@pytest.mark.usefixtures("broken_settings")
def test_settings_that_cannot_be_read(beatwatch: Beatwatch) -> None:
    answer = beatwatch("today")
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert "allow_hosts" in answer.err
    assert "host.example.org" not in answer.err.replace('["host.example.org"]', "")


@pytest.mark.usefixtures("broken_settings")
def test_the_doctor_sees_broken_settings_too(beatwatch: Beatwatch) -> None:
    answer = beatwatch("doctor")
    assert (answer.status, answer.err) == (1, "")
    assert answer.out.startswith("fail settings: ")


def test_a_run_beside_another_one(beatwatch: Beatwatch, tmp_path: Path) -> None:
    with DataFolder.open(tmp_path).hold("the first"):
        answer = beatwatch("run", "--data", tmp_path)
    assert (answer.status, answer.out, answer.err.count("\n")) == (1, "", 1)
    assert "the first" in answer.err


def test_help_where_nothing_is_asked(beatwatch: Beatwatch) -> None:
    for command in ([], ["sources"], ["alerts"]):
        answer = beatwatch(*command)
        assert answer.status == 2
        assert answer.err.startswith("Usage: beatwatch")


def test_what_a_terminal_cannot_show(small: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    shown = in_child("stories", "--data", small, env=environment)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "[red]??[/red]" in shown.stdout
    answer = in_child("stories", "--data", small, "--json", env=environment)
    assert "\\u8b66\\u52a1" in answer.stdout
    export = in_child("export", "stories", "--data", small, env=environment)
    assert "警务" in export.stdout


def test_bytes_that_are_no_words(small: Path) -> None:
    for command in ("trace", "story", "search"):
        answer = in_child(command, os.fsdecode(b"\xff\xfe-not-utf-8"), "--data", small)
        assert "Traceback" not in answer.stderr
        assert answer.returncode in (0, 2)
