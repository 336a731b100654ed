"""Backups: one file that holds what state and archive held at one moment, and what is said of files that are none."""

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.adapters.data_folder import DataFolder
from pipeline.adapters.state import SqlState
from pipeline.backup.layout import Manifest
from pipeline.backup.reading import BackupFile
from pipeline.backup.restoring import Place, Rows, restore
from pipeline.backup.writing import write_file, write_stream
from pipeline.errors import BackupError, DataFolderError, DiskFull, StateError, UsageError
from pipeline.hold import VAULT_LEASE
from pipeline.records import ArchiveRef
from tests.pipeline.adapters.desk import DAY2, DAY3, message
from tests.pipeline.adapters.test_state_snapshot import copied
from tests.pipeline.archived_desk import ArchivedDesk, page_url
from tests.pipeline.backup.conftest import Empty


def silent(stage: str, done: int, total: int | None) -> None:
    """Nobody is watching."""


def backed_up(desk: ArchivedDesk, file: Path) -> Manifest:
    return write_file(file, desk.state, desk.store, DAY3, silent)


def restored(file: Path, empty: Empty) -> SqlState:
    """Everything that `beatwatch restore` does but for the index."""
    with BackupFile.open(file) as backup:
        restore(backup, empty.place(), 1, silent)
    return SqlState.open(empty.url)


@pytest.fixture
def file(busy: ArchivedDesk, tmp_path: Path) -> Path:
    """A backup of the busy place."""
    path = tmp_path / "backup.tar"
    backed_up(busy, path)
    return path


def archived(desk: ArchivedDesk) -> dict[str, bytes]:
    """The vault's files."""
    return {stored.name: (desk.store.path / stored.name).read_bytes() for stored in desk.store.names()}


def test_what_was_backed_up_is_what_is_restored(busy: ArchivedDesk, file: Path, empty: Empty) -> None:
    with closing(restored(file, empty)) as state:
        assert copied(state) == copied(busy.state)
        again = ArchivedDesk(state, empty.data / "vault")
        assert archived(again) == archived(busy)
        assert len(archived(busy)) == 2
    (mail,) = (empty.data / "mail").glob("*.eml")
    assert (mail.name, mail.stat().st_mtime) == ("m1.eml", DAY2.timestamp())
    DataFolder.open(empty.data)


def test_a_backup_says_what_it_holds(busy: ArchivedDesk, tmp_path: Path) -> None:
    manifest = backed_up(busy, tmp_path / "backup.tar")
    rows = {member.name: member.rows for member in manifest.tables}
    assert (rows["articles"], rows["bodies"], rows["messages"], rows["stories"]) == (3, 3, 1, 1)
    assert manifest.head.made_at == DAY3
    with tarfile.open(tmp_path / "backup.tar") as tar:
        for place, member in manifest.members().items():
            stream = tar.extractfile(place)
            assert stream is not None
            assert hashlib.sha256(stream.read()).hexdigest() == member.sha256
    assert [path.name for path in tmp_path.glob("backup*")] == ["backup.tar"]


def test_what_a_run_writes_meanwhile_is_left_out(
    busy: ArchivedDesk, tmp_path: Path, empty: Empty, request: pytest.FixtureRequest
) -> None:
    """Bodies that were archived, but whose rows were not committed; a torn record behind them; rows after the snapshot."""
    before = copied(busy.state)
    writer = busy.writer("w3")
    request.addfinalizer(writer.close)
    busy.fetch(busy.archived(writer, page_url(4), "<p>4</p>"))
    committed = copied(busy.state)
    late = busy.archived(writer, page_url(5), "<p>5</p>")
    (growing,) = [stored.name for stored in busy.store.names() if stored.growing]
    with (busy.store.path / growing).open("ab") as out:
        out.write(b"\x1f\x8b\x08 a torn record")

    def go_on(stage: str, done: int, total: int | None) -> None:
        if stage == "vault" and done == 1:
            busy.fetch(late)

    write_file(tmp_path / "backup.tar", busy.state, busy.store, DAY3, go_on)
    with closing(restored(tmp_path / "backup.tar", empty)) as state:
        found = copied(state)
        assert found == committed
        assert found != before
        assert found != copied(busy.state)
        again = ArchivedDesk(state, empty.data / "vault")
        for row in found[1]["bodies"]:
            again.reader.read(ArchiveRef(row["file"], row["offset"], row["sha256"]))
        assert b"torn" not in archived(again)[growing]


def test_a_stream_holds_the_same_as_a_file(busy: ArchivedDesk, file: Path) -> None:
    out = io.BytesIO()
    write_stream(out, busy.state, busy.store, file.parent, DAY3, silent)
    assert out.getvalue() == file.read_bytes()


def test_a_file_that_the_archive_lost_is_named(busy: ArchivedDesk, tmp_path: Path, empty: Empty) -> None:
    lost = next(iter(busy.store.names())).name
    busy.store.delete(lost)
    manifest = backed_up(busy, tmp_path / "backup.tar")
    assert manifest.missing == (lost,)
    restored(tmp_path / "backup.tar", empty).close()


def test_no_backup_overwrites_another(busy: ArchivedDesk, file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(UsageError, match="it is there already"):
        backed_up(busy, file)
    assert file.read_bytes() == before


def test_one_at_a_time_copies_the_archive_or_takes_from_it(busy: ArchivedDesk, tmp_path: Path) -> None:
    busy.state.acquire_leases([VAULT_LEASE], "a takedown", 100)
    with pytest.raises(StateError, match="wait until it ends"):
        backed_up(busy, tmp_path / "backup.tar")
    assert not list(tmp_path.glob("backup*"))
    busy.state.release_leases({VAULT_LEASE: 0}, "a takedown")
    backed_up(busy, tmp_path / "backup.tar")
    assert busy.state.acquire_leases([VAULT_LEASE], "a takedown", 100)


def test_a_folder_that_is_not_there(busy: ArchivedDesk, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="cannot be written: No such file"):
        backed_up(busy, tmp_path / "nowhere" / "backup.tar")


# --- files that are no backups, or are no longer -------------------------------------------------------------------


def rewritten(file: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """The same tar file with other members, in order."""
    with tarfile.open(file) as tar:
        members = {info.name: tar.extractfile(info).read() for info in tar if info.isreg()}  # type: ignore[union-attr]
    change(members)
    with tarfile.open(file, "w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def edited(member: str, old: str, new: str) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        assert old.encode() in members[member]
        members[member] = members[member].replace(old.encode(), new.encode())

    return change


def both(old: str, new: str) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        edited("beatwatch-backup.json", old, new)(members)
        edited("manifest.json", old, new)(members)

    return change


def moved(name: str, to: str) -> Callable[[dict[str, bytes]], None]:
    """A member under another name, in the manifest too."""

    def change(members: dict[str, bytes]) -> None:
        held = list(members.items())
        members.clear()
        members.update({(to if place == name else place): content for place, content in held})
        told = json.loads(members["manifest.json"])
        for member in told["vault"]:
            if f"vault/{member['name']}" == name:
                member["name"] = to.removeprefix("vault/")
        members["manifest.json"] = json.dumps(told).encode()

    return change


def added(members: dict[str, bytes]) -> None:
    manifest = members.pop("manifest.json")
    members |= {"state/songs.jsonl.gz": b"", "manifest.json": manifest}


def without_manifest(members: dict[str, bytes]) -> None:
    del members["manifest.json"]


def one_byte(members: dict[str, bytes]) -> None:
    name = next(name for name in members if name.startswith("vault/"))
    members[name] = members[name][:50] + bytes([members[name][50] ^ 1]) + members[name][51:]


WARC = "vault/2026/10/RUN1-w1.warc.gz"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (one_byte, "vault/2026/10/RUN1-w1.warc.gz is damaged: take another backup"),
        (without_manifest, "it is not whole"),
        (added, "what it holds is not what its manifest names"),
        (edited("manifest.json", '"rows": 3', '"rows": 4'), "has 3 rows, its manifest says 4"),
        (edited("manifest.json", '"sha256": "', '"sha256": "0'), "is damaged"),
        (edited("manifest.json", '"vault"', '"fault"'), "it is damaged"),
        (edited("manifest.json", "{", "["), "it is damaged"),
        (both('"format": 1', '"format": 2'), "format 2, this version reads 1"),
        (both('"schema": "0', '"schema": "9'), "written by a newer version"),
        (edited("beatwatch-backup.json", '"schema": "0', '"schema": "1'), "not what its manifest names"),
        (moved(WARC, "vault/../../outside.warc.gz"), "not what its manifest names"),
        (moved(WARC, "vault//tmp/outside.warc.gz"), "not what its manifest names"),
        (moved(WARC, "vault/2026/10/run.lock"), "not what its manifest names"),
    ],
)
def test_a_file_that_was_changed_is_refused(
    file: Path, empty: Empty, change: Callable[[dict[str, bytes]], None], words: str
) -> None:
    rewritten(file, change)
    with pytest.raises((BackupError, StateError), match=words):
        restored(file, empty)
    assert not (empty.data.parent / "outside.warc.gz").exists()


def test_a_file_that_was_cut_off_is_refused_wherever_it_ends(file: Path, empty: Empty) -> None:
    whole = file.read_bytes()
    for length in (0, 100, 512, 700, 2000, len(whole) // 2, len(whole) - 12_000):
        file.write_bytes(whole[:length])
        with pytest.raises(BackupError, match=r"no backup of beatwatch|not whole|damaged"):
            restored(file, empty)
    assert not (empty.data / "restore.unfinished").exists()


def test_a_link_in_the_archive_is_refused(file: Path, empty: Empty) -> None:
    with tarfile.open(file) as tar:
        members = [(info, tar.extractfile(info).read()) for info in tar]  # type: ignore[union-attr]
    with tarfile.open(file, "w") as tar:
        for info, content in members:
            if info.name == WARC:
                info.type, info.linkname, info.size = tarfile.SYMTYPE, "/etc/passwd", 0
            tar.addfile(info, io.BytesIO(content))
    with pytest.raises(BackupError, match="not what its manifest names"):
        restored(file, empty)


def test_another_file_is_no_backup(tmp_path: Path) -> None:
    (tmp_path / "letter.tar").write_text("Dear desk, " * 500)
    with pytest.raises(BackupError, match="no backup of beatwatch"), BackupFile.open(tmp_path / "letter.tar"):
        pass
    with tarfile.open(tmp_path / "songs.tar", "w") as tar:
        tar.add(tmp_path / "letter.tar", "song.mp3")
    with pytest.raises(BackupError, match="no backup of beatwatch"), BackupFile.open(tmp_path / "songs.tar"):
        pass
    with pytest.raises(UsageError, match="cannot be read: No such file"), BackupFile.open(tmp_path / "none.tar"):
        pass


# --- places --------------------------------------------------------------------------------------------------------


def test_a_place_that_holds_something_is_left_alone(busy: ArchivedDesk, file: Path, empty: Empty) -> None:
    restored(file, empty).close()
    with pytest.raises(BackupError, match=r"it holds .* already: restore into an empty data folder"):
        restored(file, empty)
    with closing(SqlState.open(empty.url)) as state:
        assert copied(state) == copied(busy.state)


def test_an_archive_without_a_state_is_something(file: Path, empty: Empty) -> None:
    found = empty.data / "vault/2026/09/OTHER-w1.warc.gz"
    found.parent.mkdir(parents=True)
    found.write_bytes(b"")
    with pytest.raises(BackupError, match="it holds an archive of pages"):
        restored(file, empty)


def test_a_database_in_which_somebody_only_looked_is_empty(busy: ArchivedDesk, file: Path, empty: Empty) -> None:
    """A console that was started too early has made the tables."""
    empty.data.mkdir()
    SqlState.open(empty.url).close()
    with closing(restored(file, empty)) as state:
        assert copied(state) == copied(busy.state)


def test_a_database_that_another_worker_fills_meanwhile_is_not_taken_for_the_backups(file: Path, empty: Empty) -> None:
    def also(stage: str, done: int, total: int | None) -> None:
        if stage == "vault" and done == 1:
            with closing(SqlState.open(empty.url)) as other:
                other.begin_run("live", DAY3)

    with BackupFile.open(file) as backup, pytest.raises(BackupError, match="another process wrote into it"):
        restore(backup, empty.place(), 1, also)
    with pytest.raises(DataFolderError, match="a restore into it was not finished"):
        DataFolder.open(empty.data)


def test_a_mail_whose_name_leads_out_of_the_folder_is_not_written(
    busy: ArchivedDesk, tmp_path: Path, empty: Empty
) -> None:
    busy.state.enqueue_message(message("../../outside"), ())
    busy.state.mark_message("../../outside", written_at=DAY3)
    backed_up(busy, tmp_path / "backup.tar")
    with pytest.raises(DataFolderError, match="outside"):
        restored(tmp_path / "backup.tar", empty)
    assert not list(tmp_path.rglob("outside*"))
    with pytest.raises(DataFolderError, match="a restore into it was not finished"):
        DataFolder.open(empty.data)


class Killed(BaseException):
    """As far as the rest of the program is concerned."""


def killed_in_the_archive(backup: BackupFile, place: Place) -> None:
    def die(stage: str, done: int, total: int | None) -> None:
        if stage == "vault":
            raise Killed

    restore(backup, place, 1, die)


def killed_in_the_tables(backup: BackupFile, place: Place) -> None:
    def half(rows: Rows) -> Rows:
        for name, found in rows:
            yield name, found
            if name == "articles":
                raise Killed

    restore(backup, replace(place, load=lambda schema, rows: place.load(schema, half(rows))), 1, silent)


def killed_before_the_end(backup: BackupFile, place: Place) -> None:
    """While the search index is made, say."""

    def die() -> None:
        raise Killed

    restore(backup, replace(place, remake=die), 1, silent)


@pytest.mark.parametrize("kill", [killed_in_the_archive, killed_in_the_tables, killed_before_the_end])
def test_a_restore_that_was_killed_is_taken_up_again_and_never_taken_for_whole(
    busy: ArchivedDesk, file: Path, empty: Empty, kill: Callable[[BackupFile, Place], None]
) -> None:
    with BackupFile.open(file) as backup, pytest.raises(Killed):
        kill(backup, empty.place())
    with pytest.raises(DataFolderError, match="a restore into it was not finished"):
        DataFolder.open(empty.data)
    with closing(restored(file, empty)) as state:
        assert copied(state) == copied(busy.state)
    DataFolder.open(empty.data)


def test_another_backup_does_not_take_up_what_one_began(busy: ArchivedDesk, file: Path, empty: Empty) -> None:
    with BackupFile.open(file) as backup, pytest.raises(Killed):
        killed_before_the_end(backup, empty.place())
    busy.state.begin_run("live", DAY3)
    other = file.with_name("other.tar")
    backed_up(busy, other)
    with pytest.raises(BackupError, match="another backup was begun"):
        restored(other, empty)


def test_a_disk_without_room_is_found_before_anything_is_written(file: Path, empty: Empty) -> None:
    with BackupFile.open(file) as backup, pytest.raises(DiskFull, match="MB are needed"):
        restore(backup, empty.place(), 10**9, silent)
    assert not list((empty.data / "vault").iterdir())
    assert not (empty.data / "restore.unfinished").exists()
