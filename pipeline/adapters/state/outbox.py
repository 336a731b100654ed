"""What waits for the search index, and the documents that it is to hold."""

from collections.abc import Sequence

import sqlalchemy as sa

from pipeline.adapters.schema import articles, engagement_reports, search_outbox, stories, tombstones
from pipeline.adapters.state.database import Database
from pipeline.adapters.state.documents import article_document, engagement_document, story_document
from pipeline.adapters.state.writing import chunks
from pipeline.errors import StateError
from pipeline.records import SearchDocument


class Outbox(Database):
    """The search outbox of `pipeline.ports.State`."""

    def claim_outbox(self, limit: int) -> list[tuple[str, str]]:
        """Rows to index, by kind and id."""
        order = (search_outbox.c.kind, search_outbox.c.id)
        with self.reading() as connection:
            return list(connection.execute(sa.select(*order).order_by(*order).limit(limit)))

    def settle_outbox(self, rows: Sequence[tuple[str, str, int]]) -> None:
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

    def outbox_size(self) -> int:
        """Rows that wait."""
        with self.reading() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(search_outbox)) or 0

    def queue_all(self) -> int:
        """Queue every relevant article, its reports, every story and every tombstone; returns how many rows wait."""
        relevant = sa.select(articles.c.id, articles.c.row_version).where(articles.c.relevant)
        of_relevant = sa.select(engagement_reports.c.id, articles.c.row_version).where(articles.c.relevant)
        reports = of_relevant.join(articles, articles.c.id == engagement_reports.c.article_id)
        told = sa.select(stories.c.id, stories.c.row_version)
        buried = sa.select(tombstones.c.kind, tombstones.c.id, tombstones.c.row_version)
        with self.writing() as writing:
            for kind, query in (("article", relevant), ("engagement", reports), ("story", told)):
                for chunk in chunks(writing.connection.execute(query)):
                    writing.queue((kind, id_, version) for id_, version in chunk)
            writing.queue(writing.connection.execute(buried))
        return self.outbox_size()

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
