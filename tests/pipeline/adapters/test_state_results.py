"""Contract of the state: results of the stages, when work is due, quarantine, vectors."""

from collections.abc import Callable

import numpy as np
import pytest

from pipeline.payloads import plain
from pipeline.records import Screening, StageResult
from tests.pipeline.adapters.conftest import Dump
from tests.pipeline.adapters.desk import DAY1, DAY2, REPORT, Desk, fetch


def _due(desk: Desk, stage: str = "screen", version: str = "1", *, relevant_only: bool = False) -> list[str]:
    found = desk.state.articles_due(stage, version, relevant_only=relevant_only)  # type: ignore[arg-type]
    return [article.id for article in found]


def test_work_is_due_until_it_is_done_and_again_with_version_or_text(desk: Desk) -> None:
    article = desk.article()
    assert _due(desk) == [article.id]
    desk.screen(article)
    assert _due(desk) == []
    assert _due(desk, version="2") == [article.id]
    desk.fetch(fetch(article.url, DAY2, "page 1, changed"))
    desk.extract("Changed.")
    assert _due(desk) == [article.id]


def test_due_articles_come_in_order_of_first_seen(desk: Desk) -> None:
    late, early = desk.article(1, DAY2), desk.article(2, DAY1)
    assert _due(desk) == [early.id, late.id]


def test_only_relevant_articles_where_asked(desk: Desk) -> None:
    relevant, dropped, unscreened = desk.article(1), desk.article(2), desk.article(3)
    desk.screen(relevant)
    desk.screen(dropped, relevant=False)
    assert _due(desk, "frame", relevant_only=True) == [relevant.id]
    assert set(_due(desk, "frame")) == {relevant.id, dropped.id, unscreened.id}


def test_results_come_back_as_records(desk: Desk) -> None:
    article = desk.article()
    assert desk.state.screening(article.id) is None
    assert desk.state.framing(article.id) is None
    assert desk.state.engagement_reports(article.id) == ()
    desk.screen(article)
    framing = desk.frame(article)
    desk.engage(article, REPORT)
    assert desk.state.screening(article.id) == Screening(True, 0.9, "terms")
    assert desk.state.framing(article.id) == framing
    assert desk.state.engagement_reports(article.id) == (REPORT,)
    assert [result.key for result in desk.state.results("frame")] == [article.id]
    assert desk.state.result(article.id, "embed") is None


def test_reports_of_relevant_articles_by_id(desk: Desk) -> None:
    first, second, dropped = (desk.article(number) for number in (1, 2, 3))
    desk.screen(first, second)
    desk.screen(dropped, relevant=False)
    for article in (first, second, dropped):
        desk.engage(article, REPORT, REPORT)
    kept = list(desk.state.reports())
    assert [report.id for report in kept] == sorted(report.id for report in kept)
    assert {(report.article_id, report.text_id) for report in kept} == {(a.id, a.text_id) for a in (first, second)}
    assert [report.report for report in kept] == [REPORT] * 4


def test_saving_results_again_changes_nothing(desk: Desk, dump: Callable[[], Dump]) -> None:
    article = desk.article()
    for _ in range(2):
        desk.screen(article)
        desk.frame(article)
        desk.engage(article, REPORT)
        desk.embed(article, (1.0, 0.0))
    before = dump()
    desk.screen(article)
    desk.frame(article)
    desk.engage(article, REPORT)
    desk.embed(article, (1.0, 0.0))
    assert dump() == before


def test_row_versions_rise_with_what_is_shown_and_only_then(desk: Desk) -> None:
    article = desk.article()
    desk.screen(article)
    desk.story("S1", article)
    shown = [("article", article.id), ("story", "S1")]
    before = desk.versions(*shown)
    desk.frame(article, "mixed")
    framed = desk.versions(*shown)
    assert [after - then for after, then in zip(framed, before, strict=True)] == [1, 1]
    desk.frame(article, "mixed")
    desk.state.save_results([desk.result(article, "embed", None, outcome="transient", reason="no model")])
    assert desk.versions(*shown) == framed


def test_a_permanent_error_goes_to_quarantine_and_comes_out_with_success(desk: Desk) -> None:
    article = desk.article()
    broken = desk.result(article, "frame", None, outcome="permanent", reason="no sentence")
    desk.state.save_results([broken])
    assert desk.state.quarantine() == [broken]
    assert _due(desk, "frame") == []
    desk.frame(article)
    assert desk.state.quarantine() == []


def test_a_transient_failure_is_tried_ten_times_and_anew_with_another_version(desk: Desk) -> None:
    article = desk.article()
    failed = desk.result(article, "frame", None, outcome="transient", reason="busy")
    for _ in range(9):
        desk.state.save_results([failed])
    assert _due(desk, "frame") == [article.id]
    assert desk.state.quarantine() == []
    desk.state.save_results([failed])
    assert _due(desk, "frame") == []
    assert desk.state.quarantine() == [failed]
    assert _due(desk, "frame", "2") == [article.id]
    desk.state.save_results([desk.result(article, "frame", None, version="2", outcome="transient")])
    assert _due(desk, "frame", "2") == [article.id]


def test_a_failed_try_is_no_verdict(desk: Desk) -> None:
    article = desk.article()
    desk.screen(article)
    desk.engage(article, REPORT)
    for stage in ("screen", "engage"):
        desk.state.save_results([desk.result(article, stage, None, version="2", outcome="transient")])
    assert not desk.state.search_document("article", article.id).deleted
    assert desk.state.engagement_reports(article.id) == (REPORT,)


def test_a_rejected_article_is_not_relevant(desk: Desk) -> None:
    article = desk.article()
    desk.state.save_results([desk.result(article, "screen", None, outcome="reject", reason="no article")])
    assert _due(desk) == []
    assert _due(desk, "frame", relevant_only=True) == []
    assert desk.waiting() == set()


def test_results_of_several_stages_in_one_call(desk: Desk) -> None:
    article = desk.article()
    verdict = plain(Screening(True, 0.9, "terms"))
    desk.state.save_results(
        [desk.result(article, "screen", verdict), desk.result(article, "embed", {"model": "use/1"})]
    )
    assert _due(desk) == _due(desk, "embed") == []
    assert desk.versions(("article", article.id)) == [2]


def test_a_result_about_nothing_known_is_kept_and_shown_nowhere(desk: Desk) -> None:
    desk.state.save_results([StageResult("unknown", "screen", "1", "x", "reject", "gone")])
    assert desk.state.result("unknown", "screen") is not None
    assert desk.waiting() == set()


def test_vectors_by_model_and_text(desk: Desk, dump: Callable[[], Dump]) -> None:
    article, other = desk.article(1), desk.article(2)
    vector = np.asarray([0.6, 0.8], np.float32)
    desk.state.save_vectors("use/1", {article.text_id: vector})
    desk.state.save_vectors("e5/1", {article.text_id: -vector})
    before = dump()
    desk.state.save_vectors("use/1", {article.text_id: vector})
    assert dump() == before
    found = desk.state.vectors("use/1", [article.text_id, other.text_id, "unknown"])
    assert list(found) == [article.text_id]
    assert found[article.text_id].dtype == np.float32
    np.testing.assert_array_equal(found[article.text_id], vector)
    assert desk.state.vectors("use/1", []) == {}


@pytest.mark.parametrize("relevant", [True, False])
def test_a_page_that_is_dropped_later_leaves_the_index(desk: Desk, relevant: bool) -> None:
    article = desk.article()
    desk.screen(article)
    desk.engage(article, REPORT)
    desk.settle()
    desk.screen(article, relevant=relevant, version="2")
    kinds = sorted(kind for kind, _ in desk.waiting())
    assert kinds == ["article", "engagement"]
    assert all(desk.state.search_document(*row).deleted is not relevant for row in desk.waiting())
