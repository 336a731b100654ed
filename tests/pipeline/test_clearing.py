"""Clearing the vault: records go, the others stay where rows say, whatever dies when."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.state import SqlState
from pipeline.clearing import Cleared, clear_vault, growing_files
from pipeline.errors import StateError, VaultError
from pipeline.hold import CODING_LEASE, VAULT_LEASE, alone_in_the_vault, alone_with_the_articles
from pipeline.records import Article
from tests.pipeline.adapters.desk import DAY3, fetch
from tests.pipeline.archived_desk import ArchivedDesk

FILE = "2026/10/RUN1-w1.warc.gz"


@pytest.fixture
def archive(state: SqlState, tmp_path: Path) -> ArchivedDesk:
    """Three articles in one file, a fourth in another."""
    desk = ArchivedDesk(state, tmp_path / "vault")
    with desk.writer() as writer:
        for number in (1, 2, 3):
            desk.page(writer, number, f"Text of page {number}.")
    with desk.writer("w2") as writer:
        desk.page(writer, 4, "Text of page 4.")
    return desk


def article(desk: ArchivedDesk, number: int) -> Article:
    found = desk.state.article_by_url(f"http://fijitimes.press.test/news/{number}")
    assert found is not None
    return found


def take_down(desk: ArchivedDesk, number: int) -> None:
    desk.state.take_down(article(desk, number).id, reason="asked", by="desk", at=DAY3)


def clear(desk: ArchivedDesk, state: Any = None, store: Any = None) -> Cleared:
    with alone_in_the_vault(desk.state) as go_on:
        return clear_vault(state or desk.state, store or desk.store, go_on, lambda *_: None)


def names(desk: ArchivedDesk) -> list[str]:
    return [stored.name for stored in desk.store.names()]


def everything(desk: ArchivedDesk) -> bytes:
    """All files, unpacked."""
    return b"".join(gzip.decompress((desk.store.path / name).read_bytes()) for name in names(desk))


def check(desk: ArchivedDesk, *numbers: int) -> None:
    """These articles are read from the vault, no others are in it, nothing is left to do."""
    for number in numbers:
        refs = desk.state.archived_bodies(article(desk, number).id)
        assert [desk.reader.read(ref) for ref in refs] == [f"<p>Text of page {number}.</p>".encode()]
    held = everything(desk)
    for number in (1, 2, 3, 4):
        assert (f"Text of page {number}.".encode() in held) == (number in numbers)
    assert (desk.state.vault_cuts(), desk.state.vault_waste()) == ({}, [])


def test_a_page_goes_and_the_others_are_read_as_before(archive: ArchivedDesk) -> None:
    before = sum(stored.size for stored in archive.store.names())
    take_down(archive, 2)
    cleared = clear(archive)
    check(archive, 1, 3, 4)
    assert names(archive) == ["2026/10/RUN1-w1.cut1.warc.gz", "2026/10/RUN1-w2.warc.gz"]
    assert cleared.records == 1
    assert cleared.bytes == before - sum(stored.size for stored in archive.store.names()) > 0
    assert clear(archive) == Cleared()


def test_a_file_is_cut_again_and_again(archive: ArchivedDesk) -> None:
    for number in (2, 1):
        take_down(archive, number)
        clear(archive)
    check(archive, 3, 4)
    assert names(archive)[0] == "2026/10/RUN1-w1.cut2.warc.gz"


def test_a_file_without_pages_goes_altogether(archive: ArchivedDesk) -> None:
    take_down(archive, 4)
    clear(archive)
    check(archive, 1, 2, 3)
    assert names(archive) == [FILE]


def test_a_file_that_is_lost_has_nothing_to_cut(archive: ArchivedDesk) -> None:
    take_down(archive, 4)
    archive.store.delete("2026/10/RUN1-w2.warc.gz")
    clear(archive)
    check(archive, 1, 2, 3)


def test_a_file_that_a_worker_writes_waits(archive: ArchivedDesk) -> None:
    with archive.writer("w3") as writer:
        archive.page(writer, 5, "Text of page 5.")
        assert growing_files(archive.store, {"2026/10/RUN1-w3.warc.gz", FILE}) == ["2026/10/RUN1-w3.warc.gz"]
        take_down(archive, 5)
        take_down(archive, 1)
        cleared = clear(archive)
        assert (cleared.records, cleared.waiting) == (1, ("2026/10/RUN1-w3.warc.gz",))
    assert clear(archive).records == 1
    assert b"page 5" not in everything(archive)
    check(archive, 2, 3, 4)


# --- kills ---------------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """As far as the rest of the program is concerned."""


class Dying:
    """Passes calls on, and dies before or after one of them."""

    def __init__(self, inner: Any, method: str, *, after: bool) -> None:
        self._inner, self._method, self._after = inner, method, after

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._dying(found) if name == self._method else found

    def _dying(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def die(*arguments: Any, **named: Any) -> Any:
            if self._after:
                call(*arguments, **named)
            raise Killed

        return die


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    "step", ["plan_vault_file", "replace_vault_file", "forget_waste", "put_new", "delete", "vault_cuts"]
)
def test_whatever_dies_when_the_next_call_ends_it(archive: ArchivedDesk, step: str, after: bool) -> None:
    take_down(archive, 2)
    take_down(archive, 4)
    of_state = hasattr(archive.state, step)
    state = Dying(archive.state, step, after=after) if of_state else None
    store = None if of_state else Dying(archive.store, step, after=after)
    with pytest.raises(Killed):
        clear(archive, state, store)
    for number in (1, 3):
        (ref,) = archive.state.archived_bodies(article(archive, number).id)
        assert archive.reader.read(ref) == f"<p>Text of page {number}.</p>".encode()
    clear(archive)
    check(archive, 1, 3)


def test_nothing_is_cut_while_another_process_has_the_vault(archive: ArchivedDesk) -> None:
    take_down(archive, 2)
    before = names(archive)
    archive.state.acquire_leases(["vault"], "a backup", 100)
    with pytest.raises(StateError, match="wait until it ends"):
        clear(archive)
    assert names(archive) == before
    archive.state.release_leases({"vault": 0}, "a backup")
    clear(archive)
    check(archive, 1, 3, 4)


def test_a_vault_that_cannot_be_written_leaves_rows_where_they_were(archive: ArchivedDesk) -> None:
    take_down(archive, 2)

    class Full(Dying):
        def _dying(self, call: Callable[..., Any]) -> Callable[..., Any]:
            def fail(*_: Any) -> bool:
                raise VaultError("the store is full")

            return fail

    with pytest.raises(VaultError, match="full"):
        clear(archive, store=Full(archive.store, "put_new", after=False))
    (ref,) = archive.state.archived_bodies(article(archive, 1).id)
    assert ref.file == FILE
    clear(archive)
    check(archive, 1, 3, 4)


def test_a_damaged_page_costs_no_other(archive: ArchivedDesk) -> None:
    """One that cannot be read any more, before one that is taken out and one that stays."""
    (damaged,) = archive.state.archived_bodies(article(archive, 1).id)
    path = archive.store.path / FILE
    content = bytearray(path.read_bytes())
    for at in range(damaged.offset + 12, damaged.offset + 60):
        content[at] ^= 0xFF
    path.write_bytes(content)
    take_down(archive, 2)
    assert clear(archive).records == 1
    (kept,) = archive.state.archived_bodies(article(archive, 3).id)
    assert archive.reader.read(kept) == b"<p>Text of page 3.</p>"


def test_what_a_killed_clearing_left_half_made_goes_with_the_next(archive: ArchivedDesk) -> None:
    """It may hold a page that is taken out later."""
    draft = archive.store.path / f"{FILE}.0badc0de.draft"
    draft.write_bytes((archive.store.path / FILE).read_bytes())
    take_down(archive, 4)
    clear(archive)
    assert not draft.exists()
    check(archive, 1, 2, 3)


def test_a_row_of_the_log_that_shares_what_was_cut_out_cites_it_no_longer(archive: ArchivedDesk) -> None:
    """Two addresses that led to one answer have one record."""
    (cited,) = archive.state.archived_bodies(article(archive, 2).id)
    archive.fetch(fetch("http://fijitimes.press.test/rss", body=None, kind="feed", archived=cited))
    take_down(archive, 2)
    clear(archive)
    (row,) = archive.state.fetches(url="http://fijitimes.press.test/rss")
    assert row.archived is None
    check(archive, 1, 3, 4)


@pytest.mark.parametrize("lease", [VAULT_LEASE, CODING_LEASE])
def test_nothing_is_taken_away_beside_a_worker_that_codes_or_a_backup(archive: ArchivedDesk, lease: str) -> None:
    """On whichever machine."""
    archive.state.acquire_leases([lease], "another", 100)
    with pytest.raises(StateError, match="on another machine, is going on"), alone_with_the_articles(archive.state):
        raise AssertionError
    archive.state.release_leases({lease: 0}, "another")
    with alone_with_the_articles(archive.state):
        for name in (VAULT_LEASE, CODING_LEASE):
            assert archive.state.acquire_leases([name], "another", 100) == set()
    assert archive.state.acquire_leases([VAULT_LEASE, CODING_LEASE], "another", 100) == {VAULT_LEASE, CODING_LEASE}
