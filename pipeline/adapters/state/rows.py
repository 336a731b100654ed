"""Rows of the tables as records, and back."""

from typing import Any, TypeAlias

import sqlalchemy as sa

from pipeline.adapters.schema import articles, texts
from pipeline.adapters.state.writing import Row
from pipeline.payloads import plain, record
from pipeline.records import (
    ArchiveRef,
    Article,
    Body,
    Extraction,
    FeedEntry,
    Fetch,
    FetchOutcome,
    Message,
    Moment,
    StageResult,
    digest128,
)

AnyRow: TypeAlias = sa.Row[*tuple[Any, ...]]

ARTICLE = sa.select(articles, texts.c.headline, texts.c.text).join(texts, texts.c.id == articles.c.text_id)


def moment_row(moment: Moment | None) -> Row:
    """The three columns of a time of publication."""
    return {
        "published_at": moment and moment.at,
        "published_from": moment and moment.provenance,
        "published_precision": moment and moment.precision,
    }


def moment_of(row: AnyRow) -> Moment | None:
    """The time of publication in a row of `articles`."""
    if row.published_at is None:
        return None
    return Moment(row.published_at, row.published_from, row.published_precision)


def article_of(row: AnyRow) -> Article:
    """From a row of `ARTICLE`."""
    return Article(
        id=row.id,
        url=row.url,
        source_id=row.source_id,
        first_seen=row.first_seen,
        published=moment_of(row),
        headline=row.headline,
        text=row.text,
        text_id=row.text_id,
        lang=row.lang,
        authors=tuple(row.authors),
        agency=row.agency,
        revision=row.revision,
        copy_of=row.copy_of,
        vanished_at=row.vanished_at,
    )


def said_row(extraction: Extraction) -> Row:
    """What an extraction says of its article, beside address and text, as columns of `articles`."""
    return {
        "lang": extraction.lang,
        "authors": list(extraction.authors),
        "agency": extraction.agency,
        **moment_row(extraction.published),
    }


def _archived(row: AnyRow) -> ArchiveRef:
    return ArchiveRef(row.file, row.offset, row.sha256)


def _entry(row: AnyRow) -> FeedEntry | None:
    return record(FeedEntry, row.entry) if row.entry else None


def body_of(row: AnyRow) -> Body:
    """From a row of `bodies`."""
    return Body(row.key, row.url, row.source_id, _archived(row), row.content_type, row.fetched_at, _entry(row))


def body_row(fetch: Fetch, archived: ArchiveRef) -> Row:
    """The row of the body that `fetch` brought."""
    url = fetch.final_url or fetch.url
    return {
        "key": digest128(url, archived.sha256),
        "url": url,
        "source_id": fetch.source_id,
        "file": archived.file,
        "offset": archived.offset,
        "sha256": archived.sha256,
        "content_type": fetch.content_type,
        "fetched_at": fetch.at,
        "entry": plain(fetch.entry) if fetch.entry else None,
    }


_PLAIN_FETCH = (
    "url", "source_id", "kind", "at", "status", "reason", "final_url", "size", "seconds", "content_type", "etag",
    "last_modified", "retry_at", "items",
)  # fmt: skip


def fetch_row(run_id: str, fetch: Fetch, host: str, body_key: str | None) -> Row:
    """The row of the fetch log."""
    archived = fetch.archived
    return {
        **{name: getattr(fetch, name) for name in _PLAIN_FETCH},
        "key": digest128(run_id, *(f"{name}={value}" for name, value in plain(fetch).items())),
        "run_id": run_id,
        "url_key": digest128(fetch.url),
        "final_url_key": digest128(fetch.final_url) if fetch.final_url else None,
        "host": host,
        "outcome": fetch.outcome.value,
        "redirects": list(fetch.redirects),
        "file": archived and archived.file,
        "offset": archived and archived.offset,
        "sha256": archived and archived.sha256,
        "entry": plain(fetch.entry) if fetch.entry else None,
        "body_key": body_key,
    }


def fetch_of(row: AnyRow) -> Fetch:
    """From a row of `fetches`."""
    return Fetch(
        **{name: getattr(row, name) for name in _PLAIN_FETCH},
        outcome=FetchOutcome(row.outcome),
        redirects=tuple(row.redirects),
        archived=_archived(row) if row.file is not None else None,
        entry=_entry(row),
    )


_PLAIN_RESULT = ("key", "stage", "version", "fingerprint", "outcome", "reason")


def result_row(result: StageResult) -> Row:
    """The row of a stage's result, without its attempts."""
    return {**{name: getattr(result, name) for name in _PLAIN_RESULT}, "payload": result.payload}


def result_of(row: AnyRow) -> StageResult:
    """From a row of `stage_results`."""
    return StageResult(**{name: getattr(row, name) for name in _PLAIN_RESULT}, payload=row.payload)


def quarantined_row(result: StageResult) -> Row:
    """The row of `quarantine`."""
    return {name: getattr(result, name) for name in _PLAIN_RESULT}


def quarantined_of(row: AnyRow) -> StageResult:
    """From a row of `quarantine`."""
    return StageResult(**{name: getattr(row, name) for name in _PLAIN_RESULT})


_PLAIN_MESSAGE = ("id", "rule", "subject", "eml", "created_at", "written_at", "sent_at", "attempts", "error")


def message_row(message: Message) -> Row:
    """The row of a message."""
    plain_values = {name: getattr(message, name) for name in _PLAIN_MESSAGE}
    return {**plain_values, "recipients": list(message.recipients)}


def message_of(row: AnyRow) -> Message:
    """From a row of `messages`."""
    return Message(**{name: getattr(row, name) for name in _PLAIN_MESSAGE}, recipients=tuple(row.recipients))
