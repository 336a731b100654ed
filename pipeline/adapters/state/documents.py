"""The search index's documents, made anew from the state: plain values, times in ISO 8601 (UTC).

What an article's text holds (engagement reports, framed sentences) has no version of its own: it changes only with its
article and carries the article's. A row of the fetch log never changes.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa

from pipeline.adapters.schema import (
    articles,
    engagement_reports,
    fetches,
    framed_sentences,
    sources,
    stage_results,
    stories,
    story_members,
    texts,
    tombstones,
    vectors,
)
from pipeline.adapters.state.rows import ARTICLE, AnyRow
from pipeline.adapters.state.telling import tell
from pipeline.ports import Vectors
from pipeline.records import DocumentKind, FetchOutcome, SearchDocument, Story

FETCH_VERSION = 1


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def article_document(connection: sa.Connection, id_: str) -> SearchDocument:
    """One article; deleted where it is unknown or not relevant."""
    row = connection.execute(ARTICLE.where(articles.c.id == id_)).first()
    if row is None:
        return _deleted(connection, "article", id_)
    if not row.relevant:
        return SearchDocument("article", id_, row.row_version, deleted=True)
    found = connection.execute(_reports(engagement_reports.c.article_id == id_)).all()
    coded = _payload(connection, id_, "frame")
    fields: dict[str, object] = {
        **_article_fields(connection, row),
        "text": row.text,
        "framing": row.framing,
        "shares": coded.get("shares", {}),
        "sentences": coded.get("sentences", []),
        "countries": _countries(found),
        "story": _story_id(connection, id_),
        "types": sorted({report.type for report in found}),
        "statuses": sorted({report.status for report in found}),
        "agency": row.agency,
        "score": _payload(connection, id_, "screen").get("score"),
        "copy_of": row.copy_of,
        "revision": row.revision,
        "vanished_at": _iso(row.vanished_at),
    }
    return SearchDocument("article", id_, row.row_version, fields=fields, vector=_vector(connection, [id_]))


def story_document(connection: sa.Connection, id_: str) -> SearchDocument:
    """One story; deleted where it is unknown, merged into another or left by all its articles."""
    told = tell(connection, stories.c.id == id_)
    if told:
        origins = _origins(connection, told[0])
        vector = _vector(connection, origins)
        return SearchDocument("story", id_, told[0].row_version, fields=_story_fields(told[0]), vector=vector)
    version = connection.scalar(sa.select(stories.c.row_version).where(stories.c.id == id_))
    return (
        _deleted(connection, "story", id_) if version is None else SearchDocument("story", id_, version, deleted=True)
    )


def engagement_document(connection: sa.Connection, id_: str) -> SearchDocument:
    """One engagement report; deleted where re-coding took it back or its article is not relevant."""
    row = connection.execute(_reports(engagement_reports.c.id == id_)).first()
    if row is None:
        return _deleted(connection, "engagement", id_)
    own = {
        "type": row.type,
        "status": row.status,
        "countries": _countries([row]),
        "quantities": row.quantities,
        "officers": max((one["n"] for one in row.quantities if one["unit"] == "officers"), default=None),
    }
    return _part(connection, "engagement", row, own)


def sentence_document(connection: sa.Connection, id_: str) -> SearchDocument:
    """One framed sentence; deleted where re-coding took its frame back or its article is not relevant."""
    joined = sa.select(framed_sentences, texts.c.text).join(texts, texts.c.id == framed_sentences.c.text_id)
    row = connection.execute(joined.where(framed_sentences.c.id == id_)).first()
    if row is None:
        return _deleted(connection, "sentence", id_)
    reported = connection.execute(_reports(engagement_reports.c.article_id == row.article_id)).all()
    own = {
        "frame": row.frame,
        "both": row.both,
        "voice": row.voice,
        "probability": row.probability,
        "countries": _countries(reported),
    }
    return _part(connection, "sentence", row, own)


def _part(connection: sa.Connection, kind: DocumentKind, row: AnyRow, own: Mapping[str, object]) -> SearchDocument:
    """What every part of an article shows of it, beside its `own` fields; `row` has article, text, start and end."""
    article = connection.execute(ARTICLE.where(articles.c.id == row.article_id)).one()
    if not article.relevant:
        return SearchDocument(kind, row.id, article.row_version, deleted=True)
    fields: dict[str, object] = {
        "article": row.article_id,
        "story": _story_id(connection, row.article_id),
        **_article_fields(connection, article),
        **own,
        "evidence": row.text[row.start : row.end],
    }
    return SearchDocument(kind, row.id, article.row_version, fields=fields)


def dropped_document(connection: sa.Connection, id_: str) -> SearchDocument:
    """An article that the screen dropped below its line, with its score; deleted where that is not so or no longer."""
    row = connection.execute(ARTICLE.where(articles.c.id == id_)).first()
    if row is None:
        return _deleted(connection, "dropped", id_)
    if row.near_miss is None:
        return SearchDocument("dropped", id_, row.row_version, deleted=True)
    screened = _payload(connection, id_, "screen")
    fields: dict[str, object] = {
        **_article_fields(connection, row),
        "text": row.text,
        "score": row.near_miss,
        "reason": screened.get("reason"),
    }
    return SearchDocument("dropped", id_, row.row_version, fields=fields)


def source_document(connection: sa.Connection, id_: str) -> SearchDocument:
    """One source, with when it last answered, when it last brought an article, and how many requests failed since it
    last answered."""
    row = connection.execute(sa.select(sources.c.row_version, sources.c.facts).where(sources.c.id == id_)).first()
    if row is None:
        return _deleted(connection, "source", id_)
    of_source = fetches.c.source_id == id_
    answers = of_source & fetches.c.outcome.in_([FetchOutcome.FETCHED, FetchOutcome.UNCHANGED, FetchOutcome.GONE])
    answered = connection.scalar(sa.select(sa.func.max(fetches.c.at, type_=fetches.c.at.type)).where(answers))
    since = of_source & (fetches.c.at > answered) if answered else of_source
    brought = sa.select(sa.func.count(), sa.func.max(articles.c.first_seen, type_=articles.c.first_seen.type))
    number, last_item = connection.execute(brought.where(articles.c.source_id == id_)).one()
    fields: dict[str, object] = {
        **_shown_of(id_, row.facts),
        "url": row.facts["home"],
        "languages": row.facts["languages"],
        "last_answer": _iso(answered),
        "last_item": _iso(last_item),
        "failures": connection.scalar(sa.select(sa.func.count()).where(since)),
        "articles": number,
    }
    return SearchDocument("source", id_, row.row_version, fields=fields)


def fetch_document(connection: sa.Connection, id_: str) -> SearchDocument:
    """One row of the fetch log, under its key."""
    row = connection.execute(sa.select(fetches).where(fetches.c.key == id_)).first()
    if row is None:
        return _deleted(connection, "fetch", id_)
    fields: dict[str, object] = {
        **_source_fields(connection, row.source_id),
        "url": row.url,
        "host": row.host,
        "way": row.kind,
        "outcome": row.outcome,
        "http_status": row.status,
        "reason": row.reason,
        "items": row._mapping["items"],
        "seconds": row.seconds,
        "at": _iso(row.at),
    }
    return SearchDocument("fetch", id_, FETCH_VERSION, fields=fields)


def _article_fields(connection: sa.Connection, article: AnyRow) -> dict[str, object]:
    """What documents of an article and of its parts show of it."""
    return {
        "headline": article.headline,
        "url": article.url,
        **_source_fields(connection, article.source_id),
        "lang": article.lang,
        "published": _iso(article.published_at),
        "first_seen": _iso(article.first_seen),
    }


def _story_fields(story: Story) -> dict[str, object]:
    return {
        "headline": story.headline,
        "first_published": _iso(story.first_published),
        "last_published": _iso(story.last_published),
        "first_seen": _iso(story.first_seen),
        "articles": list(story.article_ids),
        "languages": list(story.languages),
        "sources": list(story.sources),
        "framing": dict(story.framing),
        "countries": list(story.countries),
        "baseline": story.baseline,
    }


def _deleted(connection: sa.Connection, kind: DocumentKind, id_: str) -> SearchDocument:
    grave = (tombstones.c.kind == kind) & (tombstones.c.id == id_)
    version = connection.scalar(sa.select(tombstones.c.row_version).where(grave))
    return SearchDocument(kind, id_, version or 0, deleted=True)


def _reports(which: sa.ColumnElement[bool]) -> "sa.Select[Any]":
    joined = sa.select(engagement_reports, texts.c.text).join(texts, texts.c.id == engagement_reports.c.text_id)
    return joined.where(which).order_by(engagement_reports.c.position)


def _countries(reports: Sequence[AnyRow]) -> list[str]:
    return sorted({party["country"] for report in reports for party in report.parties})


def _source_fields(connection: sa.Connection, source_id: str) -> dict[str, object]:
    return _shown_of(source_id, connection.scalar(sa.select(sources.c.facts).where(sources.c.id == source_id)) or {})


def _shown_of(source_id: str, facts: Mapping[str, object]) -> dict[str, object]:
    return {
        "source": source_id,
        "source_name": facts.get("name"),
        "kind": facts.get("kind"),
        "home": facts.get("country"),
    }


def _story_id(connection: sa.Connection, article_id: str) -> str | None:
    of_article = story_members.c.article_id == article_id
    return connection.scalar(sa.select(story_members.c.story_id).where(of_article))


def _payload(connection: sa.Connection, article_id: str, stage: str) -> dict[str, Any]:
    of_stage = (stage_results.c.stage == stage) & (stage_results.c.key == article_id)
    payload: dict[str, Any] | None = connection.scalar(sa.select(stage_results.c.payload).where(of_stage))
    return payload or {}


def _origins(connection: sa.Connection, story: Story) -> list[str]:
    """Articles that are no copies: a text printed by many outlets must not pull the story's vector to itself."""
    of_story = (story_members.c.story_id == story.id) & articles.c.copy_of.is_(None) & articles.c.relevant.is_not(False)
    joined = sa.select(articles.c.id).join(story_members, story_members.c.article_id == articles.c.id)
    return list(connection.scalars(joined.where(of_story).order_by(articles.c.id)))


def _vector(connection: sa.Connection, article_ids: Sequence[str]) -> tuple[float, ...] | None:
    """The unit vector of an article, or the mean direction of several, under one model."""
    found = [held for id_ in article_ids if (held := _article_vector(connection, id_)) is not None]
    alike = [held for held in found if held.shape == found[0].shape]
    if not alike:
        return None
    mean = np.mean(alike, axis=0)
    length = float(np.linalg.norm(mean))
    return tuple(float(value) for value in mean / length) if length else None


def _article_vector(connection: sa.Connection, article_id: str) -> Vectors | None:
    """Of the model that the article's newest embed result names (`payload["model"]`, else its version); of any model
    where that one has none."""
    embedded = (stage_results.c.stage == "embed") & (stage_results.c.key == article_id)
    named = connection.execute(sa.select(stage_results.c.payload, stage_results.c.version).where(embedded)).first()
    model = ((named.payload or {}).get("model") or named.version) if named else ""
    query = sa.select(vectors.c.vector).join(articles, articles.c.text_id == vectors.c.text_id)
    query = query.where(articles.c.id == article_id)
    blob = connection.scalar(query.order_by((vectors.c.model == model).desc(), vectors.c.model).limit(1))
    return np.frombuffer(blob, "<f4") if blob is not None else None
