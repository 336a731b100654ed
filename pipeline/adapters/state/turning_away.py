"""What keeps an article away that was taken down, whatever a run that had begun before still brings of it."""

from collections.abc import Iterable

import sqlalchemy as sa

from pipeline.adapters.schema import addresses, fetches, takedown_addresses, takedowns
from pipeline.adapters.state.clearing import remove_bodies
from pipeline.adapters.state.gathering import asked
from pipeline.adapters.state.writing import Writing, chunks
from pipeline.records import Body, Extraction, digest128


def taken_down(connection: sa.Connection, article_ids: Iterable[str]) -> set[str]:
    """Those of the articles that were taken down."""
    found: set[str] = set()
    for chunk in chunks(set(article_ids)):
        found.update(connection.scalars(sa.select(takedowns.c.article_id).where(takedowns.c.article_id.in_(chunk))))
    return found


def turn_away(writing: Writing, body: Body, extraction: Extraction) -> str | None:
    """Whether a page is one that was taken down, by the address that it came from or gives itself, or because the
    article's own address now leads to it: then it is removed again, every address that led to it is remembered, and the
    article's id is returned. Other addresses decide nothing: what redirects to the newest page led to others before."""
    own = {extraction.canonical_url, extraction.url, body.url}
    urls = own.union(asked(writing, body.key))
    known = takedown_addresses.c
    moved = known.url_key.in_(map(digest128, urls)) & (known.url_key == known.article_id)
    query = sa.select(known.article_id).where(known.url_key.in_(map(digest128, own)) | moved)
    article_id: str | None = writing.connection.scalar(query.order_by(known.article_id).limit(1))
    if article_id is not None:
        remember(writing, article_id, urls)
        remove_bodies(writing, [body.key])
        blank_log(writing, urls)
    return article_id


def remember(writing: Writing, article_id: str, urls: Iterable[str]) -> None:
    """These addresses lead to what was taken down."""
    rows = [{"url_key": digest128(url), "url": url, "article_id": article_id} for url in sorted(set(urls))]
    writing.add(takedown_addresses, rows)


def blank_log(writing: Writing, urls: Iterable[str]) -> None:
    """The log still says when an address was asked for and what named it, but not the title that was named."""
    for chunk in chunks(sorted({digest128(url) for url in urls})):
        about = fetches.c.url_key.in_(chunk) | fetches.c.final_url_key.in_(chunk)
        rows = writing.connection.execute(
            sa.select(fetches.c.number, fetches.c.entry).where(about, fetches.c.entry.is_not(None))
        )
        blanked = [{"number": n, "entry": {**entry, "title": None, "authors": []}} for n, entry in rows.all()]
        writing.put(fetches, blanked)
        known = addresses.c.url_key.in_(chunk)
        writing.connection.execute(sa.update(addresses).where(known).values(sha256=None, etag=None, last_modified=None))
