"""The database behind the state: opening, migrations, errors as ours, what a kill leaves behind."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError

from pipeline.adapters import schema, sqlite_files
from pipeline.adapters.migrations import upgrade
from pipeline.adapters.state import SqlState
from pipeline.adapters.state.database import translated
from pipeline.errors import BeatwatchError, DataFolderError, StateError
from pipeline.records import digest128
from tests.pipeline.adapters.conftest import Dump
from tests.pipeline.adapters.desk import DAY1, URL, Desk, fetch, source

ROOT = Path(__file__).parents[3]


def test_the_migrated_schema_is_the_declared_one(state: SqlState, state_url: str) -> None:
    engine = sa.create_engine(state_url)
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, schema.metadata) == []
    engine.dispose()


def test_opening_again_changes_nothing(state: SqlState, state_url: str, dump: Callable[[], Dump]) -> None:
    Desk(state)
    before = dump()
    again = SqlState.open(state_url)
    again.close()
    assert dump() == before


def test_workers_that_begin_at_once_make_one_schema(empty_url: str) -> None:
    opening = "import sys; from pipeline.adapters.state import SqlState; SqlState.open(sys.argv[1]).close()"
    command = [sys.executable, "-c", opening, empty_url]
    workers = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [worker.communicate()[1] for worker in workers] == ["", "", ""]


def _go_back(state_url: str) -> None:
    """The same rows under the first schema, as far as it has a place for them."""
    engine = sa.create_engine(state_url)
    with engine.begin() as connection:
        tables = schema.metadata.sorted_tables
        rows = {table.name: [dict(row._mapping) for row in connection.execute(sa.select(table))] for table in tables}
        schema.metadata.drop_all(connection)
        connection.execute(sa.text("DROP TABLE alembic_version"))
        upgrade.to(connection, "0001", "the test's database")
        known = {name: {c["name"] for c in sa.inspect(connection).get_columns(name)} for name in _tables(connection)}
        for table in tables:
            kept = [{name: row[name] for name in row.keys() & known.get(table.name, set())} for row in rows[table.name]]
            if kept and table.name in known:
                connection.execute(sa.insert(table), kept)
    engine.dispose()


def _tables(connection: sa.Connection) -> set[str]:
    return set(sa.inspect(connection).get_table_names())


def test_a_database_of_the_first_version_is_brought_up_to_date_with_what_it_holds(
    state: SqlState, state_url: str, dump: Callable[[], Dump]
) -> None:
    desk = Desk(state)
    framed, missed = desk.article(1), desk.article(2)
    desk.screen(framed)
    desk.frame(framed)
    desk.miss(missed)
    whole = dump()
    state.close()
    _go_back(state_url)
    SqlState.open(state_url).close()
    again = dump()
    assert again["framed_sentences"] == whole["framed_sentences"] != []
    assert again["articles"] == whole["articles"]


def test_a_database_of_a_newer_version_is_left_alone(state: SqlState, state_url: str) -> None:
    engine = sa.create_engine(state_url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StateError, match=r"newer version of beatwatch.*schema 9999.*install that version"):
        SqlState.open(state_url)
    engine.dispose()


def test_a_database_of_another_program_is_left_alone(empty_url: str) -> None:
    engine = sa.create_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE songs (id INTEGER)"))
    with pytest.raises(StateError, match="another program"):
        SqlState.open(empty_url)
    engine.dispose()


def test_times_without_zone_are_refused(state: SqlState) -> None:
    with pytest.raises(StateError, match="a time without zone cannot be stored: 2026-10-05T06:00:00"):
        state.begin_run("live", datetime(2026, 10, 5, 6))  # noqa: DTZ001


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(StateError, match="not a database address"):
        SqlState.open("state.db")


# --- SQLite's ways to fail, each made with the library itself ------------------------------------------------------


def _missing_folder(folder: Path) -> None:
    SqlState.open(f"sqlite:///{folder / 'nowhere' / 'state.db'}")


def _read_only(folder: Path) -> None:
    SqlState.open(f"sqlite:///{folder / 'state.db'}").close()
    opened = SqlState.open(f"sqlite:///file:{folder / 'state.db'}?mode=ro&uri=true")
    try:
        opened.begin_run("live", DAY1)
    finally:
        opened.close()


def _not_a_database(folder: Path) -> None:
    (folder / "state.db").write_bytes(b"This is a letter, not a database. " * 100)
    SqlState.open(f"sqlite:///{folder / 'state.db'}")


def _damaged(folder: Path) -> None:
    path = folder / "state.db"
    state = SqlState.open(f"sqlite:///{path}")
    state.begin_run("live", DAY1)
    state.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x55" * (len(content) - 4096)
    path.write_bytes(content)
    opened = SqlState.open(f"sqlite:///{path}")
    opened.close()


def _locked(folder: Path) -> None:
    with translated("state.db"):
        raise sqlite3_error("database is locked", "SQLITE_BUSY")


def _disk_full(folder: Path) -> None:
    with translated("state.db"):
        raise sa.exc.OperationalError("INSERT", {}, sqlite3_error("database or disk is full", "SQLITE_FULL"))


def _constraint(folder: Path) -> None:
    state = SqlState.open(f"sqlite:///{folder / 'state.db'}")
    try:
        Desk(state)
        state.constrain("must", "unknown", "other")
    finally:
        state.close()


def _alembic(folder: Path) -> None:
    with translated("state.db"):
        raise CommandError("Multiple head revisions are present")


def sqlite3_error(text: str, name: str) -> sqlite3.OperationalError:
    """An error as the driver gives it."""
    error = sqlite3.OperationalError(text)
    error.sqlite_errorname = name
    return error


FAILURES: list[tuple[Callable[[Path], None], type[BeatwatchError], str]] = [
    (_missing_folder, DataFolderError, "unable to open database file.*folder exists"),
    (_read_only, DataFolderError, "readonly database.*is writable"),
    (_disk_full, DataFolderError, "full"),
    (_not_a_database, StateError, "not a database.*restore"),
    (_damaged, StateError, "malformed.*restore"),
    (_locked, StateError, "locked.*wait until it ends"),
    (_constraint, StateError, "FOREIGN KEY"),
    (_alembic, StateError, "Multiple head"),
]


@pytest.mark.parametrize(("fail", "error", "words"), FAILURES, ids=[fail.__name__[1:] for fail, _, _ in FAILURES])
def test_no_exception_of_a_library_comes_out(
    fail: Callable[[Path], None], error: type[BeatwatchError], words: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=words) as caught:
        fail(tmp_path)
    assert caught.type is error
    assert "\n" not in str(caught.value)


# --- a kill ----------------------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from pipeline.adapters.state import SqlState
from tests.pipeline.adapters.desk import Desk, extraction

state = SqlState.open(sys.argv[1])
desk = Desk(state)
done = [(body, extraction(body)) for body in state.bodies_due("1")]
seen = []

def die_at_the_second(read):
    seen.append(read)
    if len(seen) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return desk.identify(read)

state.save_extractions("1", done, die_at_the_second)
"""


def test_a_killed_transaction_leaves_nothing_and_the_next_run_goes_on(
    state: SqlState, state_url: str, dump: Callable[[], Dump]
) -> None:
    desk = Desk(state)
    desk.fetch(fetch(), fetch(URL + "2", body="two"))
    before = {name: rows for name, rows in dump().items() if name != "runs"}
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-c", KILLED, state_url]
    ended = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": paths})
    assert ended.returncode == -signal.SIGKILL
    assert {name: rows for name, rows in dump().items() if name != "runs"} == before
    assert len(desk.extract("Both at once.")) == 2
    assert desk.state.article(digest128(URL)) is not None


def test_what_a_reader_keeps_from_being_overwritten_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader in the middle of its transaction still has to see what was deleted."""
    monkeypatch.setattr(sqlite_files, "BUSY_SECONDS", 1)
    state = SqlState.open(f"sqlite:///{tmp_path / 'state.db'}")
    state.register_sources([source("secret-paper")])
    reader = sqlite3.connect(tmp_path / "state.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM sources").fetchone()
    state.begin_run("live", DAY1)
    assert not state.scrub()
    reader.execute("COMMIT")
    assert state.scrub()
    assert (tmp_path / "state.db-wal").stat().st_size == 0
    reader.close()
    state.close()
