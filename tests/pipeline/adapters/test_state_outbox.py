"""Contract of the state: the search outbox and the documents that the index is to hold."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from pipeline.adapters.state import SqlState
from pipeline.errors import StateError
from pipeline.records import EngagementReport, FetchOutcome, Party, Quantity, Refusal
from tests.pipeline.adapters.conftest import Dump
from tests.pipeline.adapters.desk import DAY1, DAY2, REPORT, Desk, fetch, published


def test_what_was_never_relevant_never_waits(desk: Desk) -> None:
    dropped, unscreened = desk.article(1), desk.article(2)
    desk.screen(dropped, relevant=False)
    assert desk.waiting() == set()
    assert desk.state.search_document("article", dropped.id).deleted
    assert desk.state.search_document("article", unscreened.id).deleted
    assert desk.state.search_document("article", "unknown").deleted


def test_rows_stay_until_they_are_settled(desk: Desk) -> None:
    first, second = desk.article(1), desk.article(2)
    desk.settle()
    desk.screen(first, second)
    assert desk.state.outbox_size() == 2
    assert len(desk.state.claim_outbox(1)) == 1
    assert desk.state.claim_outbox(1) == desk.state.claim_outbox(1)
    desk.settle()
    assert desk.state.outbox_size() == 0


def test_a_change_between_claim_and_settling_keeps_the_row(desk: Desk) -> None:
    article = desk.article()
    desk.screen(article)
    (claimed,) = desk.waiting()
    indexed = desk.state.search_document(*claimed)
    desk.frame(article)
    (sentence,) = desk.waiting() - {claimed}
    desk.state.settle_outbox([(*sentence, desk.versions(sentence)[0])])
    desk.state.settle_outbox([(*claimed, indexed.row_version)])
    assert desk.waiting() == {claimed}
    newer = desk.state.search_document(*claimed)
    assert newer.row_version > indexed.row_version
    desk.state.settle_outbox([(*claimed, newer.row_version)])
    desk.state.settle_outbox([(*claimed, newer.row_version)])
    assert desk.waiting() == set()


def test_a_change_that_nobody_is_shown_does_not_keep_the_row_for_ever(desk: Desk) -> None:
    article = desk.article()
    desk.screen(article)
    desk.screen(article, relevant=False, version="2")
    desk.fetch(fetch(article.url, DAY2, "page 1, changed"))
    desk.extract("Changed.")
    assert desk.waiting() == {("article", article.id)}
    desk.settle()
    assert desk.waiting() == set()


def test_a_revision_and_a_vanished_page_wait_for_the_index(desk: Desk) -> None:
    article = desk.article()
    desk.screen(article)
    desk.settle()
    desk.fetch(fetch(article.url, DAY2, "page 1, changed"))
    assert desk.waiting() == set()
    desk.extract("Changed.", headline="Changed")
    assert desk.waiting() == {("article", article.id)}
    assert desk.state.search_document("article", article.id).fields["revision"] == 2


def test_a_failed_transaction_queues_nothing(desk: Desk, dump: Callable[[], Dump]) -> None:
    article = desk.article()
    desk.screen(article)
    desk.settle()
    before = dump()
    wrong = desk.result(article, "engage", {"reports": [{"type": "no such type"}]})
    with pytest.raises(ValueError, match="type"):
        desk.state.save_results([desk.result(article, "frame", {"framing": "mixed"}), wrong])
    assert dump() == before


def test_the_document_of_an_article(desk: Desk) -> None:
    article = desk.article(1, published=published(DAY1))
    desk.screen(article)
    desk.story("S1", article)
    framing = desk.frame(article)
    desk.engage(article, REPORT, replace(REPORT, type="visit", status="agreed"))
    desk.embed(article, (3.0, 4.0))
    desk.state.save_vectors(
        "another/1", {article.text_id: desk.state.vectors("use/1", [article.text_id])[article.text_id]}
    )
    document = desk.state.search_document("article", article.id)
    assert document.fields == {
        "headline": "Headline 1",
        "text": "Officers of part 1 were trained.",
        "url": article.url,
        "source": "fijitimes",
        "source_name": "Fijitimes",
        "kind": "private",
        "home": "FJ",
        "agency": None,
        "score": 0.9,
        "lang": "en",
        "published": "2026-10-05T06:00:00+00:00",
        "first_seen": "2026-10-05T06:00:00+00:00",
        "framing": "mixed",
        "shares": framing.shares,
        "sentences": [
            {
                "start": 0,
                "end": 6,
                "text": "Office",
                "frame": "cooperation",
                "both": False,
                "voice": "expert",
                "probability": 0.8,
            }
        ],
        "countries": ["FJ"],
        "story": "S1",
        "types": ["training", "visit"],
        "statuses": ["agreed", "pledged"],
        "copy_of": None,
        "revision": 1,
        "vanished_at": None,
    }
    assert document.vector == pytest.approx((0.6, 0.8))


def test_the_document_of_a_story(desk: Desk) -> None:
    first, second = desk.article(1, published=published(DAY1)), desk.article(2, DAY2, lang="zh")
    desk.screen(first, second)
    desk.story("S1", first, second, baseline=True)
    desk.frame(first)
    desk.engage(first, REPORT)
    desk.embed(first, (1.0, 0.0))
    desk.embed(second, (0.0, 1.0))
    document = desk.state.search_document("story", "S1")
    assert document.fields == {
        "headline": "Headline 1",
        "first_published": "2026-10-05T06:00:00+00:00",
        "last_published": "2026-10-06T06:00:00+00:00",
        "first_seen": "2026-10-05T06:00:00+00:00",
        "articles": [first.id, second.id],
        "languages": ["en", "zh"],
        "sources": ["fijitimes"],
        "framing": {"mixed": 1},
        "countries": ["FJ"],
        "baseline": True,
    }
    assert document.vector == pytest.approx((0.5**0.5, 0.5**0.5))


def _report_rows(desk: Desk) -> list[tuple[str, str]]:
    return [row for row in sorted(desk.waiting()) if row[0] == "engagement"]


def test_the_document_of_an_engagement(desk: Desk) -> None:
    article = desk.article(1, published=published(DAY1))
    desk.screen(article)
    desk.story("S1", article)
    many = Quantity(40, "officers", "to_train", "about", 0, 8)
    parties = (Party("SB", "host", 0, 3), Party("FJ", "host", 0, 3))
    desk.engage(article, EngagementReport("training", "pledged", 0, 8, parties, (), (many,)))
    (row,) = _report_rows(desk)
    fields = desk.state.search_document(*row).fields
    assert fields["evidence"] == "Officers"
    assert fields["countries"] == ["FJ", "SB"]
    assert (fields["article"], fields["story"], fields["type"], fields["status"]) == (
        article.id,
        "S1",
        "training",
        "pledged",
    )
    assert fields["published"] == "2026-10-05T06:00:00+00:00"
    assert isinstance(fields["quantities"], list)
    assert fields["quantities"][0]["n"] == 40


def test_a_report_that_is_taken_back_leaves_a_tombstone_until_it_returns(desk: Desk) -> None:
    article = desk.article()
    desk.screen(article)
    desk.engage(article, REPORT)
    (row,) = _report_rows(desk)
    first = desk.state.search_document(*row)
    desk.settle()
    desk.engage(article, version="2")
    assert _report_rows(desk) == [row]
    buried = desk.state.search_document(*row)
    assert buried.deleted
    assert buried.row_version > first.row_version
    desk.settle()
    assert desk.waiting() == set()
    desk.engage(article, replace(REPORT, status="agreed"), version="3")
    returned = desk.state.search_document(*row)
    assert not returned.deleted
    assert returned.row_version > buried.row_version


def test_two_reports_of_one_clause_are_two_documents(desk: Desk) -> None:
    article = desk.article()
    desk.screen(article)
    desk.engage(article, REPORT, replace(REPORT, status="delivered"))
    assert len(_report_rows(desk)) == 2


def test_a_new_index_is_made_of_everything_that_is_shown_and_of_the_tombstones(desk: Desk) -> None:
    article, dropped = desk.article(1), desk.article(2)
    desk.screen(article)
    desk.screen(dropped, relevant=False)
    desk.story("S1", article)
    desk.engage(article, REPORT)
    shown = desk.waiting()
    assert len(shown) == 3
    desk.settle()
    gathering = {"source", "fetch"}
    assert {row for row in desk.state.documents() if row[0] not in gathering} == shown
    assert [kind for kind, _ in desk.state.documents() if kind in gathering] == ["fetch", "fetch", "source"]
    desk.engage(article, version="2")
    desk.settle()
    assert {
        row for row in desk.state.documents() if row[0] not in gathering
    } == shown  # the report that was taken back has left a tombstone
    assert desk.waiting() == set()


def test_an_unknown_kind_is_refused(state: SqlState) -> None:
    with pytest.raises(StateError, match="'mail': no such kind"):
        state.search_document("mail", "1")
    assert state.search_document("story", "unknown").deleted
    assert state.search_document("engagement", "unknown").row_version == 0


def test_what_the_index_refuses_is_kept_aside_until_it_is_indexed_after_all(desk: Desk) -> None:
    desk.screen(desk.article(1))
    ((kind, id_),) = desk.waiting()
    version = desk.state.search_document(kind, id_).row_version
    desk.state.settle_outbox([(kind, id_, version)], [Refusal("article", id_, version, "a word is too long")])
    assert desk.waiting() == set()
    (held,) = desk.state.quarantine()
    assert (held.stage, held.key, held.outcome, held.reason) == (
        "index", f"article:{id_}", "permanent", "a word is too long",
    )  # fmt: skip
    desk.state.settle_outbox([(kind, id_, version)])
    assert desk.state.quarantine() == []


def test_an_index_that_was_built_anew_says_what_is_set_aside(desk: Desk) -> None:
    old, new = Refusal("article", "a", 1, "too long"), Refusal("story", "S1", 2, "too deep")
    desk.state.set_aside([old])
    desk.state.set_aside([new])
    assert [held.key for held in desk.state.quarantine()] == ["story:S1"]


def test_a_framed_sentence_is_a_document_until_re_coding_takes_its_frame_back(desk: Desk) -> None:
    article = desk.article(1, published=published(DAY1))
    desk.screen(article)
    desk.story("S1", article)
    desk.frame(article)
    desk.engage(article, REPORT)
    (row,) = (waits for waits in desk.waiting() if waits[0] == "sentence")
    document = desk.state.search_document(*row)
    told = ("evidence", "frame", "voice", "both", "probability", "article", "story", "headline", "countries")
    assert [document.fields[name] for name in told] == [
        "Office", "cooperation", "expert", False, 0.8, article.id, "S1", "Headline 1", ["FJ"],
    ]  # fmt: skip
    assert document.row_version == desk.state.search_document("article", article.id).row_version
    desk.settle()
    desk.frame(article, sentences=0)
    assert row in desk.waiting()
    buried = desk.state.search_document(*row)
    assert buried.deleted
    assert buried.row_version > document.row_version
    desk.frame(article)
    assert not desk.state.search_document(*row).deleted
    assert desk.state.search_document(*row).row_version > buried.row_version
    desk.screen(article, relevant=False, version="2")
    assert row in desk.waiting()
    assert desk.state.search_document(*row).deleted


def test_a_near_miss_of_the_screen_is_a_document_until_it_is_relevant_or_no_near_miss(desk: Desk) -> None:
    near, far = desk.article(1), desk.article(2)
    desk.miss(near)
    desk.screen(far, relevant=False)
    assert desk.waiting() == {("dropped", near.id)}
    document = desk.state.search_document("dropped", near.id)
    assert (document.fields["score"], document.fields["reason"]) == (0.4, "below the line")
    assert desk.state.search_document("dropped", far.id).deleted
    assert desk.state.search_document("dropped", "unknown").deleted
    desk.settle()
    desk.screen(near, version="2")
    assert desk.waiting() == {("dropped", near.id), ("article", near.id)}
    assert desk.state.search_document("dropped", near.id).deleted
    desk.settle()
    desk.miss(near, version="3")
    assert desk.waiting() == {("dropped", near.id), ("article", near.id)}
    desk.settle()
    desk.screen(near, relevant=False, version="4")
    assert desk.waiting() == {("dropped", near.id)}
    assert desk.state.search_document("dropped", near.id).deleted


def test_the_document_of_a_source_says_when_it_last_answered_and_brought_something(desk: Desk) -> None:
    fresh = desk.state.search_document("source", "fijitimes")
    assert (fresh.fields["last_answer"], fresh.fields["last_item"], fresh.fields["articles"]) == (None, None, 0)
    article = desk.article(1)
    desk.settle()
    lost = [fetch(f"{article.url}?{n}", DAY2, None, outcome=FetchOutcome.FAILED) for n in (1, 2)]
    desk.fetch(*lost)
    assert ("source", "fijitimes") in desk.state.claim_outbox(10)
    document = desk.state.search_document("source", "fijitimes")
    told = ("source_name", "languages", "last_answer", "last_item", "failures", "articles")
    assert [document.fields[name] for name in told] == [
        "Fijitimes", ["en"], DAY1.isoformat(), DAY1.isoformat(), 2, 1,
    ]  # fmt: skip
    assert document.row_version > fresh.row_version
    assert desk.state.search_document("source", "unknown").deleted


def test_each_row_of_the_fetch_log_is_a_document_that_never_changes(desk: Desk) -> None:
    failed = fetch("http://fijitimes.press.test/news/9", DAY2, None)
    desk.fetch(failed)
    (row,) = (waits for waits in desk.state.claim_outbox(10) if waits[0] == "fetch")
    document = desk.state.search_document(*row)
    told = ("source", "url", "host", "way", "outcome", "at")
    assert [document.fields[name] for name in told] == [
        "fijitimes", failed.url, "fijitimes.press.test", "page", failed.outcome, DAY2.isoformat(),
    ]  # fmt: skip
    desk.settle()
    desk.fetch(failed)
    assert row not in desk.state.claim_outbox(10)
    assert desk.state.search_document("fetch", "unknown").deleted


def test_documents_are_counted_as_an_index_of_them_would_count_them(desk: Desk) -> None:
    kept, gone, near, far = (desk.article(number) for number in (1, 2, 3, 4))
    desk.screen(kept, gone)
    desk.screen(far, relevant=False)
    desk.miss(near)
    desk.frame(kept)
    desk.frame(gone)
    desk.engage(kept, REPORT)
    desk.screen(gone, relevant=False, version="2")
    desk.story("01K6SK7V00B8WPJ3C1AT5M4N2E", kept)
    held = [desk.state.search_document(kind, id_) for kind, id_ in desk.state.documents()]
    shown = Counter(document.kind for document in held if not document.deleted)
    assert {kind: number for kind, number in desk.state.document_counts().items() if number} == shown
    assert shown["article"] == shown["engagement"] == shown["story"] == 1
