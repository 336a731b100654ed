"""Whole crawls in child processes, with the archive elsewhere than in the data folder."""

import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from crawlers.gatherer import ScrapyGatherer
from crawlers.vault.place import FolderPlace, Place, open_store
from crawlers.vault.reader import VaultReader
from pipeline.errors import DiskFull, VaultError
from pipeline.records import Fetch, FetchOutcome, GatherPlan
from tests.crawlers.processes import children
from tests.crawlers.staged_web import Reply, StagedWeb, page, rss
from tests.crawlers.vault.store_standin import EMPTY, answering, refusal
from tests.object_store import Key, ObjectStore

pytestmark = pytest.mark.server
TODAY = "Mon, 05 Oct 2026 03:00:00 GMT"
PAGES = 120
Make = Callable[..., Any]


@pytest.fixture
def day(web: StagedWeb, source: Make, plan: Make) -> GatherPlan:
    """More pages than one batch of rows."""
    web.on("http://many.press.test/rss", rss(*((f"/{n}", "x", TODAY) for n in range(PAGES))))
    for number in range(PAGES):
        web.on(f"http://many.press.test/{number}", page(f"<p>{number}</p>".encode()))
    made: GatherPlan = plan(web, source("many", feeds=("http://many.press.test/rss",)))
    return made


def gathered(data: Path, place: Place, plan: GatherPlan) -> list[Fetch]:
    """All rows; each batch's bodies are read as soon as it comes, as a kill right after its commit would ask for."""
    reader, rows = VaultReader(open_store(place)), list[Fetch]()
    for batch in ScrapyGatherer(data, vault=place, floor_mb=1).gather(plan):
        for row in batch:
            if row.archived is not None and row.kind == "page":
                assert reader.read(row.archived) == f"<p>{row.url.rpartition('/')[2]}</p>".encode()
        rows += batch
    return rows


@pytest.mark.parametrize("where", ["s3", "folder"])
def test_a_crawl_archives_where_it_is_told(
    where: str, objects: ObjectStore, day: GatherPlan, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    place = objects.place(uuid.uuid4().hex) if where == "s3" else FolderPlace(tmp_path / "share", create=True)
    rows = gathered(tmp_path / "data", place, day)
    assert [row.outcome for row in rows] == [FetchOutcome.FETCHED] * (PAGES + 1)
    kept = [stored.name for stored in open_store(place).names()]
    assert set(kept) == {row.archived.file for row in rows if row.archived}
    assert len(kept) == 1 if where == "folder" else len(kept) >= PAGES // 50
    assert all(name.startswith("2026/10/RUN1-") for name in kept)
    assert not (tmp_path / "data" / "vault").exists()


def test_nobody_reads_the_secret_in_the_command_line(
    objects: ObjectStore, web: StagedWeb, source: Make, plan: Make, tmp_path: Path
) -> None:
    web.on("http://held.press.test/rss", rss(("/1", "x", TODAY), ("/2", "x", TODAY)))
    web.on("http://held.press.test/1", page(b"<p>1</p>"))
    web.on("http://held.press.test/2", Reply(b"late", stall=30))
    held = plan(web, source("held", feeds=("http://held.press.test/rss",)), time_cap=25.0)
    place, before = objects.place(uuid.uuid4().hex), children()
    batches = ScrapyGatherer(tmp_path, vault=place, floor_mb=1).gather(held)
    with closing(batches):  # type: ignore[type-var]
        next(batches)
        (child,) = children() - before
        line = Path(f"/proc/{child}/cmdline").read_bytes()
    assert b"crawlers.child" in line
    assert place.secret.encode() not in line
    assert place.secret not in (tmp_path / "logs" / "crawl-RUN1.log").read_text()


def test_a_store_that_refuses_ends_the_run_before_anything_is_asked(
    objects: ObjectStore, web: StagedWeb, day: GatherPlan, tmp_path: Path
) -> None:
    before = len(web.targets("many.press.test"))
    place = objects.place(key=Key(objects.worker.id, "wrong"))
    with pytest.raises(VaultError, match="does not take this key's secret"):
        list(ScrapyGatherer(tmp_path, vault=place, floor_mb=1).gather(day))
    with pytest.raises(VaultError, match="the vault's folder is not there"):
        list(ScrapyGatherer(tmp_path, vault=FolderPlace(tmp_path / "share"), floor_mb=1).gather(day))
    assert len(web.targets("many.press.test")) == before


def test_no_row_comes_whose_body_could_not_be_kept(day: GatherPlan, tmp_path: Path) -> None:
    """The store takes the first batch and is full at the second."""
    rows: list[Fetch] = []
    with answering((200, EMPTY), (200, b""), refusal(403, "QuotaExceeded"), (200, b"")) as (place, asked):
        batches = ScrapyGatherer(tmp_path, vault=place, floor_mb=1).gather(day)
        with pytest.raises(DiskFull, match=r"s3://pages/desk at .*: the store is full"):
            rows.extend(row for batch in batches for row in batch)
        assert asked == ["GET", "PUT", "PUT"]
    assert len({row.archived.file for row in rows if row.archived}) == 1
