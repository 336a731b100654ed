"""Rules of retention over state, mail folder and vault."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.adapters.state import SqlState
from pipeline.clearing import clear_vault
from pipeline.records import FetchOutcome
from pipeline.retention import Retained, Rules, retain
from tests.pipeline.adapters.desk import DAY1, DAY2, REPORT, fetch, message
from tests.pipeline.adapters.test_state_snapshot import copied
from tests.pipeline.archived_desk import ArchivedDesk, page_url

ALL = Rules(30, 30, 30)
LATER = DAY1 + timedelta(days=60)
FEED = "http://fijitimes.press.test/feed"


@pytest.fixture
def grown(state: SqlState, tmp_path: Path) -> ArchivedDesk:
    """A place two months old: of each kind something old that may go, something that is evidence, something new."""
    desk = ArchivedDesk(state, tmp_path / "vault")
    with desk.writer() as writer:
        kept, gone = desk.page(writer, 1, "Officers were trained."), desk.page(writer, 2, "A ferry was late.")
        desk.fetch(desk.archived(writer, FEED, "<rss>old</rss>", kind="feed", entry=None))
    with desk.writer("w2") as writer:
        new = desk.page(writer, 3, "Another ferry was late.", LATER)
        desk.fetch(desk.archived(writer, FEED, "<rss>new</rss>", LATER, kind="feed", entry=None))
    desk.screen(kept)
    desk.engage(kept, REPORT)
    desk.screen(gone, new, relevant=False)
    (tmp_path / "mail").mkdir()
    for id_, at in (("old", DAY1), ("new", LATER)):
        state.enqueue_message(message(id_, created_at=at), [])
        state.mark_message(id_, written_at=at, sent_at=at)
        (tmp_path / "mail" / f"{id_}.eml").write_bytes(b"mail")
    state.end_run(state.begin_run("live", LATER), "completed", {})
    return desk


def apply(desk: ArchivedDesk, folder: Path, rules: Rules = ALL, *, dry_run: bool = False) -> Retained:
    return retain(desk.state, folder / "mail", rules, lambda *_: None, dry_run=dry_run)


def test_without_rules_everything_is_kept(grown: ArchivedDesk, tmp_path: Path) -> None:
    before = copied(grown.state)
    assert apply(grown, tmp_path, Rules()) == Retained()
    assert copied(grown.state) == before


def test_each_rule_takes_its_own(grown: ArchivedDesk, tmp_path: Path) -> None:
    assert apply(grown, tmp_path, Rules(dropped_pages=30)) == Retained(pages=1, texts=1)
    assert apply(grown, tmp_path, Rules(fetch_log=30)) == Retained(fetches=1)
    assert apply(grown, tmp_path, Rules(mails=30)) == Retained(mails=1)


def test_a_dry_run_says_the_same_and_changes_nothing(grown: ArchivedDesk, tmp_path: Path) -> None:
    before = copied(grown.state)
    told = apply(grown, tmp_path, dry_run=True)
    assert copied(grown.state) == before
    assert len(list((tmp_path / "mail").iterdir())) == 2
    assert apply(grown, tmp_path) == told == Retained(1, 1, 1, 1)
    assert apply(grown, tmp_path) == Retained()


def test_evidence_and_what_is_new_stays(grown: ArchivedDesk, tmp_path: Path) -> None:
    apply(grown, tmp_path)
    clear_vault(grown.state, grown.store, lambda: None, lambda *_: None)
    held = {number: grown.state.article_by_url(page_url(number)) for number in (1, 2, 3)}
    assert {number: bool(found and found.text) for number, found in held.items()} == {1: True, 2: False, 3: True}
    for number in (1, 3):
        found = held[number]
        assert found is not None
        (ref,) = grown.state.archived_bodies(found.id)
        assert found.text.encode() in grown.reader.read(ref)
    (feed,) = grown.state.fetches(url=FEED)
    assert feed.archived is not None
    assert grown.reader.read(feed.archived) == b"<rss>new</rss>"
    assert [path.name for path in (tmp_path / "mail").iterdir()] == ["new.eml"]
    assert grown.state.vault_cuts() == {}


def test_days_are_counted_from_the_newest_run(state: SqlState, tmp_path: Path) -> None:
    desk = ArchivedDesk(state, tmp_path / "vault")
    with desk.writer() as writer:
        desk.screen(desk.page(writer, 1, "A ferry was late."), relevant=False)
    assert apply(desk, tmp_path) == Retained()
    state.end_run(state.begin_run("live", DAY2), "completed", {})
    assert apply(desk, tmp_path) == Retained()


def test_a_kill_between_file_and_row_of_a_mail_is_made_good(grown: ArchivedDesk, tmp_path: Path) -> None:
    (tmp_path / "mail" / "old.eml").unlink()
    assert apply(grown, tmp_path, Rules(mails=30)) == Retained(mails=1)
    assert {mail.id: mail.eml for mail in grown.state.messages()}["old"] == b""


def test_each_machine_removes_its_own_files(grown: ArchivedDesk, tmp_path: Path) -> None:
    """The first has emptied the row."""
    other = tmp_path / "other"
    (other / "mail").mkdir(parents=True)
    (other / "mail" / "old.eml").write_bytes(b"mail")
    apply(grown, tmp_path, Rules(mails=30))
    assert apply(grown, other, Rules(mails=30)) == Retained(mails=1)
    assert not list((other / "mail").iterdir())
    assert apply(grown, other, Rules(mails=30)) == Retained()


def test_a_mail_that_was_not_written_yet_is_not_lost(grown: ArchivedDesk, tmp_path: Path) -> None:
    grown.state.enqueue_message(replace(message("late"), created_at=DAY1), [])
    assert apply(grown, tmp_path, Rules(mails=30)) == Retained(mails=1)
    assert [mail.id for mail in grown.state.messages(unwritten=True)] == ["late"]


def test_failed_addresses_keep_their_last_word(grown: ArchivedDesk, tmp_path: Path) -> None:
    for hours in range(3):
        at = DAY1 + timedelta(hours=hours)
        grown.fetch(fetch("http://fijitimes.press.test/away", at, None, outcome=FetchOutcome.FAILED))
    assert apply(grown, tmp_path, Rules(fetch_log=30)) == Retained(fetches=3)
    assert len(grown.state.fetches(url="http://fijitimes.press.test/away")) == 1
