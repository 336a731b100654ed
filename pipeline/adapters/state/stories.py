"""Stories: who belongs to them, what became one, and the record that is derived from their articles when it is read.

Nothing of a `Story` is stored twice: headline, times, languages, counts are read from its members. A full listing reads
each table once and groups in memory, so it grows with the number of articles and not with stories times articles.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from pipeline.adapters.schema import articles, constraints, stories, story_members
from pipeline.adapters.state.database import Database
from pipeline.adapters.state.results import keep_article_results
from pipeline.adapters.state.rows import ARTICLE, article_of
from pipeline.adapters.state.telling import tell
from pipeline.adapters.state.turning_away import taken_down
from pipeline.adapters.state.writing import Row, Writing, chunks
from pipeline.errors import StateError
from pipeline.payloads import plain
from pipeline.records import Article, Merge, StageResult, Story, StoryDecision


class Stories(Database):
    """Stories of `pipeline.ports.State`."""

    def save_decisions(
        self, decisions: Sequence[StoryDecision], version: str, *, baseline: Callable[[Article], bool]
    ) -> None:
        """Write memberships. A decision for a story that was merged away goes to the one that it became."""
        with self.writing() as writing:
            gone = taken_down(writing.connection, [decision.article_id for decision in decisions])
            latest = {decision.article_id: decision for decision in decisions if decision.article_id not in gone}
            decided = _articles(writing, latest)
            living = _living(writing, {decision.story_id for decision in latest.values()})
            _open_stories(writing, [decision for decision in latest.values() if decision.story_id not in living])
            rows = []
            for id_, article in decided.items():
                story_id = living.get(latest[id_].story_id, latest[id_].story_id)
                rows.append({"article_id": id_, "story_id": story_id, "baseline": baseline(article)})
            _move(writing, rows)
            results = [
                StageResult(id_, "cluster", version, decided[id_].text_id, "record", payload=plain(decision))
                for id_, decision in latest.items()
            ]
            keep_article_results(writing, results)

    def save_merges(self, merges: Sequence[Merge]) -> None:
        """Move members and leave redirects, in order: a later merge may name a story that an earlier one ended."""
        with self.writing() as writing:
            for merge in merges:
                living = _living(writing, {merge.story_id, merge.into})
                if len(living) < len({merge.story_id, merge.into}):
                    raise StateError(f"merge of {merge.story_id} into {merge.into}: there is no such story")
                if living[merge.story_id] != living[merge.into]:
                    _merge(writing, living[merge.story_id], living[merge.into])

    def story(self, story_id: str) -> Story | None:
        """By its id or a redirect's."""
        asked = stories.alias()
        wanted = sa.select(sa.func.coalesce(asked.c.redirect_to, asked.c.id)).where(asked.c.id == story_id)
        with self.reading() as connection:
            told = tell(connection, stories.c.id == wanted.scalar_subquery())
        return told[0] if told else None

    def stories(self, *, since: datetime | None = None) -> list[Story]:
        """Living stories by id."""
        with self.reading() as connection:
            if since is None:
                return tell(connection)
            told = tell(connection, stories.c.id.in_(_with_member_since(since)))
        return [story for story in told if max(story.last_published, story.first_seen) >= since]

    def story_of(self, article_id: str) -> str | None:
        """The story of an article."""
        query = sa.select(story_members.c.story_id).where(story_members.c.article_id == article_id)
        with self.reading() as connection:
            return connection.scalar(query)

    def constrain(self, kind: Literal["must", "cannot"], article_id: str, other_id: str) -> None:
        """Keep an analyst's word on two articles; the later word replaces the earlier one."""
        first, second = sorted((article_id, other_id))
        with self.writing() as writing:
            writing.put(constraints, [{"kind": kind, "article_id": first, "other_id": second}])

    def constraints(self) -> list[tuple[Literal["must", "cannot"], str, str]]:
        """Analysts' links, ordered by their articles."""
        order = (constraints.c.article_id, constraints.c.other_id)
        with self.reading() as connection:
            rows = connection.execute(sa.select(constraints).order_by(*order)).all()
        return [("must" if row.kind == "must" else "cannot", row.article_id, row.other_id) for row in rows]


def _with_member_since(since: datetime) -> "sa.Select[tuple[str]]":
    """Ids of stories with an article published or first seen not before `since` (under names of their own, since the
    query round it reads the same tables)."""
    member, article = story_members.alias(), articles.alias()
    recent = (article.c.published_at >= since) | (article.c.first_seen >= since)
    return sa.select(member.c.story_id).join(article, article.c.id == member.c.article_id).where(recent)


def _articles(writing: Writing, ids: Iterable[str]) -> dict[str, Article]:
    found = {}
    for chunk in chunks(ids):
        rows = writing.connection.execute(ARTICLE.where(articles.c.id.in_(chunk)))
        found.update({row.id: article_of(row) for row in rows})
    unknown = sorted(set(ids) - set(found))
    if unknown:
        raise StateError(
            f"story decisions about unknown articles: {', '.join(unknown[:3])}: save their extraction first"
        )
    return found


def _living(writing: Writing, ids: set[str]) -> dict[str, str]:
    """The known ones of `ids`, each with the living story that it stands for."""
    known = writing.existing(stories, [{"id": id_} for id_ in sorted(ids)])
    return {id_: row["redirect_to"] or id_ for (id_,), row in known.items()}


def _open_stories(writing: Writing, decisions: Sequence[StoryDecision]) -> None:
    opened = [
        {"id": decision.story_id, "founder": decision.article_id, "baseline": False, "row_version": 0}
        for decision in decisions
        if decision.action == "open"
    ]
    writing.changed_stories(row["id"] for row in writing.add(stories, opened))


def _move(writing: Writing, rows: Sequence[Row]) -> None:
    """Put articles into stories; both the stories that they leave and those that they join change."""
    before = writing.existing(story_members, rows)
    written = writing.put(story_members, rows)
    left = {before[key]["story_id"] for row in written if (key := (row["article_id"],)) in before}
    writing.changed_articles(row["article_id"] for row in written)
    settle_baselines(writing, left | {row["story_id"] for row in written})


def settle_baselines(writing: Writing, ids: set[str]) -> None:
    """A story is baseline while all its members are."""
    for chunk in chunks(sorted(ids)):
        counted = sa.select(story_members.c.story_id, sa.func.min(sa.cast(story_members.c.baseline, sa.Integer)))
        of_stories = counted.where(story_members.c.story_id.in_(chunk)).group_by(story_members.c.story_id)
        rows = writing.connection.execute(of_stories).all()
        writing.put(stories, [{"id": id_, "baseline": bool(lowest)} for id_, lowest in rows])
    writing.changed_stories(ids)


def _merge(writing: Writing, story_id: str, into: str) -> None:
    of_story = story_members.c.story_id == story_id
    moved = writing.connection.scalars(sa.select(story_members.c.article_id).where(of_story)).all()
    writing.connection.execute(sa.update(story_members).where(of_story).values(story_id=into))
    ended = (stories.c.id == story_id) | (stories.c.redirect_to == story_id)
    writing.connection.execute(sa.update(stories).where(ended).values(redirect_to=into))
    writing.changed_articles(moved)
    writing.changed_stories([story_id])
    settle_baselines(writing, {into})
