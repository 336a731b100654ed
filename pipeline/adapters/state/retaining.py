"""What rules of retention take away. A page is dropped here in one sense: the screen dropped its article, which is in no
story, reports nothing and was never reviewed. So no evidence is ever touched.

Queries say what is due; writes look again, inside their transaction, so that what has become evidence meanwhile stays.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.adapters.schema import (
    articles,
    bodies,
    fetches,
    messages,
    reviews,
    revisions,
    stage_results,
    story_members,
    texts,
    tombstones,
    vectors,
)
from pipeline.adapters.state.clearing import cut, remove_bodies
from pipeline.adapters.state.database import Database
from pipeline.adapters.state.documents import FETCH_VERSION
from pipeline.adapters.state.writing import PARTS, chunks

OLD = "withdrawn: older than mails are kept"


class Retaining(Database):
    """Retention of `pipeline.ports.State`."""

    def dropped_bodies(self, before: datetime) -> Iterator[str]:
        """Keys of the bodies of articles that were dropped, their newest one fetched before."""
        rows = self.pages(_dropped_bodies(before), (bodies.c.key,))
        return (row.key for row in rows)

    def remove_dropped_bodies(self, keys: Sequence[str], before: datetime) -> int:
        """Their rows go, and their records go onto the list of cuts; how they were read is kept."""
        with self.writing() as writing:
            found = writing.connection.scalars(_dropped_bodies(before).where(bodies.c.key.in_(keys))).all()
            remove_bodies(writing, found)
        return len(found)

    def dropped_texts(self, before: datetime) -> Iterator[str]:
        """Ids of the texts that only such articles have, or had in a revision."""
        return (row.id for row in self.pages(sa.select(texts.c.id).where(_dropped_text(before)), (texts.c.id,)))

    def empty_dropped_texts(self, ids: Sequence[str], before: datetime, now: datetime) -> int:
        """The text goes, the headline stays."""
        due = sa.select(texts.c.id).where(_dropped_text(before), texts.c.id.in_(ids))
        with self.writing() as writing:
            found = writing.connection.scalars(due).all()
            writing.put(texts, [{"id": id_, "text": "", "emptied_at": now} for id_ in found])
            for chunk in chunks(found):
                writing.connection.execute(sa.delete(vectors).where(vectors.c.text_id.in_(chunk)))
                near = sa.select(articles.c.id).where(articles.c.text_id.in_(chunk), articles.c.near_miss.is_not(None))
                writing.changed_articles(writing.connection.scalars(near))
        return len(found)

    def superseded_fetches(self, before: datetime) -> Iterator[int]:
        """Numbers of the log's rows before this time that no body came by, with a later row about the same address:
        the last word on every address stays."""
        return (row.number for row in self.pages(_superseded(before), (fetches.c.number,)))

    def remove_fetches(self, numbers: Sequence[int], before: datetime) -> int:
        """The rows go, and what they alone cite in the vault (feeds, sitemaps, lists) goes onto the list of cuts."""
        with self.writing() as writing:
            found = writing.connection.scalars(_superseded(before).where(fetches.c.number.in_(numbers))).all()
            for chunk in chunks(found):
                these = fetches.c.number.in_(chunk)
                archived = sa.select(fetches.c.file, fetches.c.offset).where(these, fetches.c.file.is_not(None))
                cut(writing, writing.connection.execute(archived))
                keys = writing.connection.scalars(sa.select(fetches.c.key).where(these))
                graves = [{"kind": "fetch", "id": key, "row_version": FETCH_VERSION + 1} for key in keys]
                writing.put(tombstones, graves)
                writing.queue(tuple(grave.values()) for grave in graves)
                writing.connection.execute(sa.delete(fetches).where(these))
        return len(found)

    def empty_messages(self, ids: Sequence[str], now: datetime) -> None:
        """Their bytes go; what they announced, to whom and when, stays. One that was not sent never will be."""
        for chunk in chunks(ids):
            with self.writing() as writing:
                these = messages.c.id.in_(chunk)
                writing.connection.execute(sa.update(messages).where(these).values(eml=b""))
                unsent = sa.update(messages).where(
                    these, messages.c.sent_at.is_(None), messages.c.withdrawn_at.is_(None)
                )
                writing.connection.execute(unsent.values(withdrawn_at=now, error=OLD))


def _dropped(before: datetime) -> "sa.ColumnElement[bool]":
    """Of a row of `articles`."""
    evidence = [sa.exists().where(t.c.article_id == articles.c.id) for t in (story_members, *PARTS.values(), reviews)]
    return sa.and_(articles.c.relevant.is_(False), articles.c.body_at < before, ~sa.or_(*evidence))


def _dropped_bodies(before: datetime) -> "sa.Select[Any]":
    """A condition on each body, and no join, so that a page of bodies is found by walking them in order."""
    read_as = stage_results.c.payload["article_id"].as_string()
    read = sa.select(articles.c.id).join(stage_results, articles.c.id == read_as)
    of_body = (stage_results.c.key == bodies.c.key) & (stage_results.c.stage == "extract")
    return sa.select(bodies.c.key).where(read.where(of_body, _dropped(before)).exists())


def _dropped_text(before: datetime) -> "sa.ColumnElement[bool]":
    """Of a row of `texts`: every article that shows it or once did is dropped, and there is one."""
    shows = sa.select(articles.c.id).where(articles.c.text_id == texts.c.id)
    showed = sa.select(articles.c.id).join(revisions, revisions.c.article_id == articles.c.id)
    showed = showed.where(revisions.c.text_id == texts.c.id)
    kept = [query.where(~_dropped(before)).exists() for query in (shows, showed)]
    return sa.and_(
        texts.c.emptied_at.is_(None), texts.c.text != "", sa.or_(shows.exists(), showed.exists()),
        ~sa.or_(*kept), texts.c.id.not_in(sa.select(reviews.c.text_id)),
    )  # fmt: skip


def _superseded(before: datetime) -> "sa.Select[Any]":
    later = fetches.alias("later")
    newer = sa.tuple_(later.c.at, later.c.number) > sa.tuple_(fetches.c.at, fetches.c.number)
    told_since = sa.exists().where(later.c.url_key == fetches.c.url_key, newer)
    brought = sa.exists().where(bodies.c.key == fetches.c.body_key)
    return sa.select(fetches.c.number).where(fetches.c.at < before, told_since, ~brought)
