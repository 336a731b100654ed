"""The embedded search index's file: layout, errors as ours, two processes."""

import sqlite3
from pathlib import Path

import pytest

from pipeline.adapters.search_sqlite import SqliteIndex
from pipeline.errors import SearchError
from pipeline.records import SearchDocument


def _document(version: int = 1, vector: tuple[float, ...] | None = None) -> SearchDocument:
    return SearchDocument("article", "a", version, fields={"headline": "Police", "text": "met"}, vector=vector)


def test_what_was_written_is_there_after_opening_again(tmp_path: Path) -> None:
    first = SqliteIndex.open(tmp_path / "search.db")
    first.write([_document()])
    first.close()
    again = SqliteIndex.open(tmp_path / "search.db")
    assert again.count("article") == 1
    again.close()


def test_an_index_sees_what_another_process_wrote(tmp_path: Path) -> None:
    one, other = SqliteIndex.open(tmp_path / "search.db"), SqliteIndex.open(tmp_path / "search.db")
    one.write([_document(vector=(1.0, 0.0))])
    assert [hit.score for hit in other.nearest([1.0, 0.0])] == [1.0]
    one.write([_document(2, vector=(0.0, 1.0))])
    assert [hit.score for hit in other.nearest([1.0, 0.0])] == [0.0]
    one.close()
    other.close()


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    index = SqliteIndex.open(tmp_path / "search.db")
    broken = SearchDocument("article", "b", 1, fields={"headline": object()})
    with pytest.raises(TypeError):
        index.write([_document(), broken])
    assert index.count("article") == 0
    index.close()


def _missing_folder(path: Path) -> None:
    SqliteIndex.open(path.parent / "nowhere" / "search.db")


def _not_a_database(path: Path) -> None:
    path.write_bytes(b"This is a letter, not a database. " * 100)
    SqliteIndex.open(path)


def _other_layout(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    SqliteIndex.open(path)


def _damaged(path: Path) -> None:
    SqliteIndex.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE facets")
    connection.close()
    index = SqliteIndex.open(path)
    try:
        index.search("lang:en")
    finally:
        index.close()


@pytest.mark.parametrize(
    ("fail", "words"),
    [
        (_missing_folder, "unable to open.*folder exists"),
        (_not_a_database, "not a database.*reindex"),
        (_other_layout, "layout 99.*reindex"),
        (_damaged, "no such table.*reindex"),
    ],
    ids=lambda value: getattr(value, "__name__", "")[1:] or "",
)
def test_no_exception_of_the_library_comes_out(fail: object, words: str, tmp_path: Path) -> None:
    assert callable(fail)
    with pytest.raises(SearchError, match=words):
        fail(tmp_path / "search.db")


def test_the_fetch_log_is_left_to_the_state(tmp_path: Path) -> None:
    index = SqliteIndex.open(tmp_path / "search.db")
    row = SearchDocument("fetch", "F1", 1, fields={"source": "fijitimes", "at": "2026-10-06T06:00:00+00:00"})
    assert index.write([row]) == ()
    index.rebuild([[row]])
    assert index.count("fetch") == 0
    index.close()
