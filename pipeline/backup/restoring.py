"""Restoring a backup into an empty place.

Every byte is checked before anything is written. The database is filled last and in one transaction, and a marker in the
data folder stands from the first write to the last: a restore that was killed leaves a place that no command takes for
whole, and that the same restore takes up again.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawlers.disk import is_full
from crawlers.vault.store import VaultStore
from pipeline.adapters.data_folder import DataFolder
from pipeline.backup.layout import Member
from pipeline.backup.reading import BackupFile
from pipeline.errors import BackupError, DataFolderError, DiskFull
from pipeline.ports import Progress

TOLD = ("runs", "fetches", "articles")
"""Tables whose rows only grow, by which a database is known for the backup's."""
Rows = Iterable[tuple[str, Iterable[dict[str, Any]]]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where to restore: `database` is how messages name the database, `knows(schema)` says whether this version can read
    its rows, `held()` how many rows each table of it has, `load(schema, rows)` fills it if it has none, `remake()` makes
    of it what is not in a backup: the files of mails, the search index."""

    folder: DataFolder
    vault: VaultStore
    database: str
    knows: Callable[[str], bool]
    held: Callable[[], Mapping[str, int]]
    load: Callable[[str, Rows], object]
    remake: Callable[[], object]


def restore(backup: BackupFile, place: Place, floor_mb: int, progress: Progress) -> None:
    """Fill the place; after a kill to be called again, until when no other command takes it for whole. Raises
    `BackupError` where something is there already, or the backup is damaged, `DiskFull` before anything is written."""
    schema = backup.manifest.head.schema
    if not place.knows(schema):
        raise BackupError(
            f"it was written by a newer version of beatwatch (schema {schema}): install that version and restore again"
        )
    backup.check(progress)
    _begin(backup, place, floor_mb)
    place.vault.sweep()
    for done, member in enumerate(backup.manifest.vault, start=1):
        _put(backup, place.vault, member)
        progress("vault", done, len(backup.manifest.vault))
    if any((held := place.held()).values()):
        _require_loaded(backup, held)
    else:
        place.load(schema, backup.tables())
    place.remake()
    place.folder.restoring.unlink(missing_ok=True)


def _require_loaded(backup: BackupFile, held: Mapping[str, int]) -> None:
    """An earlier try was killed after it had loaded the rows, all in one transaction; or somebody else, on another
    machine, took the empty database for a new one meanwhile."""
    for member in backup.manifest.tables:
        if member.name in TOLD and held.get(member.name) != member.rows:
            raise BackupError(
                f"the database has {held.get(member.name, 0)} {member.name} and the backup {member.rows}: another process"
                " wrote into it meanwhile: stop all workers and consoles, empty the database and restore again"
            )


def _begin(backup: BackupFile, place: Place, floor_mb: int) -> None:
    marker = place.folder.restoring
    try:
        begun = marker.read_text(encoding="ascii") if marker.exists() else None
    except (OSError, ValueError) as error:
        raise DataFolderError(f"{marker}: cannot be read: delete the data folder, and restore again") from error
    if begun is None:
        _require_empty(place)
        _require_space(backup, place.folder.path, floor_mb)
        _write(marker, backup.id)
    elif begun != backup.id:
        raise BackupError(f"{place.folder.path}: another backup was begun to be restored here: delete the folder first")


def _require_empty(place: Place) -> None:
    held = [] if next(place.folder.mail.glob("*.eml"), None) is None else ["mails"]
    held += [] if next(iter(place.vault.names()), None) is None else [f"an archive of pages ({place.vault.address})"]
    held += [f"rows in its database ({place.database})"] if not held and any(place.held().values()) else []
    if held:
        raise BackupError(
            f"{place.folder.path}: it holds {held[0]} already: restore into an empty data folder (--data), and an empty"
            " database and vault where the settings name them (BEATWATCH_DATABASE, BEATWATCH_VAULT); to give up what is"
            " here, move it away first"
        )


def _require_space(backup: BackupFile, folder: Path, floor_mb: int) -> None:
    """The archive, and the state with its indexes and index documents, which take some ten times its packed rows."""
    needed = sum(one.size for one in backup.manifest.vault) + 10 * sum(one.size for one in backup.manifest.tables)
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < needed // 1_000_000 + floor_mb:
        raise DiskFull(
            f"{folder}: {free} MB free, {needed // 1_000_000 + floor_mb} MB are needed: free some space and restore again"
        )


def _put(backup: BackupFile, vault: VaultStore, member: Member) -> None:
    if vault.put_new(member.name, backup.vault_file(member.name)):
        return
    with vault.read(member.name) as stream:
        kept = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]  # any stream that reads into
    if kept != member.sha256:
        raise BackupError(f"{vault.address}: it holds another file named {member.name}: empty it and restore again")


def _write(marker: Path, text: str) -> None:
    try:
        with marker.open("w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        if is_full(error):
            raise DiskFull(f"{marker}: the disk is full; free some space and restore again") from error
        raise DataFolderError(f"{marker}: cannot be written: {error.strerror}") from error
