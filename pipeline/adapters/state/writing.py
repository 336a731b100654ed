"""What happens inside one writing transaction: rows are written only where they differ, and at its end every article,
story and source that changed gets a new row version and a row in the search outbox.

Rows are compared before they are written because every write may be repeated after a crash: a repetition must leave the
database as it is, row versions included.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from pipeline.adapters import schema
from pipeline.records import DocumentKind

Row = dict[str, Any]
T = TypeVar("T")

PARTS: Mapping[DocumentKind, sa.Table] = {
    "engagement": schema.engagement_reports,
    "sentence": schema.framed_sentences,
}
"""What an article's text holds, document by document: they change only with their article and carry its version."""

CHUNK = 500  # ids in one statement: well below every engine's limit of parameters


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """`values` in lists of at most `CHUNK`."""
    held = list(values)
    for start in range(0, len(held), CHUNK):
        yield held[start : start + CHUNK]


def inserting(connection: sa.Connection, table: sa.Table) -> "sqlite.Insert | postgresql.Insert":
    """INSERT with ON CONFLICT, which both engines have with one grammar and SQLAlchemy keeps by dialect."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


class Writing:
    """One transaction; `connection` for reading in it, the methods for writing."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self._articles: set[str] = set()
        self._withdrawn: set[tuple[DocumentKind, str]] = set()
        self._stories: set[str] = set()
        self._sources: set[str] = set()
        self._gone: dict[tuple[DocumentKind, str], str] = {}

    # --- rows
    def existing(self, table: sa.Table, rows: Sequence[Row]) -> dict[tuple[Any, ...], Row]:
        """The stored rows with the primary keys of `rows`."""
        keys = list(table.primary_key.columns)
        found = {}
        for chunk in chunks({tuple(row[key.name] for key in keys) for row in rows}):
            same = sa.tuple_(*keys).in_(chunk) if len(keys) > 1 else keys[0].in_([value for (value,) in chunk])
            for row in self.connection.execute(sa.select(table).where(same)).mappings():
                found[tuple(row[key] for key in keys)] = {column.name: row[column] for column in table.columns}
        return found

    def put(self, table: sa.Table, rows: Sequence[Row]) -> list[Row]:
        """Insert `rows`, or update those whose values differ; returns the ones that were written.

        Columns that a row leaves out keep their values. No primary key may come twice.
        """
        keys = [column.name for column in table.primary_key.columns]
        existing = self.existing(table, rows)
        new, changed = [], []
        for row in rows:
            stored = existing.get(tuple(row[key] for key in keys))
            if stored is None:
                new.append(row)
            elif any(stored[name] != value for name, value in row.items()):
                changed.append(row)
        if new:
            self.connection.execute(sa.insert(table), new)
        self._update(table, keys, changed)
        return new + changed

    def _update(self, table: sa.Table, keys: Sequence[str], rows: Sequence[Row]) -> None:
        """One statement for all rows that set the same columns."""
        alike: dict[tuple[str, ...], list[Row]] = {}
        for row in rows:
            alike.setdefault(tuple(row), []).append(row)
        for names, group in alike.items():
            where = [table.c[key] == sa.bindparam(f"old_{key}") for key in keys]
            values = {name: sa.bindparam(f"new_{name}", type_=table.c[name].type) for name in names if name not in keys}
            parameters = [
                {(f"old_{name}" if name in keys else f"new_{name}"): value for name, value in row.items()}
                for row in group
            ]
            self.connection.execute(sa.update(table).where(*where).values(values), parameters)

    def add(self, table: sa.Table, rows: Sequence[Row]) -> list[Row]:
        """Insert those `rows` whose primary key is new, of several with one key the first; returns them."""
        keys = [column.name for column in table.primary_key.columns]
        existing = self.existing(table, rows)
        by_key: dict[tuple[Any, ...], Row] = {}
        for row in rows:
            by_key.setdefault(tuple(row[key] for key in keys), row)
        new = [row for key, row in by_key.items() if key not in existing]
        if new:
            self.connection.execute(sa.insert(table), new)
        return new

    # --- what changed
    def changed_articles(self, ids: Iterable[str]) -> None:
        """Something that is shown of these articles changed in this transaction."""
        self._articles.update(ids)

    def withdrawn(self, kind: Literal["article", "dropped"], ids: Iterable[str]) -> None:
        """These articles were shown as relevant, or as near misses, and no longer are: such documents of theirs leave
        the search index."""
        ids = set(ids)
        self._withdrawn.update((kind, id_) for id_ in ids)
        self._articles.update(ids)

    def changed_stories(self, ids: Iterable[str]) -> None:
        """Something that is shown of these stories changed in this transaction."""
        self._stories.update(ids)

    def changed_sources(self, ids: Iterable[str]) -> None:
        """Something that is shown of these sources changed in this transaction."""
        self._sources.update(ids)

    def gone_parts(self, kind: DocumentKind, articles_by_part: Mapping[str, str]) -> None:
        """These parts of these articles were deleted."""
        self._gone.update({(kind, part): article for part, article in articles_by_part.items()})

    def publish(self) -> None:
        """Raise the row versions of what changed and queue it for the search index. Called once, at the end."""
        self._articles.update(self._gone.values())
        members = schema.story_members
        for chunk in chunks(self._articles):
            stories = sa.select(members.c.story_id).where(members.c.article_id.in_(chunk))
            self._stories.update(self.connection.scalars(stories))
        self._raise(schema.articles, self._articles)
        self._raise(schema.stories, self._stories)
        self._raise(schema.sources, self._sources)
        self._queue_articles()
        self._bury_parts()
        self._queue_changed("story", schema.stories, self._stories)
        self._queue_changed("source", schema.sources, self._sources)

    def _raise(self, table: sa.Table, ids: Collection[str]) -> None:
        for chunk in chunks(sorted(ids)):
            raised = sa.update(table).where(table.c.id.in_(chunk)).values(row_version=table.c.row_version + 1)
            self.connection.execute(raised)

    def _queue_articles(self) -> None:
        """Articles with their parts, and near misses; not those that never were either, most of what is gathered."""
        articles = schema.articles
        for chunk in chunks(sorted(self._articles)):
            shown = articles.c.id.in_(chunk) & (articles.c.relevant | articles.c.id.in_(self._left("article", chunk)))
            near = articles.c.id.in_(chunk) & (
                articles.c.near_miss.is_not(None) | articles.c.id.in_(self._left("dropped", chunk))
            )
            self._queue_from(sa.select(sa.literal("article"), articles.c.id, articles.c.row_version).where(shown))
            self._queue_from(sa.select(sa.literal("dropped"), articles.c.id, articles.c.row_version).where(near))
            for kind, parts in PARTS.items():
                rows = sa.select(sa.literal(kind), parts.c.id, articles.c.row_version)
                with_parts = articles.join(parts, parts.c.article_id == articles.c.id)
                self._queue_from(rows.select_from(with_parts).where(shown))

    def _left(self, kind: DocumentKind, ids: Sequence[str]) -> list[str]:
        return [id_ for id_ in ids if (kind, id_) in self._withdrawn]

    def _bury_parts(self) -> None:
        articles = schema.articles
        for chunk in chunks(sorted(self._gone)):
            of_articles = articles.c.id.in_({self._gone[part] for part in chunk})
            found = self.connection.execute(sa.select(articles.c.id, articles.c.row_version).where(of_articles))
            versions = dict(found.all())
            graves = [(*part, versions[self._gone[part]]) for part in chunk]
            self.put(schema.tombstones, [{"kind": kind, "id": id_, "row_version": v} for kind, id_, v in graves])
            self.queue(graves)

    def _queue_changed(self, kind: DocumentKind, table: sa.Table, ids: Collection[str]) -> None:
        for chunk in chunks(sorted(ids)):
            self._queue_from(sa.select(sa.literal(kind), table.c.id, table.c.row_version).where(table.c.id.in_(chunk)))

    def _queue_from(self, rows: "sa.Select[tuple[str, str, int]]") -> None:
        self.queue(self.connection.execute(rows))

    def queue(self, rows: Iterable[Sequence[Any]]) -> None:
        """Put (kind, id, row version) into the search outbox; the later version wins."""
        waiting = [{"kind": kind, "id": id_, "row_version": version} for kind, id_, version in rows]
        if not waiting:
            return
        insert = inserting(self.connection, schema.search_outbox)
        latest = insert.on_conflict_do_update(
            index_elements=["kind", "id"], set_={"row_version": insert.excluded.row_version}
        )
        self.connection.execute(latest, waiting)
