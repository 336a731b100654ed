"""Contract of the state: decisions, merges, stories as they are read, analysts' constraints."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from pipeline.adapters.state import SqlState
from pipeline.errors import StateError
from pipeline.records import Article, EngagementReport, Merge, Party, Story, StoryDecision
from tests.pipeline.adapters.conftest import Dump
from tests.pipeline.adapters.desk import (
    DAY,
    DAY1,
    DAY2,
    DAY3,
    REPORT,
    Desk,
    extraction,
    fetch,
    message,
    published,
    source,
)


def _story(desk: Desk, story_id: str) -> Story:
    story = desk.state.story(story_id)
    assert story is not None
    return story


def test_a_story_is_told_by_its_articles(desk: Desk) -> None:
    desk.state.register_sources([source("pina")])
    founder = desk.article(1, DAY2, published=published(DAY1))
    reply = desk.article(2, DAY3, lang="fr")
    copy = desk.article(3, DAY3 + DAY, published=published(DAY3))
    desk.fetch(fetch("http://pina.press.test/", DAY3 + DAY, "elsewhere", source_id="pina"))
    bodies = desk.state.bodies_due("1")
    done = [(body, extraction(body, founder.text, headline=founder.headline)) for body in bodies]
    desk.state.save_extractions("1", done, lambda read: replace(desk.identify(read), copy_of=founder.id))
    elsewhere = desk.state.article_by_url("http://pina.press.test/")
    assert elsewhere is not None
    desk.screen(founder, reply, copy, elsewhere)
    desk.story("S1", founder, reply, copy, elsewhere)
    desk.frame(founder, "mixed")
    desk.frame(reply, "mixed")
    desk.frame(copy, "influence")
    desk.engage(founder, REPORT, EngagementReport("visit", "agreed", 0, 4, (Party("SB", "host", 0, 4),)))
    story = _story(desk, "S1")
    assert story == Story(
        id="S1",
        headline="Headline 1",
        founder=founder.id,
        first_seen=DAY2,
        first_published=DAY1,
        last_published=DAY3 + DAY,
        article_ids=(founder.id, reply.id, *sorted((copy.id, elsewhere.id))),
        languages=("en", "fr"),
        sources=("fijitimes", "pina"),
        origins=3,
        copies=1,
        framing={"influence": 1, "mixed": 2},
        countries=("FJ", "SB"),
        baseline=False,
        row_version=story.row_version,
    )
    assert desk.state.stories() == [story]


def test_saving_decisions_again_changes_nothing(desk: Desk, dump: Callable[[], Dump]) -> None:
    first, second = desk.article(1), desk.article(2)
    desk.story("S1", first, second)
    before = dump()
    desk.story("S1", first, second)
    assert dump() == before


def test_a_decision_is_the_result_of_the_cluster_stage(desk: Desk) -> None:
    article = desk.article()
    assert [due.id for due in desk.state.articles_due("cluster", "1", relevant_only=False)] == [article.id]
    desk.story("S1", article)
    assert list(desk.state.articles_due("cluster", "1", relevant_only=False)) == []
    assert desk.state.story_of(article.id) == "S1"
    assert desk.state.story_of("unknown") is None


def test_an_article_that_moves_leaves_its_story(desk: Desk) -> None:
    founder, mover, other = desk.article(1), desk.article(2, DAY2), desk.article(3)
    desk.screen(founder, mover, other)
    desk.story("S1", founder, mover)
    desk.story("S2", other)
    desk.settle()
    before = desk.versions(("story", "S1"), ("story", "S2"), ("article", mover.id))
    desk.state.save_decisions([StoryDecision(mover.id, "attach", "S2")], "1", baseline=lambda _: False)
    after = desk.versions(("story", "S1"), ("story", "S2"), ("article", mover.id))
    assert [new - old for new, old in zip(after, before, strict=True)] == [1, 1, 1]
    assert _story(desk, "S1").article_ids == (founder.id,)
    assert mover.id in _story(desk, "S2").article_ids
    assert desk.waiting() == {("story", "S1"), ("story", "S2"), ("article", mover.id)}


def test_a_story_that_its_founder_left_is_told_by_its_first_article(desk: Desk) -> None:
    founder, second = desk.article(1), desk.article(2, DAY2)
    desk.story("S1", founder, second)
    desk.story("S2", founder)
    assert (_story(desk, "S1").founder, _story(desk, "S1").headline) == (second.id, "Headline 2")
    desk.story("S2", second)
    assert desk.state.story("S1") is None
    assert desk.state.search_document("story", "S1").deleted
    assert [story.id for story in desk.state.stories()] == ["S2"]


def test_a_story_is_baseline_while_all_its_articles_are(desk: Desk) -> None:
    old, new, moved = desk.article(1), desk.article(2, DAY2), desk.article(3)
    desk.story("S1", old, baseline=True)
    assert _story(desk, "S1").baseline
    desk.story("S1", old, moved, baseline=True)
    asked: list[Article] = []

    def baseline(article: Article) -> bool:
        asked.append(article)
        return False

    desk.state.save_decisions([StoryDecision(new.id, "attach", "S1")], "1", baseline=baseline)
    assert asked == [new]
    assert not _story(desk, "S1").baseline
    desk.state.save_decisions([StoryDecision(new.id, "open", "S2")], "1", baseline=baseline)
    assert _story(desk, "S1").baseline


def test_a_merge_moves_articles_and_leaves_a_redirect(desk: Desk, dump: Callable[[], Dump]) -> None:
    first, second = desk.article(1), desk.article(2, DAY2)
    desk.screen(first, second)
    desk.story("S1", first, baseline=True)
    desk.story("S2", second)
    desk.settle()
    merge = [Merge("S2", "S1", 0.9)]
    desk.state.save_merges(merge)
    assert _story(desk, "S2") == _story(desk, "S1")
    assert _story(desk, "S1").article_ids == (first.id, second.id)
    assert not _story(desk, "S1").baseline
    assert desk.state.story_of(second.id) == "S1"
    assert [story.id for story in desk.state.stories()] == ["S1"]
    assert desk.waiting() == {("story", "S1"), ("story", "S2"), ("article", second.id)}
    assert desk.state.search_document("story", "S2").deleted
    before = dump()
    desk.state.save_merges(merge)
    desk.state.save_merges([Merge("S1", "S2", 0.9)])
    assert dump() == before


def test_a_redirect_to_a_redirect_is_resolved(desk: Desk) -> None:
    articles = [desk.article(number) for number in (1, 2, 3)]
    for number, article in enumerate(articles, 1):
        desk.story(f"S{number}", article)
    desk.state.save_merges([Merge("S3", "S2", 0.9), Merge("S2", "S1", 0.9)])
    assert [_story(desk, story_id).id for story_id in ("S1", "S2", "S3")] == ["S1"] * 3
    late = desk.article(4)
    desk.state.save_decisions([StoryDecision(late.id, "attach", "S3")], "1", baseline=lambda _: False)
    assert desk.state.story_of(late.id) == "S1"
    desk.state.save_decisions([StoryDecision(articles[2].id, "open", "S3")], "1", baseline=lambda _: False)
    assert desk.state.story_of(articles[2].id) == "S1"


def test_decisions_and_merges_about_nothing_known_are_refused(desk: Desk) -> None:
    article = desk.article()
    desk.story("S1", article)
    with pytest.raises(StateError, match="unknown articles: nobody"):
        desk.state.save_decisions([StoryDecision("nobody", "open", "S2")], "1", baseline=lambda _: False)
    with pytest.raises(StateError):
        desk.state.save_decisions([StoryDecision(article.id, "attach", "nowhere")], "1", baseline=lambda _: False)
    with pytest.raises(StateError, match="no such story"):
        desk.state.save_merges([Merge("nowhere", "S1", 0.9)])
    assert desk.state.story_of(article.id) == "S1"
    assert desk.state.story("nowhere") is None


def test_stories_since_a_time(desk: Desk) -> None:
    old = desk.article(1, DAY1, published=published(DAY1 - DAY))
    late_seen = desk.article(2, DAY3, published=published(DAY1))
    followed, follower = desk.article(3, DAY1), desk.article(4, DAY3)
    for story_id, members in {"S1": [old], "S2": [late_seen], "S3": [followed, follower]}.items():
        desk.story(story_id, *members)
    assert [story.id for story in desk.state.stories(since=DAY2)] == ["S2", "S3"]
    assert [story.id for story in desk.state.stories(since=DAY1)] == ["S1", "S2", "S3"]
    assert desk.state.stories(since=DAY3 + DAY) == []


def test_articles_that_were_dropped_are_no_part_of_a_story(desk: Desk) -> None:
    first, dropped = desk.article(1), desk.article(2)
    desk.screen(first, dropped)
    desk.story("S1", first, dropped)
    desk.screen(dropped, relevant=False, version="2")
    assert _story(desk, "S1").article_ids == (first.id,)


def test_what_was_announced_stays_announced_through_merges(desk: Desk) -> None:
    first, second = desk.article(1), desk.article(2)
    desk.story("S1", first)
    desk.story("S2", second)
    desk.state.enqueue_message(message(), ["S2"])
    desk.state.save_merges([Merge("S2", "S1", 0.9)])
    assert desk.state.announced("daily") == {"S1", "S2"}


def test_the_later_word_on_a_pair_of_articles_counts(state: SqlState, desk: Desk) -> None:
    first, second = sorted((desk.article(1).id, desk.article(2).id))
    state.constrain("must", second, first)
    state.constrain("cannot", first, second)
    assert state.constraints() == [("cannot", first, second)]


def test_a_full_listing_reads_each_table_once(desk: Desk) -> None:
    for number in range(12):
        desk.story(f"S{number}", desk.article(number))
    statements: list[str] = []

    def listen(*arguments: Any) -> None:
        statements.append(arguments[2])

    sa.event.listen(sa.Engine, "before_cursor_execute", listen)
    try:
        assert len(desk.state.stories()) == 12
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", listen)
    assert len([statement for statement in statements if statement.startswith("SELECT")]) == 2
