"""Contract of the state: runs, sources, the fetch log, what is known of addresses."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.adapters.state import SqlState
from pipeline.errors import StateError
from pipeline.records import FeedEntry, Fetch, FetchOutcome, Known, ListPage, PageRules, digest128
from tests.pipeline.adapters.conftest import Dump
from tests.pipeline.adapters.desk import DAY, DAY1, DAY2, DAY3, URL, Desk, extraction, fetch, gone, published, source


def test_runs_have_ids_of_their_own_and_only_completed_ones_count(state: SqlState) -> None:
    first, second = state.begin_run("sample", DAY1), state.begin_run("sample", DAY1)
    assert first != second
    assert len(first) == 26
    assert state.completed_runs("sample") == 0
    state.end_run(first, "completed", {"gather: fetched": 12})
    state.end_run(second, "failed", {}, "the disk is full")
    assert state.completed_runs("sample") == 1
    assert state.completed_runs("live") == 0


def test_the_newest_completed_run(state: SqlState) -> None:
    assert state.newest_run() is None
    state.end_run(state.begin_run("live", DAY2), "completed", {})
    state.end_run(state.begin_run("live", DAY1), "completed", {})
    state.end_run(state.begin_run("live", DAY3), "failed", {})
    state.begin_run("live", DAY3)
    assert state.newest_run() == DAY2


def test_sources_come_back_as_their_files_last_said(state: SqlState) -> None:
    rules = (PageRules(headline="h1", valid_until=DAY1),)
    declared = source("suva", baseline_at=DAY1, lists=(ListPage("http://a.test/", "a"),), rules=rules)
    state.register_sources([declared, source()])
    state.register_sources([source(name="Renamed")])
    assert state.sources() == [source(name="Renamed"), declared]


def test_registering_sources_again_changes_nothing(state: SqlState, dump: Callable[[], Dump]) -> None:
    rich = source("pina", lists=(ListPage("http://pina.press.test/", "a"),), rules=(PageRules(valid_until=DAY1),))
    state.register_sources([source(), rich])
    before = dump()
    state.register_sources([source(), rich])
    assert dump() == before
    state.register_sources([source("solomonstar")])
    assert len(dump()["sources"]) == 3


def test_a_renamed_source_changes_its_articles(desk: Desk) -> None:
    article = desk.article()
    desk.screen(article)
    desk.settle()
    desk.state.register_sources([source(notes="nothing that is shown")])
    assert desk.waiting() == set()
    desk.state.register_sources([source(name="The Fiji Times")])
    assert desk.waiting() == {("article", article.id)}
    assert desk.state.search_document("article", article.id).fields["source_name"] == "The Fiji Times"


def test_the_log_keeps_every_field_and_is_found_by_asked_and_final_address(desk: Desk) -> None:
    entry = FeedEntry(
        URL, "fijitimes", "http://fijitimes.press.test/feed", "Police meet", published(DAY1), ("A. Reporter",)
    )
    full = fetch(
        final_url="https://fijitimes.press.test/news/1",
        redirects=("https://fijitimes.press.test/r",),
        seconds=0.25,
        content_type="text/html",
        etag='"x"',
        last_modified="Mon, 05 Oct 2026 06:00:00 GMT",
        reason=None,
        entry=entry,
    )
    feed = fetch(
        "http://fijitimes.press.test/feed", DAY1 - DAY, None, kind="feed", outcome=FetchOutcome.BROKEN, items=0
    )
    desk.fetch(full, feed)
    assert desk.state.fetches(round_id=desk.run) == [feed, full]
    assert desk.state.fetches(url=URL) == desk.state.fetches(url="https://fijitimes.press.test/news/1") == [full]
    assert desk.state.fetches(source_id="fijitimes", url="http://nowhere.test/") == []


def test_recording_a_batch_again_changes_nothing(desk: Desk, dump: Callable[[], Dump]) -> None:
    batch = [fetch(seconds=0.1), fetch(URL + "?amp", body="two"), gone("http://fijitimes.press.test/old")]
    desk.fetch(*batch)
    before = dump()
    desk.fetch(*batch)
    desk.fetch(batch[1])
    assert dump() == before


def test_fetches_of_an_unregistered_source_are_refused_whole(desk: Desk) -> None:
    with pytest.raises(StateError, match=r"'unknown'.*register_sources"):
        desk.fetch(fetch(), fetch("http://x.test/", source_id="unknown"))
    assert desk.state.fetches() == []


def test_one_body_for_one_address_and_content(desk: Desk) -> None:
    desk.fetch(fetch(), fetch(at=DAY2), fetch(at=DAY2, body="two"))
    bodies = list(desk.state.bodies_due("1"))
    assert [body.fetched_at for body in bodies] == [DAY1, DAY2]
    assert bodies[0].key == digest128(URL, bodies[0].archived.sha256)
    assert desk.state.body(bodies[0].key) == bodies[0]
    assert desk.state.body("unknown") is None


def test_feeds_have_no_bodies_to_extract(desk: Desk) -> None:
    desk.fetch(fetch(kind="feed"))
    assert list(desk.state.bodies_due("1")) == []


def test_known_addresses_are_the_newest_fetch_of_each(desk: Desk) -> None:
    desk.fetch(fetch(etag="a", last_modified="then"), fetch(URL + "2", DAY2, None, outcome=FetchOutcome.FAILED))
    desk.fetch(fetch(at=DAY3, body=None, outcome=FetchOutcome.UNCHANGED, status=304))
    desk.fetch(fetch(at=DAY2, body=None, outcome=FetchOutcome.TIMED_OUT))  # an older one that comes late
    sha256 = digest128("one") * 2
    assert desk.state.known_addresses(["fijitimes", "other"], DAY3) == sorted(
        [
            Known(URL, "a", "then", sha256, DAY3, FetchOutcome.UNCHANGED),
            Known(URL + "2", None, None, None, DAY2, FetchOutcome.FAILED),
        ],
        key=lambda known: digest128(known.url),
    )
    assert desk.state.known_addresses(["other"], DAY3) == []


def _revisits(desk: Desk, now: object) -> set[str]:
    return {known.url for known in desk.state.known_addresses(["fijitimes"], now) if known.revisit}  # type: ignore[arg-type]


def test_relevant_articles_are_visited_again_for_thirty_days(desk: Desk) -> None:
    relevant, dropped = desk.article(1), desk.article(2)
    desk.screen(relevant)
    desk.screen(dropped, relevant=False)
    assert _revisits(desk, DAY1) == set()  # fetched at this instant already
    assert _revisits(desk, DAY2) == {relevant.url}
    assert _revisits(desk, DAY1 + timedelta(days=31)) == set()
    desk.fetch(fetch(relevant.url, DAY2, None, outcome=FetchOutcome.UNCHANGED))
    assert _revisits(desk, DAY2) == set()
    desk.fetch(gone(relevant.url, DAY3))
    assert _revisits(desk, DAY3 + DAY) == set()


def test_every_address_that_led_to_an_article_finds_it(desk: Desk) -> None:
    asked, hop, final = "http://t.test/x", "http://t.test/y", "http://fijitimes.press.test/amp/1"
    desk.fetch(fetch(asked, redirects=(hop,), final_url=final))
    (body,) = desk.state.bodies_due("1")
    desk.state.save_extractions("1", [(body, extraction(body, canonical_url=URL))], desk.identify)
    article = desk.state.article(digest128(URL))
    assert article is not None
    assert all(desk.state.article_by_url(url) == article for url in (asked, hop, final, URL))
    later = "http://t.test/later"
    desk.fetch(fetch(later, DAY2, None, final_url=final, outcome=FetchOutcome.UNCHANGED))
    assert desk.state.article_by_url(later) == article
    assert desk.state.article_by_url("http://t.test/unknown") is None


def test_every_address_of_an_article(desk: Desk) -> None:
    moved = "http://fijitimes.press.test/old"
    desk.fetch(fetch(moved, final_url=URL, redirects=("http://fijitimes.press.test/hop",)))
    desk.extract("Police met.")
    article = desk.state.article_by_url(URL)
    assert article is not None
    assert desk.state.addresses(article.id) == sorted([URL, moved, "http://fijitimes.press.test/hop"])
    assert desk.state.addresses("unknown") == []


def test_vanished_and_back(desk: Desk) -> None:
    article = desk.article()
    desk.fetch(gone(article.url, DAY2))
    desk.fetch(gone(article.url, DAY3))
    vanished = desk.state.article(article.id)
    assert vanished == replace(article, vanished_at=DAY2)
    desk.fetch(fetch(article.url, DAY3 + DAY, "page 1"))
    assert desk.state.article(article.id) == article
    desk.fetch(gone(article.url, DAY1 - DAY))  # an old row that comes late
    assert desk.state.article(article.id) == article


def test_a_confirmed_page_is_back_too(desk: Desk) -> None:
    article = desk.article()
    desk.fetch(gone(article.url, DAY2))
    desk.fetch(fetch(article.url, DAY3, None, outcome=FetchOutcome.UNCHANGED, status=304))
    assert desk.state.article(article.id) == article


def _limited(url: str, at: object, retry_at: object) -> Fetch:
    limited = {"kind": "feed", "outcome": FetchOutcome.RATE_LIMITED, "status": 429, "retry_at": retry_at}
    return fetch(url, at, None, **limited)  # type: ignore[arg-type]


def test_hosts_wait_by_their_newest_word(desk: Desk) -> None:
    hour = timedelta(hours=1)
    desk.fetch(
        _limited("http://a.test/feed", DAY1, DAY3),
        _limited("http://b.test/feed", DAY1, DAY3),
        _limited("http://b.test/feed", DAY1 + hour, DAY1 + 2 * hour),  # asks for less than before
        _limited("http://c.test/feed", DAY1, DAY1 + hour),
        fetch("http://d.test/feed", DAY1, None, outcome=FetchOutcome.POSTPONED, retry_at=DAY3),
    )
    assert desk.state.host_waits(DAY2) == {"a.test": DAY3}
    assert desk.state.host_waits(DAY3) == {}


def test_a_source_begins_with_the_first_fetch_that_brings_something(desk: Desk) -> None:
    desk.state.register_sources([source("pina", baseline_at=DAY1 - DAY), source("never")])
    desk.fetch(fetch("http://fijitimes.press.test/feed", DAY1, None, kind="feed", outcome=FetchOutcome.FAILED))
    assert desk.state.baselines() == {}
    desk.fetch(fetch("http://fijitimes.press.test/feed", DAY2, kind="feed"), fetch(at=DAY3))
    desk.fetch(fetch("http://pina.press.test/", DAY2, source_id="pina", kind="list"))
    assert desk.state.baselines() == {"fijitimes": DAY2, "pina": DAY1 - DAY}
