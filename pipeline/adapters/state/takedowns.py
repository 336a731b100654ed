"""Takedowns: an article goes with its text, its codes and its pages, and a tombstone stays that keeps it away.

The article's row is deleted and not emptied: what is not there cannot be shown by a query that forgot to ask. Whatever
else refers to it is settled in the same transaction: stories, copies, unsent mails, the documents of the index.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.adapters.schema import (
    announced,
    article_addresses,
    articles,
    bodies,
    constraints,
    fetches,
    messages,
    quarantine,
    reviews,
    revisions,
    stage_results,
    stories,
    story_members,
    takedown_addresses,
    takedowns,
    texts,
    tombstones,
    vectors,
)
from pipeline.adapters.state.clearing import remove_bodies
from pipeline.adapters.state.database import Database
from pipeline.adapters.state.stories import settle_baselines
from pipeline.adapters.state.turning_away import blank_log, remember
from pipeline.adapters.state.writing import PARTS, Row, Writing, chunks
from pipeline.errors import StateError
from pipeline.records import ArchiveRef, DocumentKind, Removal, Takedown, digest128

_ID = re.compile("[0-9a-f]{32}")
WITHDRAWN = "withdrawn: it tells of an article that was taken down"


class Takedowns(Database):
    """Takedowns of `pipeline.ports.State`."""

    def take_down(self, article_id: str, *, reason: str, by: str, at: datetime) -> Removal:
        """Take an article down. Raises `StateError` if there is none."""
        with self.writing() as writing:
            article = writing.existing(articles, [{"id": article_id}]).get((article_id,))
            if article is None:
                raise StateError(f"{article_id}: there is no such article")
            tombstone = Takedown(article_id, article["url"], reason, by, at)
            return _Undoing(writing, article, tombstone).execute()

    def takedown(self, wanted: str) -> Takedown | None:
        """By the article's id, or any address that led to it."""
        at_address = sa.select(takedown_addresses.c.article_id).where(takedown_addresses.c.url_key == digest128(wanted))
        by_id = takedowns.c.article_id == wanted if _ID.fullmatch(wanted) else sa.false()  # no database takes any word
        query = sa.select(takedowns).where(by_id | takedowns.c.article_id.in_(at_address))
        with self.reading() as connection:
            row = connection.execute(query).first()
        return Takedown(row.article_id, row.url, row.reason, row.by, row.at) if row else None

    def addresses_taken_down(self, article_id: str) -> list[str]:
        """Every address that leads to what was taken down."""
        query = sa.select(takedown_addresses.c.url).where(takedown_addresses.c.article_id == article_id)
        with self.reading() as connection:
            return list(connection.scalars(query.order_by(takedown_addresses.c.url)))

    def archived_bodies(self, article_id: str) -> list[ArchiveRef]:
        """Where an article's pages lie in the vault."""
        with self.reading() as connection:
            keys = _bodies_of(connection, article_id)
            found: set[ArchiveRef] = set()
            for chunk in chunks(sorted(keys)):
                for table, column in ((bodies, bodies.c.key), (fetches, fetches.c.body_key)):
                    query = sa.select(table.c.file, table.c.offset, table.c.sha256)
                    rows = connection.execute(query.where(column.in_(chunk), table.c.file.is_not(None)))
                    found.update(ArchiveRef(*row) for row in rows)
        return sorted(found, key=lambda ref: (ref.file, ref.offset))


# --- taking down ---------------------------------------------------------------------------------------------------


def _bodies_of(connection: sa.Connection, article_id: str) -> set[str]:
    """Keys of the bodies that were read as this article, and of those that came from its addresses and were read as no
    other."""
    read_as = stage_results.c.payload["article_id"].as_string()
    extracted = stage_results.c.stage == "extract"
    found = set(connection.scalars(sa.select(stage_results.c.key).where(extracted, read_as == article_id)))
    found.update(connection.scalars(sa.select(revisions.c.body_key).where(revisions.c.article_id == article_id)))
    own = sa.select(article_addresses.c.url_key).where(article_addresses.c.article_id == article_id)
    came = sa.select(fetches.c.body_key).where(
        fetches.c.body_key.is_not(None), fetches.c.url_key.in_(own) | fetches.c.final_url_key.in_(own)
    )
    for chunk in chunks(set(connection.scalars(came)) - found):
        other = sa.select(stage_results.c.key).where(extracted, stage_results.c.key.in_(chunk), read_as.is_not(None))
        found.update(set(chunk) - set(connection.scalars(other)))
    return found


@dataclass(frozen=True, slots=True)
class _Undoing:
    """One takedown, in its transaction."""

    writing: Writing
    article: Row
    takedown: Takedown

    @property
    def _id(self) -> str:
        return self.takedown.article_id

    def execute(self) -> Removal:
        """Everything, in an order that no foreign key minds."""
        copies = self._name_copies()
        mails, withdrawn = self._withdraw_mails()
        keys = _bodies_of(self.writing.connection, self._id)
        self._bury()
        self._forget_results(keys)
        reports = self._delete_parts()
        ended, changed = self._leave_stories()
        self._free_copies()
        self._delete_rows()
        remove_bodies(self.writing, keys)
        removed = self._delete_texts()
        return Removal(self.takedown, len(keys), removed, reports, ended, changed, copies, mails, withdrawn)

    def _all(self, query: "sa.Select[Any]") -> Sequence[Any]:
        return self.writing.connection.scalars(query).all()

    def _delete(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> None:
        self.writing.connection.execute(sa.delete(table).where(*where))

    def _name_copies(self) -> tuple[str, ...]:
        """Other articles of the same text: its original, copies of either, and whatever has a text of its."""
        family = [self._id, *filter(None, [self.article["copy_of"]])]
        shown = sa.select(revisions.c.text_id).where(revisions.c.article_id == self._id)
        same = articles.c.copy_of.in_(family) | articles.c.id.in_(family) | articles.c.text_id.in_(shown)
        return tuple(sorted(set(self._all(sa.select(articles.c.id).where(same))) - {self._id}))

    def _withdraw_mails(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Mails that announced its story, by whatever id the story then had; those that were not sent never will be."""
        home = sa.select(story_members.c.story_id).where(story_members.c.article_id == self._id).scalar_subquery()
        names = sa.select(stories.c.id).where((stories.c.id == home) | (stories.c.redirect_to == home))
        telling = sa.select(announced.c.message_id).where(announced.c.story_id.in_(names))
        query = sa.select(messages.c.id, messages.c.sent_at).where(messages.c.id.in_(telling)).order_by(messages.c.id)
        rows = self.writing.connection.execute(query).all()
        unsent = [row.id for row in rows if row.sent_at is None]
        values = {"withdrawn_at": self.takedown.at, "error": WITHDRAWN}
        self.writing.put(messages, [{"id": id_, **values} for id_ in unsent])
        return tuple(row.id for row in rows), tuple(unsent)

    def _bury(self) -> None:
        t = self.takedown
        row = {"article_id": t.article_id, "url": t.url, "reason": t.reason, "by": t.by, "at": t.at}
        self.writing.add(takedowns, [row])
        urls = self._all(sa.select(article_addresses.c.url).where(article_addresses.c.article_id == self._id))
        remember(self.writing, self._id, [t.url, *urls])
        blank_log(self.writing, [t.url, *urls])
        self._entomb("article", self._id, self.article["row_version"])
        if self.article["near_miss"] is not None:
            self._entomb("dropped", self._id, self.article["row_version"])
        self.writing.changed_sources([self.article["source_id"]])

    def _entomb(self, kind: DocumentKind, id_: str, row_version: int) -> None:
        """The index is told, by a version above any that it has."""
        self.writing.put(tombstones, [{"kind": kind, "id": id_, "row_version": row_version + 1}])
        self.writing.queue([(kind, id_, row_version + 1)])

    def _forget_results(self, body_keys: Collection[str]) -> None:
        for table in (stage_results, quarantine):
            self._delete(table, table.c.stage != "extract", table.c.key.in_([self._id, f"article:{self._id}"]))
            for chunk in chunks(sorted(body_keys)):
                self._delete(table, table.c.stage == "extract", table.c.key.in_(chunk))

    def _delete_parts(self) -> int:
        """Engagement reports, of which it returns the number, and framed sentences."""
        found: dict[DocumentKind, Sequence[str]] = {}
        for kind, table in PARTS.items():
            of_article = table.c.article_id == self._id
            found[kind] = self._all(sa.select(table.c.id).where(of_article))
            for part in found[kind]:
                self._entomb(kind, part, self.article["row_version"])
                self._delete(quarantine, quarantine.c.stage == "index", quarantine.c.key == f"{kind}:{part}")
            self._delete(table, of_article)
        return len(found["engagement"])

    def _leave_stories(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Its story is told by the others; one that is left without any goes, with the redirects to it."""
        home = self._all(sa.select(story_members.c.story_id).where(story_members.c.article_id == self._id))
        self._delete(story_members, story_members.c.article_id == self._id)
        ended = [story for story in home if self._first_member(story) is None]
        self._end(ended)
        self._found_anew()
        left = set(home) - set(ended)
        settle_baselines(self.writing, left)
        return tuple(ended), tuple(sorted(left))

    def _end(self, ids: Sequence[str]) -> None:
        gone = stories.c.id.in_(ids) | stories.c.redirect_to.in_(ids)
        for row in self.writing.connection.execute(sa.select(stories.c.id, stories.c.row_version).where(gone)).all():
            self._entomb("story", row.id, row.row_version)
        self._delete(stories, stories.c.redirect_to.in_(ids))
        self._delete(stories, stories.c.id.in_(ids))

    def _first_member(self, story_id: str) -> str | None:
        joined = sa.select(articles.c.id).join(story_members, story_members.c.article_id == articles.c.id)
        first = joined.where(story_members.c.story_id == story_id).order_by(articles.c.first_seen, articles.c.id)
        return self.writing.connection.scalar(first.limit(1))

    def _found_anew(self) -> None:
        """Stories and redirects that it founded get the first of the remaining members for a founder."""
        founded = sa.select(stories.c.id, stories.c.redirect_to).where(stories.c.founder == self._id)
        for row in self.writing.connection.execute(founded).all():
            first = self._first_member(row.redirect_to or row.id)
            if first is not None:
                self.writing.put(stories, [{"id": row.id, "founder": first}])
            else:  # all its members had left it before
                self._end([row.id])

    def _free_copies(self) -> None:
        """The first of its copies is an original from now on, the others are copies of that one."""
        order = (articles.c.first_seen, articles.c.id)
        found = self._all(sa.select(articles.c.id).where(articles.c.copy_of == self._id).order_by(*order))
        self.writing.put(articles, [{"id": id_, "copy_of": found[0] if id_ != found[0] else None} for id_ in found])
        self.writing.changed_articles(found)

    def _delete_rows(self) -> None:
        self._delete(constraints, (constraints.c.article_id == self._id) | (constraints.c.other_id == self._id))
        self._delete(reviews, reviews.c.article_id == self._id)
        self._delete(revisions, revisions.c.article_id == self._id)
        self._delete(article_addresses, article_addresses.c.article_id == self._id)
        self._delete(articles, articles.c.id == self._id)

    def _delete_texts(self) -> int:
        """Texts that nothing shows or cites any more; those that re-reading replaced are among them."""
        shown = [sa.exists().where(t.c.text_id == texts.c.id) for t in (articles, revisions, *PARTS.values())]
        reviewed = texts.c.id.in_(sa.select(reviews.c.text_id))
        found = self._all(sa.select(texts.c.id).where(~sa.or_(*shown, reviewed)))
        for chunk in chunks(found):
            self._delete(vectors, vectors.c.text_id.in_(chunk))
            self._delete(texts, texts.c.id.in_(chunk))
        return len(found)
