"""What the doctor says of state, index and servers: of sound ones, of broken ones, and what to do."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from elasticsearch import Elasticsearch
from pydantic import SecretStr

from console.checkup import findings
from console.checkup_engines import engines
from console.finding import Finding
from pipeline.index import build_anew
from pipeline.settings import Settings
from pipeline.wiring import opened
from sample.servers.elasticsearch_node import VERSION
from sample.servers.process import free_port
from tests.gate import gate
from tests.servers import elasticsearch_prefix
from tests.serving import NOBODY


@pytest.fixture
def desk(small: Path, tmp_path: Path) -> Path:
    """The small data folder, to be changed."""
    return Path(shutil.copytree(small, tmp_path / "data"))


@pytest.fixture
def elastic() -> Iterator[Settings]:
    """Settings that name a real Elasticsearch in which nothing of ours is yet."""
    with elasticsearch_prefix() as (url, prefix):
        yield Settings(elasticsearch=url, elasticsearch_prefix=prefix)


def told(settings: Settings, path: Path) -> dict[str, Finding]:
    """The findings by name."""
    return {finding.name: finding for finding in engines(settings, path)}


def reindex(settings: Settings, path: Path) -> None:
    """The index anew, with nothing that waits."""
    with opened(path, settings=settings) as kept:
        while rows := kept.state.claim_outbox(100):
            kept.state.settle_outbox([(*row, kept.state.search_document(*row).row_version) for row in rows])
        build_anew(kept.state, kept.index, lambda *_: None)


def names(settings: Settings, kind: str) -> str:
    """A kind's alias."""
    return f"{settings.elasticsearch_prefix}-{kind}"


def test_before_the_first_run_nothing_is_wrong(tmp_path: Path) -> None:
    found = told(Settings(), tmp_path)
    assert found["state"] == Finding("state", "ok", "nothing was run here yet")
    assert found["mail"].found == "no server is set: digests are written as files only"
    assert {finding.level for finding in found.values()} == {"ok"}
    assert list(tmp_path.iterdir()) == []


def test_an_index_that_lags_is_brought_up(desk: Path) -> None:
    found = told(Settings(), desk)
    assert found["state"].found.startswith("SQLite, schema ")
    assert "; 3 relevant articles, 2 stories" in found["state"].found
    assert found["search index"].level == "warn"
    assert "wait for it" in found["search index"].found
    reindex(Settings(), desk)
    after = told(Settings(), desk)["search index"]
    assert (after.level, after.advice) == ("ok", None)
    assert "3 article" in after.found


def test_an_index_that_lost_documents_is_a_failure(desk: Path) -> None:
    reindex(Settings(), desk)
    index = sqlite3.connect(desk / "search.db")
    index.execute("DELETE FROM documents WHERE kind = 'story'")
    index.commit()
    index.close()
    found = told(Settings(), desk)["search index"]
    assert (found.level, found.advice) == ("fail", "run `beatwatch reindex`")
    assert "the state has 2 story, and nothing waits" in found.found


def test_a_state_that_is_none_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_text("not a database, but a text that somebody put here")
    found = told(Settings(), tmp_path)
    assert found["state"].level == "fail"
    assert "search index" not in found


@pytest.mark.server
def test_a_node_without_modules_is_said_to_lack_them(elastic: Settings, desk: Path) -> None:
    found = told(elastic, desk)
    assert found["search server"].level == "ok"
    assert f"Elasticsearch {VERSION} at {elastic.elasticsearch}, 1 node, " in found["search server"].found
    assert found["search modules"].found.startswith("our searches need none; it goes without rest-root: ")
    assert "analysis-common: analyzers of languages (only Kibana's" in found["search modules"].found
    assert found["search access"] == Finding("search access", "ok", "on this machine only")


@pytest.mark.server
def test_a_database_that_is_away_is_one_failure(elastic: Settings, desk: Path) -> None:
    """What cannot be compared with it is not said to differ from it."""
    reindex(elastic, desk)
    away = elastic.model_copy(update={"database": "postgresql://somebody@127.0.0.1:1/state"})
    found = told(away, desk)
    assert [name for name, finding in found.items() if finding.level == "fail"] == ["state"]
    assert "check that PostgreSQL runs there" in found["state"].found
    assert "search index" not in found
    assert {one.name: one.level for one in findings(away, desk)}["clock"] == "ok"


@pytest.mark.server
def test_looking_makes_nothing_at_elasticsearch(elastic: Settings, desk: Path) -> None:
    found = told(elastic, desk)["search index"]
    assert (found.level, found.found) == ("warn", "not there yet")
    with Elasticsearch(elastic.elasticsearch or "") as client:
        assert not client.indices.get(index=f"{elastic.elasticsearch_prefix}-*").body
        assert not client.indices.exists_index_template(name=elastic.elasticsearch_prefix)


@pytest.mark.server
def test_indices_are_compared_with_the_state(elastic: Settings, desk: Path) -> None:
    reindex(elastic, desk)
    found = told(elastic, desk)["search index"]
    assert found.level == "ok"
    assert found.found.startswith("layout ")
    assert found.found.endswith("2 story, as the state has")
    with Elasticsearch(elastic.elasticsearch or "") as client:
        client.indices.create(index=f"{names(elastic, 'article')}-000077")
        client.indices.put_mapping(index=names(elastic, "story"), meta={"layout": 99})
        found = told(elastic, desk)["search index"]
        assert (found.level, found.advice) == ("fail", "run `beatwatch reindex`")
        assert f"{names(elastic, 'story')}-" in found.found
        reindex(elastic, desk)
        client.indices.create(index=f"{names(elastic, 'article')}-000099")
        left = told(elastic, desk)["search index"]
        assert (left.level, "1 left by a rebuild" in left.found) == ("ok", True)


@pytest.mark.server
def test_a_document_that_was_refused_is_said_to_be(elastic: Settings, desk: Path) -> None:
    state = sqlite3.connect(desk / "state.db")
    state.execute("UPDATE articles SET lang = ? WHERE relevant AND id = (SELECT min(id) FROM articles WHERE relevant)",
                  ("x" * 40_000,))  # fmt: skip
    state.commit()
    state.close()
    reindex(elastic, desk)
    found = told(elastic, desk)["search index"]
    assert found.level == "warn"
    assert "it refused" in found.found


def test_a_server_that_is_away_is_a_failure_and_the_rest_is_told(desk: Path) -> None:
    found = told(Settings(elasticsearch=NOBODY), desk)
    assert found["search server"].level == "fail"
    assert "it does not answer" in found["search server"].found
    assert found["state"].level == "ok"


@pytest.mark.server
def test_a_key_that_is_wrong_is_a_failure_that_does_not_show_it(elastic: Settings, tmp_path: Path) -> None:
    with gate(elastic.elasticsearch or "", tmp_path, "ApiKey right") as (opened_gate, authority):
        keys = {"elasticsearch": opened_gate.url, "elasticsearch_ca": authority}
        right = told(elastic.model_copy(update=keys | {"elasticsearch_secret": SecretStr("right")}), tmp_path)
        wrong = told(elastic.model_copy(update=keys | {"elasticsearch_secret": SecretStr("hush")}), tmp_path)
    assert right["search server"].level == "ok"
    assert wrong["search server"].level == "fail"
    assert "it refuses us (401)" in wrong["search server"].found
    assert "hush" not in repr(wrong)


@pytest.mark.server
def test_a_user_who_may_not_ask_about_the_cluster_is_no_failure(elastic: Settings, tmp_path: Path) -> None:
    with gate(elastic.elasticsearch or "", tmp_path, "ApiKey right") as (opened_gate, authority):
        opened_gate.refusing += [("/_nodes", 403), ("/_cluster/health", 403)]
        keys = {"elasticsearch": opened_gate.url, "elasticsearch_ca": authority}
        found = told(elastic.model_copy(update=keys | {"elasticsearch_secret": SecretStr("right")}), tmp_path)
    assert opened_gate.refusing == []
    assert found["search server"].level == "ok"
    assert "(it does not tell its version)" in found["search server"].found
    assert found["search modules"].found == "it does not say which it has; our searches need none"


def test_the_mail_server_is_greeted(tmp_path: Path) -> None:
    post = Controller(Sink(), hostname="127.0.0.1", port=free_port())
    settings = Settings(smtp_host="127.0.0.1", smtp_port=post.port, smtp_security="none", mail_from="desk@example.org")
    post.start()
    try:
        assert told(settings, tmp_path)["mail"].found == f"127.0.0.1:{post.port} takes mail of desk@example.org"
    finally:
        post.stop()
    away = told(settings.model_copy(update={"smtp_port": 1}), tmp_path)["mail"]
    assert away.level == "fail"
    assert away.found.startswith("mail server 127.0.0.1:1: ")
