"""The archive of fetched bodies: WARC files, one a worker and run.

They lie at `<data>/vault/<YYYY>/<MM>/<run id>-<worker>.warc.gz`; `ArchiveRef.file` is relative to `vault`.

What is stored is the body as decoded from transfer and content encoding, under headers that agree with it (the original
encoding headers are kept with the prefix X-Archive-Orig-): a reader of the archive needs no decoder of ours, and the
hash in the fetch log is the hash of what extraction reads. While a file is written a locked marker `<file>.open` lies
beside it. A marker that nobody holds was left by a kill: the next run cuts its file back to the last whole record.
"""

import errno
import fcntl
import hashlib
import os
import zlib
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self
from urllib.parse import quote, urlsplit

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawlers.disk import DEFAULT_FLOOR_MB, require_space
from crawlers.guard import address_key
from crawlers.outcome import phrase
from pipeline.errors import BeatwatchError, DataFolderError, DiskFull, Permanent
from pipeline.records import ArchiveRef

Headers = Sequence[tuple[str, str]]
_BLOCK = 1 << 16
_ASCII = "".join(map(chr, range(128)))
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its response: header pairs as sent and received, body after decoding."""

    url: str
    at: datetime
    request_headers: Headers
    status: int
    headers: Headers
    body: bytes
    ip: str | None = None


class VaultWriter:
    """Writes one worker's file of one run; close it or use it in a `with`. Raises `DataFolderError` or `DiskFull`."""

    def __init__(
        self, data: Path, run_id: str, now: datetime, *, worker: str | None = None, floor_mb: int = DEFAULT_FLOOR_MB
    ) -> None:
        self._root = data / "vault"
        self._floor_mb = floor_mb
        self._name = f"{now:%Y/%m}/{run_id}-{worker or os.getpid()}.warc.gz"
        self._run_id, self._now = run_id, now
        self._out: BinaryIO | None = None
        self._marker: BinaryIO | None = None
        self._unsynced = False
        trim_torn(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, exchange: Exchange) -> ArchiveRef:
        """Append a response and its request; the body is safe after the next `sync`."""
        require_space(self._root.parent, self._floor_mb)
        try:
            out = self._out or self._open()
            offset = out.tell()
            writer = WARCWriter(out, gzip=True)
            sha256 = hashlib.sha256(exchange.body)
            digest = "sha256:" + b32encode(sha256.digest()).decode()
            response = _response_record(writer, exchange, digest)
            writer.write_request_response_pair(_request_record(writer, exchange), response)
        except OSError as error:
            raise _folder_error(self._root / self._name, error) from error
        self._unsynced = True
        return ArchiveRef(self._name, offset, sha256.hexdigest())

    def sync(self) -> None:
        """Force what was written onto the disk."""
        if self._out is None or not self._unsynced:
            return
        try:
            self._out.flush()
            os.fsync(self._out.fileno())
        except OSError as error:
            raise _folder_error(self._root / self._name, error) from error
        self._unsynced = False

    def close(self) -> None:
        """Sync, close and take the marker away."""
        self.sync()
        if self._out is not None and self._marker is not None:
            self._out.close()
            _marker_of(self._root / self._name).unlink(missing_ok=True)
            self._marker.close()
            self._out = self._marker = None

    def _open(self) -> BinaryIO:
        path = self._root / self._name
        path.parent.mkdir(parents=True, exist_ok=True)
        self._marker = _marker_of(path).open("wb")
        fcntl.flock(self._marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._out = path.open("ab")
        _sync_folder(path.parent)  # else a crash may lose the name of a file whose contents were synced
        writer = WARCWriter(self._out, gzip=True)
        info = {"software": "beatwatch (warcio)", "format": "WARC File Format 1.0", "isPartOf": self._run_id}
        record = writer.create_warcinfo_record(path.name, info)
        record.rec_headers.replace_header("WARC-Date", _warc_date(self._now))
        writer.write_record(record)
        return self._out


class FolderVault:
    """Reads bodies back by reference; implements `pipeline.ports.Vault`."""

    def __init__(self, data: Path) -> None:
        self._root = (data / "vault").resolve()

    def read(self, ref: ArchiveRef) -> bytes:
        """The decoded body. Raises `Permanent` if it is missing or not what was archived, `DataFolderError` if the
        folder cannot be read."""
        path = (self._root / ref.file).resolve()
        if not path.is_relative_to(self._root) or not path.is_file():
            raise Permanent(f"{ref.file}: no such file in the vault")
        try:
            with path.open("rb") as stream:
                stream.seek(ref.offset)
                body = _body(stream)
        except OSError as error:
            raise DataFolderError(f"{path}: cannot be read: {error.strerror or error}") from error
        if body is None:
            raise Permanent(f"{ref.file}: no record at offset {ref.offset}")
        if hashlib.sha256(body).hexdigest() != ref.sha256:
            raise Permanent(f"{ref.file}: the body at offset {ref.offset} is not the one that was archived")
        return body


def _body(stream: BinaryIO) -> bytes | None:
    try:
        for record in ArchiveIterator(stream):
            return bytes(record.content_stream().read())
    except (ArchiveLoadFailed, zlib.error, EOFError, ValueError):
        return None
    return None


def trim_torn(data: Path) -> list[Path]:
    """Cut files that a killed run left back to their last whole record; returns those that were left behind.

    A file whose marker is locked belongs to a living worker and is not touched.
    """
    left_behind = []
    for marker in sorted((data / "vault").glob("*/*/*.warc.gz.open")):
        path = marker.with_suffix("")
        try:
            with marker.open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if path.exists():
                    os.truncate(path, whole_length(path))
                marker.unlink(missing_ok=True)
                left_behind.append(path)
        except (BlockingIOError, FileNotFoundError):
            continue
        except OSError as error:
            raise _folder_error(path, error) from error
    return left_behind


def whole_length(path: Path) -> int:
    """The length of a WARC file up to the end of its last whole record (each record is one gzip member)."""
    end = position = 0
    unpacker = zlib.decompressobj(wbits=31)
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            while block:
                try:
                    unpacker.decompress(block)
                except zlib.error:
                    return end
                rest = unpacker.unused_data
                position += len(block) - len(rest)
                if unpacker.eof:
                    end, unpacker = position, zlib.decompressobj(wbits=31)
                block = rest
    return end


def _response_record(writer: WARCWriter, exchange: Exchange, digest: str) -> object:
    headers = StatusAndHeaders(phrase(exchange.status), _agreeing(exchange), protocol="HTTP/1.1")
    about = {"WARC-Date": _warc_date(exchange.at), "WARC-Payload-Digest": digest}
    if exchange.ip:
        about["WARC-IP-Address"] = exchange.ip
    return writer.create_warc_record(
        address_key(exchange.url), "response", payload=BytesIO(exchange.body), length=len(exchange.body),
        http_headers=headers, warc_headers_dict=about,
    )  # fmt: skip


def _request_record(writer: WARCWriter, exchange: Exchange) -> object:
    parts = urlsplit(address_key(exchange.url))
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = [("Host", parts.netloc), *_one_line(exchange.request_headers)]
    line = StatusAndHeaders(f"GET {target} HTTP/1.1", headers, is_http_request=True)
    return writer.create_warc_record(
        address_key(exchange.url), "request", payload=BytesIO(), length=0, http_headers=line
    )


def _agreeing(exchange: Exchange) -> list[tuple[str, str]]:
    """The response's headers, made to agree with the decoded body; what had to change is kept under another name."""
    length = ("Content-Length", str(len(exchange.body)))
    kept = []
    for name, value in _one_line(exchange.headers):
        if name.lower() in ("content-encoding", "transfer-encoding", "content-length"):
            if (name.title(), value) != length:
                kept.append((f"X-Archive-Orig-{name}", value))
        else:
            kept.append((name, value))
    return [*kept, length]


def _one_line(headers: Headers) -> list[tuple[str, str]]:
    """Headers as WARC can hold them: on one line, bytes beyond ASCII (they come decoded as Latin-1) percent-encoded."""
    return [
        (name, " ".join(quote(value, safe=_ASCII, encoding="latin-1", errors="replace").split()))
        for name, value in headers
    ]


def _warc_date(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _marker_of(path: Path) -> Path:
    return path.with_name(path.name + ".open")


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _folder_error(path: Path, error: OSError) -> BeatwatchError:
    if error.errno in _NO_SPACE:
        return DiskFull(f"{path}: the disk is full; free some space and start the run again")
    return DataFolderError(f"{path}: cannot be written: {error.strerror or error}")
