"""Contract of the state: what a backup reads of it, and what becomes of it in an empty database of either engine."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters import schema
from pipeline.adapters.state import SqlState
from pipeline.adapters.state.loading import held, load
from pipeline.adapters.state.snapshot import TABLES
from pipeline.errors import StateError
from pipeline.ports import State
from pipeline.records import ArchiveRef, Extraction, Identity, digest128
from tests.pipeline.adapters.conftest import Dump, dumped
from tests.pipeline.adapters.desk import DAY1, DAY2, REPORT, URL, Desk, fetch, gone, message
from tests.servers import empty_database

Rows = dict[str, list[dict[str, Any]]]
EXACT = datetime(2026, 10, 5, 6, 7, 8, 90_123, tzinfo=UTC)


def copied(state: State) -> tuple[str, Rows]:
    """A snapshot's schema and rows, gone through JSON as a backup does it."""
    with state.snapshot() as snapshot:
        rows = {name: [json.loads(json.dumps(row)) for row in found] for name, found in snapshot.tables()}
        return snapshot.revision, rows


def fill(desk: Desk) -> None:
    """A state with something in most tables, and with values that are easily bent."""
    state = desk.state
    later, original = desk.article(2, at=DAY2), desk.article(1, at=EXACT, text="汉字, ünïcode, \u2028 and 'quotes'\\.")
    state.save_extractions("2", [], desk.identify)
    desk.screen(later, original)
    desk.engage(original, REPORT)
    desk.frame(later)
    desk.embed(original, (0.1, 1 / 3, -2e-7))
    desk.story("01K6SK7V00B8WPJ3C1AT5M4N2E", original, later)
    desk.fetch(fetch(URL + "0", body=None, seconds=0.1 + 0.2), gone(URL + "9"))
    state.enqueue_message(message(eml=bytes(range(256))), ["01K6SK7V00B8WPJ3C1AT5M4N2E"])
    state.constrain("must", original.id, later.id)
    state.acquire_leases(["index"], "somebody", 1000)
    state.end_run(desk.run, "completed", {"pages": 3})


class Reprints(Desk):
    """Takes an article for a copy of one whose id is greater, so that rows refer to rows that come after them."""

    def identify(self, read: Extraction) -> Identity:
        found = super().identify(read)
        greatest = max(digest128(url) for url in PAGES)
        return Identity(
            found.article_id, found.text_id, found.outcome, None if found.article_id == greatest else greatest
        )


PAGES = [f"{URL}{number}" for number in range(20)]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def other_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a second empty database, of each engine."""
    with empty_database(request.param, tmp_path / "other.db") as url:
        yield url


def test_a_snapshot_loaded_elsewhere_is_the_same_state(desk: Desk, dump: Callable[[], Dump], other_url: str) -> None:
    fill(desk)
    revision, rows = copied(desk.state)
    counts = load(other_url, revision, rows.items())
    assert counts == {name: len(found) for name, found in rows.items()}
    assert sum(counts.values()) > 30
    other = SqlState.open(other_url)
    assert copied(other) == (revision, rows)
    assert other.messages() == desk.state.messages()
    other.close()
    assert {**dumped(other_url), "leases": dump()["leases"]} == dump()


def test_a_lease_of_a_living_process_is_not_taken_along(desk: Desk, other_url: str) -> None:
    desk.state.acquire_leases(["index"], "somebody", 1000)
    revision, rows = copied(desk.state)
    assert "leases" not in rows
    load(other_url, revision, rows.items())
    other = SqlState.open(other_url)
    assert other.acquire_leases(["index"], "another", 10)
    other.close()


def test_new_rows_of_the_fetch_log_are_numbered_on(desk: Desk, other_url: str) -> None:
    desk.fetch(fetch(), fetch(URL + "2", body="two"))
    revision, rows = copied(desk.state)
    load(other_url, revision, rows.items())
    other = SqlState.open(other_url)
    other.record_fetches(desk.run, [fetch(URL + "3", DAY2, body="three")])
    assert [row["number"] for row in copied(other)[1]["fetches"]] == [1, 2, 3]
    other.close()


def test_an_empty_state_can_be_loaded(state: SqlState, other_url: str) -> None:
    revision, rows = copied(state)
    load(other_url, revision, rows.items())
    other = SqlState.open(other_url)
    run = other.begin_run("live", DAY1)
    assert [row["id"] for row in copied(other)[1]["runs"]] == [run]
    other.close()


def test_rows_may_refer_to_later_rows_of_their_table(state: SqlState, other_url: str) -> None:
    desk = Reprints(state)
    greatest = max(PAGES, key=digest128)
    for url in [greatest, *(page for page in PAGES if page != greatest)]:
        desk.fetch(fetch(url, body=url))
        desk.extract("One text for all.")
    revision, rows = copied(state)
    load(other_url, revision, rows.items())
    other = SqlState.open(other_url)
    assert sum(article.copy_of == digest128(greatest) for article in other.articles()) == len(PAGES) - 1
    other.close()


def test_a_snapshot_does_not_see_what_is_written_meanwhile(desk: Desk) -> None:
    desk.article(1)
    with desk.state.snapshot() as snapshot:
        tables = snapshot.tables()
        first = {name: list(rows) for name, rows in [next(tables)]}
        desk.article(2)
        rows = first | {name: list(found) for name, found in tables}
        assert len(rows["articles"]) == len(rows["bodies"]) == len(rows["texts"]) == 1
        assert snapshot.cited() == {"a.warc.gz": 0}
    assert len(copied(desk.state)[1]["articles"]) == 2


def test_a_snapshot_names_the_files_that_it_cites_with_their_last_record(desk: Desk) -> None:
    def archived(file: str, offset: int) -> ArchiveRef:
        return ArchiveRef(file, offset, digest128(f"{file}{offset}") * 2)

    desk.fetch(
        fetch(archived=archived("b.warc.gz", 70)),
        fetch(URL + "2", archived=archived("b.warc.gz", 7)),
        fetch(URL + "feed", kind="feed", archived=archived("c.warc.gz", 90)),
        gone(URL + "3"),
    )
    with desk.state.snapshot() as snapshot:
        assert list(snapshot.cited().items()) == [("b.warc.gz", 70), ("c.warc.gz", 90)]


def test_a_database_that_holds_something_is_left_alone(desk: Desk, other_url: str) -> None:
    revision, rows = copied(desk.state)
    assert not any(held(other_url).values())
    load(other_url, revision, rows.items())
    assert any(held(other_url).values())
    before = dumped(other_url)
    with pytest.raises(StateError, match="not empty: give an empty database"):
        load(other_url, revision, rows.items())
    assert dumped(other_url) == before


@pytest.fixture(scope="module")
def filled(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Rows]:
    """A snapshot of a full state: what becomes of its rows is a matter of the database into which they go."""
    state = SqlState.open(f"sqlite:///{shutil.copyfile(migrated_file, tmp_path_factory.mktemp('filled') / 'state.db')}")
    fill(Desk(state))
    found = copied(state)
    state.close()
    return found


@pytest.mark.parametrize(
    ("table", "change", "words"),
    [
        ("songs", {"id": "1"}, "songs: no table of the schema"),
        ("alembic_version", {"version_num": "1"}, "alembic_version: no table of the schema"),
        ("runs", {"colour": "red"}, "runs: a row of the backup does not fit its schema .column colour"),
        ("runs", {"started_at": "yesterday"}, "runs: a row of the backup holds a value that cannot be read"),
        ("runs", {"started_at": "2026-10-05T06:00:00"}, "without zone"),
        ("messages", {"eml": "no base64!"}, "messages: a row of the backup holds a value that cannot be read"),
        ("addresses", {"source_id": "nobody"}, "(?i)foreign key"),
    ],
)
def test_rows_that_do_not_fit_leave_the_database_empty(
    filled: tuple[str, Rows], other_url: str, table: str, change: dict[str, str], words: str
) -> None:
    revision, rows = filled
    bent = rows | {table: [{**row, **change} for row in rows.get(table) or [{}]]}
    with pytest.raises(StateError, match=words):
        load(other_url, revision, bent.items())
    assert not any(held(other_url).values())


def test_a_schema_of_a_newer_version_is_refused(other_url: str) -> None:
    with pytest.raises(StateError, match="schema '9999' is unknown to this version"):
        load(other_url, "9999", [])
    assert not any(held(other_url).values())


def test_rows_of_an_older_schema_are_brought_up(desk: Desk, other_url: str) -> None:
    fill(desk)
    head, rows = copied(desk.state)
    later = {"framed_sentences", "gathered", "takedowns", "takedown_addresses", "vault_cuts", "vault_waste"}
    older = {name: found for name, found in rows.items() if name not in later}
    columns = {"runs": "round_id", "sources": "row_version", "articles": "near_miss", "texts": "emptied_at"}
    for table, column in (columns | {"messages": "withdrawn_at"}).items():
        for row in older[table]:
            del row[column]
    load(other_url, "0001", older.items())
    other = SqlState.open(other_url)
    revision, brought = copied(other)
    assert revision == head
    assert [row.pop("near_miss") for row in brought["articles"]] == [None] * len(rows["articles"])
    assert brought["articles"] == rows["articles"]
    assert [row["emptied_at"] for row in brought["texts"]] == [None, None]
    other.close()


def test_every_table_but_the_leases_is_kept() -> None:
    assert {table.name for table in TABLES} == set(schema.metadata.tables) - {"leases"}
