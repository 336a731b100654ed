"""WARC records: how a fetched body is written down, and how it is read back. Bytes in, bytes out; no I/O.

What is stored is the body as decoded from transfer and content encoding, under headers that agree with it (the original
encoding headers are kept with the prefix X-Archive-Orig-): a reader of the archive needs no decoder of ours, and the
hash in the fetch log is the hash of what extraction reads. Each record is one gzip member, so any offset of a record is
a place to begin to read.
"""

import zlib
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from typing import BinaryIO
from urllib.parse import quote, urlsplit

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawlers.guard import address_key
from crawlers.outcome import phrase

Headers = Sequence[tuple[str, str]]
_ASCII = "".join(map(chr, range(128)))


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


def info_record(name: str, run_id: str, now: datetime) -> bytes:
    """The record that a file begins with: what made it, and in which run."""
    out = BytesIO()
    writer = WARCWriter(out, gzip=True)
    info = {"software": "beatwatch (warcio)", "format": "WARC File Format 1.0", "isPartOf": run_id}
    record = writer.create_warcinfo_record(name.rpartition("/")[2], info)
    record.rec_headers.replace_header("WARC-Date", _warc_date(now))
    writer.write_record(record)
    return out.getvalue()


def exchange_records(exchange: Exchange) -> bytes:
    """A response and, after it, its request."""
    out = BytesIO()
    writer = WARCWriter(out, gzip=True)
    writer.write_request_response_pair(_request_record(writer, exchange), _response_record(writer, exchange))
    return out.getvalue()


def body_of(stream: BinaryIO) -> bytes | None:
    """The body of the record that begins where the stream stands; None if none does."""
    try:
        for record in ArchiveIterator(stream):
            return bytes(record.content_stream().read())
    except (ArchiveLoadFailed, zlib.error, EOFError, ValueError):
        return None
    return None


def _response_record(writer: WARCWriter, exchange: Exchange) -> object:
    digest = "sha256:" + b32encode(sha256(exchange.body).digest()).decode()
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
