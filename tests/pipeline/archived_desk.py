"""A desk whose pages lie in a real archive, for tests of what works on state and vault together."""

from datetime import datetime
from pathlib import Path
from typing import Any

from crawlers.vault.folder import FolderStore
from crawlers.vault.reader import VaultReader
from crawlers.vault.warc import Exchange
from crawlers.vault.writer import VaultWriter
from pipeline.adapters.state import SqlState
from pipeline.records import Article, FeedEntry, Fetch, Moment
from tests.pipeline.adapters.desk import DAY1, Desk, fetch


def page_url(number: int) -> str:
    """The address of a page."""
    return f"http://fijitimes.press.test/news/{number}"


class ArchivedDesk(Desk):
    """Acts on a state and a vault as a run does: a body is archived and synced before its row is committed."""

    def __init__(self, state: SqlState, folder: Path) -> None:
        super().__init__(state)
        folder.mkdir(parents=True, exist_ok=True)
        self.sql, self.store = state, FolderStore(folder)
        self.reader = VaultReader(self.store)

    def writer(self, worker: str = "w1", run_id: str = "RUN1") -> VaultWriter:
        """A worker's writer; its file is open until it is closed."""
        return VaultWriter(self.store, run_id, DAY1, worker=worker, floor_mb=1)

    def archived(self, writer: VaultWriter, url: str, body: str, at: datetime = DAY1, **fields: Any) -> Fetch:
        """A fetch whose body is in the vault."""
        exchange = Exchange(url, at, [("User-Agent", "test")], 200, [("Content-Type", "text/html")], body.encode())
        ref = writer.write(exchange)
        writer.sync()
        entry = FeedEntry(url, "fijitimes", "http://fijitimes.press.test/feed", f"Title of {url}", Moment(at, "feed"))
        return fetch(url, at, None, archived=ref, size=len(body), **({"entry": entry} | fields))

    def page(self, writer: VaultWriter, number: int, text: str, at: datetime = DAY1, **fields: Any) -> Article:
        """A new article, archived, recorded and extracted."""
        self.fetch(self.archived(writer, page_url(number), f"<p>{text}</p>", at))
        self.extract(text, **{"headline": f"Headline {number}", **fields})
        found = self.state.article_by_url(page_url(number))
        assert found is not None
        return found
