"""A run on PostgreSQL, Elasticsearch and an S3-compatible store says what a run on files says."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from pipeline.adapters.search_mappings import KINDS
from tests.console.conftest import in_child
from tests.console.installation import EXPORTS, Installation, steady
from tests.object_store import BUCKET, ObjectStore
from tests.servers import elasticsearch_prefix, postgres_database

pytestmark = [pytest.mark.server, pytest.mark.model, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def distributed(tmp_path_factory: pytest.TempPathFactory, objects: ObjectStore) -> Iterator[Installation]:
    """Both days of the sample newsroom on real servers, with what each run printed in `printed-<day>.txt`."""
    with postgres_database() as database, elasticsearch_prefix() as (url, prefix):
        engines = {
            "BEATWATCH_DATABASE": database.set(drivername="postgresql").render_as_string(hide_password=False),
            "BEATWATCH_ELASTICSEARCH": url,
            "BEATWATCH_ELASTICSEARCH_PREFIX": prefix,
            "BEATWATCH_VAULT": f"s3://{BUCKET}/{prefix}",
            "BEATWATCH_VAULT_ENDPOINT": objects.endpoint,
            "BEATWATCH_VAULT_KEY": objects.worker.id,
            "BEATWATCH_VAULT_SECRET": objects.worker.secret,
        }
        made = Installation(tmp_path_factory.mktemp("distributed") / "data", engines)
        for day in (1, 2):
            printed = made.run()
            (made.data / f"printed-{day}.txt").write_text(printed)
        yield made


def drawn(data: Path, day: int) -> list[str]:
    """The table that a day's run printed, without where to look next, which names the data folder."""
    return (data / f"printed-{day}.txt").read_text().partition("latest mail")[0].splitlines()


@pytest.mark.parametrize("day", [1, 2])
def test_the_runs_end_with_the_tables_of_the_embedded_engines(
    distributed: Installation, sampled: Path, day: int
) -> None:
    embedded = drawn(sampled, day)
    assert "articles screened" in "".join(embedded)
    assert drawn(distributed.data, day) == embedded


@pytest.mark.parametrize("what", EXPORTS)
def test_the_exports_are_those_of_the_embedded_engines(distributed: Installation, sampled: Path, what: str) -> None:
    lines = distributed.exported()[what].splitlines()
    assert len(lines) > 30
    assert steady(lines) == steady(Installation(sampled).exported()[what].splitlines())


def asking(query: str) -> tuple[str, ...]:
    """A search of everything that a query finds, by id."""
    return ("search", query, "--sort", "id", "--limit", "100", "--json")


@pytest.mark.parametrize("query", ["police", "公安", "polic* framing:influence", "country:SB", '"joint patrols"'])
def test_a_search_finds_what_the_embedded_engine_finds(distributed: Installation, sampled: Path, query: str) -> None:
    """But for the scores, which each engine reckons in its own way."""
    embedded = Installation(sampled).told(*asking(query))
    assert json.loads(embedded)["hits"]
    assert steady([distributed.told(*asking(query))]) == steady([embedded])


def test_nothing_of_it_lies_in_the_data_folder_but_logs_and_mails(distributed: Installation) -> None:
    kept = sorted(part.name for part in distributed.data.iterdir() if part.is_dir())
    assert kept == ["logs", "mail"]
    assert not (distributed.data / "state.db").exists()
    assert not (distributed.data / "search.db").exists()


def test_the_doctor_asks_the_archive(distributed: Installation) -> None:
    found = {line["name"]: line for line in json.loads(distributed.told("doctor", "--json"))["checks"]}
    assert found["archive of pages"]["level"] == "ok"
    assert found["archive of pages"]["found"].startswith(
        f"{distributed.environment['BEATWATCH_VAULT']} at http://127.0.0.1:"
    )


def test_a_reindex_answers_as_before(distributed: Installation) -> None:
    before = distributed.told(*asking("police"))
    assert "0 refused" in distributed.told("reindex")
    assert steady([distributed.told(*asking("police"))]) == steady([before])
    with Elasticsearch(distributed.environment["BEATWATCH_ELASTICSEARCH"]) as client:
        prefix = distributed.environment["BEATWATCH_ELASTICSEARCH_PREFIX"]
        assert sorted(client.indices.get(index=f"{prefix}-*")) == [f"{prefix}-{kind}-000002" for kind in sorted(KINDS)]


def test_a_live_run_is_kept_out_of_the_samples_database(distributed: Installation, tmp_path: Path) -> None:
    ended = in_child(
        "run", "--sources", "live", "--data", tmp_path / "live", env={**os.environ, **distributed.environment}
    )
    assert ended.returncode == 2
    assert "it holds sample runs" in ended.stderr
