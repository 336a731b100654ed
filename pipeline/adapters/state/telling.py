"""The record of a story out of the rows of its members."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from pipeline.adapters.schema import articles, engagement_reports, stories, story_members, texts
from pipeline.adapters.state.rows import AnyRow
from pipeline.records import Story

_MEMBERS = (
    sa.select(
        stories.c.id.label("story_id"),
        stories.c.founder,
        stories.c.baseline,
        stories.c.row_version,
        articles.c.id,
        articles.c.first_seen,
        articles.c.published_at,
        articles.c.lang,
        articles.c.source_id,
        articles.c.copy_of,
        articles.c.framing,
        texts.c.headline,
    )
    .join(story_members, story_members.c.story_id == stories.c.id)
    .join(articles, articles.c.id == story_members.c.article_id)
    .join(texts, texts.c.id == articles.c.text_id)
    .where(stories.c.redirect_to.is_(None), articles.c.relevant.is_not(False))  # dropped later: no longer its article
    .order_by(stories.c.id, articles.c.first_seen, articles.c.id)
)

_PARTIES = (
    sa.select(story_members.c.story_id, engagement_reports.c.parties)
    .join(engagement_reports, engagement_reports.c.article_id == story_members.c.article_id)
    .join(stories, stories.c.id == story_members.c.story_id)
    .join(articles, articles.c.id == story_members.c.article_id)
    .where(articles.c.relevant.is_not(False))
)


def tell(connection: sa.Connection, *which: sa.ColumnElement[bool]) -> list[Story]:
    """The living stories that have members, those that meet `which`, by id."""
    countries: defaultdict[str, set[str]] = defaultdict(set)
    for report in connection.execute(_PARTIES.where(*which)):
        countries[report.story_id].update(party["country"] for party in report.parties)
    members: defaultdict[str, list[AnyRow]] = defaultdict(list)
    for row in connection.execute(_MEMBERS.where(*which)):
        members[row.story_id].append(row)
    return [_story(rows, countries[story_id]) for story_id, rows in members.items()]


def _story(members: Sequence[AnyRow], countries: Iterable[str]) -> Story:
    """`members` in order of (first seen, id); where the founder has left, the first of them stands for it."""
    first = members[0]
    founder = next((row for row in members if row.id == first.founder), first)
    times = [row.published_at or row.first_seen for row in members]
    copies = sum(row.copy_of is not None for row in members)
    return Story(
        id=first.story_id,
        headline=founder.headline,
        founder=founder.id,
        first_seen=first.first_seen,
        first_published=min(times),
        last_published=max(times),
        article_ids=tuple(row.id for row in members),
        languages=tuple(sorted({row.lang for row in members})),
        sources=tuple(sorted({row.source_id for row in members})),
        origins=len(members) - copies,
        copies=copies,
        framing=dict(sorted(Counter(row.framing for row in members if row.framing).items())),
        countries=tuple(sorted(countries)),
        baseline=first.baseline,
        row_version=first.row_version,
    )
