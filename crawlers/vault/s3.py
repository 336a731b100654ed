"""The vault in an S3-compatible store: one object for each `sync`.

An object is whole or not there, and cannot be appended to. A worker therefore uploads what was written since the last
`sync` as an object of its own, `<run id>-<worker>-NNNNNN.warc.gz`, with its own warcinfo record. Many small objects are
the price of two things: a body is safe before the row that names it is committed, and a kill loses nothing that was
said to be kept. (A multipart upload that stays open for a whole run is lost with its process.)
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BufferedReader, BytesIO, RawIOBase
from itertools import chain
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO, cast

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store as Bucket

from crawlers.vault.place import S3Place
from crawlers.vault.store import SUFFIX, Head, Session, Stored, checked, is_name, missing
from pipeline.errors import BeatwatchError, DiskFull, FailedRun, VaultError

if TYPE_CHECKING:
    from obstore import BytesStream
    from obstore.store import S3Credential

PATIENCE = timedelta(seconds=60)
_ANSWER = timedelta(seconds=30)  # without a byte
_WHOLE_ANSWER = timedelta(hours=1)
_CONNECTION = timedelta(seconds=5)
_FULL_BUFFER = 16 << 20  # bytes not uploaded yet: more are not kept in memory
_ONE_REQUEST = 32 << 20  # what is larger goes up in parts
_CHUNK = 1 << 16
_FULL = ("StorageFull", "QuotaExceeded", "507 Insufficient Storage")


class S3Store:
    """Implements `VaultStore` in a bucket. Requests that fail for the moment are repeated for `patience`, at growing
    intervals."""

    def __init__(self, place: S3Place, *, patience: timedelta = PATIENCE) -> None:
        self.address = f"s3://{'/'.join(filter(None, (place.bucket, place.prefix)))} at {place.endpoint}"
        self._bucket = Bucket(
            place.bucket,
            prefix=place.prefix or None,
            # each value is given, so that no variable of another program's (AWS_...) has a say
            config={
                "endpoint": place.endpoint, "region": place.region, "virtual_hosted_style_request": False,
                "skip_signature": False,
            },
            credential_provider=_Key(place),
            client_options={
                "allow_http": place.endpoint.startswith("http://"), "connect_timeout": _CONNECTION,
                "read_timeout": _ANSWER, "timeout": _WHOLE_ANSWER,
            },
            retry_config={
                "max_retries": 100, "retry_timeout": patience,
                "backoff": {"init_backoff": timedelta(seconds=0.2), "max_backoff": timedelta(seconds=5), "base": 2},
            },
        )  # fmt: skip

    def check(self) -> None:
        """Ask for a first name: shows an endpoint that is away, a missing bucket, a wrong key."""
        next(self.names(), None)

    def session(self, stem: str, head: Head) -> Session:
        """Begin a series of objects."""
        checked(stem + SUFFIX)
        return _S3Session(self, stem, head)

    def names(self) -> Iterator[Stored]:
        """Every object; S3 lists them ordered by name."""
        with self._mapped():
            for page in obstore.list(self._bucket):
                for found in page:
                    if is_name(found["path"]):
                        yield Stored(found["path"], found["size"])

    def size(self, name: str) -> int | None:
        """Bytes of an object, None if it is not there."""
        with self._mapped():
            try:
                return obstore.head(self._bucket, checked(name))["size"]
            except FileNotFoundError:
                return None

    def read(self, name: str, offset: int = 0) -> BinaryIO:
        """A stream from `offset` on; no byte before it is fetched."""
        with self._mapped():
            try:
                got = obstore.get(self._bucket, checked(name), options={"range": {"offset": offset}})
            except FileNotFoundError as error:
                if _code(error) == "NoSuchBucket":
                    raise
                raise missing(name) from error
            except BaseError as error:
                if _code(error) == "InvalidRange":
                    return BytesIO()
                raise
        return cast(BinaryIO, BufferedReader(_Stream(self, got.stream(_CHUNK))))

    def put(self, name: str, content: bytes) -> None:
        """Keep an object, in one request; putting the same again changes nothing."""
        with self._mapped():
            obstore.put(self._bucket, checked(name), content, use_multipart=False)

    def put_new(self, name: str, chunks: Iterable[bytes]) -> bool:
        """Keep an object under a free name. Up to 32 MiB the store itself sees to it that the name is free; for a larger
        one, which goes up in parts, it is asked before."""
        begun, rest = _begun(chunks)
        with self._mapped():
            if rest is not None:
                if self.size(name) is not None:
                    return False
                obstore.put(self._bucket, checked(name), chain([begun], rest))
                return True
            try:
                obstore.put(self._bucket, checked(name), begun, mode="create")
            except AlreadyExistsError:
                return False
        return True

    def replace(self, name: str, chunks: Iterable[bytes]) -> None:
        """Put another object in the place of one."""
        if self.size(name) is None:
            raise missing(name)
        begun, rest = _begun(chunks)
        with self._mapped():
            obstore.put(self._bucket, name, begun if rest is None else chain([begun], rest))

    def sweep(self) -> None:
        """Nothing: an object is whole or not there. (Parts of a large one whose upload was killed lie in no object; a rule
        of the bucket ends such uploads.)"""

    def delete(self, name: str) -> bool:
        """Remove an object. (Where the bucket keeps versions, the old one stays until the bucket's rules remove it.)"""
        if self.size(name) is None:
            return False
        with self._mapped():
            obstore.delete(self._bucket, name)
        return True

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError) as error:
            raise self._error(error) from None  # the library's own text shows whole answers, keys and signatures

    def _error(self, error: Exception) -> BeatwatchError:
        text, code = str(error), _code(error)
        if any(word in text for word in _FULL):
            return DiskFull(f"{self.address}: the store is full; make room in it and start the run again")
        return VaultError(f"{self.address}: {_reason(text, code)}")


class _Key:
    """What signs requests. It shows nothing of itself in a message or a log."""

    def __init__(self, place: S3Place) -> None:
        self._place = place

    def __call__(self) -> "S3Credential":
        return {
            "access_key_id": self._place.key, "secret_access_key": self._place.secret, "token": None, "expires_at": None
        }  # fmt: skip


class _S3Session:
    """The objects of one worker. Implements `Session`."""

    def __init__(self, store: S3Store, stem: str, head: Head) -> None:
        self._store, self._stem, self._head = store, stem, head
        self._number = 0
        self._pending = bytearray()
        self._buffer, self._upload = Lock(), Lock()
        self._lost: FailedRun | None = None

    def append(self, records: bytes) -> tuple[str, int]:
        with self._buffer:
            if not self._pending:
                self._number += 1
                self._pending += self._head(self._name)
            place = self._name, len(self._pending)
            self._pending += records
            full = len(self._pending) >= _FULL_BUFFER
        if full:
            self.sync()
        return place

    def sync(self) -> None:
        with self._upload:  # whoever comes second returns when both are safe
            if self._lost is not None:
                raise self._lost
            with self._buffer:
                name, content = self._name, bytes(self._pending)
                self._pending.clear()
            if content:
                try:
                    self._store.put(name, content)
                except FailedRun as error:
                    self._lost = error
                    raise

    def close(self) -> None:
        self.sync()

    @property
    def _name(self) -> str:
        return f"{self._stem}-{self._number:06}{SUFFIX}"


class _Stream(RawIOBase):
    """The chunks of an answer as a file."""

    def __init__(self, store: S3Store, chunks: "BytesStream") -> None:
        self._store, self._chunks = store, chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            with self._store._mapped():
                chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def _begun(chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes] | None]:
    """What fits into one request, and the rest if there is one."""
    begun, rest = bytearray(), iter(chunks)
    for chunk in rest:
        begun += chunk
        if len(begun) > _ONE_REQUEST:
            return bytes(begun), rest
    return bytes(begun), None


def _code(error: Exception) -> str | None:
    """The store's own word for what is wrong."""
    found = re.search(r"<Code>(\w+)</Code>", str(error))
    return found[1] if found else None


_REASONS = {
    "NoSuchBucket": "there is no such bucket: make it, or change the setting `vault`",
    "InvalidAccessKeyId": "the store does not know this key: check vault_key",
    "SignatureDoesNotMatch": "the store does not take this key's secret: check BEATWATCH_VAULT_SECRET",
    "RequestTimeTooSkewed": "the machine's clock differs from the store's: set it",
}


def _reason(text: str, code: str | None) -> str:
    """Why a request failed, in a line of our own."""
    if code in _REASONS:
        return _REASONS[code]
    status = re.search(r"status code: (\d{3} [\w ]+)", text)
    if status and status[1][:3] in ("401", "403"):
        return f"access is refused ({code or status[1]}): check the key, its secret and its rights on the bucket"
    if status:
        return f"the store answers {status[1]}{f' ({code})' if code else ''}; start the run again when it is well"
    if "BareRedirect" in text:
        return "the bucket lies in another region: check vault_region"
    cause = re.search(r"message: \"([^\"]+)\"", text)
    why = cause[1].lower() if cause else "timed out" if "TimedOut" in text or "timeout" in text.lower() else "no answer"
    return f"the store cannot be reached ({why}); start the run again when it is there"
