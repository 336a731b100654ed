"""The archive in an S3-compatible store: filled by a restore, backed up again, and cleared like a folder."""

import uuid
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from crawlers.vault.place import open_store
from crawlers.vault.reader import VaultReader
from crawlers.vault.store import VaultStore
from pipeline.adapters.state import SqlState
from pipeline.backup.reading import BackupFile
from pipeline.backup.restoring import restore
from pipeline.backup.writing import write_file
from pipeline.clearing import clear_vault
from pipeline.errors import BackupError
from tests.object_store import ObjectStore
from tests.pipeline.adapters.desk import DAY3
from tests.pipeline.archived_desk import ArchivedDesk, page_url
from tests.pipeline.backup.conftest import Empty
from tests.pipeline.backup.test_backup import silent

pytestmark = pytest.mark.server


@pytest.fixture
def bucket(objects: ObjectStore) -> VaultStore:
    """An empty archive in a bucket."""
    return open_store(objects.place(f"a/{uuid.uuid4().hex}"))


def test_a_folder_becomes_a_bucket_from_which_a_page_is_taken(
    busy: ArchivedDesk, tmp_path: Path, empty: Empty, bucket: VaultStore
) -> None:
    file, again = tmp_path / "folder.tar", tmp_path / "bucket.tar"
    made = write_file(file, busy.state, busy.store, DAY3, silent)
    with BackupFile.open(file) as backup:
        place = replace(empty.place(), vault=bucket)
        restore(backup, place, 1, silent)
    with closing(SqlState.open(empty.url)) as state:
        assert write_file(again, state, bucket, DAY3, silent) == made
        articles = [state.article_by_url(page_url(number)) for number in (1, 2, 3)]
        first, *others = [article.id for article in articles if article]
        state.take_down(first, reason="asked", by="desk", at=DAY3)
        assert clear_vault(state, bucket, lambda: None, silent).records == 1
        assert [stored.name for stored in bucket.names()] == [
            "2026/10/RUN1-w1.cut1.warc.gz", "2026/10/RUN1-w2.warc.gz"
        ]  # fmt: skip
        for ref in [ref for id_ in others for ref in state.archived_bodies(id_)]:
            assert VaultReader(bucket).read(ref).startswith(b"<p>")


def test_a_bucket_that_holds_pages_is_left_alone(
    busy: ArchivedDesk, tmp_path: Path, empty: Empty, bucket: VaultStore
) -> None:
    write_file(tmp_path / "folder.tar", busy.state, busy.store, DAY3, silent)
    with BackupFile.open(tmp_path / "folder.tar") as backup:
        place = replace(empty.place(), vault=bucket)
        place.vault.put_new("2026/09/OTHER-w1.warc.gz", [b"pages"])
        with pytest.raises(BackupError, match=r"it holds an archive of pages \(s3://pages/a/"):
            restore(backup, place, 1, silent)
