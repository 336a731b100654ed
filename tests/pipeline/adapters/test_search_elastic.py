"""What the Elasticsearch engine does beyond the contract: refusals, outages, secrets, versions of indices."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from elasticsearch import Elasticsearch

from pipeline.adapters.search_elastic import ElasticAddress, ElasticIndex
from pipeline.errors import SearchError
from pipeline.ports import SearchIndex
from pipeline.records import SearchDocument
from tests.serving import NOBODY

pytestmark = pytest.mark.server


def article(id_: str, version: int = 1, vector: Any = None, **fields: object) -> SearchDocument:
    values: dict[str, object] = {
        "headline": f"Headline of {id_}",
        "text": "Police met.",
        "lang": "en",
        "source": "paper",
    }
    return SearchDocument("article", id_, version, fields=values | fields, vector=vector)


def found(index: SearchIndex, query: str = "") -> list[str]:
    return [hit.document.id for hit in index.search(query, sort="id", limit=100)[0]]


def test_one_document_that_cannot_be_held_does_not_keep_the_others_out(elastic: ElasticIndex) -> None:
    (refused,) = elastic.write([article("a"), article("bad", lang="x" * 40_000), article("c")])
    elastic.refresh()
    assert found(elastic) == ["a", "c"]
    assert (refused.kind, refused.id, refused.row_version) == ("article", "bad", 1)
    assert "immense" in refused.reason or "32766" in refused.reason


def test_a_document_that_is_older_is_no_refusal(elastic: ElasticIndex) -> None:
    assert list(elastic.write([article("a", 3)])) == []
    assert list(elastic.write([article("a", 2)])) == []
    assert list(elastic.write([article("a", 3)])) == []


def test_a_document_comes_back_as_it_went_in(elastic: ElasticIndex) -> None:
    fields: dict[str, object] = {
        "headline": "H",
        "text": None,
        "countries": ["FJ"],
        "published": None,
        "shares": {"x": 0.5},
    }
    elastic.write([SearchDocument("article", "a", 7, fields=fields)])
    elastic.refresh()
    ((hit,), _) = elastic.search("")
    assert hit.document == SearchDocument("article", "a", 7, fields=fields)


def test_a_page_shows_the_index_as_the_first_page_saw_it(elastic: ElasticIndex) -> None:
    elastic.write([article(f"a{n}") for n in range(6)])
    elastic.refresh()
    first, cursor = elastic.search("police", sort="id", limit=2)
    elastic.write([SearchDocument("article", "a3", 2, deleted=True), article("a2b")])
    elastic.refresh()
    second, cursor = elastic.search("police", sort="id", limit=2, after=cursor)
    third, end = elastic.search("police", sort="id", limit=2, after=cursor)
    assert [hit.document.id for hit in [*first, *second, *third]] == [f"a{n}" for n in range(6)]
    assert end is None


def test_a_page_whose_view_is_over_goes_on_where_it_was(elastic: ElasticIndex) -> None:
    elastic.write([article(f"a{n}") for n in range(4)])
    elastic.refresh()
    _, cursor = elastic.search("", sort="id", limit=2)
    elastic.rebuild([[article(f"a{n}") for n in range(4)]])  # drops the old indices, and every view of them
    rest, _ = elastic.search("", sort="id", limit=2, after=cursor)
    assert [hit.document.id for hit in rest] == ["a2", "a3"]


def test_nearest_finds_what_an_exact_search_finds(elastic: ElasticIndex) -> None:
    source = np.random.default_rng(0)
    vectors = source.normal(size=(2_000, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    elastic.write([article(f"{n:04d}", vector=tuple(map(float, vector))) for n, vector in enumerate(vectors)])
    elastic.refresh()
    asked = source.normal(size=(40, 64)).astype(np.float32)
    exact = [{f"{n:04d}" for n in np.argsort(-(vectors @ one))[:10]} for one in asked]
    got = [{hit.document.id for hit in elastic.nearest(one.tolist(), limit=10)} for one in asked]
    assert sum(len(a & b) for a, b in zip(exact, got, strict=True)) / 400 >= 0.95


def test_two_processes_may_open_it_at_once(elastic: ElasticIndex, elastic_address: ElasticAddress) -> None:
    elastic.write([article("a")])
    again = ElasticIndex(elastic_address)
    again.refresh()
    assert found(again) == ["a"]
    again.close()


def test_the_aliases_show_no_tombstones_to_other_programs(
    elastic: ElasticIndex, elastic_address: ElasticAddress
) -> None:
    elastic.write([article("a"), SearchDocument("article", "gone", 2, deleted=True)])
    elastic.refresh()
    with Elasticsearch(elastic_address.url) as client:
        hits = client.search(index=f"{elastic_address.prefix}-article")["hits"]["hits"]
    assert [hit["_id"] for hit in hits] == ["a"]


def test_an_index_of_another_layout_is_left_alone(elastic: ElasticIndex, elastic_address: ElasticAddress) -> None:
    elastic.refresh()
    with Elasticsearch(elastic_address.url) as client:
        client.indices.put_mapping(index=f"{elastic_address.prefix}-article", meta={"layout": 99})
    with pytest.raises(SearchError, match=r"layout 99, this version makes \d+: run `beatwatch reindex`"):
        ElasticIndex(elastic_address).refresh()


def test_a_server_that_is_away_is_named() -> None:
    with pytest.raises(SearchError, match=f"{NOBODY}: search index: it does not answer"):
        ElasticIndex(ElasticAddress(NOBODY)).refresh()


def test_secrets_are_in_no_message() -> None:
    address = ElasticAddress(NOBODY, user="desk", secret="hush-hush")
    assert "hush" not in repr(address)
    with pytest.raises(SearchError) as told:
        ElasticIndex(address).refresh()
    assert "hush" not in str(told.value)


Look = tuple[int, int, int]
"""How many hits, neighbours and documents the index showed."""


def test_every_search_is_answered_while_the_index_is_built_anew(
    elastic: ElasticIndex, elastic_address: ElasticAddress
) -> None:
    """Built anew three times, so that searches meet the moment in which the old index goes."""
    documents = [article(f"{n:04d}", vector=(1.0, n / 1000)) for n in range(2_000)]
    elastic.write(documents)
    elastic.refresh()
    over, seen = threading.Event(), [list[Look](), list[Look](), list[Look]()]
    with ThreadPoolExecutor(len(seen)) as readers:
        asking = [readers.submit(_ask_until, over, elastic_address, looks) for looks in seen]
        try:
            for _ in range(3):
                _wait_for_a_look_of_each(asking, seen)
                elastic.rebuild([documents[:1_000], documents[1_000:]])
            _wait_for_a_look_of_each(asking, seen)
        finally:
            over.set()
    assert {look for looks in seen for look in looks} == {(20, 10, 2_000)}


def _ask_until(over: threading.Event, address: ElasticAddress, seen: list[Look]) -> None:
    index = ElasticIndex(address)
    while not over.is_set():
        hits, _ = index.search("police")
        seen.append((len(hits), len(index.nearest([1.0, 0.5])), index.count("article")))
    index.close()


def _wait_for_a_look_of_each(asking: list[Future[None]], seen: list[list[Look]]) -> None:
    for reader, looks, before in zip(asking, seen, [len(looks) for looks in seen], strict=True):
        while len(looks) == before:
            assert not reader.done(), reader.exception()
            time.sleep(0.01)


def test_another_process_may_bring_the_first_vector_of_a_length(
    elastic: ElasticIndex, elastic_address: ElasticAddress
) -> None:
    assert elastic.nearest([1.0, 0.0]) == []
    other = ElasticIndex(elastic_address)
    other.write([article("a", vector=(1.0, 0.0))])
    other.refresh()
    other.close()
    assert [hit.document.id for hit in elastic.nearest([1.0, 0.0])] == ["a"]


def test_refusals_name_their_documents_whichever_request_held_them(elastic: ElasticIndex) -> None:
    documents = [article(f"{n:03d}", lang="x" * 40_000 if n % 97 == 5 else "en") for n in range(450)]
    refused = elastic.write(documents)
    elastic.refresh()
    assert [one.id for one in refused] == ["005", "102", "199", "296", "393"]
    assert elastic.count("article") == 445
