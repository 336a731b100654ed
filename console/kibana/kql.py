"""The part of Kibana's query language that the definition uses, read once: for its fields, and for Elasticsearch.

Kibana turns KQL into Elasticsearch's queries in the browser, so a query that is wrong shows an empty page and no error. We
therefore read every query ourselves, and can ask Elasticsearch what Kibana will ask. Luqum, which reads our own search
language, knows Lucene's grammar, not this one. In it are `field: value`, `field: (a or b)`, `field: *`, comparisons,
`and`, `or`, `not` and parentheses; words without a field are not, since they would also be looked for in ids.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeAlias

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput

Query = dict[str, Any]
Comparison = Literal["gt", "gte", "lt", "lte"]
Fields = Mapping[str, str]
"""Elasticsearch's type of each field."""

_GRAMMAR = r"""
?start: any
?any: all ("or"i all)*
?all: part ("and"i part)*
?part: "not"i part -> negated
     | "(" any ")"
     | FIELD ":" value -> has
     | FIELD ":" "(" value ("or"i value)+ ")" -> has
     | FIELD COMPARISON value -> compared
value: QUOTED | WORD | STAR
COMPARISON: ">=" | "<=" | ">" | "<"
STAR: "*"
FIELD: /[a-z_]+(?=\s*[:<>])/
QUOTED: /"[^"\\]*"/
WORD: /(?!(?:and|or|not)\b)[^\s\\():<>"*{}]+/i
%import common.WS
%ignore WS
"""
_NAMES: Mapping[str, Comparison] = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}


@dataclass(frozen=True, slots=True)
class Has:
    """The field has this value among its values; None: it has any."""

    field: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Compared:
    """The field lies on this side of the value: a number, a date or date arithmetic such as now-7d/d."""

    field: str
    comparison: Comparison
    value: str


@dataclass(frozen=True, slots=True)
class Negated:
    """The part does not hold."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class Joined:
    """All parts hold, or any of them."""

    how: Literal["all", "any"]
    parts: "tuple[Node, ...]"


Node: TypeAlias = Has | Compared | Negated | Joined
EVERYTHING = Joined("all", ())


def read(text: str) -> Node:
    """The query's tree; raises `ValueError` saying where it cannot be read."""
    if not text.strip():
        return EVERYTHING
    try:
        return _Tree().transform(_parser().parse(text))
    except UnexpectedInput as error:
        column = error.column if error.column > 0 else len(text) + 1  # the parser says -1 at the end
        raise ValueError(
            f"query: {text!r} cannot be read at character {column}: see config/kibana/README.md"
        ) from error


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="earley", maybe_placeholders=False)


class _Tree(Transformer[Token, Node]):
    """The parser's tree as ours."""

    def value(self, found: list[Token]) -> str | None:
        """None for a lone star."""
        (token,) = found
        return None if token.type == "STAR" else str(token).strip('"')

    def has(self, found: list[Any]) -> Node:
        """One value, or any of several."""
        field, *values = found
        parts = tuple(Has(str(field), value) for value in values)
        return parts[0] if len(parts) == 1 else Joined("any", parts)

    def compared(self, found: list[Any]) -> Node:
        """A field, a sign, a value."""
        field, sign, value = found
        return Compared(str(field), _NAMES[str(sign)], str(value))

    def negated(self, found: list[Node]) -> Node:
        """Not this part."""
        return Negated(found[0])

    def all(self, found: list[Node]) -> Node:
        """Each of these parts."""
        return Joined("all", tuple(found))

    def any(self, found: list[Node]) -> Node:
        """One of these parts."""
        return Joined("any", tuple(found))


def fields(node: Node) -> Iterator[str]:
    """The names of the fields that a query asks about."""
    match node:
        case Has(field) | Compared(field):
            yield field
        case Negated(part):
            yield from fields(part)
        case Joined(_, parts):
            for part in parts:
                yield from fields(part)


def elasticsearch(node: Node, types: Fields) -> Query:
    """What Kibana makes of the query: terms for keywords, matches for text, ranges for comparisons and dates."""
    match node:
        case Has(field, None):
            return {"exists": {"field": field}}
        case Has(field, str() as value):
            return _has(field, value, types[field])
        case Compared(field, comparison, value):
            return {"range": {field: {comparison: value}}}
        case Negated(part):
            return {"bool": {"must_not": [elasticsearch(part, types)]}}
        case Joined("all", parts):
            return {"bool": {"filter": [elasticsearch(part, types) for part in parts]}}
        case Joined(_, parts):
            return {"bool": {"should": [elasticsearch(part, types) for part in parts], "minimum_should_match": 1}}
    raise AssertionError(node)


def _has(field: str, value: str, type_: str) -> Query:
    if type_ == "date":
        return {"range": {field: {"gte": value, "lte": value}}}
    if type_ == "text":
        return {"match_phrase" if " " in value else "match": {field: value}}
    return {"term": {field: value}}
