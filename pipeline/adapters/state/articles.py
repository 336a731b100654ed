"""Bodies to extract, and the articles, revisions and texts that came of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from pipeline.adapters.schema import (
    article_addresses,
    articles,
    bodies,
    revisions,
    sources,
    stage_results,
    texts,
)
from pipeline.adapters.state.database import Database
from pipeline.adapters.state.due import due, keep_results
from pipeline.adapters.state.revising import keep_article
from pipeline.adapters.state.rows import ARTICLE, article_of, body_of
from pipeline.adapters.state.turning_away import turn_away
from pipeline.adapters.state.writing import chunks
from pipeline.records import Article, Body, Extraction, Identity, StageResult, digest128


class Articles(Database):
    """Bodies and articles of `pipeline.ports.State`."""

    def bodies_due(self, version: str) -> Iterator[Body]:
        """Bodies to extract, oldest first."""
        joined = bodies.join(sources, sources.c.id == bodies.c.source_id).outerjoin(
            stage_results, (stage_results.c.key == bodies.c.key) & (stage_results.c.stage == "extract")
        )
        query = sa.select(bodies).select_from(joined).where(due(version, sources.c.rules_fingerprint))
        return map(body_of, self.pages(query, (bodies.c.fetched_at, bodies.c.key)))

    def body(self, key: str) -> Body | None:
        """One body by its key."""
        with self.reading() as connection:
            row = connection.execute(sa.select(bodies).where(bodies.c.key == key)).first()
        return body_of(row) if row else None

    def save_extractions(
        self,
        version: str,
        done: Sequence[tuple[Body, Extraction | StageResult]],
        identify: Callable[[Extraction], Identity],
    ) -> list[Identity]:
        """Keep results and articles. The fingerprint that is kept is that of the source's registered rules, since by it
        `bodies_due` asks; the identities are as they came about (see `revising`)."""
        identities = []
        with self.writing() as writing:
            rules = dict(writing.connection.execute(sa.select(sources.c.id, sources.c.rules_fingerprint)).all())
            results = []
            for body, outcome in done:
                fingerprint = rules.get(body.source_id, "")
                if isinstance(outcome, StageResult):
                    results.append(replace(outcome, key=body.key, stage="extract", fingerprint=fingerprint))
                    continue
                gone = turn_away(writing, body, outcome)
                if gone is not None:
                    identities.append(Identity(gone, outcome.text_id, "taken_down"))
                    continue
                identity = keep_article(writing, body, outcome, identify(outcome))
                identities.append(identity)
                read: dict[str, object] = {"article_id": identity.article_id, "text_id": outcome.text_id}
                results.append(StageResult(body.key, "extract", version, fingerprint, "record", payload=read))
            keep_results(writing, results)
        return identities

    def addresses(self, article_id: str) -> list[str]:
        """Every address that led to an article."""
        query = sa.select(article_addresses.c.url).where(article_addresses.c.article_id == article_id)
        with self.reading() as connection:
            return list(connection.scalars(query.order_by(article_addresses.c.url)))

    def article(self, article_id: str) -> Article | None:
        """The current revision."""
        return next(self.articles([article_id]), None)

    def article_by_url(self, url: str) -> Article | None:
        """By any address that led to it."""
        linked = sa.select(article_addresses.c.article_id).where(article_addresses.c.url_key == digest128(url))
        with self.reading() as connection:
            row = connection.execute(ARTICLE.where(articles.c.id == linked.scalar_subquery())).first()
        return article_of(row) if row else None

    def articles(self, ids: Iterable[str] | None = None, *, since: datetime | None = None) -> Iterator[Article]:
        """By id, or all, or all first seen at `since` or later; ordered by id."""
        if ids is None:
            query = ARTICLE if since is None else ARTICLE.where(articles.c.first_seen >= since)
            yield from map(article_of, self.pages(query, (articles.c.id,)))
            return
        for chunk in chunks(sorted(set(ids))):
            with self.reading() as connection:
                rows = connection.execute(ARTICLE.where(articles.c.id.in_(chunk)).order_by(articles.c.id)).all()
            yield from map(article_of, rows)

    def text(self, text_id: str) -> tuple[str, str] | None:
        """(headline, text) of a kept text."""
        with self.reading() as connection:
            row = connection.execute(sa.select(texts.c.headline, texts.c.text).where(texts.c.id == text_id)).first()
        return (row.headline, row.text) if row else None

    def revisions(self, article_id: str) -> list[tuple[int, str, datetime]]:
        """(number, text id, first seen), oldest first."""
        query = sa.select(revisions.c.number, revisions.c.text_id, revisions.c.first_seen)
        query = query.where(revisions.c.article_id == article_id).order_by(revisions.c.number)
        with self.reading() as connection:
            return [(row.number, row.text_id, row.first_seen) for row in connection.execute(query)]
