"""The records of a WARC file as bytes: how far it is whole, which of them stay when pages are taken out, and where they
then begin. No I/O but reading a stream.

A page is a response and the request after it; both go. What stays is copied byte for byte, since each record is a gzip
member of its own.
"""

import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

_BLOCK = 1 << 16
_BEGINNING = 1000  # bytes of a record among which its type stands
_MAGIC = b"\x1f\x8b\x08"  # with which a gzip member begins


@dataclass(frozen=True, slots=True)
class Record:
    """One whole record: where it begins and ends in its file, and whether it is a request."""

    start: int
    end: int
    request: bool


def records(stream: BinaryIO) -> Iterator[Record]:
    """The records of a file, in order; what is torn at its end is left out. Damage in the middle costs no record behind
    it: all bytes up to the next whole one count as one record, which nobody can read."""
    held, start = bytearray(), 0
    while held or _more(held, stream):
        length, beginning = _member(held, stream)
        if not length:
            held += stream.read()
            length = _next_beginning(held)
        if not length:
            return
        yield Record(start, start + length, b"\r\nwarc-type: request\r\n" in beginning.lower())
        del held[:length]
        start += length


def whole_length(stream: BinaryIO) -> int:
    """How many bytes of a file there are up to the end of its last whole record."""
    return max((record.end for record in records(stream)), default=0)


def _more(held: bytearray, stream: BinaryIO) -> bool:
    block = stream.read(_BLOCK)
    held += block
    return bool(block)


def _member(held: bytearray, stream: BinaryIO) -> tuple[int, bytes]:
    """(bytes of the gzip member that `held` begins with, how what it holds begins), reading on as far as it takes; no
    bytes where it is torn or damaged."""
    unpacker, fed, beginning = zlib.decompressobj(wbits=31), 0, b""
    try:
        while not unpacker.eof:
            if fed == len(held) and not _more(held, stream):
                return 0, b""
            part = held[fed : fed + _BLOCK]  # behind damage all the rest of the file is held
            beginning += unpacker.decompress(part)[: max(0, _BEGINNING - len(beginning))]
            fed += len(part)
    except zlib.error:
        return 0, b""
    return fed - len(unpacker.unused_data), beginning


def _next_beginning(held: bytearray) -> int:
    """Where the next gzip member with a record in it begins behind the first byte; 0 where none does."""
    at = held.find(_MAGIC, 1)
    while at > 0:
        with suppress(zlib.error):
            if zlib.decompressobj(wbits=31).decompress(held[at : at + _BEGINNING], 5) == b"WARC/":
                return at
        at = held.find(_MAGIC, at + 1)
    return 0


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
