"""The outbox: told once, written once, and never lost, whatever dies in between."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alerts.facts import RunFacts
from alerts.outbox import enqueue, write_files
from alerts.rules import WatchRule
from pipeline.errors import DataFolderError
from pipeline.records import Message
from tests.alerts.fake_state import NOW, SOURCES, FakeState, KilledError, article, newsroom, story_of

DAILY = WatchRule(id="daily", to=("editor@example.org",))
QUIET = WatchRule(id="quiet", to=("desk@example.org",), countries=("FJ",), quiet=True)
FACTS = RunFacts(NOW, asked=19)


def clock() -> datetime:
    return NOW


def run(state: FakeState, *rules: WatchRule, facts: RunFacts = FACTS) -> tuple[Message, ...]:
    return enqueue(state.port, rules or (DAILY,), facts, SOURCES, "watch@example.org")


def subjects(messages: tuple[Message, ...]) -> list[str]:
    return [message.subject.partition(", 6 Oct")[0] for message in messages]


def test_a_story_is_told_once_by_each_rule() -> None:
    state = newsroom()
    pacific = WatchRule(id="pacific", to=("p@example.org",), countries=("SB",))
    assert subjects(run(state, DAILY, pacific, QUIET)) == ["beatwatch: 1 new story"] * 2
    assert run(state, DAILY, pacific, QUIET) == ()
    assert {rule: len(ids) for rule, ids in state.told.items()} == {"daily": 1, "pacific": 1}


def test_a_repeated_run_of_the_same_day_adds_nothing() -> None:
    state = newsroom()
    run(state)
    before = dict(state.outbox)
    assert run(state) == ()
    assert run(state, facts=replace(FACTS, now=NOW + timedelta(hours=3))) == ()
    assert state.outbox == before


def test_a_killed_run_tells_it_next_time_under_the_same_id() -> None:
    state = newsroom()
    state.fail_on = {"enqueue_message"}
    with pytest.raises(KilledError):
        run(state)
    state.fail_on = set()
    (message,) = run(state, facts=replace(FACTS, now=NOW + timedelta(days=1)))
    assert message.id == run(newsroom())[0].id


def test_an_empty_day_is_mailed_once_and_never_by_a_quiet_rule() -> None:
    state = FakeState()
    assert subjects(run(state, DAILY, QUIET)) == ["beatwatch: nothing new"]
    assert run(state, DAILY, QUIET) == ()
    (tomorrow,) = run(state, facts=replace(FACTS, now=NOW + timedelta(days=1)))
    assert "7 Oct 2026" in tomorrow.subject


def test_news_after_an_empty_morning_is_mailed() -> None:
    state, late = FakeState(), article()
    run(state)
    state.tell(story_of(late), late)
    assert subjects(run(state)) == ["beatwatch: 1 new story"]


def test_a_failed_run_is_mailed_to_every_rule_and_its_stories_wait() -> None:
    state = newsroom()
    failed = replace(FACTS, failure="disk full")
    assert subjects(run(state, DAILY, QUIET, facts=failed)) == ["beatwatch: run failed"] * 2
    assert run(state, DAILY, QUIET, facts=failed) == ()
    assert subjects(run(state, DAILY)) == ["beatwatch: 1 new story"]


def test_an_empty_run_after_a_failed_one_says_that_the_watch_is_back() -> None:
    state = FakeState()
    run(state, facts=replace(FACTS, failure="disk full"))
    assert subjects(run(state)) == ["beatwatch: nothing new"]


def test_what_is_known_from_first_fetches_or_long_ago_is_not_news() -> None:
    state, old = FakeState(), article("old", first_seen=NOW - timedelta(days=40), published=None)
    known = article("known")
    state.tell(story_of(old, id_="S1"), old)
    state.tell(story_of(known, id_="S2", baseline=True), known)
    assert subjects(run(state)) == ["beatwatch: nothing new"]


def test_files_are_written_once(tmp_path: Path) -> None:
    state = newsroom()
    (message,) = run(state)
    assert write_files(state.port, tmp_path / "mail", clock) == 1
    assert write_files(state.port, tmp_path / "mail", clock) == 0
    (file,) = (tmp_path / "mail").iterdir()
    assert file.name == f"{message.id}.eml"
    assert file.read_bytes() == message.eml
    assert state.outbox[message.id].written_at == NOW


def test_a_crash_between_writing_and_marking_writes_no_second_time(tmp_path: Path) -> None:
    state = newsroom()
    run(state)
    state.fail_on = {"mark_message"}
    with pytest.raises(KilledError):
        write_files(state.port, tmp_path, clock)
    (file,) = tmp_path.iterdir()
    before = file.stat()
    state.fail_on = set()
    assert write_files(state.port, tmp_path, clock) == 0
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert not state.messages(unwritten=True)


def test_a_half_written_file_is_no_message(tmp_path: Path) -> None:
    state = newsroom()
    (message,) = run(state)
    (tmp_path / f"{message.id}.part").write_bytes(message.eml[:100])
    assert write_files(state.port, tmp_path, clock) == 1
    assert [file.name for file in tmp_path.iterdir()] == [f"{message.id}.eml"]


def test_a_folder_that_cannot_be_written_is_named_and_the_message_waits(tmp_path: Path) -> None:
    state = newsroom()
    run(state)
    (tmp_path / "mail").write_text("a file where the folder should be")
    with pytest.raises(DataFolderError, match="mail"):
        write_files(state.port, tmp_path / "mail", clock)
    assert state.messages(unwritten=True)
