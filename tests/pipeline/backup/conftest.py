"""A place with something in it, and an empty one, on each database."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from alerts.outbox import write_again
from pipeline.adapters.data_folder import DataFolder
from pipeline.adapters.state import SqlState, loading
from pipeline.backup.restoring import Place
from pipeline.wiring import vault_store
from tests.pipeline.adapters.desk import DAY2, REPORT, message
from tests.pipeline.archived_desk import ArchivedDesk
from tests.servers import postgres_database

STORY = "01K6SK7V00B8WPJ3C1AT5M4N2E"


@dataclass(frozen=True, slots=True)
class Empty:
    """An empty place: its data folder and the address of its database."""

    data: Path
    url: str

    def place(self) -> Place:
        """As the wiring makes it."""
        folder = DataFolder.open(self.data, restoring=True)
        return Place(
            folder, vault_store(self.data), self.url, loading.knows, lambda: loading.held(self.url),
            lambda schema, rows: loading.load(self.url, schema, rows), lambda: self._mails(folder),
        )  # fmt: skip

    def _mails(self, folder: DataFolder) -> None:
        with closing(SqlState.open(self.url)) as state:
            write_again(state, folder.mail)


@pytest.fixture
def empty(state_url: str, tmp_path: Path) -> Iterator[Empty]:
    """An empty place on the same kind of database."""
    data = tmp_path / "restored"
    if state_url.startswith("sqlite"):
        yield Empty(data, f"sqlite:///{data / 'state.db'}")
        return
    with postgres_database() as url:
        yield Empty(data, url.render_as_string(hide_password=False))


@pytest.fixture
def busy(state: SqlState, tmp_path: Path) -> ArchivedDesk:
    """Two days of a newsroom with an archive of two files, a mail and a story."""
    desk = ArchivedDesk(state, tmp_path / "vault")
    with desk.writer() as writer:
        first, second = desk.page(writer, 1, "Officers were trained."), desk.page(writer, 2, "公安部长访问。")
    with desk.writer("w2") as writer:
        third = desk.page(writer, 3, "A ferry is late.", DAY2)
    desk.screen(first, second)
    desk.screen(third, relevant=False)
    desk.engage(first, REPORT)
    desk.story(STORY, first, second)
    state.enqueue_message(message(), [STORY])
    state.mark_message("m1", written_at=DAY2)
    return desk
