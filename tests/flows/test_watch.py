"""What operators are told of flow runs, and that each is told once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from console.main import beatwatch
from flows.watch import Kind, ServerAway, Told, Trouble, troubles
from pipeline.errors import DataFolderError, UsageError
from tests.flows.conftest import free_port

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


def test_a_server_that_is_away_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

    gone = {PREFECT_API_URL: f"http://127.0.0.1:{free_port()}/api", PREFECT_CLIENT_MAX_RETRIES: 0}
    with temporary_settings(gone), pytest.raises(ServerAway, match="the Prefect server does not answer"):
        troubles(NOW, timedelta(minutes=30))


def test_with_nobody_to_tell_it_does_not_begin(tmp_path: Path) -> None:
    ended = CliRunner().invoke(beatwatch, ["watch", "--once", "--data", str(tmp_path)], standalone_mode=False)
    assert isinstance(ended.exception, UsageError)
    assert "nobody would be told: set `operators` and `smtp_host`" in str(ended.exception)
