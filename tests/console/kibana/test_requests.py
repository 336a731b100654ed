"""What Kibana will ask is what the definition says: filters, span of time, groups, measure."""

from datetime import UTC, datetime
from typing import Any

import pytest

from console.kibana.definition import FILE, Chart, Definition, Measure, Search, read_definition
from console.kibana.requests import drawing, rows, searching

NOW = datetime(2026, 9, 10, 8, 0, tzinfo=UTC)
STARTS = "2026-09-10T08:00:00+00:00||"


@pytest.fixture(scope="module")
def definition() -> Definition:
    return read_definition(FILE)


def chart(definition: Definition, id_: str) -> Chart:
    """A panel by its id."""
    return next(one for one in definition.dashboard.charts if one.id == id_)


def search(definition: Definition, id_: str) -> Search:
    """A search by its id."""
    return next(one for one in definition.searches if one.id == id_)


def test_a_search_asks_for_its_query_within_its_span(definition: Definition) -> None:
    body = searching(search(definition, "influence-voices"), definition)
    in_span = {"range": {"time": {"gte": "now-90d", "lte": "now"}}}
    assert body["query"] == {"bool": {"filter": [{"term": {"frame": "influence"}}, in_span]}}
    assert [list(part) for part in body["sort"]] == [["voice"], ["probability"]]
    assert body["aggs"]["by"]["terms"]["field"] == "voice"


def test_a_view_without_time_is_asked_without_a_span(definition: Definition) -> None:
    body = searching(search(definition, "silent-sources"), definition)
    answered = {"range": {"last_answer": {"gte": "now-36h"}}}
    assert body["query"] == {"bool": {"filter": [{"bool": {"must_not": [answered]}}]}}


def test_another_time_can_be_asked_about(definition: Definition) -> None:
    query = searching(search(definition, "new-stories-today"), definition, NOW)["query"]
    told = query["bool"]["filter"]
    assert told[0]["bool"]["filter"][0] == {"range": {"first_seen": {"gte": f"{STARTS}/d"}}}
    assert told[1] == {"range": {"time": {"gte": f"{STARTS}-20y", "lte": STARTS}}}


def test_a_value_that_only_begins_like_now_is_left_alone(definition: Definition) -> None:
    asked = search(definition, "influence-voices").model_copy(update={"query": "voice: nowhere"})
    assert {"term": {"voice": "nowhere"}} in searching(asked, definition, NOW)["query"]["bool"]["filter"]


def test_groups_are_nested_in_their_order(definition: Definition) -> None:
    aggs = drawing(chart(definition, "articles-by-day"), definition)["aggs"]
    day = aggs["group-0"]
    assert day["date_histogram"]["field"] == "time"
    assert day["date_histogram"]["calendar_interval"] == "1d"
    assert day["aggs"]["group-1"]["terms"]["field"] == "framing"
    assert "aggs" not in day["aggs"]["group-1"]


def test_groups_are_ordered_by_the_measure_at_every_level(definition: Definition) -> None:
    aggs = drawing(chart(definition, "officers-by-country"), definition)["aggs"]
    outer, inner = aggs["group-0"], aggs["group-0"]["aggs"]["group-1"]
    for group, within in ((outer, outer["aggs"]), (inner, inner["aggs"])):
        assert group["terms"]["order"] == {"measure": "desc"}
        assert within["measure"] == {"max": {"field": "officers"}}


def answer(total: int, **aggregations: Any) -> dict[str, Any]:
    """What Elasticsearch answers."""
    return {"hits": {"total": {"value": total}}, "aggregations": aggregations}


def test_a_number_is_one_row(definition: Definition) -> None:
    assert rows(chart(definition, "articles"), {"hits": {"total": {"value": 7}}}) == [((), 7.0)]
    assert rows(chart(definition, "countries"), answer(9, measure={"value": 4})) == [((), 4.0)]
    assert rows(chart(definition, "countries"), answer(0, measure={"value": 0})) == []


def test_rows_have_the_values_of_all_groups(definition: Definition) -> None:
    inner = {"buckets": [{"key": "mixed", "doc_count": 2}, {"key": "neutral", "doc_count": 1}]}
    day = {"key": 1, "key_as_string": "2026-09-09T00:00:00.000Z", "doc_count": 3, "group-1": inner}
    told = rows(chart(definition, "articles-by-day"), answer(3, **{"group-0": {"buckets": [day]}}))
    assert told == [(("2026-09-09T00:00:00.000Z", "mixed"), 2.0), (("2026-09-09T00:00:00.000Z", "neutral"), 1.0)]


def test_a_measure_is_one_function(definition: Definition) -> None:
    assert Measure(name="n").function == ("count", None)
    assert Measure(name="n", sum="officers").function == ("sum", "officers")
