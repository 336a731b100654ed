"""What goes into a vault's files, and what comes out of them."""

from crawlers.vault.store import VaultStore
from crawlers.vault.warc import Exchange
from tests.crawlers.conftest import NOW


def exchange(body: bytes) -> Exchange:
    """A page that was fetched."""
    return Exchange("http://a.test/1", NOW, [("User-Agent", "beatwatch")], 200, [("Content-Type", "text/html")], body)


def content(store: VaultStore, name: str, offset: int = 0) -> bytes:
    """A file from `offset` on."""
    with store.read(name, offset) as stream:
        return stream.read()
