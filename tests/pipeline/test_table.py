"""Every page is in exactly one row, and the rows of a group add up to it."""

from datetime import UTC, datetime
from itertools import count

from pipeline.records import Fetch, FetchKind, FetchOutcome
from pipeline.table import ASKED, READ, RELEVANT, SCREENED, RunTable

NOW = datetime(2025, 3, 1, tzinfo=UTC)
_numbers = count()


def fetch(kind: FetchKind, outcome: FetchOutcome, source: str = "daily", reason: str | None = None) -> Fetch:
    return Fetch(f"https://{source}.example/{next(_numbers)}", source, kind, NOW, outcome, reason=reason)


def test_an_empty_table_adds_up_and_shows_every_group_at_nought() -> None:
    table = RunTable()
    assert table.problems() == []
    rows = dict(table.rows())
    assert [rows[group] for group in (ASKED, READ, SCREENED, RELEVANT)] == [0, 0, 0, 0]
    assert rows["stories"] == 0


def test_every_way_a_page_can_end_is_a_row_of_its_group() -> None:
    table = RunTable()
    table.take(fetch("page", outcome) for outcome in FetchOutcome)
    assert table.counts[ASKED] == len(FetchOutcome)
    assert table.counts[f"{ASKED}: refused by robots"] == 1
    assert table.problems() == []


def test_feeds_sitemaps_and_lists_are_no_pages() -> None:
    table = RunTable()
    kinds: tuple[FetchKind, ...] = ("feed", "sitemap", "list")
    table.take(fetch(kind, FetchOutcome.FETCHED) for kind in kinds)
    assert table.counts[ASKED] == 0
    assert table.answered == {"daily"}


def test_an_unchanged_feed_is_an_answer() -> None:
    table = RunTable()
    table.take([fetch("feed", FetchOutcome.UNCHANGED)])
    assert table.answered == {"daily"}
    assert table.silent == {}


def test_a_source_whose_feed_fails_is_silent_for_the_reason_given() -> None:
    table = RunTable()
    table.take(
        [
            fetch("feed", FetchOutcome.FAILED, "morgen", "no such host"),
            fetch("list", FetchOutcome.RATE_LIMITED, "soir"),
        ]
    )
    assert table.silent == {"morgen": "no such host", "soir": "rate limited"}
    assert table.answered == set()


def test_a_group_that_does_not_add_up_is_told_with_both_numbers() -> None:
    table = RunTable()
    table.count(READ, 3)
    table.count(f"{READ}: new", 2)
    assert table.problems() == ["pages read: 3 is not the sum 2"]
    table.count(f"{READ}: no article text")
    assert table.problems() == []


def test_a_part_without_its_total_is_a_problem_too() -> None:
    table = RunTable()
    table.count(f"{RELEVANT}: coded")
    assert table.problems() == ["relevant: 0 is not the sum 1"]


def test_parts_follow_their_group_largest_first_and_empty_ones_are_left_out() -> None:
    table = RunTable()
    table.count(SCREENED, 6)
    table.count(f"{SCREENED}: relevant", 2)
    table.count(f"{SCREENED}: not relevant", 4)
    table.count(f"{SCREENED}: failed", 0)
    rows = table.rows()
    at = rows.index((SCREENED, 6))
    assert rows[at + 1 : at + 4] == [("  not relevant", 4), ("  relevant", 2), (RELEVANT, 0)]
    table.count(RELEVANT, 0)
    assert table.problems() == []


def test_rows_of_the_printed_table_add_up_as_the_counts_do() -> None:
    table = RunTable()
    table.take(
        [fetch("page", FetchOutcome.FETCHED), fetch("page", FetchOutcome.GONE), fetch("page", FetchOutcome.GONE)]
    )
    rows = table.rows()
    parts = [n for row, n in rows if row.startswith("  ")]
    assert (ASKED, 3) in rows
    assert sum(parts) == 3
