"""The embedded search index: SQLite's FTS5 over tokens that `pipeline.normalise` made, and exact nearest neighbours.

The tokenizer is `ascii`, not `unicode61`: the text is tokenised already, and `ascii` takes every other character as
part of a word, while `unicode61` would cut anew by tables that change with SQLite's version and lose characters that
are younger than they. Vectors are compared one by one: over the some ten thousand relevant documents of an embedded
installation that takes milliseconds, and its answer is exact, which the other engine's is measured by.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np

from pipeline.adapters import sqlite_files
from pipeline.adapters.cursors import cursor, cursor_parts
from pipeline.adapters.search_sql import counting, statement
from pipeline.errors import SearchError
from pipeline.highlight import passages
from pipeline.normalise import token_text
from pipeline.ports import Vectors
from pipeline.query import Text
from pipeline.records import Refusal, SearchDocument, SearchHit
from pipeline.searchable import WRITTEN, Kind, Sort, check_count, read_question, texts, times, values

LAYOUT = 2  # of the tables and of what the normaliser makes of a text: raised with either, the index is then built anew

_TABLES = """
CREATE TABLE documents (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    row_version INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    fields TEXT NOT NULL,
    time REAL NOT NULL,
    first_published REAL,
    last_published REAL,
    vector BLOB,
    UNIQUE (kind, id)
);
CREATE INDEX documents_time ON documents (kind, time, id);
CREATE TABLE facets (
    field TEXT NOT NULL, value TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (field, value, number)
) WITHOUT ROWID;
CREATE INDEX facets_number ON facets (number);
CREATE VIRTUAL TABLE words USING fts5(headline, body, tokenize = 'ascii');
"""


class SqliteIndex:
    """`pipeline.ports.SearchIndex` in one file."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._written = 0
        self._matrices: dict[tuple[str, int], tuple[tuple[int, int], list[int], Vectors]] = {}

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or make the index. Raises `SearchError` where it cannot be read or has another layout."""
        with _translated(path):
            connection = sqlite3.connect(path, isolation_level=None)
            index = cls(connection, path)
            try:
                index._set_up()
            except BaseException:
                connection.close()
                raise
        return index

    def _set_up(self) -> None:
        sqlite_files.set_up(self._connection)
        if self._layout() == 0:
            self._create()
        if self._layout() != LAYOUT:
            raise SearchError(
                f"{self._path}: the search index has layout {self._layout()}, this version makes {LAYOUT}:"
                " delete the file and run `beatwatch reindex`"
            )

    def _layout(self) -> int:
        (layout,) = self._connection.execute("PRAGMA user_version").fetchone()
        return int(layout)

    def _create(self) -> None:
        with self._transaction():
            if self._layout():
                return  # another process was faster
            for statement in _TABLES.split(";\n"):
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version = {LAYOUT}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with _translated(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    # --- writing
    @property
    def kinds(self) -> Collection[Kind]:
        """All but the fetch log, which grows by thousands of rows a day and lies in `state.db` beside."""
        return WRITTEN.keys() - {"fetch"}

    def write(self, documents: Sequence[SearchDocument]) -> Sequence[Refusal]:
        """Insert, replace or delete, in one transaction; refuses none. Deleted documents stay as tombstones with their
        version."""
        with self._transaction():
            self._write_all(documents)
        self._written += 1
        return ()

    def _write_all(self, documents: Sequence[SearchDocument]) -> None:
        for document in documents:
            if document.kind in self.kinds:
                self._write(document)

    def _write(self, document: SearchDocument) -> None:
        find = "SELECT number, row_version FROM documents WHERE kind = ? AND id = ?"
        stored = self._connection.execute(find, (document.kind, document.id)).fetchone()
        if stored and stored[1] > document.row_version:
            return
        if stored:
            self._connection.execute("DELETE FROM words WHERE rowid = ?", (stored[0],))
            self._connection.execute("DELETE FROM facets WHERE number = ?", (stored[0],))
            self._connection.execute("DELETE FROM documents WHERE number = ?", (stored[0],))
        number = self._insert(document)
        if not document.deleted:
            headline, body = (token_text(text) for text in texts(document))
            self._connection.execute(
                "INSERT INTO words (rowid, headline, body) VALUES (?, ?, ?)", (number, headline, body)
            )
            facets = [(field, value, number) for field, value in values(document)]
            self._connection.executemany("INSERT INTO facets (field, value, number) VALUES (?, ?, ?)", facets)

    def _insert(self, document: SearchDocument) -> int:
        time, first, last = times(document)
        held = {} if document.deleted else document.fields
        vector = None if document.deleted or document.vector is None else _unit(document.vector).tobytes()
        key = (document.kind, document.id, document.row_version, document.deleted)
        insert = (
            "INSERT INTO documents (kind, id, row_version, deleted, fields, time, first_published, last_published,"
            " vector) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )
        row = (*key, json.dumps(held), time or 0.0, first, last, vector)
        number = self._connection.execute(insert, row).lastrowid
        assert number is not None  # an INSERT has one
        return number

    def refresh(self) -> None:
        """Nothing is left to do: what `write` committed is what the next `search` reads."""

    def scrub(self) -> bool:
        """Words of deleted documents stay in the full-text index until its parts are merged, and in the log."""
        with self._transaction():
            self._connection.execute("INSERT INTO words (words) VALUES ('optimize')")
        with _translated(self._path):
            return sqlite_files.cut_log(self._connection)

    def rebuild(self, batches: Iterable[Sequence[SearchDocument]]) -> Sequence[Refusal]:
        """In one transaction: whoever searches meanwhile is answered from what stood before."""
        with self._transaction():
            for table in ("words", "facets", "documents"):
                self._connection.execute(f"DELETE FROM {table}")  # noqa: S608  (constants)
            for documents in batches:
                self._write_all(documents)
        self._written += 1
        return ()

    # --- searching
    def search(
        self,
        query: str,
        *,
        kind: Kind = "article",
        filters: Mapping[str, str | Sequence[str]] | None = None,
        sort: Sort = "score",
        limit: int = 20,
        after: str | None = None,
    ) -> tuple[list[SearchHit], str | None]:
        """Answers and the cursor of the next page. Without words to score every answer has the score 0."""
        whole, wanted = read_question(query, filters, kind)
        sql, parameters = statement(whole, wanted, kind, sort, limit + 1, _cursor_of(after, sort))
        with _translated(self._path):
            rows = self._connection.execute(sql, parameters).fetchall()
        hits = [_hit(row, wanted) for row in rows[:limit]]
        return hits, _cursor(sort, rows[limit - 1]) if len(rows) > limit else None

    def counts(
        self, query: str, by: str, *, kind: Kind = "article", filters: Mapping[str, str | Sequence[str]] | None = None
    ) -> dict[str, int]:
        """How many answers have each value."""
        whole, _ = read_question(query, filters, kind)
        check_count(by, kind)
        sql, parameters = counting(whole, kind, by)
        with _translated(self._path):
            return dict(self._connection.execute(sql, parameters).fetchall())

    def nearest(
        self, vector: Sequence[float], *, kind: Literal["article", "story"] = "article", limit: int = 10
    ) -> list[SearchHit]:
        """By cosine, exactly, among the documents whose vectors have as many dimensions."""
        with _translated(self._path):
            numbers, matrix = self._matrix(kind, len(vector))
            scores = matrix @ _unit(vector)
            best = np.argsort(-scores, kind="stable")[:limit]
            return [_hit((*self._row(numbers[at]), float(scores[at])), ()) for at in best]

    def _matrix(self, kind: str, dimensions: int) -> tuple[list[int], Vectors]:
        """Vectors of one kind, kept in memory until this or another process writes."""
        (others,) = self._connection.execute("PRAGMA data_version").fetchone()
        state = (others, self._written)
        if self._matrices.get((kind, dimensions), (None,))[0] != state:
            query = "SELECT number, vector FROM documents WHERE kind = ? AND length(vector) = ? ORDER BY id"
            rows = self._connection.execute(query, (kind, 4 * dimensions)).fetchall()
            matrix = np.frombuffer(b"".join(blob for _, blob in rows), np.float32).reshape(len(rows), dimensions)
            self._matrices[kind, dimensions] = (state, [number for number, _ in rows], matrix)
        _, numbers, held = self._matrices[kind, dimensions]
        return numbers, held

    def _row(self, number: int) -> tuple[Any, ...]:
        query = "SELECT kind, id, row_version, fields, time FROM documents WHERE number = ?"
        row: tuple[Any, ...] = self._connection.execute(query, (number,)).fetchone()
        return row

    def count(self, kind: Kind) -> int:
        """Documents that are not deleted."""
        with _translated(self._path):
            query = "SELECT count(*) FROM documents WHERE kind = ? AND NOT deleted"
            (found,) = self._connection.execute(query, (kind,)).fetchone()
        return int(found)

    def close(self) -> None:
        """Release the file."""
        self._connection.close()


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """No exception of sqlite3 leaves this block."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorname", "")
        remedy = "check that its folder exists, is writable and not full"
        if code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_ERROR")):
            remedy = "delete the file and run `beatwatch reindex`"
        raise SearchError(f"{path}: search index: {error}: {remedy}") from error


def _unit(vector: Sequence[float]) -> Vectors:
    held = np.asarray(vector, np.float32)
    length = float(np.linalg.norm(held))
    return held / np.float32(length) if length else held


def _hit(row: tuple[Any, ...], wanted: Sequence[Text]) -> SearchHit:
    """From (kind, id, row_version, fields, time, score, ...). The vector stays in the index: nobody reads it."""
    kind, id_, row_version, fields, _, score, *_rest = row
    document = SearchDocument(kind, id_, row_version, fields=json.loads(fields))
    shown = [passage for text in texts(document) for passage in passages(text, wanted)]
    return SearchHit(document, score, tuple(shown))


def _cursor(sort: Sort, row: tuple[Any, ...]) -> str:
    return cursor(sort, row[6], row[1])


def _cursor_of(after: str | None, sort: Sort) -> tuple[float, str] | None:
    if after is None:
        return None
    return cursor_parts(after, sort, lambda value, id_: isinstance(value, int | float) and isinstance(id_, str))
