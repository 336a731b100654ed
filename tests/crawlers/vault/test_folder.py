"""The vault: WARC files that warcio itself finds whole, bodies by reference, and tails that a kill tore."""

import gzip
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from crawlers.disk import require_space
from crawlers.vault.cutting import whole_length
from crawlers.vault.folder import FolderStore
from crawlers.vault.reader import VaultReader
from crawlers.vault.warc import Exchange
from crawlers.vault.writer import VaultWriter
from pipeline.errors import DataFolderError, DiskFull, Permanent, VaultError
from pipeline.records import ArchiveRef

NOW = datetime(2026, 10, 5, 6, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[3]
HTML = "公安部".encode("gbk")


def exchange(body: bytes = HTML, url: str = "http://a.test/新闻?x=1") -> Exchange:
    headers = [("Content-Type", "text/html; charset=gbk"), ("Content-Encoding", "gzip"), ("Content-Length", "99"),
               ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Odd", "two\r\n lines"),
               ("X-Name", "\xe6\x96\xb0")]  # fmt: skip
    return Exchange(url, NOW, [("User-Agent", "beatwatch")], 200, headers, body, "203.0.113.5")


def writer(folder: Path, run_id: str = "RUN1", **fields: str) -> VaultWriter:
    return VaultWriter(FolderStore(folder), run_id, NOW, worker=fields.get("worker", "w1"))


def reader(folder: Path) -> VaultReader:
    return VaultReader(FolderStore(folder))


def whole_bytes(path: Path) -> int:
    with path.open("rb") as stream:
        return whole_length(stream)


def whole(path: Path) -> bool:
    """Whether `warcio check` finds nothing wrong."""
    return bool(Checker(Namespace(inputs=[str(path)], verbose=False)).process_all() == 0)


def only_file(data: Path) -> Path:
    (path,) = data.glob("*/*/*.warc.gz")
    return path


def test_what_is_written_is_read_and_whole(tmp_path: Path) -> None:
    with writer(tmp_path) as vault:
        refs = [vault.write(exchange(body)) for body in (HTML, b"", b"x" * 300_000, bytes(range(256)))]
    assert [reader(tmp_path).read(ref) for ref in refs] == [HTML, b"", b"x" * 300_000, bytes(range(256))]
    assert {ref.file for ref in refs} == {"2026/10/RUN1-w1.warc.gz"}
    assert whole(only_file(tmp_path))


def test_headers_agree_with_the_stored_body(tmp_path: Path) -> None:
    with writer(tmp_path) as vault:
        vault.write(exchange())
    with only_file(tmp_path).open("rb") as stream:
        info, response, request = [
            (record.rec_type, record.rec_headers, record.http_headers) for record in ArchiveIterator(stream)
        ]
    assert [kind for kind, _, _ in (info, response, request)] == ["warcinfo", "response", "request"]
    http = response[2]
    assert http.get_header("Content-Type") == "text/html; charset=gbk"
    assert http.get_header("Content-Encoding") is None
    assert http.get_header("X-Archive-Orig-Content-Encoding") == "gzip"
    assert http.get_header("Content-Length") == str(len(HTML))
    assert [value for name, value in http.headers if name == "Set-Cookie"] == ["a=1", "b=2"]
    assert http.get_header("X-Odd") == "two lines"
    assert http.get_header("X-Name") == "%E6%96%B0"
    assert response[1].get_header("WARC-Target-URI") == "http://a.test/%E6%96%B0%E9%97%BB?x=1"
    assert response[1].get_header("WARC-Date") == "2026-10-05T06:00:00Z"
    assert response[1].get_header("WARC-Payload-Digest").startswith("sha256:")
    assert request[2].get_header("User-Agent") == "beatwatch"
    assert request[1].get_header("WARC-Concurrent-To") == response[1].get_header("WARC-Record-ID")


def test_no_file_for_a_run_that_brought_nothing(tmp_path: Path) -> None:
    vault = writer(tmp_path)
    vault.sync()
    vault.close()
    assert list(tmp_path.rglob("*.gz*")) == []


def test_the_same_worker_goes_on_in_its_file(tmp_path: Path) -> None:
    refs = []
    for body in (b"one", b"two"):
        with writer(tmp_path) as vault:
            refs.append(vault.write(exchange(body)))
    assert [reader(tmp_path).read(ref) for ref in refs] == [b"one", b"two"]
    assert whole(only_file(tmp_path))


# --- torn tails ------------------------------------------------------------------------------------------------------

KILLED = """
import os, sys
from pathlib import Path
from tests.crawlers.vault.test_folder import exchange, writer
vault = writer(Path(sys.argv[1]))
ref = vault.write(exchange(b"whole"))
vault.sync()
print(ref.offset, ref.sha256, flush=True)
os._exit(9)
"""


@pytest.fixture
def killed(tmp_path: Path) -> tuple[Path, ArchiveRef]:
    """A data folder whose writer was killed after its first synced record."""
    result = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 9, result.stderr
    offset, sha256 = result.stdout.split()
    return tmp_path, ArchiveRef("2026/10/RUN1-w1.warc.gz", int(offset), sha256)


@pytest.mark.parametrize("keep", [1, 5, 20, 100])
def test_a_torn_tail_is_cut_off_by_the_next_run(killed: tuple[Path, ArchiveRef], keep: int) -> None:
    data, ref = killed
    path = only_file(data)
    size = path.stat().st_size
    with path.open("ab") as stream:
        stream.write(gzip.compress(b"WARC/1.0\r\nWARC-Type: response\r\n" + bytes(500))[:keep])
    if keep < 40:
        assert whole_bytes(path) == size
    with writer(data, "RUN2") as next_run:
        assert path.stat().st_size == whole_bytes(path)
        assert list(data.glob("*/*/*.open")) == []
        ref2 = next_run.write(exchange(b"next"))
    assert reader(data).read(ref) == b"whole"
    assert reader(data).read(ref2) == b"next"


def test_a_tail_cut_anywhere_leaves_whole_records(killed: tuple[Path, ArchiveRef]) -> None:
    data, _ = killed
    path = only_file(data)
    content, marker = path.read_bytes(), path.with_name(path.name + ".open")
    ends = {whole_bytes(path)}
    for cut in range(len(content) - 1, 0, -37):
        path.write_bytes(content[:cut])
        marker.touch()
        assert FolderStore(data).trim_torn() == [path.relative_to(data).as_posix()]
        assert whole(path)
        ends.add(path.stat().st_size)
    assert len(ends) == 4  # nothing, and the ends of the three records


def test_garbage_after_the_records_is_cut_off(killed: tuple[Path, ArchiveRef]) -> None:
    data, ref = killed
    path = only_file(data)
    size = path.stat().st_size
    with path.open("ab") as stream:
        stream.write(bytes(4096))  # what some file systems leave after a power cut
    FolderStore(data).trim_torn()
    assert path.stat().st_size == size
    assert reader(data).read(ref) == b"whole"


def test_the_file_of_a_living_worker_is_left_alone(tmp_path: Path) -> None:
    with writer(tmp_path, worker="alive") as alive:
        ref = alive.write(exchange())
        alive.sync()
        with only_file(tmp_path).open("ab") as stream:
            stream.write(b"\x1f\x8b half a record")
        size = only_file(tmp_path).stat().st_size
        assert FolderStore(tmp_path).trim_torn() == []
        assert only_file(tmp_path).stat().st_size == size
        assert reader(tmp_path).read(ref) == HTML


WORKER = """
import sys
from pathlib import Path
from tests.crawlers.vault.test_folder import exchange, writer
vault = writer(Path(sys.argv[1]), worker=sys.argv[2])
for line in sys.stdin:
    ref = vault.write(exchange(line.strip().encode()))
    vault.sync()
    print(ref.offset, flush=True)
vault.close()
"""


class Worker:
    """A process that writes into the folder what it is told, and says where it lies."""

    def __init__(self, folder: Path, name: str) -> None:
        self.file = f"2026/10/RUN1-{name}.warc.gz"
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(folder), name], cwd=ROOT, text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def write(self, body: str) -> ArchiveRef:
        """Returns when the body is synced."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(body + "\n")
        return ArchiveRef(self.file, int(self.process.stdout.readline()), sha256(body.encode()).hexdigest())


def test_a_worker_killed_beside_a_living_one(tmp_path: Path) -> None:
    """Two processes on one shared folder: a third that comes mends the dead one's file and leaves the other alone."""
    dead, alive = Worker(tmp_path, "dead"), Worker(tmp_path, "alive")
    with dead.process, alive.process:
        refs = [worker.write(body) for body in ("one", "two") for worker in (dead, alive)]
        assert [stored.growing for stored in FolderStore(tmp_path).names()] == [True, True]
        dead.process.kill()
        dead.process.wait()
        torn = b"\x1f\x8b half a record"
        for worker in (dead, alive):
            with (tmp_path / worker.file).open("ab") as stream:
                stream.write(torn)
        sizes = {worker.file: (tmp_path / worker.file).stat().st_size for worker in (dead, alive)}
        with writer(tmp_path, "RUN2", worker="third"):
            assert FolderStore(tmp_path).size(dead.file) == sizes[dead.file] - len(torn)
            assert FolderStore(tmp_path).size(alive.file) == sizes[alive.file]
        assert {stored.name: stored.growing for stored in FolderStore(tmp_path).names()} == {
            dead.file: False, alive.file: True,
        }  # fmt: skip
        assert [reader(tmp_path).read(ref) for ref in refs] == [b"one", b"one", b"two", b"two"]
        os.truncate(tmp_path / alive.file, sizes[alive.file] - len(torn))
        refs.append(alive.write("three"))
        alive.process.communicate()
    assert reader(tmp_path).read(refs[-1]) == b"three"
    assert all(whole(tmp_path / stored.name) for stored in FolderStore(tmp_path).names())
    assert FolderStore(tmp_path).trim_torn() == []


def test_a_file_that_a_worker_still_writes_is_neither_removed_nor_replaced(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    with writer(tmp_path) as vault:
        ref = vault.write(exchange())
        vault.sync()
        for use in (lambda: store.delete(ref.file), lambda: store.replace(ref.file, [b"x"])):
            with pytest.raises(VaultError, match="a worker still writes it"):
                use()
    assert reader(tmp_path).read(ref) == HTML
    assert store.delete(ref.file)


def test_drafts_and_other_peoples_files_are_no_part_of_the_vault(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put_new("2026/10/a.warc.gz", [b"x"])
    (tmp_path / "2026" / "10" / "a.warc.gz.0badcafe.draft").write_bytes(b"half")
    (tmp_path / "notes of the desk.warc.gz").write_bytes(b"x")
    (tmp_path / "README").write_bytes(b"x")
    assert [stored.name for stored in store.names()] == ["2026/10/a.warc.gz"]


# --- what can go wrong -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda ref: ArchiveRef("2026/10/none.warc.gz", ref.offset, ref.sha256), "no such file"),
        (lambda ref: ArchiveRef("../../etc/passwd", ref.offset, ref.sha256), "no such file"),
        (
            lambda ref: ArchiveRef(ref.file, ref.offset + 3, ref.sha256),
            "no record at offset|not the one that was archived",
        ),
        (lambda ref: ArchiveRef(ref.file, 10_000_000, ref.sha256), "no record at offset"),
        (lambda ref: ArchiveRef(ref.file, ref.offset, "0" * 64), "not the one that was archived"),
        (lambda ref: ArchiveRef(ref.file, 0, ref.sha256), "not the one that was archived"),
    ],
)
def test_references_that_lead_nowhere(tmp_path: Path, change: Callable[[ArchiveRef], ArchiveRef], reason: str) -> None:
    with writer(tmp_path) as vault:
        ref = vault.write(exchange())
    with pytest.raises(Permanent, match=reason):
        reader(tmp_path).read(change(ref))


def test_a_folder_that_an_operator_names_must_be_there(tmp_path: Path) -> None:
    """Else pages would be archived on the wrong disk when a share is not mounted."""
    with pytest.raises(VaultError, match="share: the vault's folder is not there: make it, or mount its disk"):
        FolderStore.open(tmp_path / "share").check()
    assert not (tmp_path / "share").exists()
    FolderStore.open(tmp_path / "share", create=True).check()
    (tmp_path / "share").chmod(0o555)
    with pytest.raises(VaultError, match="change the folder's rights"):
        FolderStore.open(tmp_path / "share").check()


def test_where_the_whole_folder_is_away_no_file_is_lost(tmp_path: Path) -> None:
    """A missing file quarantines its article for ever, a missing disk does not."""
    with writer(tmp_path / "share") as vault:
        ref = vault.write(exchange())
    (tmp_path / "share").rename(tmp_path / "elsewhere")
    with pytest.raises(VaultError, match="is not there"):
        reader(tmp_path / "share").read(ref)
    with pytest.raises(VaultError, match="is not there"):
        list(FolderStore(tmp_path / "share").names())
    assert reader(tmp_path / "elsewhere").read(ref) == HTML


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "2026").write_text("a file where a folder must be")
    with pytest.raises(VaultError, match="cannot be written"):
        writer(tmp_path).write(exchange())


FULL = """
import sys
from pathlib import Path
from pipeline.errors import DiskFull
from tests.crawlers.vault.test_folder import exchange, writer
file = Path(sys.argv[1]) / "2026" / "10" / "RUN1-w1.warc.gz"
file.parent.mkdir(parents=True)
file.symlink_to("/dev/full")
vault = writer(Path(sys.argv[1]))
vault.write(exchange(b"lost"))
for _ in range(2):
    try:
        vault.sync()
    except DiskFull as error:
        print(error)
"""


def test_a_disk_that_is_full_is_told_by_every_later_sync(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.stdout.count("RUN1-w1.warc.gz: the disk is full; free some space") == 2, ended.stderr


def test_disk_guard(tmp_path: Path) -> None:
    require_space(tmp_path, 1)
    with pytest.raises(DiskFull, match=r"\d+ MB free, 1000000000 MB are needed"):
        VaultWriter(FolderStore(tmp_path), "RUN1", NOW, guarded=[tmp_path], floor_mb=1_000_000_000).write(exchange())
    with pytest.raises(DataFolderError):
        require_space(tmp_path / "nowhere", 1)
