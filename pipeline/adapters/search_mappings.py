"""What an Elasticsearch index of ours looks like: templates with explicit mappings, index versions behind one alias a kind.

The fields of the search language are fields here under the same names, so that Kibana's bar and ours ask alike. Words are
found in `words.*`, the text as `pipeline.normalise` sees it, cut at spaces: no analyzer of the server takes part, and every
server answers as SQLite does. `headline` and `body` are text as it was written and `COLUMNS` further values, for people in
Kibana.
"""

from collections.abc import Mapping
from typing import Any

from pipeline.query import FIELDS
from pipeline.searchable import COLUMNS, WRITTEN, Kind

LAYOUT = 2
"""Of the mappings and of what the normaliser makes of a text: raised with either, `beatwatch reindex` then builds anew."""
KINDS: tuple[Kind, ...] = tuple(WRITTEN)
VISIBLE: Mapping[str, Any] = {"term": {"deleted": False}}
"""What the aliases show: deleted documents stay as tombstones, so that an older write never brings one back."""
SHOWN: Mapping[str, Any] = {"filter": VISIBLE, "is_write_index": True}
"""How an alias stands on the version that it shows."""

_KEYWORD = {"type": "keyword"}
_BOUNDED = {
    "keyword": {"ignore_above": 2048}
}  # a longer address is shown and not searched; the server's own limit refuses
_TOKENS = {"type": "text", "analyzer": "whitespace"}
_MAPPINGS: dict[str, Any] = {
    "dynamic": "strict",
    "_meta": {"layout": LAYOUT},
    "_source": {"excludes": ["words", "vectors"]},  # made anew from the state where they are needed
    "properties": {
        "id": _KEYWORD,
        "row_version": {"type": "long"},
        "deleted": {"type": "boolean"},
        **dict.fromkeys(FIELDS, _KEYWORD),
        "time": {"type": "date"},
        "first_published": {"type": "date"},
        "last_published": {"type": "date"},
        "order": {"type": "long"},  # the time in microseconds: dates keep milliseconds only
        **{name: {"type": type_} | _BOUNDED.get(type_, {}) for name, type_ in COLUMNS.items()},
        "body": {"type": "text"},
        "words": {"properties": {"headline": _TOKENS, "body": _TOKENS}},
        "vectors": {"properties": {}},  # one field for each length, see `vector_field`
        "shown": {"type": "object", "enabled": False},  # the other fields, as they came
    },
}


def alias(prefix: str, kind: Kind) -> str:
    """The name under which a kind is read and written."""
    return f"{prefix}-{kind}"


def version_name(prefix: str, kind: Kind, number: int) -> str:
    """The name of one version of an index."""
    return f"{alias(prefix, kind)}-{number:06d}"


def version_number(name: str) -> int:
    """The number in a version's name."""
    return int(name.rpartition("-")[2])


def component_template() -> dict[str, Any]:
    """Settings and mappings that all kinds share. Replicas follow the number of nodes: one node stays green."""
    settings = {"number_of_shards": 1, "auto_expand_replicas": "0-1", "max_result_window": 10_000}
    return {"template": {"settings": {"index": settings}, "mappings": _MAPPINGS}, "_meta": {"layout": LAYOUT}}


def index_template(prefix: str) -> dict[str, Any]:
    """For every version of every kind. The priority lies above that of templates that match everything."""
    patterns = [f"{alias(prefix, kind)}-*" for kind in KINDS]
    return {"index_patterns": patterns, "composed_of": [prefix], "priority": 200, "_meta": {"layout": LAYOUT}}


def vector_field(dimensions: int) -> str:
    """The field of vectors of this length: another encoder gives another length, and both may be in use for a time."""
    return f"vectors.{vector_name(dimensions)}"


def vector_name(dimensions: int) -> str:
    """That field's name under `vectors`."""
    return f"d{dimensions}"


def vector_mapping(dimensions: int) -> dict[str, Any]:
    """Eight-bit HNSW: a quarter of the memory; the best are weighed again by the exact vectors when they are asked for."""
    field = {"type": "dense_vector", "dims": dimensions, "similarity": "cosine", "index_options": {"type": "int8_hnsw"}}
    return {"properties": {"vectors": {"properties": {vector_name(dimensions): field}}}}
