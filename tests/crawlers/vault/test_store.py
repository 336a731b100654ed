"""What every place that holds the vault does alike: the folder and the S3-compatible store, by the same tests."""

import threading
import uuid
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from crawlers.vault.place import FolderPlace, Place, guarded_folders, open_store, place_text, read_place
from crawlers.vault.reader import VaultReader
from crawlers.vault.store import Stored, VaultStore
from crawlers.vault.writer import VaultWriter, worker_name
from pipeline.errors import Permanent
from pipeline.records import ArchiveRef
from tests.crawlers.conftest import NOW
from tests.crawlers.vault.exchanges import content, exchange

NAME = "2026/10/kept.warc.gz"
BODIES = [b"", b"<p>one</p>", bytes(range(256)) * 5000]


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.server)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place of its own for each test."""
    if request.param == "folder":
        return FolderPlace(tmp_path / "vault", create=True)
    made: Place = request.getfixturevalue("objects").place(f"tests/{uuid.uuid4().hex}")
    return made


@pytest.fixture
def store(place: Place) -> VaultStore:
    return open_store(place)


def archived(store: VaultStore, worker: str = "w1") -> list[ArchiveRef]:
    """Two batches of bodies."""
    with VaultWriter(store, "RUN1", NOW, worker=worker) as vault:
        refs = []
        for _ in range(2):
            refs += [vault.write(exchange(body)) for body in BODIES]
            vault.sync()
    return refs


# --- what the crawl writes -------------------------------------------------------------------------------------------


def test_bodies_come_back_by_their_references(store: VaultStore) -> None:
    refs = archived(store)
    assert [VaultReader(store).read(ref) for ref in refs] == BODIES * 2
    assert len({(ref.file, ref.offset) for ref in refs}) == 6


def test_every_file_is_a_whole_warc_by_warcios_own_checker(store: VaultStore, tmp_path: Path) -> None:
    archived(store)
    copies = []
    for number, stored in enumerate(store.names()):
        copies.append(tmp_path / f"{number}.warc.gz")
        copies[-1].write_bytes(content(store, stored.name))
        with copies[-1].open("rb") as stream:
            kinds = [record.rec_type for record in ArchiveIterator(stream)]
        assert kinds[0] == "warcinfo"
        assert set(kinds[1:]) == {"request", "response"}
    assert copies
    assert Checker(Namespace(inputs=[str(path) for path in copies], verbose=False)).process_all() == 0


def test_a_body_is_safe_once_it_is_synced_though_nothing_is_closed(store: VaultStore, place: Place) -> None:
    with VaultWriter(store, "RUN1", NOW) as vault:
        ref = vault.write(exchange(b"kept"))
        vault.sync()
        assert VaultReader(open_store(place)).read(ref) == b"kept"


def test_nothing_is_made_for_a_run_that_brought_nothing(store: VaultStore) -> None:
    with VaultWriter(store, "RUN1", NOW) as vault:
        vault.sync()
    assert list(store.names()) == []


def test_a_sync_from_another_thread_covers_what_was_written_before_it(store: VaultStore, place: Place) -> None:
    """As the hand-over does it: whatever reference had been given out when a sync began can be read when it ends."""
    reader, written, checked = VaultReader(open_store(place)), list[ArchiveRef](), list[ArchiveRef]()
    first, over = threading.Event(), threading.Event()

    def sync() -> None:
        while not over.is_set():
            before = len(written)
            vault.sync()
            for ref in written[len(checked) : before]:
                assert len(reader.read(ref)) == 1000
                checked.append(ref)
                first.set()

    with VaultWriter(store, "RUN1", NOW) as vault:
        thread = threading.Thread(target=sync)
        thread.start()
        try:
            for number in range(300):
                written.append(vault.write(exchange(f"{number:1000}".encode())))
                assert number != 150 or first.wait(60)
        finally:
            over.set()
            thread.join()
    assert [reader.read(ref) for ref in written] == [f"{number:1000}".encode() for number in range(300)]


def test_two_workers_of_one_run_never_share_a_file(store: VaultStore) -> None:
    one, other = archived(store, worker_name()), archived(store, worker_name())
    assert not {ref.file for ref in one} & {ref.file for ref in other}
    assert [VaultReader(store).read(ref) for ref in (*one, *other)] == BODIES * 4


# --- what checks, backups and takedowns do ---------------------------------------------------------------------------


def test_names_come_in_order_with_their_sizes(store: VaultStore) -> None:
    for name in ("2026/11/b.warc.gz", "2026/10/z.warc.gz", "2026/11/a.warc.gz"):
        assert store.put_new(name, [name.encode()])
    found = list(store.names())
    assert found == [Stored(name, 17) for name in ("2026/10/z.warc.gz", "2026/11/a.warc.gz", "2026/11/b.warc.gz")]
    assert [store.size(one.name) for one in found] == [17, 17, 17]


def test_a_taken_name_is_never_overwritten(store: VaultStore) -> None:
    assert store.put_new(NAME, [b"fir", b"st"])
    assert not store.put_new(NAME, [b"second"])
    assert content(store, NAME) == b"first"


def test_a_file_whose_bytes_fail_half_way_does_not_appear(store: VaultStore) -> None:
    def failing() -> Iterator[bytes]:
        yield b"half"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.put_new(NAME, failing())
    assert store.size(NAME) is None
    assert list(store.names()) == []
    store.put_new(NAME, [b"first"])
    with pytest.raises(ZeroDivisionError):
        store.replace(NAME, failing())
    assert content(store, NAME) == b"first"


def test_a_large_file_goes_in_and_comes_out(store: VaultStore) -> None:
    """Larger than what S3 takes in one request."""
    blocks = [bytes([number]) * 5_000_000 for number in range(8)]
    assert store.put_new(NAME, iter(blocks))
    assert not store.put_new(NAME, iter(blocks))
    assert store.size(NAME) == 40_000_000
    assert content(store, NAME, 4_999_999) == b"".join(blocks)[4_999_999:]


def test_a_stream_begins_where_it_is_told(store: VaultStore) -> None:
    store.put_new(NAME, [b"0123456789"])
    assert [content(store, NAME, offset) for offset in (0, 3, 10, 999)] == [b"0123456789", b"3456789", b"", b""]


def test_a_file_is_replaced_and_removed(store: VaultStore) -> None:
    store.put_new(NAME, [b"first"])
    store.replace(NAME, [b"another"])
    assert content(store, NAME) == b"another"
    assert store.delete(NAME)
    assert not store.delete(NAME)
    assert store.size(NAME) is None
    for use in (lambda: store.read(NAME), lambda: store.replace(NAME, [b""])):
        with pytest.raises(Permanent, match="no such file"):
            use()


OUTSIDE = [
    "../kept.warc.gz",
    "/etc/kept.warc.gz",
    "2026/../../kept.warc.gz",
    "2026/10/kept.txt",
    "",
    "2026//kept.warc.gz",
]


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize(
    "use", [lambda s, n: s.read(n), lambda s, n: s.size(n), lambda s, n: s.put_new(n, [b""]), lambda s, n: s.delete(n)]
)
def test_names_that_no_vault_can_hold(store: VaultStore, name: str, use: Callable[[VaultStore, str], object]) -> None:
    with pytest.raises(Permanent, match="no such file"):
        use(store, name)


# --- how a child process learns of it --------------------------------------------------------------------------------


def test_a_place_survives_the_environment(place: Place) -> None:
    assert read_place(place_text(place)) == place


def test_the_disk_guard_watches_the_disks_that_a_crawl_fills(place: Place, tmp_path: Path) -> None:
    open_store(place)
    share = [place.path] if isinstance(place, FolderPlace) else []
    assert list(guarded_folders(tmp_path, place)) == [tmp_path, *share]


def test_a_place_shows_no_secret(place: Place) -> None:
    secret = getattr(place, "secret", "none")
    assert secret not in repr(place)
    assert secret not in repr(vars(open_store(place)))
    assert secret not in open_store(place).address
