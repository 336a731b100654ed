"""A run on PostgreSQL, Elasticsearch and an S3-compatible store says what a run on files says."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from pipeline.adapters.search_mappings import KINDS
from tests.console.conftest import in_child
from tests.console.test_whole_run import steady
from tests.object_store import BUCKET, object_store
from tests.servers import elasticsearch_prefix, postgres_database

pytestmark = [pytest.mark.server, pytest.mark.model, pytest.mark.timeout(1200)]


@dataclass(frozen=True, slots=True)
class Installation:
    """A data folder with the environment that names its servers, and what its runs printed."""

    data: Path
    environment: dict[str, str]
    printed: tuple[str, ...] = ()

    def told(self, *arguments: str) -> str:
        """What a command prints, which must end well."""
        ended = in_child(*arguments, "--data", self.data, env=self.environment)
        assert ended.returncode == 0, ended.stderr
        return str(ended.stdout)


@pytest.fixture(scope="module")
def distributed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Both days of the sample newsroom on real servers."""
    with postgres_database() as database, elasticsearch_prefix() as (url, prefix), object_store() as objects:
        engines = {
            "BEATWATCH_DATABASE": database.set(drivername="postgresql").render_as_string(hide_password=False),
            "BEATWATCH_ELASTICSEARCH": url,
            "BEATWATCH_ELASTICSEARCH_PREFIX": prefix,
            "BEATWATCH_VAULT": f"s3://{BUCKET}/sample",
            "BEATWATCH_VAULT_ENDPOINT": objects.endpoint,
            "BEATWATCH_VAULT_KEY": objects.worker.id,
            "BEATWATCH_VAULT_SECRET": objects.worker.secret,
        }
        made = Installation(tmp_path_factory.mktemp("distributed") / "data", {**os.environ, **engines})
        yield replace(made, printed=(made.told("run"), made.told("run")))


def drawn(printed: str) -> list[str]:
    """The table that a run printed, without where to look next, which names the data folder."""
    return printed.partition("latest mail")[0].splitlines()


def test_the_runs_end_with_the_tables_of_the_embedded_engines(distributed: Installation, sampled: Path) -> None:
    embedded = [(sampled / f"printed-{day}.txt").read_text() for day in (1, 2)]
    assert "articles screened" in embedded[0]
    assert list(map(drawn, distributed.printed)) == list(map(drawn, embedded))


@pytest.mark.parametrize("what", ["stories", "articles", "engagements"])
def test_the_exports_are_those_of_the_embedded_engines(distributed: Installation, sampled: Path, what: str) -> None:
    export = ("export", what, "--format", "jsonl")
    embedded = in_child(*export, "--data", sampled).stdout.splitlines()
    lines = distributed.told(*export).splitlines()
    assert len(lines) > 30
    assert steady(lines) == steady(embedded)


def asking(query: str) -> tuple[str, ...]:
    """A search of everything that a query finds, by id."""
    return ("search", query, "--sort", "id", "--limit", "100", "--json")


@pytest.mark.parametrize("query", ["police", "公安", "polic* framing:influence", "country:SB", '"joint patrols"'])
def test_a_search_finds_what_the_embedded_engine_finds(distributed: Installation, sampled: Path, query: str) -> None:
    """But for the scores, which each engine reckons in its own way."""
    embedded = in_child(*asking(query), "--data", sampled).stdout
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
    assert found["archive of pages"]["found"].startswith(f"s3://{BUCKET}/sample at http://127.0.0.1:")


def test_a_reindex_answers_as_before(distributed: Installation) -> None:
    before = distributed.told(*asking("police"))
    assert "0 refused" in distributed.told("reindex")
    assert steady([distributed.told(*asking("police"))]) == steady([before])
    with Elasticsearch(distributed.environment["BEATWATCH_ELASTICSEARCH"]) as client:
        prefix = distributed.environment["BEATWATCH_ELASTICSEARCH_PREFIX"]
        assert sorted(client.indices.get(index=f"{prefix}-*")) == [f"{prefix}-{kind}-000002" for kind in sorted(KINDS)]


def test_a_live_run_is_kept_out_of_the_samples_database(distributed: Installation, tmp_path: Path) -> None:
    ended = in_child("run", "--sources", "live", "--data", tmp_path / "live", env=distributed.environment)
    assert ended.returncode == 2
    assert "it holds sample runs" in ended.stderr
