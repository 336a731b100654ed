"""Contract of the state: bodies due, articles, revisions, texts, quarantine of what cannot be extracted."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pipeline.ports import State
from pipeline.records import Article, Body, Extraction, Identity, StageResult, digest128
from tests.pipeline.adapters.conftest import Dump
from tests.pipeline.adapters.desk import DAY1, DAY2, DAY3, URL, Desk, extraction, fetch, published, source


def _only(state: State) -> Article:
    (article,) = state.articles()
    return article


def test_an_article_comes_out_as_it_went_in(desk: Desk) -> None:
    fields: dict[str, Any] = {"published": published(DAY1), "authors": ("A. Reporter",), "agency": "AFP", "lang": "zh"}
    desk.fetch(fetch())
    assert desk.extract("公安部与斐济警察会谈。", headline="会谈", **fields) == [
        Identity(digest128(URL), digest128("会谈", "公安部与斐济警察会谈。"), "new")
    ]
    article = _only(desk.state)
    assert article == Article(
        digest128(URL), URL, "fijitimes", DAY1, published(DAY1), "会谈", "公安部与斐济警察会谈。",
        digest128("会谈", "公安部与斐济警察会谈。"), "zh", ("A. Reporter",), "AFP",
    )  # fmt: skip
    assert desk.state.text(article.text_id) == (article.headline, article.text)
    assert desk.state.text("unknown") is None


def test_saving_extractions_again_changes_nothing(desk: Desk, dump: Callable[[], Dump]) -> None:
    desk.fetch(fetch(), fetch(URL + "2", body="two"))
    done = [(body, extraction(body)) for body in desk.state.bodies_due("1")]
    first = desk.state.save_extractions("1", done, desk.identify)
    before = dump()
    again = desk.state.save_extractions("1", done, desk.identify)
    assert dump() == before
    assert [identity.outcome for identity in first] == ["new", "new"]
    assert [identity.outcome for identity in again] == ["unchanged", "unchanged"]


def test_a_changed_page_is_a_revision_and_keeps_id_and_first_seen(desk: Desk) -> None:
    article = desk.article()
    desk.fetch(fetch(article.url, DAY2, "page 1, changed"))
    (identity,) = desk.extract("Officers of part 1 were not trained.")
    assert identity.outcome == "revision"
    changed = desk.state.article(article.id)
    assert changed is not None
    assert (changed.revision, changed.first_seen, changed.text) == (2, DAY1, "Officers of part 1 were not trained.")
    assert desk.state.revisions(article.id) == [(1, article.text_id, DAY1), (2, changed.text_id, DAY2)]
    assert desk.state.text(article.text_id) == (article.headline, article.text)


def test_an_older_body_never_replaces_a_newer_text(desk: Desk) -> None:
    desk.fetch(fetch(at=DAY1, body="old"), fetch(at=DAY3, body="new"), fetch(at=DAY2, body="between"))
    bodies = {body.fetched_at: body for body in desk.state.bodies_due("1")}
    for at in (DAY3, DAY1, DAY2):
        desk.state.save_extractions("1", [(bodies[at], extraction(bodies[at], f"text of {at:%d}"))], desk.identify)
    article = desk.state.article(digest128(URL))
    assert article is not None
    assert (article.text, article.revision) == ("text of 07", 1)
    assert desk.state.text(digest128("Police meet", "text of 05")) is not None


def test_two_bodies_of_one_instant_are_no_revision(desk: Desk) -> None:
    desk.fetch(fetch(), fetch(URL + "/amp", body="amp"))
    first, second = desk.state.bodies_due("1")
    done = [
        (first, extraction(first, "One.", canonical_url=URL)),
        (second, extraction(second, "Two.", canonical_url=URL)),
    ]
    assert [i.outcome for i in desk.state.save_extractions("1", done, desk.identify)] == ["new", "unchanged"]
    assert [number for number, _, _ in desk.state.revisions(digest128(URL))] == [1]


def test_new_rules_mend_the_text_and_add_no_revision(desk: Desk) -> None:
    desk.fetch(fetch(body="one"))
    desk.extract("Menu. One.")
    desk.fetch(fetch(at=DAY2, body="two"))
    desk.extract("Menu. Two.")
    done = [(b, extraction(b, "One." if b.fetched_at == DAY1 else "Two.")) for b in desk.state.bodies_due("2")]
    outcomes = [identity.outcome for identity in desk.state.save_extractions("2", done, desk.identify)]
    assert outcomes == ["unchanged", "unchanged"]
    article = desk.state.article(digest128(URL))
    assert article is not None
    assert (article.text, article.revision) == ("Two.", 2)
    texts = [digest128("Police meet", "One."), digest128("Police meet", "Two.")]
    assert [(number, text) for number, text, _ in desk.state.revisions(article.id)] == list(enumerate(texts, 1))


def test_another_page_with_the_same_text_is_no_revision(desk: Desk) -> None:
    article = desk.article(published=published(DAY1))
    desk.fetch(fetch(article.url, DAY2, "the same with another advertisement"))
    (identity,) = desk.extract(article.text, headline=article.headline)  # this time the page names no date
    assert identity.outcome == "unchanged"
    assert desk.state.article(article.id) == article


def test_going_back_to_an_earlier_page_is_a_revision(desk: Desk) -> None:
    article = desk.article()
    desk.fetch(fetch(article.url, DAY2, "page 1, changed"))
    desk.extract("Changed.")
    desk.fetch(fetch(article.url, DAY3, "page 1"))
    desk.extract(article.text, headline=article.headline)
    back = desk.state.article(article.id)
    assert back == replace(article, revision=3)
    assert [at for _, _, at in desk.state.revisions(article.id)] == [DAY1, DAY2, DAY3]


def test_a_copy_names_its_origin(desk: Desk) -> None:
    origin = desk.article(1)
    desk.fetch(fetch(URL + "/copy", body="copy"))
    done = [(body, extraction(body)) for body in desk.state.bodies_due("1")]
    desk.state.save_extractions("1", done, lambda read: replace(desk.identify(read), copy_of=origin.id))
    copy = desk.state.article_by_url(URL + "/copy")
    assert copy is not None
    assert copy.copy_of == origin.id


def test_a_body_is_due_with_a_new_version_and_with_new_rules(desk: Desk) -> None:
    desk.article()
    assert list(desk.state.bodies_due("1")) == []
    assert len(list(desk.state.bodies_due("2"))) == 1
    desk.state.register_sources([source(rules_fingerprint="rules-2")])
    assert len(list(desk.state.bodies_due("1"))) == 1
    desk.extract("Officers of part 1 were trained.", headline="Headline 1")
    assert list(desk.state.bodies_due("1")) == []


def test_bodies_are_due_in_order_while_results_are_saved(desk: Desk) -> None:
    desk.fetch(*(fetch(f"{URL}/{n}", DAY1 if n % 2 else DAY2, f"page {n}") for n in range(1101)))
    keys = []
    for body in desk.state.bodies_due("1"):
        keys.append((body.fetched_at, body.key))
        if len(keys) % 250 == 0:
            desk.state.save_extractions("1", [(body, extraction(body))], desk.identify)
    assert keys == sorted(set(keys))
    assert len(keys) == 1101
    assert len(list(desk.state.bodies_due("1"))) == 1097


def _ended(body: Body, outcome: str) -> StageResult:
    return StageResult(body.key, "extract", "1", "", outcome, f"it is {outcome}")  # type: ignore[arg-type]


def test_a_rejected_body_is_done_and_a_broken_one_goes_to_quarantine(desk: Desk) -> None:
    desk.fetch(fetch(), fetch(URL + "2", body="two"))
    first, second = desk.state.bodies_due("1")
    done: list[tuple[Body, Extraction | StageResult]] = [
        (first, _ended(first, "reject")),
        (second, _ended(second, "permanent")),
    ]
    assert desk.state.save_extractions("1", done, desk.identify) == []
    assert list(desk.state.bodies_due("1")) == []
    assert [(found.key, found.reason) for found in desk.state.quarantine()] == [(second.key, "it is permanent")]
    rejected = desk.state.result(first.key, "extract")
    assert rejected is not None
    assert (rejected.outcome, rejected.fingerprint) == ("reject", "rules-1")


def test_a_transient_failure_is_tried_ten_times(desk: Desk) -> None:
    desk.fetch(fetch())
    for _ in range(10):
        (body,) = desk.state.bodies_due("1")
        assert desk.state.quarantine() == []
        desk.state.save_extractions("1", [(body, _ended(body, "transient"))], desk.identify)
    assert list(desk.state.bodies_due("1")) == []
    assert [found.key for found in desk.state.quarantine()] == [body.key]
    assert len(list(desk.state.bodies_due("2"))) == 1
    desk.extract("At last.", version="2")
    assert desk.state.quarantine() == []


def test_articles_by_id_and_all_in_order(desk: Desk) -> None:
    ids = sorted(desk.article(number).id for number in range(5))
    assert [article.id for article in desk.state.articles()] == ids
    assert [article.id for article in desk.state.articles([ids[3], "unknown", ids[1], ids[3]])] == [ids[1], ids[3]]
    assert list(desk.state.articles([])) == []


def test_articles_first_seen_since_a_day(desk: Desk) -> None:
    desk.article(1, at=DAY1)
    young = sorted(desk.article(number, at=DAY2).id for number in (2, 3))
    assert [article.id for article in desk.state.articles(since=DAY2)] == young


def test_text_that_no_database_holds_keeps_its_offsets(desk: Desk) -> None:
    desk.fetch(fetch())
    desk.extract("a\0b\ud800c", headline="x")
    article = desk.state.article(digest128(URL))
    assert article is not None
    assert article.text == "a\ufffdb\ufffdc"


def test_a_failure_in_the_middle_leaves_nothing(desk: Desk, dump: Callable[[], Dump]) -> None:
    desk.fetch(fetch(), fetch(URL + "2", body="two"))
    done = [(body, extraction(body)) for body in desk.state.bodies_due("1")]
    before = dump()

    def fail_at_the_second(read: Extraction) -> Identity:
        if read.url == done[1][0].url:
            raise RuntimeError("killed")
        return desk.identify(read)

    with pytest.raises(RuntimeError, match="killed"):
        desk.state.save_extractions("1", done, fail_at_the_second)
    assert dump() == before
    assert len(desk.state.save_extractions("1", done, desk.identify)) == 2
