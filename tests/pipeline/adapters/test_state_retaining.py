"""Contract of the state: what rules of retention may take, and above all what they may not."""

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.errors import StateError
from pipeline.records import ArchiveRef, Article, FetchOutcome, digest128
from tests.pipeline.adapters.conftest import Dump
from tests.pipeline.adapters.desk import DAY1, DAY2, DAY3, REPORT, URL, Desk, fetch, gone, message


def dropped(desk: Desk, number: int = 1, **fields: Any) -> Article:
    """An article that the screen dropped."""
    article = desk.article(number, **fields)
    desk.screen(article, relevant=False)
    return article


def apply(state: Any, before: Any = DAY3) -> tuple[int, int]:
    """The rule of dropped pages."""
    pages = state.remove_dropped_bodies(list(state.dropped_bodies(before)), before)
    return pages, state.empty_dropped_texts(list(state.dropped_texts(before)), before, DAY3)


def test_of_a_dropped_page_address_headline_reason_and_score_stay(desk: Desk) -> None:
    article = dropped(desk)
    assert apply(desk.state) == (1, 1)
    kept = desk.state.article_by_url(article.url)
    assert kept is not None
    assert (kept.headline, kept.text, kept.text_id) == (article.headline, "", article.text_id)
    screening = desk.state.screening(article.id)
    assert screening is not None
    assert (screening.relevant, screening.score, screening.reason) == (False, 0.1, "terms")
    (row,) = desk.state.fetches(url=article.url)
    assert (row.outcome, row.archived) == (FetchOutcome.FETCHED, None)
    assert desk.state.vault_cuts() == {"a.warc.gz": [0]}
    assert desk.state.archived_bodies(article.id) == []


def test_a_second_time_there_is_nothing_to_do(desk: Desk, dump: Callable[[], Dump]) -> None:
    dropped(desk)
    apply(desk.state)
    before = dump()
    assert apply(desk.state) == (0, 0)
    assert dump() == before


def test_what_is_not_old_enough_stays(desk: Desk, dump: Callable[[], Dump]) -> None:
    dropped(desk, at=DAY2)
    before = dump()
    assert apply(desk.state, DAY2) == (0, 0)
    assert dump() == before


def relevant(desk: Desk, article: Article) -> None:
    desk.screen(article, version="2")


def in_a_story(desk: Desk, article: Article) -> None:
    desk.screen(article, version="2")
    desk.story("01K6SK7V00B8WPJ3C1AT5M4N2E", article)
    desk.screen(article, relevant=False, version="3")


def reporting(desk: Desk, article: Article) -> None:
    desk.engage(article, REPORT)


@pytest.mark.parametrize("become", [relevant, in_a_story, reporting])
def test_evidence_stays(desk: Desk, dump: Callable[[], Dump], become: Callable[[Desk, Article], None]) -> None:
    article = dropped(desk)
    become(desk, article)
    before = dump()
    assert apply(desk.state) == (0, 0)
    assert dump() == before


def test_what_became_evidence_since_it_was_listed_stays(desk: Desk) -> None:
    article = dropped(desk)
    bodies, texts = list(desk.state.dropped_bodies(DAY3)), list(desk.state.dropped_texts(DAY3))
    assert (len(bodies), len(texts)) == (1, 1)
    desk.screen(article, version="2")
    assert desk.state.remove_dropped_bodies(bodies, DAY3) == 0
    assert desk.state.empty_dropped_texts(texts, DAY3, DAY3) == 0


@pytest.mark.parametrize("how", ["article", "revision", "unscreened", "young"])
def test_a_text_that_another_article_shares_stays(desk: Desk, how: str) -> None:
    """A relevant one, an earlier revision of one, one that was not screened yet, one that is dropped and not old."""
    article = dropped(desk, 1, text="The same words.", headline="Same")
    other = desk.article(2, at=DAY3 if how == "young" else DAY2, text="The same words.", headline="Same")
    if how != "unscreened":
        desk.screen(other, relevant=how != "young")
    if how == "revision":
        desk.fetch(fetch(other.url, DAY3, "edited"))
        desk.extract("Quite other words.")
    assert apply(desk.state) == (1, 0)
    assert desk.state.text(article.text_id) == ("Same", "The same words.")
    assert desk.state.archived_bodies(other.id)


def test_a_text_that_only_dropped_articles_share_goes(desk: Desk) -> None:
    first, second = (dropped(desk, n, text="The same words.", headline="Same") for n in (1, 2))
    assert apply(desk.state) == (2, 1)
    assert [article.text for article in desk.state.articles([first.id, second.id])] == ["", ""]


def test_the_texts_of_earlier_revisions_go_too(desk: Desk) -> None:
    article = dropped(desk)
    desk.fetch(fetch(article.url, DAY2, "edited"))
    desk.extract("Edited.")
    desk.screen(*desk.state.articles([article.id]), relevant=False)
    assert apply(desk.state) == (2, 2)


def test_an_emptied_article_is_not_screened_or_read_again(desk: Desk) -> None:
    dropped(desk)
    apply(desk.state)
    assert list(desk.state.articles_due("screen", "2", relevant_only=False)) == []
    assert list(desk.state.bodies_due("2")) == []


def test_a_text_that_comes_again_is_whole_again(desk: Desk) -> None:
    article = dropped(desk)
    apply(desk.state)
    again = desk.article(2, at=DAY3, text=article.text, headline=article.headline)
    assert again.text_id == article.text_id
    assert desk.state.text(article.text_id) == (article.headline, article.text)
    assert [one.id for one in desk.state.articles_due("screen", "1", relevant_only=False)] == [again.id]


# --- the fetch log -------------------------------------------------------------------------------------------------


def superseded(desk: Desk) -> int:
    return desk.state.remove_fetches(list(desk.state.superseded_fetches(DAY3)), DAY3)


def test_the_last_word_on_every_address_stays(desk: Desk) -> None:
    feed = "http://fijitimes.press.test/feed"
    archived = ArchiveRef("feeds.warc.gz", 300, "ab" * 32)
    desk.fetch(
        fetch(feed, DAY1, kind="feed", archived=archived),
        fetch(feed, DAY2, None, kind="feed", outcome=FetchOutcome.UNCHANGED),
        gone(URL, DAY1),
        fetch(URL + "9", DAY1, None, outcome=FetchOutcome.FAILED),
        fetch(URL + "9", DAY3, None, outcome=FetchOutcome.FAILED),
    )
    assert superseded(desk) == 2
    assert [row.outcome for row in desk.state.fetches(url=feed)] == [FetchOutcome.UNCHANGED]
    assert [row.at for row in desk.state.fetches(url=URL + "9")] == [DAY3]
    assert len(desk.state.fetches(url=URL)) == 1
    assert desk.state.vault_cuts() == {"feeds.warc.gz": [300]}
    assert superseded(desk) == 0


def test_a_row_that_brought_a_kept_body_stays(desk: Desk) -> None:
    desk.screen(desk.article(1))
    desk.fetch(
        fetch(URL, DAY2, None, outcome=FetchOutcome.UNCHANGED), fetch(URL, DAY3, None, outcome=FetchOutcome.UNCHANGED)
    )
    assert superseded(desk) == 1
    assert [row.at for row in desk.state.fetches(url=URL)] == [DAY1, DAY3]
    assert desk.state.vault_cuts() == {}


# --- mails, the vault's list ---------------------------------------------------------------------------------------


def test_an_emptied_mail_is_never_sent(desk: Desk) -> None:
    desk.state.enqueue_message(message("old"), ["S"])
    desk.state.enqueue_message(message("sent"), [])
    desk.state.mark_message("sent", sent_at=DAY2)
    desk.state.empty_messages(["old", "sent"], DAY3)
    found = {mail.id: mail for mail in desk.state.messages()}
    assert {mail.eml for mail in found.values()} == {b""}
    assert (found["sent"].error, found["old"].error) == (None, "withdrawn: older than mails are kept")
    assert desk.state.messages(unsent=True) == []
    assert desk.state.announced("daily") == {"S"}


def test_a_new_file_is_cited_or_waste_at_every_moment(desk: Desk) -> None:
    desk.fetch(
        fetch(archived=ArchiveRef("a.warc.gz", 10, "ab" * 32)), fetch(URL + "2", archived=ArchiveRef("a.warc.gz", 90, "cd" * 32)),
        fetch(URL + "3", kind="feed", archived=ArchiveRef("b.warc.gz", 90, "ef" * 32)),
    )  # fmt: skip
    desk.state.plan_vault_file("a.cut1.warc.gz")
    assert desk.state.vault_waste() == ["a.cut1.warc.gz"]
    desk.state.replace_vault_file("a.warc.gz", "a.cut1.warc.gz", {10: 10, 90: 30})
    assert desk.state.vault_waste() == ["a.warc.gz"]
    archived = [row.archived for row in desk.state.fetches()]
    assert [(ref.file, ref.offset) for ref in archived if ref] == [
        ("a.cut1.warc.gz", 10), ("a.cut1.warc.gz", 30), ("b.warc.gz", 90)
    ]  # fmt: skip
    body = desk.state.body(digest128(URL, "ab" * 32))
    assert body is not None
    assert body.archived == archived[0]
    desk.state.forget_waste("a.warc.gz")
    assert desk.state.vault_waste() == []


def test_rows_are_not_turned_to_a_file_that_is_no_longer_planned(desk: Desk, dump: Callable[[], Dump]) -> None:
    desk.fetch(fetch())
    before = dump()
    with pytest.raises(StateError, match="another process cleared the vault"):
        desk.state.replace_vault_file("a.warc.gz", "a.cut1.warc.gz", {0: 0})
    assert dump() == before


def test_what_goes_leaves_the_index_as_well(desk: Desk) -> None:
    near = desk.article(1)
    desk.miss(near)
    desk.fetch(fetch(near.url, DAY2, None, outcome=FetchOutcome.FAILED), fetch(near.url, DAY3, None))
    failed = next(row for row in desk.state.claim_outbox(50) if row[0] == "fetch" and _failed(desk, row))
    desk.settle()
    apply(desk.state)
    assert desk.state.search_document("dropped", near.id).fields["text"] == ""
    assert desk.waiting() == {("dropped", near.id)}
    desk.state.remove_fetches(list(desk.state.superseded_fetches(DAY3)), DAY3)
    assert failed in desk.state.claim_outbox(50)
    assert desk.state.search_document(*failed).deleted
    assert failed in set(desk.state.documents())


def _failed(desk: Desk, row: tuple[str, str]) -> bool:
    return desk.state.search_document(*row).fields["outcome"] == FetchOutcome.FAILED
