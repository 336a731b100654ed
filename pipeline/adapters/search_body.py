"""The search language's tree as Elasticsearch's query language, over the fields of `search_mappings`."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.query import AllOf, Equals, Node, Not, Published, Text
from pipeline.searchable import HEADLINE_WEIGHT, SPANS, Sort

Query = dict[str, Any]

EXPANSIONS = 10_000  # words that the last word of a phrase may begin; the server's own 50 would lose answers unsaid

MOST_VALUES = 10_000  # of one field in one count; the server's own limit of buckets is 65,536
_SPAN_NAMES = {"year": "uuuu", "month": "uuuu-MM", "day": "uuuu-MM-dd"}

ORDERS: Mapping[Sort, list[dict[str, str]]] = {
    "score": [{"_score": "desc"}, {"id": "asc"}],
    "time": [{"order": "asc"}, {"id": "asc"}],
    "-time": [{"order": "desc"}, {"id": "asc"}],
    "id": [{"id": "asc"}],
}


def asking(whole: Node, wanted: Sequence[Text]) -> Query:
    """Which documents answer is a matter of filters; the wanted words only score them, as in the SQLite engine."""
    scored = [query for text in wanted for query in (_in("headline", text, HEADLINE_WEIGHT), _in("body", text, 1.0))]
    return {"bool": {"filter": [condition(whole)], "should": scored, "minimum_should_match": 0}}


def condition(node: Node) -> Query:
    """The node as a query that is met or not."""
    if isinstance(node, Text):
        return _any([_in("headline", node, 1.0), _in("body", node, 1.0)])
    if isinstance(node, Equals):
        return {"term": {node.field: node.value}}
    if isinstance(node, Published):
        return _published(node)
    if isinstance(node, Not):
        return {"bool": {"must_not": [condition(node.part)]}}
    parts = [condition(part) for part in node.parts]
    if isinstance(node, AllOf):
        return {"bool": {"filter": parts}} if parts else {"match_all": {}}
    return _any(parts) if parts else {"match_none": {}}


def counting(whole: Node, by: str) -> Query:
    """The request that counts answers by a field or a span of publication."""
    if by in SPANS:
        span = {"field": "first_published", "calendar_interval": by, "format": _SPAN_NAMES[by], "min_doc_count": 1}
        grouped: Query = {"date_histogram": span}
    else:
        grouped = {"terms": {"field": by, "size": MOST_VALUES, "order": {"_key": "asc"}}}
    return {
        "query": {"bool": {"filter": [condition(whole)]}},
        "aggs": {"by": grouped},
        "size": 0,
        "track_total_hits": False,
    }


def _any(parts: list[Query]) -> Query:
    return {"bool": {"should": parts, "minimum_should_match": 1}}


def _in(field: str, text: Text, weight: float) -> Query:
    name, phrase = f"words.{field}", " ".join(text.tokens)
    if not text.prefix:
        return {"match_phrase": {name: {"query": phrase, "boost": weight}}}
    if len(text.tokens) == 1:
        return {"prefix": {name: {"value": phrase, "boost": weight}}}
    return {"match_phrase_prefix": {name: {"query": phrase, "max_expansions": EXPANSIONS, "boost": weight}}}


def _published(node: Published) -> Query:
    """A story is published from its first article to its last; what has no such time is never found by one."""
    parts: list[Query] = [{"exists": {"field": "first_published"}}]
    if node.since is not None:
        parts.append({"range": {"last_published": {"gte": milliseconds(node.since.timestamp())}}})
    if node.until is not None:
        parts.append({"range": {"first_published": {"lt": milliseconds(node.until.timestamp())}}})
    return {"bool": {"filter": parts}}


def milliseconds(seconds: float) -> int:
    """Since 1970, rounded down: days begin on a whole one, so nothing changes sides of a day."""
    return math.floor(seconds * 1000)
