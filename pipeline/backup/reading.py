"""Reading a backup: nothing of it is believed before its manifest was found at its end and every byte was compared."""

import gzip
import hashlib
import json
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, Self, TypeVar

from crawlers.vault.store import is_name
from pipeline.backup.layout import FORMAT, HEAD, MANIFEST, Head, Manifest, Member, table_place, vault_place
from pipeline.errors import BackupError, UsageError
from pipeline.payloads import plain, record
from pipeline.ports import Progress

_PART = 1 << 20  # bytes that are read at a time
_TABLE = re.compile("[a-z_]+")
_UNREADABLE = (tarfile.TarError, EOFError, zlib.error, OSError, ValueError, KeyError, TypeError)


R = TypeVar("R")


class BackupFile:
    """A backup that is open for reading. Every method raises `BackupError` where the file is not what it should be."""

    def __init__(self, path: Path, tar: tarfile.TarFile) -> None:
        self._path, self._tar = path, tar
        with self._readable():
            self._infos = tar.getmembers()
        self.manifest = self._read_manifest()

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Self]:
        """A file that is whole, of a format that this version reads, and that holds what its manifest names, no more."""
        try:
            stream = path.open("rb")
        except OSError as error:
            raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
        with stream, _opened(stream, path) as tar:
            yield cls(path, tar)

    @property
    def id(self) -> str:
        """Tells this backup from others: the hash of its manifest."""
        return hashlib.sha256(json.dumps(plain(self.manifest)).encode()).hexdigest()

    def check(self, progress: Progress) -> None:
        """Compare every byte with the manifest."""
        members = self.manifest.members()
        for done, (place, member) in enumerate(members.items(), start=1):
            sha256 = hashlib.sha256()
            with self._readable(), self._stream(place) as stream:
                while part := stream.read(_PART):
                    sha256.update(part)
            if sha256.hexdigest() != member.sha256:
                raise BackupError(f"{self._path}: {place} is damaged: take another backup")
            progress("check", done, len(members))

    def tables(self) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
        """Each table's name and rows, in the order in which they can be loaded."""
        for member in self.manifest.tables:
            yield member.name, self._rows(member)

    def _rows(self, member: Member) -> Iterator[dict[str, Any]]:
        count = 0
        with self._readable(), self._stream(table_place(member.name)) as packed, gzip.open(packed) as lines:
            for line in lines:
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise ValueError("a line is no row")
                count += 1
                yield row
            if count != member.rows:
                raise ValueError(f"{member.name} has {count} rows, its manifest says {member.rows}")

    def vault_file(self, name: str) -> Iterator[bytes]:
        """The bytes of one of the archive's files."""
        with self._readable(), self._stream(vault_place(name)) as stream:
            while part := stream.read(_PART):
                yield part

    def _read_manifest(self) -> Manifest:
        names = [info.name for info in self._infos]
        if names[:1] != [HEAD]:
            raise BackupError(f"{self._path}: it is no backup of beatwatch")
        head = self._document(Head, HEAD)
        if head.format != FORMAT:
            raise BackupError(
                f"{self._path}: it has format {head.format}, this version reads {FORMAT}: install the version that wrote it"
            )
        if names[-1] != MANIFEST:
            raise BackupError(f"{self._path}: it is not whole: it was cut off, or never finished: take another backup")
        manifest = self._document(Manifest, MANIFEST)
        self._check_names(manifest, head)
        return manifest

    def _check_names(self, manifest: Manifest, head: Head) -> None:
        members = manifest.members()
        expected = [HEAD, *members, MANIFEST]
        fits = [info.name for info in self._infos] == expected and all(info.isreg() for info in self._infos)
        sizes = all(info.size == members[info.name].size for info in self._infos[1:-1]) if fits else False
        named = all(_TABLE.fullmatch(one.name) for one in manifest.tables) and all(
            is_name(m.name) for m in manifest.vault
        )
        if not (fits and sizes and named and manifest.head == head):
            raise BackupError(
                f"{self._path}: it is damaged: what it holds is not what its manifest names: take another"
            )

    def _document(self, kind: type[R], place: str) -> R:
        with self._readable(), self._stream(place) as stream:
            return record(kind, json.loads(stream.read()))

    def _stream(self, place: str) -> "closing[IO[bytes]]":
        stream = self._tar.extractfile(place)
        if stream is None:
            raise ValueError(f"{place} is no file")
        return closing(stream)

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except _UNREADABLE as error:
            raise BackupError(
                f"{self._path}: it is damaged: {error or type(error).__name__}: take another backup"
            ) from error


def _opened(stream: BinaryIO, path: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(fileobj=stream, mode="r:")
    except _UNREADABLE as error:
        raise BackupError(f"{path}: it is no backup of beatwatch") from error
