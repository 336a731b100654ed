"""What one extraction does to its article.

A revision is a change that the publisher made, so revisions hang on bodies and not on texts: each names the newest body
that shows it. From that follows what an extraction of a body may do:

    the article is unknown              it begins, revision 1
    the body is not newer than the one  the text is kept; where the body shows a revision, new rules have read the same
    that the article shows              page and that revision's text is mended; there is never a new one
    same text, or `identify` says so    the body now shows the current revision
    anything else                       a new revision

Two bodies of one instant (two addresses of one page) are no revision of each other: the first one stands.
"""

from dataclasses import replace
from typing import Literal

import sqlalchemy as sa

from pipeline.adapters.schema import articles, revisions, texts
from pipeline.adapters.state.gathering import asked, link_addresses
from pipeline.adapters.state.rows import said_row
from pipeline.adapters.state.writing import Row, Writing
from pipeline.records import Body, Extraction, Identity

Effect = Literal["new", "revision", "unchanged"]


def keep_article(writing: Writing, body: Body, extraction: Extraction, identity: Identity) -> Identity:
    """Write article, text, revision and addresses; the identity with the outcome as it came about."""
    text = {"id": extraction.text_id, "headline": extraction.headline, "text": extraction.text, "emptied_at": None}
    writing.put(texts, [text])  # the same text again, unless a rule of retention emptied it
    stored = writing.existing(articles, [{"id": identity.article_id}]).get((identity.article_id,))
    if stored is None:
        _begin(writing, body, extraction, identity)
        effect: Effect = "new"
    else:
        effect = _continue(writing, stored, body, extraction, identity)
    urls = [extraction.canonical_url, extraction.url, body.url, *asked(writing, body.key)]
    link_addresses(writing, identity.article_id, urls, body.fetched_at)
    return replace(identity, outcome=effect)


def _begin(writing: Writing, body: Body, extraction: Extraction, identity: Identity) -> None:
    row = {
        "id": identity.article_id,
        "url": extraction.canonical_url,
        "source_id": body.source_id,
        "first_seen": body.fetched_at,
        "text_id": extraction.text_id,
        "revision": 1,
        "copy_of": identity.copy_of,
        "body_at": body.fetched_at,
        "row_version": 0,  # raised to 1 when the transaction ends
        **said_row(extraction),
    }
    writing.put(articles, [row])
    writing.put(revisions, [_revision(identity.article_id, 1, body, extraction)])
    writing.changed_articles([identity.article_id])
    writing.changed_sources([body.source_id])


def _revision(article_id: str, number: int, body: Body, extraction: Extraction) -> Row:
    shown = {"body_key": body.key, "text_id": extraction.text_id, "first_seen": body.fetched_at}
    return {"article_id": article_id, "number": number, **shown}


def _continue(writing: Writing, stored: Row, body: Body, extraction: Extraction, identity: Identity) -> Effect:
    if body.fetched_at <= stored["body_at"]:
        _mend(writing, stored, body, extraction, identity)
        return "unchanged"
    place = {"article_id": stored["id"], "number": stored["revision"]}
    if extraction.text_id == stored["text_id"] or identity.outcome == "unchanged":
        writing.put(revisions, [{**place, "body_key": body.key}])
        _show(writing, stored, extraction, identity, {"body_at": body.fetched_at})
        return "unchanged"
    number = stored["revision"] + 1
    writing.put(revisions, [_revision(stored["id"], number, body, extraction)])
    newest = {"text_id": extraction.text_id, "revision": number, "body_at": body.fetched_at}
    _show(writing, stored, extraction, identity, newest)
    return "revision"


def _mend(writing: Writing, stored: Row, body: Body, extraction: Extraction, identity: Identity) -> None:
    """A page is read again: the revisions that it shows (two, where the publisher went back) get its new text."""
    of_article = revisions.c.article_id == stored["id"]
    shown = sa.select(revisions.c.number).where(of_article, revisions.c.body_key == body.key)
    numbers = writing.connection.scalars(shown).all()
    mended = [{"article_id": stored["id"], "number": number, "text_id": extraction.text_id} for number in numbers]
    writing.put(revisions, mended)
    if stored["revision"] in numbers:
        _show(writing, stored, extraction, identity, {"text_id": extraction.text_id})


def _show(writing: Writing, stored: Row, extraction: Extraction, identity: Identity, values: Row) -> None:
    """Bring the article's row up to date. A time of publication once known is not lost to a page that names none, and
    whether it is a copy is decided with its text."""
    said = {**said_row(extraction), **values}
    if extraction.published is None:
        said = {name: value for name, value in said.items() if not name.startswith("published_")}
    if values.get("text_id", stored["text_id"]) != stored["text_id"]:
        said["copy_of"] = identity.copy_of
    if any(stored[name] != value for name, value in said.items() if name != "body_at"):
        writing.changed_articles([stored["id"]])
    writing.put(articles, [{"id": stored["id"], **said}])
