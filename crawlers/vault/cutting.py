"""Taking records out of a WARC file: which bytes of it stay, and where they then begin. No I/O but reading a stream.

A page is a response and the request after it; both go. What stays is copied byte for byte, since each record is a gzip
member of its own.
"""

import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

_BLOCK = 1 << 16
_BEGINNING = 1000  # bytes of a record among which its type stands


@dataclass(frozen=True, slots=True)
class Record:
    """One whole record: where it begins and ends in its file, and whether it is a request."""

    start: int
    end: int
    request: bool


def records(stream: BinaryIO) -> Iterator[Record]:
    """The whole records of a file, in order; what is torn at its end is left out."""
    start = position = 0
    unpacker, beginning = zlib.decompressobj(wbits=31), b""
    while block := stream.read(_BLOCK):
        while block:
            try:
                unpacked = unpacker.decompress(block)
            except zlib.error:
                return
            beginning += unpacked[: max(0, _BEGINNING - len(beginning))]
            rest = unpacker.unused_data
            position += len(block) - len(rest)
            if unpacker.eof:
                yield Record(start, position, b"\r\nwarc-type: request\r\n" in beginning.lower())
                start, unpacker, beginning = position, zlib.decompressobj(wbits=31), b""
            block = rest


def remaining(found: Sequence[Record], cuts: Collection[int]) -> list[Record]:
    """The records that stay when the pages that begin at `cuts` go."""
    kept, cutting = [], False
    for record in found:
        cutting = record.start in cuts or (cutting and record.request)
        if not cutting:
            kept.append(record)
    return kept


def moves(kept: Sequence[Record]) -> dict[int, int]:
    """Where the kept records begin in the new file, by where they began in the old one."""
    moved, position = {}, 0
    for record in kept:
        moved[record.start] = position
        position += record.end - record.start
    return moved


def copied(stream: BinaryIO, kept: Sequence[Record]) -> Iterator[bytes]:
    """The new file's bytes, out of a stream of the old one."""
    position = 0
    for record in kept:
        for _ in _parts(stream, record.start - position):
            pass  # read, since a stream from a store cannot be moved
        yield from _parts(stream, record.end - record.start)
        position = record.end


def _parts(stream: BinaryIO, size: int) -> Iterator[bytes]:
    while size and (part := stream.read(min(size, _BLOCK))):
        size -= len(part)
        yield part
