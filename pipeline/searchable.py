"""What the search language's words, fields and dates mean in each kind of document: the same for every engine.

An engine stores what these functions say and compiles `pipeline.query`'s tree to questions about it; it knows no field
of a document by name.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from pipeline.errors import UsageError
from pipeline.query import FIELDS, AllOf, AnyOf, Equals, Node, Not, Text, filtered, parse_query, words
from pipeline.records import DocumentKind, SearchDocument

Kind = DocumentKind
Sort = Literal["score", "time", "-time", "id"]

HEADLINE_WEIGHT = 3.0
"""A headline says what happened, a text mentions much beside it."""

WRITTEN: Mapping[Kind, tuple[str | None, str | None]] = {
    "article": ("headline", "text"),
    "story": ("headline", None),
    "engagement": (None, "evidence"),
    "sentence": (None, "evidence"),
    "dropped": ("headline", "text"),
    "source": ("source_name", None),
    "fetch": (None, None),
}
"""The fields in which words are looked for: a short one that weighs more, a long one."""
_VALUES: Mapping[str, Mapping[str, str]] = {
    "article": {
        "lang": "lang",
        "source": "source",
        "country": "countries",
        "framing": "framing",
        "story": "story",
        "type": "types",
        "status": "statuses",
    },
    "story": {"lang": "languages", "source": "sources", "country": "countries", "framing": "framing", "story": "id"},
    "engagement": {
        "lang": "lang",
        "source": "source",
        "country": "countries",
        "story": "story",
        "type": "type",
        "status": "status",
    },
    "sentence": {
        "lang": "lang",
        "source": "source",
        "country": "countries",
        "story": "story",
        "frame": "frame",
        "voice": "voice",
    },
    "dropped": {"lang": "lang", "source": "source"},
    "source": {"lang": "languages", "source": "id"},
    "fetch": {"source": "source"},
}
COLUMNS: Mapping[str, Literal["text", "keyword", "date", "double", "long", "boolean"]] = {
    "headline": "text",
    "source_name": "keyword",
    "kind": "keyword",
    "home": "keyword",
    "url": "keyword",
    "host": "keyword",
    "article": "keyword",
    "way": "keyword",
    "outcome": "keyword",
    "reason": "keyword",
    "agency": "keyword",
    "first_seen": "date",
    "last_answer": "date",
    "last_item": "date",
    "score": "double",
    "probability": "double",
    "seconds": "double",
    "articles": "long",
    "items": "long",
    "http_status": "long",
    "failures": "long",
    "officers": "long",
    "baseline": "boolean",
    "copy": "boolean",
    "both": "boolean",
}
"""What a document has beside words, times and the language's fields, and people sort, count and filter by in Kibana."""

_OBSERVED: Mapping[str, str] = {"source": "last_answer", "fetch": "at"}
"""Nothing was published: the field with the time at which it was so."""


def texts(document: SearchDocument) -> tuple[str, str]:
    """(headline, body) in which words are found; "" where the kind has none."""
    headline, body = (str(document.fields.get(name or "") or "") for name in WRITTEN[document.kind])
    return headline, body


def values(document: SearchDocument) -> tuple[tuple[str, str], ...]:
    """(field, value) pairs for exact questions, each once, in the form in which `FIELDS` compares them."""
    pairs: dict[tuple[str, str], None] = {}
    for field, name in _VALUES[document.kind].items():
        held = document.id if name == "id" else document.fields.get(name)
        for value in held if isinstance(held, list | tuple | dict) else [held]:
            if value is not None:
                pairs[field, _compared(field, str(value))] = None
    return tuple(pairs)


def columns(document: SearchDocument) -> dict[str, object]:
    """The values of `COLUMNS` that the document has."""
    held = {name: document.fields[name] for name in COLUMNS if document.fields.get(name) is not None}
    if isinstance(members := held.get("articles"), list):
        held["articles"] = len(members)
    if document.kind == "article":
        held["copy"] = document.fields.get("copy_of") is not None
    return held


def _compared(field: str, value: str) -> str:
    try:
        return FIELDS[field](value)
    except ValueError:  # written under a codebook that this version does not know: kept, and found by none
        return value


def times(document: SearchDocument) -> tuple[float | None, float | None, float | None]:
    """Seconds since 1970 by which to sort, of the first and of the last publication.

    What was only first seen is sorted by that, but was not published then.
    """
    if document.kind in _OBSERVED:
        return _seconds(document, _OBSERVED[document.kind]), None, None
    first, last = _seconds(document, "published"), _seconds(document, "published")
    if document.kind == "story":
        first, last = _seconds(document, "first_published"), _seconds(document, "last_published")
    return (last if last is not None else _seconds(document, "first_seen")), first, last


def _seconds(document: SearchDocument, name: str) -> float | None:
    value = document.fields.get(name)
    return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else None


def read_question(
    query: str, filters: Mapping[str, str | Sequence[str]] | None, kind: Kind
) -> tuple[AllOf, tuple[Text, ...]]:
    """(what an answer must meet, the words that score and show it). Raises `UsageError` where the query cannot be read or
    asks for a field that documents of this kind do not have."""
    asked = parse_query(query)
    whole = AllOf((asked, *filtered(filters or {})))
    check_fields(whole, kind)
    return whole, words(asked)


SPANS: Mapping[str, str] = {"year": "%Y", "month": "%Y-%m", "day": "%Y-%m-%d"}
"""Spans of publication by which answers are counted, with the form in which they are named; a story's is that of its first
article."""


def check_count(by: str, kind: Kind) -> None:
    """Raise `UsageError` where documents of this kind cannot be counted by this."""
    if by not in SPANS and by not in _VALUES[kind]:
        known = ", ".join((*_VALUES[kind], *SPANS))
        raise UsageError(f"{by}: {kind} documents cannot be counted by it, but by: {known}")


def check_fields(node: Node, kind: Kind) -> None:
    """Raise `UsageError` where a query asks for a field that documents of this kind do not have."""
    if isinstance(node, Equals) and node.field not in _VALUES[kind]:
        known = ", ".join((*_VALUES[kind], "published"))
        raise UsageError(f"query: {node.field}: is no field of {kind} documents: their fields are {known}")
    if isinstance(node, AllOf | AnyOf):
        for part in node.parts:
            check_fields(part, kind)
    elif isinstance(node, Not):
        check_fields(node.part, kind)
