"""The whole way of an alert, over the state that runs use."""

from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from alerts.alerter import MailAlerter
from alerts.rules import WatchRule
from alerts.smtp import SmtpSettings
from pipeline.adapters.state import SqlState
from pipeline.ports import Alerter
from pipeline.records import Merge
from tests.alerts.fake_state import KilledError, newsroom
from tests.pipeline.adapters.desk import DAY1, DAY2, DAY3, REPORT, Desk, source

DAILY = WatchRule(id="daily", to=("editor@example.org",))
OLDER, NEWER = "01K6A00000000000000000000A", "01K6B00000000000000000000B"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    state = SqlState.open(f"sqlite:///{tmp_path / 'state.db'}")
    yield Desk(state)
    state.close()


def alerter(desk: Desk, folder: Path, **more: object) -> MailAlerter:
    sources = {"fijitimes": source()}
    made = MailAlerter(desk.state, [DAILY], sources, folder / "mail", "watch@example.org", lambda: DAY1)
    return replace(made, **more)  # type: ignore[arg-type]


def story(desk: Desk, number: int, story_id: str, *, baseline: bool = False) -> None:
    found = desk.article(number)
    desk.screen(found)
    desk.frame(found)
    desk.engage(found, REPORT)
    desk.story(story_id, found, baseline=baseline)


def test_a_day_as_the_run_loop_sees_it(desk: Desk, tmp_path: Path) -> None:
    story(desk, 1, OLDER)
    port: Alerter = alerter(desk, tmp_path)
    assert port.announce(desk.run, DAY1, {"new": 1, "revised": 0}) == 1
    assert port.announce(desk.run, DAY1, {"new": 0}) == 0
    (file,) = (tmp_path / "mail").iterdir()
    mail = message_from_bytes(file.read_bytes(), policy=default)
    text = next(iter(mail.iter_parts())).get_content()
    assert mail["Subject"] == "beatwatch: 1 new story, 5 Oct 2026 (1 mixed or influence)"
    assert "1 of 1 sources answered." in text
    assert "   new: 1\r\n" in text
    assert "revised" not in text


def test_a_merge_is_no_news(desk: Desk, tmp_path: Path) -> None:
    story(desk, 1, OLDER, baseline=True)
    story(desk, 2, NEWER)
    tell = alerter(desk, tmp_path)
    assert tell.announce(desk.run, DAY1, {}) == 1
    desk.state.save_merges([Merge(NEWER, OLDER, 0.9)])
    assert tell.announce(desk.run, DAY1, {}) == 0
    assert tell.announce(desk.run, DAY2, {}) == 1
    assert [message.subject.partition(",")[0] for message in desk.state.messages()] == [
        "beatwatch: 1 new story",
        "beatwatch: nothing new",
    ]


def test_a_failure_is_told_and_raises_nothing(desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    alerter(desk, tmp_path).announce_failure(DAY3, "the disk is full\nat line 3")
    (message,) = desk.state.messages()
    assert message.subject == "beatwatch: run failed, 7 Oct 2026"
    (tmp_path / "file").touch()
    alerter(desk, tmp_path / "file").announce_failure(DAY3, "another")
    assert "could not be announced" in caplog.text


def test_a_mail_server_that_fails_does_not_fail_the_run(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    story(desk, 1, OLDER)
    nowhere = SmtpSettings("127.0.0.1", 1, "watch@example.org", "none", timeout=2)
    assert alerter(desk, tmp_path, smtp=nowhere, deliver_mail=True).announce(desk.run, DAY1, {}) == 1
    assert "1 mails could not be sent" in caplog.text
    (message,) = desk.state.messages(unsent=True)
    assert (message.attempts, message.written_at) == (1, DAY1)


def test_a_killed_process_is_no_failure_of_ours(tmp_path: Path) -> None:
    state = newsroom()
    state.fail_on = {"enqueue_message"}
    made = MailAlerter(state.port, [DAILY], {}, tmp_path, "watch@example.org", lambda: DAY1)
    with pytest.raises(KilledError):
        made.announce_failure(DAY1, "reason")
