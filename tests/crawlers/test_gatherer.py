"""The child process: how it ends with its parent, and what the parent says when it dies."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from crawlers.errands import Answer, Errand, Errands
from crawlers.gatherer import ScrapyGatherer
from crawlers.wire import Handed, failure_of, handed_line, plan_line, read_handed, read_plan
from pipeline.errors import DiskFull, FailedRun, StateError
from pipeline.records import ArchiveRef, FeedEntry, Fetch, FetchOutcome, GatherPlan, Known, ListPage, Moment
from tests.crawlers.conftest import NOW
from tests.crawlers.processes import children, gone
from tests.crawlers.staged_web import Reply, StagedWeb, page, rss

pytestmark = pytest.mark.server
ROOT = Path(__file__).resolve().parents[2]
TODAY = "Mon, 05 Oct 2026 03:00:00 GMT"
Make = Callable[..., Any]


@pytest.fixture
def slow_plan(web: StagedWeb, source: Make, plan: Make) -> GatherPlan:
    """A plan that gives a first page at once and then waits on a page that takes half a minute."""
    web.on("http://slow.press.test/rss", rss(("/1", "x", TODAY), ("/2", "x", TODAY)))
    web.on("http://slow.press.test/1", page(b"<p>1</p>"))
    web.on("http://slow.press.test/2", Reply(b"late", stall=30))
    result: GatherPlan = plan(web, source("slow", feeds=("http://slow.press.test/rss",)), time_cap=25.0)
    return result


PARENT = """
import sys
from pathlib import Path
from crawlers.gatherer import ScrapyGatherer
from crawlers.wire import read_plan
plan = read_plan(sys.stdin.buffer.readline())
for batch in ScrapyGatherer(Path(sys.argv[1]), floor_mb=1).gather(plan):
    print(len(batch), flush=True)
"""


def test_kill_9_of_the_parent_ends_the_child(slow_plan: GatherPlan, tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        parent.stdin.write(plan_line(slow_plan))
        parent.stdin.flush()
        assert parent.stdout.readline() == b"1\n"
        (child,) = children(parent.pid)
        os.kill(parent.pid, signal.SIGKILL)
        assert gone(child)


def test_closing_the_iterator_ends_the_child(slow_plan: GatherPlan, tmp_path: Path) -> None:
    before = children()
    batches = ScrapyGatherer(tmp_path, floor_mb=1).gather(slow_plan)
    with closing(batches):  # type: ignore[type-var]
        (row,) = next(batches)
        (child,) = children() - before
    assert row.url == "http://slow.press.test/1"
    assert gone(child)
    assert not list(batches)


def test_a_child_that_dies_fails_the_run(slow_plan: GatherPlan, tmp_path: Path) -> None:
    before = children()
    gatherer = ScrapyGatherer(tmp_path, floor_mb=1)
    batches = gatherer.gather(slow_plan)
    next(batches)
    (child,) = children() - before
    os.kill(child, signal.SIGKILL)
    with pytest.raises(FailedRun, match=r"killed by signal 9; the end of .*crawl-RUN1\.log"):
        next(batches)


def test_a_killed_crawl_does_not_pass_for_read(slow_plan: GatherPlan, tmp_path: Path) -> None:
    """The feed's row comes after its pages', so that the next run reads the feed again instead of getting a 304."""
    batches = ScrapyGatherer(tmp_path, floor_mb=1).gather(slow_plan)
    rows = next(batches)
    batches.close()  # type: ignore[attr-defined]
    assert [row.url for row in rows] == ["http://slow.press.test/1"]


def test_a_crawl_whose_hosts_are_lost_ends(slow_plan: GatherPlan, tmp_path: Path) -> None:
    before = children()
    held = iter([True, False])

    def hold() -> None:
        if not next(held):
            raise StateError("another worker took over")

    batches = ScrapyGatherer(tmp_path, floor_mb=1).gather(replace(slow_plan, lease_seconds=60), hold)
    with pytest.raises(StateError, match="took over"):
        list(batches)
    assert not children() - before


def test_a_crawl_ends_by_itself_where_nobody_says_that_its_hosts_are_held(
    slow_plan: GatherPlan, tmp_path: Path
) -> None:
    """As when the parent was stopped, or waits for a database that does not answer."""
    before = children()
    batches = ScrapyGatherer(tmp_path, floor_mb=1).gather(replace(slow_plan, lease_seconds=6))
    next(batches)
    (child,) = children() - before
    assert gone(child, 15)
    with pytest.raises(FailedRun, match="for too long nobody said that its hosts are still held"):
        list(batches)


def test_a_crawl_that_is_told_goes_on_beyond_its_first_lease(
    web: StagedWeb, source: Make, plan: Make, tmp_path: Path
) -> None:
    web.on("http://steady.press.test/rss", rss(("/1", "x", TODAY)))
    web.on("http://steady.press.test/1", Reply(page(b"<p>1</p>").body, headers=page(b"").headers, stall=7))
    steady = plan(web, source("steady", feeds=("http://steady.press.test/rss",)), time_cap=25.0, lease_seconds=8)
    rows = [row for batch in ScrapyGatherer(tmp_path, floor_mb=1).gather(steady) for row in batch]
    assert {row.outcome for row in rows} == {FetchOutcome.FETCHED}


def test_a_host_that_another_worker_may_be_asking_is_left_to_it(
    web: StagedWeb, source: Make, plan: Make, gather: Make, tmp_path: Path
) -> None:
    web.on("http://mine.press.test/rss", rss(("/1", "x", TODAY)))
    web.on("http://mine.press.test/1", Reply(status=302, headers={"Location": "http://theirs.press.test/1"}))
    mine = source("mine", feeds=("http://mine.press.test/rss",))
    (row,) = (row for row in gather(tmp_path, plan(web, mine, hosts=("mine.press.test",))) if row.kind == "page")
    assert row.outcome is FetchOutcome.POSTPONED
    assert row.reason is not None
    assert "theirs.press.test may be asked by another worker" in row.reason
    assert web.targets("theirs.press.test") == []


def test_a_child_that_cannot_start(web: StagedWeb, plan: Make, tmp_path: Path) -> None:
    with pytest.raises(FailedRun, match="cannot be started"):
        list(ScrapyGatherer(tmp_path, floor_mb=1, python="/nowhere/python").gather(plan(web)))
    with pytest.raises(FailedRun, match="ended with status 1"):
        list(ScrapyGatherer(tmp_path, floor_mb=1, python="/bin/false").gather(plan(web)))


def test_a_plan_without_sources(web: StagedWeb, plan: Make, tmp_path: Path) -> None:
    assert list(ScrapyGatherer(tmp_path, floor_mb=1).gather(plan(web))) == []


def test_full_disk_before_the_crawl(web: StagedWeb, plan: Make, tmp_path: Path) -> None:
    with pytest.raises(DiskFull):
        list(ScrapyGatherer(tmp_path, floor_mb=10**9).gather(plan(web)))


@contextmanager
def bare_child(data: Path, plan: GatherPlan, floor_mb: int) -> Iterator[tuple["subprocess.Popen[bytes]", BinaryIO]]:
    """A child without its gatherer, with the pipe of its rows; it does not outlive the block."""
    read_end, write_end = os.pipe()
    command = [sys.executable, "-m", "crawlers.child", "--data", str(data), "--fd", str(write_end),
               "--parent", str(os.getpid()), "--floor-mb", str(floor_mb)]  # fmt: skip
    child = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        pass_fds=(write_end,),
    )  # fmt: skip
    os.close(write_end)
    with child, os.fdopen(read_end, "rb") as rows:
        assert child.stdin is not None
        child.stdin.write(plan_line(plan))
        child.stdin.flush()
        yield child, rows
        child.kill()


def test_full_disk_during_the_crawl(slow_plan: GatherPlan, tmp_path: Path) -> None:
    """The child finds the disk full when it archives the feed, says so and ends."""
    with bare_child(tmp_path, slow_plan, 10**9) as (child, rows):
        handed = [read_handed(line) for line in rows]
        assert not any(line.rows for line in handed)
        assert [type(error) for line in handed if (error := line.error())] == [DiskFull]
        assert child.wait(5) == 1


@pytest.mark.parametrize("lost", ["stdin", "pipe"])
def test_a_parent_that_lets_go_ends_the_child(slow_plan: GatherPlan, tmp_path: Path, lost: str) -> None:
    """Where the kernel sends no signal (or the parent lives on without its crawl)."""
    with bare_child(tmp_path, slow_plan, 1) as (child, rows):
        if lost == "pipe":
            rows.close()
        else:
            rows.readline()
            assert child.stdin is not None
            child.stdin.close()
        assert child.wait(10) == 1


# --- the line between the two ----------------------------------------------------------------------------------------


def test_records_survive_the_line(source: Make, plan: Make, web: StagedWeb) -> None:
    entry = FeedEntry(
        "http://a.test/新闻", "a", "http://a.test/rss", "T\u2028t", Moment(NOW, "feed", "day"), ("A", "B")
    )
    row = Fetch("http://a.test/新闻", "a", "page", NOW, FetchOutcome.FETCHED, 200, redirects=("x",), entry=entry,
                archived=ArchiveRef("f", 3, "0" * 64), retry_at=NOW)  # fmt: skip
    line = handed_line(Handed(rows=(row,)))
    assert line.count(b"\n") == 1
    assert read_handed(line).rows == (row,)
    listed = source("a", lists=(ListPage("http://a.test/", "a"),), baseline_at=NOW)
    known = (Known("u", None, "m", None, NOW, FetchOutcome.GONE, True),)
    wishes = plan(web, listed, known=known, waits=(("a.test", datetime(2026, 10, 5, tzinfo=UTC)),))
    assert read_plan(plan_line(wishes)) == wishes


def test_failures_survive_the_line() -> None:
    error = read_handed(handed_line(failure_of(DiskFull("no room")))).error()
    assert isinstance(error, DiskFull)
    assert str(error) == "no room"
    assert type(read_handed(handed_line(failure_of(FailedRun("x")))).error()) is FailedRun
    with pytest.raises(ValueError, match="JSON"):
        read_handed(b'{"rows": [{"url": "http://a')


# --- book-keeping ----------------------------------------------------------------------------------------------------


def test_what_is_open_at_the_end_gets_a_row(source: Make) -> None:
    rows: list[Fetch] = []
    errands = Errands(rows.append, lambda: NOW)
    feed = Errand("http://a.test/rss", source("a"), "feed")
    page_one = Errand("http://a.test/1", source("a"), "page", parent=feed)
    assert errands.add(feed)
    assert errands.add(page_one)
    assert not errands.add(Errand("http://a.test/1#x", source("a"), "page"))
    errands.settle(feed, Answer(outcome=FetchOutcome.FETCHED, etag="e"))
    assert rows == []  # its page is still out
    errands.give_up("stopped")
    assert {(row.url, row.outcome, row.etag) for row in rows} == {
        ("http://a.test/rss", FetchOutcome.FAILED, None), ("http://a.test/1", FetchOutcome.FAILED, None)
    }  # fmt: skip
    errands.settle(page_one, Answer(outcome=FetchOutcome.FETCHED))
    assert len(rows) == 2
