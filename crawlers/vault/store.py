"""What a place must be able to do to hold the vault, as Protocols: the writer, the reader, a check of what is kept,
backups and takedowns ask for nothing else.

Names are relative, `YYYY/MM/<run id>-<worker>.warc.gz` with `/` between the parts; every one is a whole WARC file, its
first record a warcinfo. Methods raise `VaultError` (or `DiskFull`) where the place cannot be reached or used, never an
exception of a library, and no message holds a secret.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from pipeline.errors import Permanent

SUFFIX = ".warc.gz"
_NAME = re.compile(r"(?:\w[\w.-]*/)*\w[\w.-]*" + re.escape(SUFFIX), re.ASCII)

Head = Callable[[str], bytes]
"""From the name of a new file to the record that it begins with."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One file: its size in bytes, and whether a living worker still writes it (its size then grows)."""

    name: str
    size: int
    growing: bool = False


class Session(Protocol):
    """What one worker appends. `append` is called from one thread, `sync` may be called from another."""

    def append(self, records: bytes) -> tuple[str, int]:
        """Take whole records; returns the file and the offset where they begin. They are safe after the next `sync`."""
        ...

    def sync(self) -> None:
        """Return when all that was appended before is safe. After a failure every later call raises, too: what was
        lost is never taken for kept."""
        ...

    def close(self) -> None:
        """Sync and end the session."""
        ...


class VaultStore(Protocol):
    """A place that holds the vault."""

    @property
    def address(self) -> str:
        """How messages name it; without secrets."""
        ...

    def check(self) -> None:
        """Raise `VaultError` if it cannot be reached, or not be used with these rights."""
        ...

    def session(self, stem: str, head: Head) -> Session:
        """Begin to append under a new `stem` (a name without its ending, unlike any other). Nothing is made before the
        first `append`."""
        ...

    def names(self) -> Iterator[Stored]:
        """Everything kept, ordered by name."""
        ...

    def size(self, name: str) -> int | None:
        """Bytes of a file, None if there is none of this name."""
        ...

    def read(self, name: str, offset: int = 0) -> BinaryIO:
        """A stream of the bytes from `offset` on (empty behind the end), to be closed by the caller. Raises `Permanent`
        if there is no such file."""
        ...

    def put_new(self, name: str, chunks: Iterable[bytes]) -> bool:
        """Keep a whole file under a name that is free: it appears complete or not at all, and is safe on return.
        False, and nothing changed, if the name is taken."""
        ...

    def replace(self, name: str, chunks: Iterable[bytes]) -> None:
        """Put other bytes in the place of a kept file, in one step. Raises `Permanent` if there is no such file,
        `VaultError` if a living worker writes it."""
        ...

    def sweep(self) -> None:
        """Remove what a killed `put_new` or `replace` left half made. Only for whoever is alone in the vault."""
        ...

    def delete(self, name: str) -> bool:
        """Remove a file; False if there is none. Raises `VaultError` if a living worker writes it."""
        ...


def is_name(text: str) -> bool:
    """Whether a vault can hold a file of this name."""
    return _NAME.fullmatch(text) is not None


def checked(name: str) -> str:
    """The name, if it is one that a vault can hold. Raises `Permanent` otherwise (a way out of the folder, say)."""
    if not is_name(name):
        raise missing(name)
    return name


def missing(name: str) -> Permanent:
    """The error of a name that is not there."""
    return Permanent(f"{name}: no such file in the vault")
