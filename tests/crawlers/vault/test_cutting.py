"""Taking pages out of a WARC file: what stays is whole, and is found where the moves say."""

from argparse import Namespace
from io import BytesIO
from pathlib import Path

import pytest
from warcio.checker import Checker

from crawlers.vault import cutting
from crawlers.vault.folder import FolderStore
from crawlers.vault.reader import VaultReader
from crawlers.vault.warc import Exchange
from crawlers.vault.writer import VaultWriter
from pipeline.records import ArchiveRef
from tests.pipeline.adapters.desk import DAY1

BODIES = [b"one", b"two" * 100_000, b"", bytes(range(256))]


@pytest.fixture
def written(tmp_path: Path) -> tuple[FolderStore, list[ArchiveRef]]:
    """A file of four pages."""
    store = FolderStore(tmp_path)
    with VaultWriter(store, "RUN1", DAY1, worker="w1", floor_mb=1) as writer:
        refs = [writer.write(Exchange(f"http://a.test/{n}", DAY1, [], 200, [], body)) for n, body in enumerate(BODIES)]
    return store, refs


def content(store: FolderStore) -> bytes:
    return (store.path / "2026/10/RUN1-w1.warc.gz").read_bytes()


@pytest.mark.parametrize("gone", [[], [0], [1], [3], [0, 1], [1, 3], [0, 1, 2]])
def test_the_other_pages_are_read_as_before(written: tuple[FolderStore, list[ArchiveRef]], gone: list[int]) -> None:
    store, refs = written
    found = list(cutting.records(BytesIO(content(store))))
    kept = cutting.remaining(found, {refs[n].offset for n in gone})
    moves = cutting.moves(kept)
    new = "2026/10/new.warc.gz"
    assert store.put_new(new, cutting.copied(BytesIO(content(store)), kept))
    for n, ref in enumerate(refs):
        if n in gone:
            assert ref.offset not in moves
        else:
            assert VaultReader(store).read(ArchiveRef(new, moves[ref.offset], ref.sha256)) == BODIES[n]
    assert Checker(Namespace(inputs=[str(store.path / new)], verbose=False)).process_all() == 0
    responses = [record for record in kept if not record.request]
    assert len(responses) == 1 + len(BODIES) - len(gone)  # and the record that the file begins with
    assert len(kept) == len(responses) + len(BODIES) - len(gone)


def test_a_record_that_is_not_there_is_no_fault(written: tuple[FolderStore, list[ArchiveRef]]) -> None:
    store, _ = written
    found = list(cutting.records(BytesIO(content(store))))
    assert cutting.remaining(found, {1, 10**9}) == found
    assert b"".join(cutting.copied(BytesIO(content(store)), found)) == content(store)


def test_a_torn_end_is_left_out(written: tuple[FolderStore, list[ArchiveRef]]) -> None:
    store, _ = written
    whole = content(store)
    found = list(cutting.records(BytesIO(whole)))
    for torn in (whole + b"\x1f\x8b\x08\x00", whole + b"no gzip at all", whole[:-1]):
        read = list(cutting.records(BytesIO(torn)))
        assert read == (found if torn.startswith(whole) else found[:-1])


@pytest.mark.parametrize("damaged", range(len(BODIES)))
def test_damage_in_the_middle_costs_no_page_behind_it(
    written: tuple[FolderStore, list[ArchiveRef]], damaged: int
) -> None:
    store, refs = written
    whole = bytearray(content(store))
    starts = [*(ref.offset for ref in refs), len(whole)]
    for at in range(refs[damaged].offset + 12, refs[damaged].offset + 60):
        whole[at] ^= 0xFF
    found = list(cutting.records(BytesIO(whole)))
    assert [record.start for record in found if not record.request][1:] == starts[:-1]
    assert b"".join(cutting.copied(BytesIO(whole), found)) == whole
    assert cutting.whole_length(BytesIO(whole)) == len(whole)
    kept = cutting.remaining(found, {refs[damaged].offset})
    moves, new = cutting.moves(kept), "2026/10/new.warc.gz"
    assert store.put_new(new, cutting.copied(BytesIO(whole), kept))
    for n, ref in enumerate(refs):
        if n != damaged:
            assert VaultReader(store).read(ArchiveRef(new, moves[ref.offset], ref.sha256)) == BODIES[n]


@pytest.mark.parametrize("at", [0, 3, 9])
def test_a_damaged_beginning_costs_no_page(written: tuple[FolderStore, list[ArchiveRef]], at: int) -> None:
    store, refs = written
    whole = bytearray(content(store))
    whole[at] ^= 0xFF
    found = list(cutting.records(BytesIO(whole)))
    assert {ref.offset for ref in refs} <= {record.start for record in found}
    assert found[0].start == 0
