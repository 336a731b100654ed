"""What Kibana asks Elasticsearch for a saved search or a panel, so that we can ask it too: `beatwatch kibana check`.

The bodies have the parts that decide an answer: the query, the span of time on the view's time field, groups, measure and
order. What Kibana adds for its own sake (preferences, runtime fields, the browser's zone: here it is UTC) is left out.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from console.kibana import kql
from console.kibana.definition import FIELDS, Chart, Definition, Group, Search
from console.kibana.objects import MEASURE, group_id

Body = dict[str, Any]
Row = tuple[tuple[str, ...], float]
"""The values of a panel's groups, and the measure."""

SAMPLE = 500  # documents that Discover shows at first
BREAKDOWN = 3  # values by which Discover's chart divides, the others are one more


def searching(search: Search, definition: Definition, now: datetime | None = None) -> Body:
    """The request of a saved search. `now` stands for the clock where another time is to be asked about."""
    body: Body = {"query": _query(search.query, definition.view(search.of).time, search.span, now), "size": SAMPLE}
    body["sort"] = [
        {name.removeprefix("-"): {"order": "desc" if name.startswith("-") else "asc", "unmapped_type": "boolean"}}
        for name in search.sort
    ]
    body["track_total_hits"] = True
    if search.by is not None:
        body["aggs"] = {"by": {"terms": {"field": search.by, "size": BREAKDOWN, "order": {"_count": "desc"}}}}
    return body


def drawing(chart: Chart, definition: Definition, now: datetime | None = None) -> Body:
    """The request of a panel over its own span of time, else the dashboard's."""
    span = chart.span or definition.dashboard.span
    query = _query(chart.query, definition.view(chart.of).time, span, now)
    function, field = chart.measure.function
    metrics: Body = {} if field is None else {MEASURE: {_FUNCTIONS[function]: {"field": field}}}
    aggs = metrics
    for number, group in reversed(list(enumerate(chart.by))):
        within = {"aggs": aggs} if aggs else {}
        aggs = {group_id(number): _grouped(group, counted=field is None) | within, **metrics}
    return {"query": query, "size": 0, "track_total_hits": True} | ({"aggs": aggs} if aggs else {})


_ARITHMETIC = re.compile(r"now((?:[+-][0-9]+[yMwdhms])*(?:/[yMwdhms])?)")
_FUNCTIONS = {"sum": "sum", "max": "max", "unique": "cardinality"}


def _grouped(group: Group, *, counted: bool) -> Body:
    if FIELDS[group.field] == "date":
        return {
            "date_histogram": {"field": group.field, "calendar_interval": "1d", "time_zone": "UTC", "min_doc_count": 1}
        }
    order = {"_count" if counted else MEASURE: "desc"}
    return {"terms": {"field": group.field, "size": group.most, "shard_size": max(25, group.most), "order": order}}


def _query(text: str, time: str | None, span: str | None, now: datetime | None) -> Body:
    node = kql.read(text)
    parts = [kql.elasticsearch(node, FIELDS)] if node != kql.EVERYTHING else []
    if time is not None and span is not None:
        parts.append({"range": {time: {"gte": f"now-{span}", "lte": "now"}}})
    asked: Body = {"bool": {"filter": parts}}
    return asked if now is None else _at(asked, now)


def _at(part: Any, now: datetime) -> Any:
    """The same question at another time: date arithmetic starts there."""
    if isinstance(part, Mapping):
        return {name: _at(value, now) for name, value in part.items()}
    if isinstance(part, list):
        return [_at(value, now) for value in part]
    if isinstance(part, str) and (arithmetic := _ARITHMETIC.fullmatch(part)):
        return f"{now.isoformat()}||{arithmetic[1]}"
    return part


def rows(chart: Chart, answer: Mapping[str, Any]) -> list[Row]:
    """What a panel shows: the measure for each of its groups, those without one left out."""
    return list(_rows(chart, {"doc_count": answer["hits"]["total"]["value"], **answer.get("aggregations", {})}, 0))


def _rows(chart: Chart, found: Mapping[str, Any], depth: int) -> Iterator[Row]:
    if depth == len(chart.by):
        value = found["doc_count"] if chart.measure.function[1] is None else found[MEASURE]["value"]
        if value:
            yield (), float(value)
        return
    for bucket in found[group_id(depth)]["buckets"]:
        key = str(bucket.get("key_as_string", bucket["key"]))
        for keys, value in _rows(chart, bucket, depth + 1):
            yield (key, *keys), value
