"""Is every search answered while `beatwatch reindex` builds Elasticsearch's index anew?

`python benchmarks/bench_reindex.py [ARTICLES]` (default 100,000 generated ones). Two processes search without a pause, by
words, by fields, by vector and by counts, before, during and two seconds after an index is built anew. Every article that
these questions find is in the old index and in the new one, so an empty answer is as wrong as an error. The node is that
of `BEATWATCH_TEST_ELASTICSEARCH`, else one of our own. It ends with 1 where a search failed or found nothing.
"""

import multiprocessing as mp
import sys
import time
from collections import Counter
from collections.abc import Callable
from itertools import cycle
from multiprocessing.synchronize import Event

from elasticsearch import Elasticsearch

from benchmarks.bench_elasticsearch import COMMON, DIMENSIONS, batches, engine, node
from pipeline.adapters.search_elastic import ElasticAddress, ElasticIndex
from pipeline.errors import SearchError

SEARCHERS = 2
AFTERWARDS = 2.0  # seconds
Told = Counter[str]


def main() -> int:
    """Print what the searches met."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with node() as url, Elasticsearch(url, request_timeout=120) as client, engine(client, url) as index:
        for batch in batches(count):
            index.write(batch)
        index.refresh()
        seconds, told = rebuilt(index, count)
    wrong = {what: number for what, number in told.items() if what not in ("searches", "during")}
    print(
        f"reindex of {count:,} articles in {seconds:.0f} s: {told['searches']:,} searches, {told['during']:,} of them"
        f" while it ran, {sum(wrong.values()) - told['empty']} failed, {told['empty']} empty"
    )
    for what, number in wrong.items():
        print(f"  {number} x {what}")
    return 1 if wrong or not told["during"] else 0


def rebuilt(index: ElasticIndex, count: int) -> tuple[float, Told]:
    """Build the index anew while others search it: (seconds, what they met)."""
    context = mp.get_context("spawn")
    begun, built, over = context.Event(), context.Event(), context.Event()
    results: mp.Queue[Told] = context.Queue()
    searchers = [
        context.Process(target=search_until, args=(over, begun, built, index.address, results))
        for _ in range(SEARCHERS)
    ]
    for one in searchers:
        one.start()
    time.sleep(AFTERWARDS)
    begun.set()
    clock = time.perf_counter()
    index.rebuild(batches(count))
    seconds = time.perf_counter() - clock
    built.set()
    time.sleep(AFTERWARDS)
    over.set()
    told = sum((results.get(timeout=120) for _ in searchers), Counter())
    for one in searchers:
        one.join()
    return seconds, told


def search_until(over: Event, begun: Event, built: Event, address: ElasticAddress, results: "mp.Queue[Told]") -> None:
    """Ask one question after the other and count: searches, those while the index was built, empty ones, each error."""
    index, told = ElasticIndex(address), Counter[str]()
    for number, ask in enumerate(cycle(questions(index))):
        if over.is_set():
            break
        told["searches"] += 1
        told["during"] += begun.is_set() and not built.is_set()
        try:
            told["empty"] += not ask(COMMON[number % len(COMMON)])
        except SearchError as error:
            told[str(error)] += 1
    index.close()
    results.put(+told)


def questions(index: ElasticIndex) -> list[Callable[[str], object]]:
    """Each finds something for every common word."""
    vector = [1.0] * DIMENSIONS
    return [
        lambda word: index.search(word)[0],
        lambda word: index.search(f"{word} country:FJ framing:influence", sort="-time")[0],
        lambda word: index.counts(word, "country"),
        lambda _: index.nearest(vector),
        lambda _: index.count("article"),
    ]


if __name__ == "__main__":
    sys.exit(main())
