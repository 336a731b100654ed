"""The Elasticsearch engine beside the bare official client, in one run on one node: bulk indexing and search.

`python benchmarks/bench_elasticsearch.py [ARTICLES]` (default 100,000 generated ones). The node is that of
`BEATWATCH_TEST_ELASTICSEARCH`, else one of our own.

Bulk: documents a second of `ElasticIndex.write`, from records to the server's answers, over those of the client's
`parallel_bulk` with its defaults, whose bodies (the same) were made beforehand: making them, and reading every answer, is
counted on our side only.

Search: latency of our `search`, `counts` and `nearest`, from the question as a person writes it to hits with passages, over
that of the same request bodies sent by the bare client. All questions differ. The two take turns at being first with one,
so that neither always finds what the server remembers of it, and whole answers are made to be forgotten in between.

Exit status 1 where a ratio is outside its limit: `LEAST_RATE`, `MOST_WAIT`.
"""

import os
import re
import statistics
import sys
import tempfile
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from elastic_transport import TransportError
from elasticsearch import Elasticsearch, OrjsonSerializer, helpers

from pipeline.adapters import search_mappings as mappings
from pipeline.adapters.search_body import ORDERS, asking, counting
from pipeline.adapters.search_elastic import ElasticAddress, ElasticIndex, action, nearest_to
from pipeline.query import AllOf, parse_query, words
from pipeline.records import SearchDocument
from sample.servers.elasticsearch_node import ElasticsearchNode

BATCH = 2_000
DIMENSIONS = 128
QUERIES = 600
LEAST_RATE = 0.9
"""Of the bare client's rate of writing."""
MOST_WAIT = 1.2
"""Times the bare client's latency, at the median and at p95."""
COMMON = tuple(
    re.findall(
        "[^ ]+",
        "police officers minister agreement training Beijing security cooperation patrol border delegation forum islands"
        " visit equipment vehicles academy embassy court suspects fraud operation exchange deal parliament",
    )
)
HAN = "中国公安部与所罗门群岛警察签署合作协议培训边境执法安全会议代表团访问装备车辆学院大使馆法院嫌疑人诈骗行动"


def documents(count: int) -> Iterator[SearchDocument]:
    """Generated articles of some two hundred words, a quarter of them Chinese, the same at each call."""
    source = np.random.default_rng(0)
    rare = [f"word{n}" for n in range(20_000)]
    for number in range(count):
        chosen = source.integers(0, len(COMMON), 140)
        text = " ".join([*(COMMON[i] for i in chosen), *(rare[i] for i in source.zipf(1.3, 60) % len(rare))])
        if number % 4 == 0:
            text = "".join(HAN[i] for i in source.integers(0, len(HAN), 400))
        vector = source.normal(size=DIMENSIONS)
        fields: dict[str, object] = {
            "headline": " ".join(COMMON[i] for i in chosen[:9]), "text": text, "lang": "zh" if number % 4 == 0 else "en",
            "source": f"paper{number % 300}", "countries": [("FJ", "SB", "PE", "KZ", "IT")[number // 300 % 5]],
            "framing": ("cooperation", "influence", "mixed", "neutral")[number % 4],
            "published": f"202{number % 7}-0{1 + number % 9}-1{number % 10}T06:00:00+00:00",
            "first_seen": "2026-10-06T06:00:00+00:00",
        }  # fmt: skip
        yield SearchDocument("article", f"{number:032x}", 1, fields=fields, vector=tuple(map(float, vector)))


def batches(count: int) -> Iterator[list[SearchDocument]]:
    """The documents in lists."""
    held: list[SearchDocument] = []
    for document in documents(count):
        held.append(document)
        if len(held) == BATCH:
            yield held
            held = []
    if held:
        yield held


def bulk(client: Elasticsearch, ours: ElasticIndex, bare: ElasticIndex, count: int) -> tuple[float, float]:
    """(ours, bare) in documents a second; `ours` then holds them. The two take turns, batch by batch, and at being first,
    so that both meet the same machine; what only prepares a measurement (generating, the bare client's bodies) is not
    timed."""
    for index in (ours, bare):
        index.write(next(batches(1)))  # makes the indices and the field of the vectors
    target = mappings.alias(bare.address.prefix, "article")
    spent = {"ours": 0.0, "bare": 0.0}
    for number, batch in enumerate(batches(count)):
        bodies = [action(document, target) for document in batch]
        turns: dict[str, Callable[[], object]] = {
            "ours": partial(ours.write, batch),
            "bare": partial(send_bare, client, bodies),
        }
        for turn in ("ours", "bare") if number % 2 else ("bare", "ours"):
            spent[turn] += timed(turns[turn])
    return count / spent["ours"], count / spent["bare"]


def send_bare(client: Elasticsearch, bodies: Sequence[dict[str, Any]]) -> None:
    """What the client's documentation shows for speed."""
    deque(helpers.parallel_bulk(client, bodies, raise_on_error=False), maxlen=0)


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


@contextmanager
def engine(client: Elasticsearch, url: str) -> Iterator[ElasticIndex]:
    """Our engine under a prefix of its own; its indices and templates go at the end, whatever that is."""
    prefix = f"bench-{uuid.uuid4().hex[:8]}"
    index = ElasticIndex(ElasticAddress(url, prefix=prefix))
    try:
        yield index
    finally:
        index.close()
        with suppress(TransportError):  # a node of our own that Ctrl-C has ended as well
            told = client.options(ignore_status=404)
            told.indices.delete(index=",".join(client.indices.get(index=f"{prefix}-*")) or "none")
            told.indices.delete_index_template(name=prefix)
            told.cluster.delete_component_template(name=prefix)


Question = tuple[Callable[[], object], dict[str, Any]]


def questions(name: str, index: ElasticIndex) -> Iterator[Question]:
    """Calls of our engine, each with the body that it sends. All differ."""
    source = np.random.default_rng(1)
    pairs = source.permutation([(first, second) for first in COMMON for second in COMMON]).tolist()
    for number, (first, second) in enumerate(pairs[:QUERIES]):
        if name == "kNN":
            vector = source.normal(size=DIMENSIONS).tolist()
            yield partial(index.nearest, vector), {"knn": nearest_to(vector, 10), "size": 10}
        elif name == "aggregation":
            asked = f"{first} {second} published:[202{number % 5} TO 2026]"
            yield partial(index.counts, asked, "country"), counting(parse_query(asked), "country")
        else:
            word, paper = COMMON[number // 24 % len(COMMON)], number % 300
            asked = f'"{first} {second}"' if name == "phrase" else f"{word} country:FJ source:paper{paper}"
            tree = parse_query(asked)
            body = {"query": asking(AllOf((tree,)), words(tree)), "sort": ORDERS["score"], "size": 21}
            yield partial(index.search, asked), {**body, "track_scores": True, "track_total_hits": False}


def latencies(client: Elasticsearch, index: ElasticIndex, name: str) -> tuple[list[float], list[float]]:
    """(ours, bare) in milliseconds, asked in turns."""
    target = mappings.alias(index.address.prefix, "article")
    ours: list[float] = []
    bare: list[float] = []
    for number, (ask, body) in enumerate(questions(name, index)):
        pair: list[tuple[list[float], Callable[[], object]]] = [
            (ours, ask), (bare, partial(client.search, index=target, **body)),
        ]  # fmt: skip
        for spent, call in pair if number % 2 else reversed(pair):
            if name == "aggregation":
                client.indices.clear_cache(index=target, request=True)  # of whole answers: only counts are kept in it
            spent.append(1000 * timed(call))
    return ours, bare


@contextmanager
def node() -> Iterator[str]:
    """The address of a node."""
    given = os.environ.get("BEATWATCH_TEST_ELASTICSEARCH")
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory() as folder, ElasticsearchNode(Path(folder)) as own:
        yield own.url


def measured(client: Elasticsearch, index: ElasticIndex, count: int) -> Iterator[str]:
    """Print rates, latencies and their ratios; what is outside its limit, a line each."""
    with engine(client, index.address.url) as bare:
        ours, theirs = bulk(client, index, bare, count)
    ratio = ours / theirs
    print(f"bulk, {count:,} articles: ours {ours:,.0f}/s, bare parallel_bulk {theirs:,.0f}/s, ratio {ratio:.2f}")
    if ratio < LEAST_RATE:
        yield f"bulk: {ratio:.3f} of the bare client's rate, at least {LEAST_RATE} is the limit"
    index.refresh()
    for name in ("phrase", "filter", "aggregation", "kNN"):
        waits = latencies(client, index, name)
        for label, place in (("p50", 9), ("p95", 18)):
            mine, other = (statistics.quantiles(values, n=20)[place] for values in waits)
            ratio = mine / other
            print(f"{name}, {count:,} articles, {label}: {mine:.1f} ms, bare {other:.1f} ms, ratio {ratio:.2f}")
            if ratio > MOST_WAIT:
                yield f"{name}, {label}: {ratio:.3f} times the bare client's latency, {MOST_WAIT} is the limit"


def main() -> int:
    """Returns the exit status."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with (
        node() as url,
        Elasticsearch(url, serializer=OrjsonSerializer(), request_timeout=120) as client,
        engine(client, url) as index,
    ):
        outside = list(measured(client, index, count))
    for line in outside:
        print(f"outside its limit: {line}", file=sys.stderr)
    return 1 if outside else 0


if __name__ == "__main__":
    sys.exit(main())
