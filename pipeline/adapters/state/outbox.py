"""What waits for the search index, and the documents that it is to hold."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import sqlalchemy as sa

from pipeline.adapters.schema import articles, fetches, quarantine, search_outbox, sources, stories, tombstones
from pipeline.adapters.state.database import Database
from pipeline.adapters.state.documents import (
    article_document,
    dropped_document,
    engagement_document,
    fetch_document,
    sentence_document,
    source_document,
    story_document,
)
from pipeline.adapters.state.rows import quarantined_row
from pipeline.adapters.state.writing import PARTS
from pipeline.errors import StateError
from pipeline.records import DocumentKind, Refusal, SearchDocument, StageResult


class Outbox(Database):
    """The search outbox of `pipeline.ports.State`."""

    def claim_outbox(self, limit: int) -> list[tuple[str, str]]:
        """Rows to index, by kind and id."""
        order = (search_outbox.c.kind, search_outbox.c.id)
        with self.reading() as connection:
            return list(connection.execute(sa.select(*order).order_by(*order).limit(limit)))

    def settle_outbox(self, rows: Sequence[tuple[str, str, int]], refused: Sequence[Refusal] = ()) -> None:
        """Delete rows whose change is in what was indexed. The version is compared in the row that is deleted, so a
        change that is committed meanwhile keeps it, on PostgreSQL as well."""
        done = sa.delete(search_outbox).where(
            search_outbox.c.kind == sa.bindparam("of_kind"),
            search_outbox.c.id == sa.bindparam("of_id"),
            search_outbox.c.row_version <= sa.bindparam("indexed"),
        )
        if rows:
            with self.writing() as writing:
                parameters = [{"of_kind": kind, "of_id": id_, "indexed": version} for kind, id_, version in rows]
                writing.connection.execute(done, parameters)
                keys = [f"{kind}:{id_}" for kind, id_, _ in rows]
                freed = (quarantine.c.stage == "index") & quarantine.c.key.in_(keys)
                writing.connection.execute(sa.delete(quarantine).where(freed))
                writing.put(quarantine, [quarantined_row(_refusal(one)) for one in refused])

    def outbox_size(self) -> int:
        """Rows that wait."""
        with self.reading() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(search_outbox)) or 0

    def documents(self) -> Iterator[tuple[DocumentKind, str]]:
        """Every tombstone, relevant article with its parts, near miss, story, source and row of the fetch log. A part
        that came back has no tombstone."""
        for kind, (query, key) in sorted(_shown().items()):
            for row in self.pages(query, (key,)):
                yield kind, row[0]
        key_columns = (tombstones.c.kind, tombstones.c.id)
        for row in self.pages(sa.select(*key_columns), key_columns):
            yield row.kind, row.id

    def document_counts(self) -> dict[DocumentKind, int]:
        """How many documents of each kind an index of the whole state holds."""
        with self.reading() as connection:
            return {
                kind: connection.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
                for kind, (query, _) in _shown().items()
            }

    def set_aside(self, refused: Sequence[Refusal]) -> None:
        """The quarantine of the index then holds these and no others."""
        with self.writing() as writing:
            writing.connection.execute(sa.delete(quarantine).where(quarantine.c.stage == "index"))
            writing.put(quarantine, [quarantined_row(_refusal(one)) for one in refused])

    def search_document(self, kind: str, id: str) -> SearchDocument:
        """The document as the state has it now."""
        with self.reading() as connection:
            if make := _DOCUMENTS.get(kind):
                return make(connection, id)
        raise StateError(f"{kind!r}: no such kind of document: it is {', '.join(_DOCUMENTS)}")


_DOCUMENTS: Mapping[str, Callable[[sa.Connection, str], SearchDocument]] = {
    "article": article_document,
    "story": story_document,
    "engagement": engagement_document,
    "sentence": sentence_document,
    "dropped": dropped_document,
    "source": source_document,
    "fetch": fetch_document,
}


def _refusal(one: Refusal) -> StageResult:
    version = str(one.row_version)
    return StageResult(f"{one.kind}:{one.id}", "index", version, version, "permanent", one.reason)


def _shown() -> dict[DocumentKind, tuple[sa.Select[tuple[str]], sa.Column[str]]]:
    """What the index shows of each kind: ids, and the column that orders them."""
    shown: dict[DocumentKind, tuple[sa.Select[tuple[str]], sa.Column[str]]] = {
        "article": (sa.select(articles.c.id).where(articles.c.relevant), articles.c.id),
        "dropped": (sa.select(articles.c.id).where(articles.c.near_miss.is_not(None)), articles.c.id),
        "story": (sa.select(stories.c.id), stories.c.id),
        "source": (sa.select(sources.c.id), sources.c.id),
        "fetch": (sa.select(fetches.c.key), fetches.c.key),
    }
    for kind, parts in PARTS.items():
        joined = sa.select(parts.c.id).join(articles, articles.c.id == parts.c.article_id)
        shown[kind] = (joined.where(articles.c.relevant), parts.c.id)
    return shown
