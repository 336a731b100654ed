"""The search language's tree as SQL over the tables of `search_sqlite`."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.query import AllOf, Equals, Node, Not, Published, Text
from pipeline.searchable import HEADLINE_WEIGHT, SPANS, Kind, Sort

_ORDERS: Mapping[str, tuple[str, str]] = {  # sort: the sorted expression, its direction
    "score": ("coalesce(r.score, 0.0)", "DESC"),
    "time": ("d.time", "ASC"),
    "-time": ("d.time", "DESC"),
    "id": ("0", "ASC"),
}


def statement(
    whole: Node, wanted: Sequence[Text], kind: Kind, sort: Sort, limit: int, cursor: tuple[float, str] | None
) -> tuple[str, list[Any]]:
    """The one SELECT of a search. Which documents answer is a matter of sets; FTS5's rank comes from a second look-up
    of all wanted words, since it has no rank for a document that it finds by a condition."""
    parameters: list[Any] = []
    ranked = "SELECT 0 AS number, 0.0 AS score WHERE 0"
    if wanted:
        ranked = (
            f"SELECT rowid AS number, -bm25(words, {HEADLINE_WEIGHT}, 1.0) AS score"  # noqa: S608  (a constant)
            " FROM words WHERE words MATCH ?"
        )
        parameters.append(" OR ".join(_match(text) for text in wanted))
    parameters.append(kind)
    where = _condition(whole, parameters)
    value, direction = _ORDERS[sort]
    page = "1"
    if cursor is not None:
        page = f"(sorted {'<' if direction == 'DESC' else '>'} ? OR (sorted = ? AND id > ?))"
        parameters += [cursor[0], cursor[0], cursor[1]]
    parameters.append(limit)
    return (  # every piece is written here; what a person gave is a parameter
        f"WITH ranked AS MATERIALIZED ({ranked}), answers AS ("  # noqa: S608
        " SELECT d.kind, d.id, d.row_version, d.fields, d.time, coalesce(r.score, 0.0) AS score,"
        f" {value} AS sorted"
        " FROM documents d LEFT JOIN ranked r ON r.number = d.number"
        f" WHERE d.kind = ? AND NOT d.deleted AND {where})"
        " SELECT kind, id, row_version, fields, time, score, sorted FROM answers"
        f" WHERE {page} ORDER BY sorted {direction}, id LIMIT ?"
    ), parameters


def counting(whole: Node, kind: Kind, by: str) -> tuple[str, list[Any]]:
    """The SELECT of (value, how many answers) by a field or a span of publication."""
    parameters: list[Any] = [SPANS.get(by, by), kind]
    where = _condition(whole, parameters)
    if by in SPANS:
        value, source, dated = (
            "strftime(?, d.first_published, 'unixepoch')",
            "documents d",
            "AND d.first_published IS NOT NULL",
        )
    else:
        value, source, dated = "f.value", "documents d JOIN facets f ON f.number = d.number AND f.field = ?", ""
    return (  # every piece is written here; what a person gave is a parameter
        f"SELECT {value} AS value, count(*) FROM {source}"  # noqa: S608
        f" WHERE d.kind = ? AND NOT d.deleted AND {where} {dated} GROUP BY 1 ORDER BY 1"
    ), parameters


def _condition(node: Node, parameters: list[Any]) -> str:
    """The node as a condition on `d`; its values are appended to `parameters`."""
    if isinstance(node, Text):
        parameters.append(_match(node))
        return "d.number IN (SELECT rowid FROM words WHERE words MATCH ?)"
    if isinstance(node, Equals):
        parameters += [node.field, node.value]
        return "d.number IN (SELECT number FROM facets WHERE field = ? AND value = ?)"
    if isinstance(node, Published):
        return _published(node, parameters)
    if isinstance(node, Not):
        return f"NOT {_condition(node.part, parameters)}"
    joined = " AND " if isinstance(node, AllOf) else " OR "
    empty = "1" if isinstance(node, AllOf) else "0"
    return f"({joined.join(_condition(part, parameters) for part in node.parts) or empty})"


def _published(node: Published, parameters: list[Any]) -> str:
    """A story is published from its first article to its last; what has no such time is never found by one."""
    conditions = ["d.first_published IS NOT NULL"]
    if node.since is not None:
        conditions.append("d.last_published >= ?")
        parameters.append(node.since.timestamp())
    if node.until is not None:
        conditions.append("d.first_published < ?")
        parameters.append(node.until.timestamp())
    return f"({' AND '.join(conditions)})"


def _match(text: Text) -> str:
    """FTS5's phrase; tokens hold letters and digits only, so nothing is to be escaped."""
    return f'"{" ".join(text.tokens)}"{" *" if text.prefix else ""}'
