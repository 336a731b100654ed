"""Stories from small hand-made vectors: what goes together, what stays apart, what is joined later."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from pipeline.cluster import (
    Candidate,
    Memory,
    Rules,
    decide,
    final_stories,
    merges,
    settle,
    story_id,
)
from pipeline.records import Merge, StoryDecision

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def candidate(
    name: str, vector: Sequence[float], days: float = 0.0, countries: str = "", lang: str = "en"
) -> Candidate:
    """`countries` are two-letter codes with spaces between."""
    time = NOW + days * DAY
    row = np.asarray(vector, dtype=np.float32)
    return Candidate(name, time, time, lang, row, "lead", frozenset(countries.split()))


def take(memory: Memory, *articles: Candidate) -> list[StoryDecision]:
    found = []
    for article in articles:
        decision = decide(article, memory)
        memory.apply(article, decision)
        found.append(decision)
    return found


def test_the_first_article_opens_a_story_of_its_own() -> None:
    memory = Memory()
    (decision,) = take(memory, candidate("a", [1, 0, 0]))
    assert (decision.action, decision.nearest) == ("open", None)
    assert decision.story_id == story_id("a", NOW)
    assert memory.stories[decision.story_id].members == ["a"]


def test_a_like_article_is_attached_and_the_decision_says_to_what_and_why() -> None:
    first, second = take(Memory(), candidate("a", [1, 0, 0]), candidate("b", [1, 0.2, 0], 0.5))
    assert (second.action, second.story_id, second.nearest) == ("attach", first.story_id, "a")
    assert 0.9 < second.score <= 1.0


def test_an_unlike_article_opens_another_story() -> None:
    first, second = take(Memory(), candidate("a", [1, 0, 0]), candidate("b", [0, 1, 0]))
    assert second.action == "open"
    assert second.story_id != first.story_id


def test_an_article_goes_to_the_nearer_of_two_stories() -> None:
    first, second, third = take(
        Memory(), candidate("a", [1, 0, 0]), candidate("b", [0, 1, 0]), candidate("c", [0.5, 1, 0])
    )
    assert third.story_id == second.story_id != first.story_id


def test_the_language_of_an_article_does_not_keep_it_from_its_story() -> None:
    langs = ("en", "zh", "ar", "ru", "es")
    found = take(Memory(), *(candidate(lang, [1, 0.1 * i, 0], 0.1 * i, lang=lang) for i, lang in enumerate(langs)))
    assert len({decision.story_id for decision in found}) == 1


def test_a_fitted_centre_takes_out_what_all_texts_of_a_language_share() -> None:
    shared = np.asarray([5, 0, 0], dtype=np.float32)
    apart = (candidate("a", [5, 1, 0]), candidate("b", [5, 0, 1]))
    assert [d.action for d in take(Memory(), *apart)] == ["open", "attach"]
    assert [d.action for d in take(Memory(centres={"lead:en": shared}), *apart)] == ["open", "open"]
    assert [d.action for d in take(Memory(centres={"lead:*": shared}), *apart)] == ["open", "open"]


# --- sibling events --------------------------------------------------------------------------------------------


def test_sibling_events_of_two_countries_stay_apart_where_a_neutral_article_would_join() -> None:
    rules = Rules(attach_leads=0.7)
    close = [1, 0.5, 0]
    _, neutral = take(Memory(rules), candidate("a", [1, 0, 0], 0, "FJ"), candidate("b", close, 0.5))
    _, sibling = take(Memory(rules), candidate("a", [1, 0, 0], 0, "FJ"), candidate("b", close, 0.5, "SB"))
    assert (neutral.action, sibling.action) == ("attach", "open")


def test_agreeing_countries_and_numbers_speak_for_a_story() -> None:
    rules = Rules(attach_leads=0.2)
    far = [0.15, 1, 0]
    assert take(Memory(rules), candidate("a", [1, 0, 0]), candidate("b", far))[1].action == "open"
    agreeing = take(Memory(rules), candidate("a", [1, 0, 0], 0, "FJ"), candidate("b", far, 0, "FJ TO"))
    assert agreeing[1].action == "attach"
    numbered = [
        replace(candidate("a", [1, 0, 0]), numbers=frozenset({"2700"})),
        replace(candidate("b", far), numbers=frozenset({"2700", "122"})),
    ]
    assert take(Memory(rules), *numbered)[1].action == "attach"


# --- time ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [-13.0, 13.0])
def test_the_same_text_outside_the_window_is_another_story(days: float) -> None:
    assert take(Memory(), candidate("a", [1, 0, 0]), candidate("b", [1, 0, 0], days))[1].action == "open"


@pytest.mark.parametrize("days", [-5.0, 5.0])
def test_within_the_window_each_day_costs(days: float) -> None:
    _, late = take(Memory(), candidate("a", [1, 0, 0]), candidate("b", [1, 0, 0], days))
    assert late.action == "attach"
    assert late.score == pytest.approx(1 - 5 * Rules().day_cost, abs=1e-3)


def test_a_story_that_goes_on_keeps_its_window_open() -> None:
    found = take(Memory(), *(candidate(f"a{i}", [1, 0, 0], 8.0 * i) for i in range(4)))
    assert len({decision.story_id for decision in found}) == 1


# --- copies ----------------------------------------------------------------------------------------------------


def test_a_copy_goes_where_its_original_is_whatever_its_vector_and_time() -> None:
    memory = Memory()
    first, _ = take(memory, candidate("a", [1, 0, 0], 0, "FJ"), candidate("b", [0, 1, 0]))
    copy = replace(candidate("c", [0, 1, 0], 25, "SB"), copy_of="a")
    assert decide(copy, memory) == StoryDecision("c", "attach", first.story_id, 1.0, "a")


def test_a_copy_of_an_article_that_is_not_known_is_decided_by_itself() -> None:
    assert decide(replace(candidate("c", [0, 1, 0]), copy_of="elsewhere"), Memory()).action == "open"


# --- order -----------------------------------------------------------------------------------------------------


def test_the_same_articles_in_the_same_order_give_the_same_decisions() -> None:
    turns = np.random.default_rng(7).normal(size=(40, 6))
    articles = [candidate(f"a{i:02}", [float(x) for x in turn], i / 10) for i, turn in enumerate(turns)]
    assert take(Memory(), *articles) == take(Memory(), *articles)


def test_decisions_read_back_make_the_same_memory_as_decisions_made() -> None:
    articles = [candidate(f"a{i}", [1, i % 3, 0], i / 10) for i in range(12)]
    first, again = Memory(), Memory()
    for article, decision in zip(articles, take(first, *articles), strict=True):
        again.apply(article, decision)
    new = candidate("new", [1, 2, 0], 2)
    assert decide(new, first) == decide(new, again)
    assert first.story_of == again.story_of


def test_deciding_alone_changes_nothing() -> None:
    memory = Memory()
    take(memory, candidate("a", [1, 0, 0]))
    new = candidate("b", [1, 0, 0])
    assert decide(new, memory) == decide(new, memory)
    assert set(memory.story_of) == {"a"}


# --- merges ----------------------------------------------------------------------------------------------------


def placed(memory: Memory, story: str, *articles: Candidate) -> None:
    for article in articles:
        memory.apply(article, StoryDecision(article.id, "attach", story))


def test_two_stories_that_have_come_together_are_merged_into_the_older_one() -> None:
    memory = Memory()
    placed(memory, "01-older", candidate("a", [1, 0, 0]))
    placed(memory, "02-newer", candidate("b", [1, 0.1, 0], 1))
    (merge,) = merges(memory, ["02-newer"])
    assert (merge.story_id, merge.into) == ("02-newer", "01-older")
    assert merge.score > Rules().merge
    memory.join(merge)
    assert memory.stories.keys() == {"01-older"}
    assert memory.story_of == {"a": "01-older", "b": "01-older"}
    assert (memory.stories["01-older"].first, memory.stories["01-older"].last) == (NOW, NOW + DAY)


def test_only_stories_that_were_touched_start_a_merge() -> None:
    memory = Memory()
    placed(memory, "01", candidate("a", [1, 0, 0]))
    placed(memory, "02", candidate("b", [1, 0, 0]))
    assert merges(memory, []) == []
    assert merges(memory, ["nowhere"]) == []


def test_stories_of_different_countries_are_not_merged_as_easily() -> None:
    rules = Rules(merge=0.9)
    alike, siblings = Memory(rules), Memory(rules)
    for memory, country in ((alike, "FJ"), (siblings, "SB")):
        placed(memory, "01", candidate("a", [1, 0, 0], 0, "FJ"))
        placed(memory, "02", candidate("b", [1, 0, 0], 0, country))
    assert len(merges(alike, ["02"])) == 1
    assert merges(siblings, ["02"]) == []


def test_a_chain_of_merges_ends_in_the_oldest_story() -> None:
    memory = Memory()
    for name in ("03", "01", "02"):
        placed(memory, name, candidate(f"a{name}", [1, 0, 0]))
    first = [StoryDecision(f"a{name}", "open", name) for name in ("01", "02", "03")]
    done = settle(memory)
    assert memory.stories.keys() == {"01"}
    assert final_stories(first, done) == {"a01": "01", "a02": "01", "a03": "01"}


def test_unlike_stories_stay_as_they_are() -> None:
    memory = Memory()
    placed(memory, "01", candidate("a", [1, 0, 0]))
    placed(memory, "02", candidate("b", [0, 1, 0]))
    assert settle(memory) == []
    assert memory.stories.keys() == {"01", "02"}


def test_final_stories_follow_redirects_of_redirects() -> None:
    first = [StoryDecision("a", "open", "03"), StoryDecision("b", "open", "09")]
    assert final_stories(first, [Merge("03", "02", 0.9), Merge("02", "01", 0.9)]) == {"a": "01", "b": "09"}


# --- story ids -------------------------------------------------------------------------------------------------


def test_a_story_id_is_laid_out_as_a_ulid() -> None:
    name = story_id("article", NOW)
    assert len(name) == 26
    assert set(name) <= set(CROCKFORD)
    milliseconds = 0
    for character in name[:10]:
        milliseconds = milliseconds * 32 + CROCKFORD.index(character)
    assert milliseconds == NOW.timestamp() * 1000


def test_story_ids_sort_by_the_time_the_founder_was_first_seen() -> None:
    names = [story_id(article, NOW + i * timedelta(milliseconds=1)) for i, article in enumerate("zyx")]
    assert names == sorted(names)


def test_founders_of_one_moment_have_different_ids_and_each_always_the_same() -> None:
    assert story_id("a", NOW) != story_id("b", NOW)
    assert story_id("a", NOW) == story_id("a", NOW)
    assert story_id("a", NOW)[:10] == story_id("b", NOW)[:10]
