"""Contract of the state: what a takedown takes, what it leaves, and that nothing brings the article back."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.adapters.state import SqlState
from pipeline.errors import StateError
from pipeline.records import (
    ArchiveRef,
    Article,
    Extraction,
    FeedEntry,
    Fetch,
    FetchOutcome,
    Identity,
    Known,
    Merge,
    Removal,
    StoryDecision,
    Takedown,
    digest128,
)
from tests.pipeline.adapters.conftest import Dump
from tests.pipeline.adapters.desk import DAY1, DAY2, DAY3, REPORT, Desk, extraction, fetch, message

STORY, OTHER = "01K6SK7V00B8WPJ3C1AT5M4N2E", "01K6SK7V00ZZZZZZZZZZZZZZZZ"
NAME = "Waisale Tuivaga"


class Reprints(Desk):
    """Knows which pages reprint another one, by the headline."""

    def identify(self, read: Extraction) -> Identity:
        found = super().identify(read)
        _, _, of = read.headline.partition("copy of ")
        return replace(found, copy_of=of or None)


def private(desk: Desk, number: int = 1, **fields: Any) -> Article:
    """A relevant article about a private person, coded by every stage, fetched by way of another address."""
    url = f"http://fijitimes.press.test/news/{number}"
    entry = FeedEntry(url, "fijitimes", "http://fijitimes.press.test/feed", f"{NAME} trained", None, (NAME,))
    asked = fetch(f"{url}?from=feed", final_url=url, body=f"{number} {NAME}", entry=entry, etag='"1"')
    desk.fetch(replace(asked, redirects=(f"{url}/hop",), archived=ArchiveRef(f"{number}.warc.gz", 50, "ab" * 32)))
    desk.extract(f"{NAME} was trained by {number}.", headline=f"Training of {NAME} {number}", **fields)
    article = desk.state.article_by_url(url)
    assert article is not None
    desk.screen(article)
    desk.embed(article, (1.0, 0.0))
    desk.frame(article)
    desk.engage(article, REPORT)
    return article


def take_down(desk: Desk, article: Article) -> Removal:
    return desk.state.take_down(article.id, reason="asked by the person", by="desk", at=DAY3)


def test_nothing_of_it_is_left_but_the_tombstone(desk: Desk, dump: Callable[[], Dump]) -> None:
    article, other = private(desk), desk.article(2)
    desk.screen(other)
    desk.story(STORY, article, other)
    desk.state.constrain("must", article.id, other.id)
    report = next(iter(desk.state.reports())).id
    removal = take_down(desk, article)
    told = Takedown(article.id, article.url, "asked by the person", "desk", DAY3)
    assert removal == Removal(told, 1, 1, 1, (), (STORY,), (), (), ())
    held = dump()
    assert NAME not in repr(held)
    assert {table for table, rows in held.items() if report in repr(rows)} == {"tombstones", "search_outbox"}
    of_it = {table for table, rows in held.items() if article.id in repr(rows)}
    assert of_it == {
        "takedowns", "takedown_addresses", "tombstones", "search_outbox",
        "fetches",  # the digest of its address
        "stage_results",  # why the other article came to the story
    }  # fmt: skip
    assert desk.state.article(article.id) is None
    assert desk.state.constraints() == []


def test_it_is_told_by_every_address_that_led_to_it(desk: Desk) -> None:
    article = private(desk)
    told = take_down(desk, article).takedown
    addresses = [article.url, f"{article.url}/hop", f"{article.url}?from=feed"]
    assert desk.state.addresses_taken_down(article.id) == addresses
    for wanted in (article.id, *addresses):
        assert desk.state.takedown(wanted) == told
    assert desk.state.takedown("http://fijitimes.press.test/news/2") is None


def test_the_fetch_log_still_says_when_it_was_asked_for(desk: Desk) -> None:
    article = private(desk)
    take_down(desk, article)
    (row,) = desk.state.fetches(url=article.url)
    assert (row.outcome, row.status, row.archived, row.at) == ("fetched", 200, None, DAY1)
    assert row.entry == FeedEntry(article.url, "fijitimes", "http://fijitimes.press.test/feed")


def test_what_is_no_article_cannot_be_taken_down(desk: Desk, dump: Callable[[], Dump]) -> None:
    before = dump()
    with pytest.raises(StateError, match="no such article"):
        desk.state.take_down("0" * 32, reason="x", by="desk", at=DAY3)
    assert dump() == before


# --- the index -----------------------------------------------------------------------------------------------------


def test_its_documents_leave_the_index(desk: Desk) -> None:
    article, other = private(desk), desk.article(2)
    desk.screen(other)
    desk.story(STORY, article, other)
    documents = desk.waiting()
    versions = {row: desk.state.search_document(*row).row_version for row in documents}
    desk.settle()
    take_down(desk, article)
    gone = {row for row in documents if row[1] not in (other.id, STORY)}
    assert {kind for kind, _ in gone} == {"article", "engagement", "sentence"}
    assert desk.waiting() == gone | {("story", STORY)}
    for row in gone:
        document = desk.state.search_document(*row)
        assert document.deleted
        assert document.row_version > versions[row]
    desk.settle()
    assert desk.waiting() == set()
    assert gone < set(desk.state.documents())


# --- stories -------------------------------------------------------------------------------------------------------


def test_a_story_without_another_article_ends(desk: Desk) -> None:
    article = private(desk)
    desk.story(STORY, article)
    desk.settle()
    removal = take_down(desk, article)
    assert (removal.stories_ended, removal.stories_changed) == ((STORY,), ())
    assert desk.state.stories() == []
    assert desk.state.story(STORY) is None
    assert ("story", STORY) in desk.waiting()
    assert desk.state.search_document("story", STORY).deleted


def test_a_story_is_told_by_its_other_articles(desk: Desk) -> None:
    article, other = private(desk), desk.article(2, at=DAY2, lang="zh")
    desk.screen(other)
    desk.story(STORY, article, other)
    before = desk.state.story(STORY)
    assert before is not None
    take_down(desk, article)
    after = desk.state.story(STORY)
    assert after is not None
    assert (after.headline, after.founder, after.article_ids) == ("Headline 2", other.id, (other.id,))
    assert (after.first_seen, after.languages, after.countries, after.framing) == (DAY2, ("zh",), (), {})
    assert after.row_version > before.row_version


def test_a_merged_story_keeps_its_redirect_while_it_has_articles(desk: Desk) -> None:
    article, other = private(desk), desk.article(2)
    desk.screen(other)
    desk.story(STORY, other)
    desk.story(OTHER, article)
    desk.state.save_merges([Merge(OTHER, STORY, 0.9)])
    take_down(desk, article)
    story = desk.state.story(OTHER)
    assert story is not None
    assert (story.id, story.article_ids) == (STORY, (other.id,))
    take_down(desk, other)
    assert desk.state.story(OTHER) is None
    assert desk.state.search_document("story", OTHER).deleted


def test_a_story_that_it_founded_and_left_ends(desk: Desk) -> None:
    article, other = private(desk), desk.article(2)
    desk.screen(other)
    desk.story(OTHER, article)
    desk.story(STORY, other, article)
    take_down(desk, article)
    assert [story.id for story in desk.state.stories()] == [STORY]
    assert desk.state.story(OTHER) is None


# --- copies, shared texts ------------------------------------------------------------------------------------------


def test_copies_are_named_and_the_first_of_them_is_an_original_now(state: SqlState) -> None:
    desk = Reprints(state)
    article = private(desk)
    copies = [desk.article(n, headline=f"{n}, copy of {article.id}", text=f"{NAME} again, {n}") for n in (2, 3, 4)]
    desk.screen(*copies)
    desk.settle()
    removal = take_down(desk, article)
    assert removal.copies == tuple(sorted(copy.id for copy in copies))
    first, *others = sorted(copies, key=lambda copy: (copy.first_seen, copy.id))
    found = {copy.id: copy for copy in state.articles(removal.copies)}
    assert found[first.id].copy_of is None
    assert {found[copy.id].copy_of for copy in others} == {first.id}
    assert {("article", copy.id) for copy in copies} < desk.waiting()
    assert all(copy.text for copy in found.values())


def test_of_a_copy_its_original_and_the_other_copies_are_named(state: SqlState) -> None:
    desk = Reprints(state)
    original = private(desk)
    first, second = (desk.article(n, headline=f"{n}, copy of {original.id}") for n in (2, 3))
    removal = take_down(desk, first)
    assert removal.copies == tuple(sorted([original.id, second.id]))
    assert next(state.articles([second.id])).copy_of == original.id


def test_a_text_that_another_article_has_too_stays_its_text(desk: Desk) -> None:
    first, second = (desk.article(n, text="The same words.", headline="Same") for n in (1, 2))
    removal = take_down(desk, first)
    assert (removal.texts, removal.copies) == (0, (second.id,))
    assert desk.state.text(second.text_id) == ("Same", "The same words.")


def test_every_revision_and_every_earlier_reading_goes(desk: Desk, dump: Callable[[], Dump]) -> None:
    article = private(desk)
    desk.extract(f"{NAME}, read by better rules.", version="2")
    desk.fetch(fetch(article.url, DAY2, f"edited {NAME}"))
    desk.extract(f"{NAME}, edited.", version="2")
    assert len(desk.state.revisions(article.id)) == 2
    removal = take_down(desk, article)
    assert (removal.bodies, removal.texts) == (2, 3)
    assert NAME not in repr(dump())


def test_a_page_that_was_fetched_and_not_read_yet_goes_too(desk: Desk, dump: Callable[[], Dump]) -> None:
    article = private(desk)
    desk.fetch(fetch(article.url, DAY2, "edited"))
    take_down(desk, article)
    assert list(desk.state.bodies_due("1")) == []
    assert len(dump()["vault_cuts"]) == 2


# --- mails ---------------------------------------------------------------------------------------------------------


def test_mails_about_its_story_are_named_and_those_not_sent_never_will_be(desk: Desk) -> None:
    article, other = private(desk), desk.article(2)
    desk.screen(other)
    desk.story(STORY, article)
    desk.story(OTHER, other)
    for id_, story in (("sent", STORY), ("unsent", STORY), ("another", OTHER)):
        desk.state.enqueue_message(message(id_, rule=id_), [story])
    desk.state.mark_message("sent", written_at=DAY2, sent_at=DAY2)
    removal = take_down(desk, article)
    assert (removal.mails, removal.withdrawn) == (("sent", "unsent"), ("unsent",))
    assert [mail.id for mail in desk.state.messages(unsent=True)] == ["another"]
    assert [mail.id for mail in desk.state.messages(unwritten=True)] == ["another"]
    errors = {mail.id: mail.error for mail in desk.state.messages()}
    assert errors == {"sent": None, "another": None, "unsent": "withdrawn: it tells of an article that was taken down"}
    assert desk.state.announced("sent") == {STORY}


# --- kept away -----------------------------------------------------------------------------------------------------


def known(desk: Desk) -> dict[str, Known]:
    return {one.url: one for one in desk.state.known_addresses(["fijitimes"], DAY3)}


def test_its_addresses_count_as_read(desk: Desk) -> None:
    article = private(desk)
    desk.fetch(
        fetch(article.url, DAY2, None, outcome=FetchOutcome.FAILED, status=500)
    )  # asked again, if it were not for the takedown
    take_down(desk, article)
    for url in (article.url, f"{article.url}?from=feed", f"{article.url}/hop"):
        assert known(desk)[url] == Known(url, None, None, None, DAY3, known(desk)[url].outcome)
        assert known(desk)[url].outcome == "fetched"
    assert len(known(desk)) == 3


def by_another_address(article: Article) -> tuple[Fetch, dict[str, str]]:
    """A page of another address that says it is this one."""
    return fetch("http://fijitimes.press.test/amp/1", DAY3, f"amp {NAME}"), {"canonical_url": article.url}


def by_a_redirect(article: Article) -> tuple[Fetch, dict[str, str]]:
    """An address that now leads to it."""
    return fetch("http://fijitimes.press.test/short", DAY3, f"short {NAME}", final_url=article.url), {}


def by_its_old_address(article: Article) -> tuple[Fetch, dict[str, str]]:
    """Its address now leads elsewhere."""
    moved = "http://fijitimes.press.test/moved/1"
    return fetch(article.url, DAY3, f"moved {NAME}", final_url=moved), {"canonical_url": moved}


def test_what_an_address_of_many_articles_leads_to_next_is_taken_in(desk: Desk) -> None:
    """The newest page's address, say, which led to the one that was taken down."""
    latest, second = "http://fijitimes.press.test/latest", "http://fijitimes.press.test/news/2"
    desk.fetch(fetch(latest, DAY1, f"latest {NAME}", final_url="http://fijitimes.press.test/news/1"))
    (first,) = desk.extract(f"{NAME} was trained.", canonical_url="http://fijitimes.press.test/news/1")
    desk.state.take_down(first.article_id, reason="asked", by="desk", at=DAY2)
    desk.fetch(fetch(latest, DAY3, "Police met.", final_url=second))
    (next_one,) = desk.extract("Police met.", canonical_url=second)
    assert next_one.outcome == "new"
    assert [article.url for article in desk.state.articles()] == [second]


@pytest.mark.parametrize("way", [by_another_address, by_a_redirect, by_its_old_address])
def test_it_is_not_taken_in_again(
    desk: Desk, dump: Callable[[], Dump], way: Callable[[Article], tuple[Fetch, dict[str, str]]]
) -> None:
    article = private(desk)
    take_down(desk, article)
    again, said = way(article)
    assert again.archived is not None
    desk.fetch(replace(again, archived=replace(again.archived, file="again.warc.gz", offset=7)))
    identities = desk.extract(f"{NAME} was trained, again.", **said)
    assert [(one.article_id, one.outcome) for one in identities] == [(article.id, "taken_down")]
    assert NAME not in repr(dump())
    assert list(desk.state.articles()) == []
    assert list(desk.state.bodies_due("1")) == []
    assert desk.state.vault_cuts()["again.warc.gz"] == [7]
    assert again.url in known(desk)


def test_what_a_run_that_had_begun_still_says_of_it_is_dropped(desk: Desk, dump: Callable[[], Dump]) -> None:
    article, other = private(desk), desk.article(2)
    desk.screen(other)
    take_down(desk, article)
    before = dump()
    desk.screen(article)
    desk.frame(article)
    desk.engage(article, REPORT)
    desk.state.save_vectors("use/1", {article.text_id: np.ones(2, np.float32)})
    desk.state.save_decisions([StoryDecision(article.id, "open", STORY)], "1", baseline=lambda _: False)
    assert dump() == before


def test_other_pages_of_the_source_are_taken_in_as_ever(desk: Desk) -> None:
    take_down(desk, private(desk))
    desk.fetch(fetch("http://fijitimes.press.test/news/2", DAY3, "two"))
    done = [(body, extraction(body)) for body in desk.state.bodies_due("1")]
    identities = desk.state.save_extractions("1", done, desk.identify)
    assert [one.outcome for one in identities] == ["new"]
    assert digest128("http://fijitimes.press.test/news/2") == identities[0].article_id
