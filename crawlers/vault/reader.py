"""What the stages read bodies with."""

from hashlib import sha256

from crawlers.vault.store import VaultStore
from crawlers.vault.warc import body_of
from pipeline.errors import Permanent, VaultError
from pipeline.records import ArchiveRef


class VaultReader:
    """Reads bodies back by reference; implements `pipeline.ports.Vault`."""

    def __init__(self, store: VaultStore) -> None:
        self._store = store

    def read(self, ref: ArchiveRef) -> bytes:
        """The decoded body. Raises `Permanent` if it is missing or not what was archived, `VaultError` if the vault
        cannot be read."""
        try:
            with self._store.read(ref.file, ref.offset) as stream:
                body = body_of(stream)
        except OSError as error:
            raise VaultError(f"{self._store.address}: {ref.file} cannot be read: {error.strerror or error}") from error
        if body is None:
            raise Permanent(f"{ref.file}: no record at offset {ref.offset}")
        if sha256(body).hexdigest() != ref.sha256:
            raise Permanent(f"{ref.file}: the body at offset {ref.offset} is not the one that was archived")
        return body
