"""What operators are told of flow runs, and that each is told once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.commands.watch import _Watch
from console.main import status
from flows.watch import Kind, ServerAway, Told, Trouble, troubles
from pipeline.errors import DataFolderError
from pipeline.settings import Settings
from sample.servers.process import free_port
from tests.console.conftest import valid
from tests.flows.conftest import mail_server

NOW = datetime(2026, 10, 5, 6, 0, tzinfo=UTC)


def trouble(id_: str, kind: Kind = "failed", since: datetime = NOW) -> Trouble:
    """One flow run that needs a person."""
    return Trouble(id_, kind, "daily (grey-owl)", since, "the disk is full")


def test_what_failed_before_the_first_look_is_not_told_and_what_is_so_now_is(tmp_path: Path) -> None:
    told = Told.open(tmp_path / "watched.json", NOW)
    before = NOW - timedelta(hours=1)
    found = [trouble("a", since=before), trouble("b", "late", before), trouble("c", "hangs", before), trouble("d")]
    assert [one.id for one in told.untold(found)] == ["b", "c", "d"]
    again = Told.open(tmp_path / "watched.json", NOW + timedelta(hours=1))
    assert [one.id for one in again.untold(found)] == ["b", "c", "d"]


def test_each_trouble_is_told_once_also_after_a_restart(tmp_path: Path) -> None:
    told = Told.open(tmp_path / "watched.json", NOW)
    told.keep([trouble("a")])
    again = Told.open(tmp_path / "watched.json", NOW + timedelta(hours=1))
    assert again.untold([trouble("a")]) == []
    assert again.untold([trouble("a", "crashed")]) != []


def test_what_was_over_is_news_again_also_after_a_restart(tmp_path: Path) -> None:
    away = Trouble("server", "server", "the Prefect server", NOW)
    told = Told.open(tmp_path / "watched.json", NOW)
    told.keep([away])
    assert told.untold([away]) == []
    told.forget("server")
    assert Told.open(tmp_path / "watched.json", NOW).untold([away]) == [away]


def test_a_trouble_in_words() -> None:
    assert trouble("a").line() == "daily (grey-owl) failed (5 October 2026, 06:00 UTC): the disk is full"
    assert (
        Trouble("a", "late", "daily (x)", NOW).line()
        == "daily (x) did not begin at its time (5 October 2026, 06:00 UTC)"
    )


def test_a_damaged_memory_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "watched.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataFolderError, match="delete it to begin anew"):
        Told.open(tmp_path / "watched.json", NOW)


@pytest.fixture
def no_prefect() -> Iterator[None]:
    """A Prefect server is named, and nothing answers there."""
    from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:1/api", PREFECT_CLIENT_MAX_RETRIES: 0}):
        yield


@pytest.fixture
def operators(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Somebody to tell, by a mail server that is away."""
    monkeypatch.setenv("BEATWATCH_OPERATORS", '["desk@press.test"]')
    monkeypatch.setenv("BEATWATCH_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("BEATWATCH_SMTP_PORT", str(free_port()))
    monkeypatch.setenv("BEATWATCH_SMTP_SECURITY", "none")
    return monkeypatch


@pytest.mark.server
@pytest.mark.usefixtures("no_prefect")
def test_a_server_that_is_away_is_named() -> None:
    with pytest.raises(ServerAway, match="the Prefect server does not answer"):
        troubles(NOW, timedelta(minutes=30))


@pytest.mark.server
@pytest.mark.usefixtures("no_prefect")
def test_what_cannot_be_mailed_is_told_as_soon_as_it_can_and_once(
    operators: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def told() -> list[str]:
        assert status(["watch", "--once", "--json", "--data", str(tmp_path)]) == 0
        return [one["kind"] for one in valid("watch", capsys.readouterr().out)["told"]]

    assert status(["watch", "--once", "--data", str(tmp_path)]) == 1
    ended = capsys.readouterr()
    assert (ended.out, ended.err.count("\n")) == ("", 1)
    assert "nobody was told: the Prefect server" in ended.err
    with mail_server() as (port, mailbox):
        operators.setenv("BEATWATCH_SMTP_PORT", str(port))
        assert told() == ["server"]
        assert told() == []
    assert len(mailbox.mails) == 1
    assert "the Prefect server does not answer" in mailbox.mails[0].replace("=\r\n", "")


def unwritable(folder: Path) -> Path:
    """Where the draft of what was told would be written there is a folder: root may write into everything else."""
    (folder / "watched.new").mkdir()
    return folder / "watched.json"


@pytest.mark.server
@pytest.mark.usefixtures("no_prefect", "operators")
def test_what_was_told_and_cannot_be_written_is_told_once_and_it_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = Told.open(tmp_path / "watched.json", NOW)
    unwritable(tmp_path)
    with mail_server() as (port, mailbox):
        watch = _Watch(Settings(smtp_port=port), told, once=False)
        looks = [[one.kind for one in watch.look(NOW)] for _ in range(5)]
    assert looks == [[], [], ["server"], [], []]
    assert len(mailbox.mails) == 1
    assert capsys.readouterr().err.count("what was told is told again if this is started anew") == 1


@pytest.mark.server
@pytest.mark.usefixtures("no_prefect", "operators")
def test_a_look_that_would_be_forgotten_tells_nothing_and_fails(
    operators: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Told.open(tmp_path / "watched.json", NOW)
    unwritable(tmp_path)
    with mail_server() as (port, mailbox):
        operators.setenv("BEATWATCH_SMTP_PORT", str(port))
        assert status(["watch", "--once", "--data", str(tmp_path)]) == 1
    ended = capsys.readouterr()
    assert (ended.out, ended.err.count("\n"), mailbox.mails) == ("", 1, [])
    assert "watched.json: cannot be written" in ended.err


def test_with_nobody_to_tell_it_does_not_begin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["watch", "--once", "--data", str(tmp_path)]) == 2
    assert "nobody would be told: set `operators` and `smtp_host`" in capsys.readouterr().err


@pytest.mark.usefixtures("operators")
def test_without_a_server_to_ask_it_does_not_begin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        assert status(["watch", "--once", "--data", str(tmp_path)]) == 2
    ended = capsys.readouterr()
    assert (ended.out, ended.err.count("\n")) == ("", 1)
    assert "PREFECT_API_URL" in ended.err
