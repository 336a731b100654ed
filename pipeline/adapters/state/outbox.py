"""What waits for the search index, and the documents that it is to hold."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from pipeline.adapters.schema import articles, engagement_reports, quarantine, search_outbox, stories, tombstones
from pipeline.adapters.state.database import Database
from pipeline.adapters.state.documents import article_document, engagement_document, story_document
from pipeline.adapters.state.rows import quarantined_row
from pipeline.errors import StateError
from pipeline.records import Refusal, SearchDocument, StageResult


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

    def documents(self) -> Iterator[tuple[str, str]]:
        """Every tombstone, relevant article, report of one, and story. A report that came back has no tombstone."""
        relevant = sa.select(articles.c.id).where(articles.c.relevant)
        joined = articles.c.id == engagement_reports.c.article_id
        reports = sa.select(engagement_reports.c.id).join(articles, joined).where(articles.c.relevant)
        for kind, query, key in (
            ("article", relevant, articles.c.id),
            ("engagement", reports, engagement_reports.c.id),
            ("story", sa.select(stories.c.id), stories.c.id),
        ):
            for row in self.pages(query, (key,)):
                yield kind, row.id
        key_columns = (tombstones.c.kind, tombstones.c.id)
        for row in self.pages(sa.select(*key_columns), key_columns):
            yield row.kind, row.id

    def set_aside(self, refused: Sequence[Refusal]) -> None:
        """The quarantine of the index then holds these and no others."""
        with self.writing() as writing:
            writing.connection.execute(sa.delete(quarantine).where(quarantine.c.stage == "index"))
            writing.put(quarantine, [quarantined_row(_refusal(one)) for one in refused])

    def search_document(self, kind: str, id: str) -> SearchDocument:
        """The document as the state has it now."""
        with self.reading() as connection:
            if kind == "article":
                return article_document(connection, id)
            if kind == "story":
                return story_document(connection, id)
            if kind == "engagement":
                return engagement_document(connection, id)
        raise StateError(f"{kind!r}: no such kind of document: it is article, story or engagement")


def _refusal(one: Refusal) -> StageResult:
    version = str(one.row_version)
    return StageResult(f"{one.kind}:{one.id}", "index", version, version, "permanent", one.reason)
