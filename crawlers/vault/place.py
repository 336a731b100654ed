"""Where the vault lies, as the wiring tells it to the crawl's child process, and the store that stands for it."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import TypeAdapter

from crawlers.vault.store import VaultStore

ENVIRONMENT = "BEATWATCH_CRAWL_VAULT"
"""The variable by which a child process learns its place: the environment, because whoever may run `ps` reads a
command line, and a place may hold a secret."""


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """A folder; `create`: made where it is missing."""

    path: Path
    create: bool = False


@dataclass(frozen=True, slots=True)
class S3Place:
    """A bucket, and what to put before every name in it ("" or "a/b"), at an S3-compatible endpoint."""

    bucket: str
    prefix: str
    endpoint: str
    region: str
    key: str
    secret: str = field(repr=False)


Place = FolderPlace | S3Place
_PLACE: TypeAdapter[Place] = TypeAdapter(Place)


def default_place(data: Path) -> FolderPlace:
    """The vault in the data folder."""
    return FolderPlace(data / "vault", create=True)


def place_text(place: Place) -> str:
    """A place as the text of an environment variable."""
    return _PLACE.dump_json(place).decode()


def read_place(text: str) -> Place:
    """The place of a text. Raises `ValueError`."""
    return _PLACE.validate_json(text)


def open_store(place: Place) -> VaultStore:
    """The store of a place, not yet asked whether it can be used. Raises `VaultError` where its folder cannot be made."""
    if isinstance(place, FolderPlace):
        from crawlers.vault.folder import FolderStore

        return FolderStore.open(place.path, create=place.create)
    from crawlers.vault.s3 import S3Store

    return S3Store(place)


def guarded_folders(data: Path, place: Place) -> tuple[Path, ...]:
    """The folders whose disks a crawl fills."""
    return (data, place.path) if isinstance(place, FolderPlace) and place.path.exists() else (data,)


def split_address(address: str) -> tuple[str, str]:
    """(bucket, prefix) of `s3://bucket/prefix`. Raises `ValueError` saying what is wrong."""
    parts = urlsplit(address)
    if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("write it as s3://bucket or s3://bucket/prefix")
    return parts.netloc, parts.path.strip("/")
