"""The part of KQL that the definition uses means here what Kibana makes of it."""

import pytest

from console.kibana import kql
from console.kibana.kql import Compared, Has, Joined, Negated

TYPES = {"frame": "keyword", "time": "date", "body": "text", "score": "double", "open": "boolean"}


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("frame: influence", Has("frame", "influence")),
        ("frame:influence", Has("frame", "influence")),
        ("frame: *", Has("frame", None)),
        ('body: "police station"', Has("body", "police station")),
        ('frame: "*"', Has("frame", "*")),
        ("frame: (a or b)", Joined("any", (Has("frame", "a"), Has("frame", "b")))),
        ("score >= 0.2", Compared("score", "gte", "0.2")),
        ("score<1", Compared("score", "lt", "1")),
        ("time > now-7d/d", Compared("time", "gt", "now-7d/d")),
        ("not frame: a", Negated(Has("frame", "a"))),
        ("frame: notary or frame: order", Joined("any", (Has("frame", "notary"), Has("frame", "order")))),
        ("FRAME: a".lower() + " AND score > 1", Joined("all", (Has("frame", "a"), Compared("score", "gt", "1")))),
        (
            "frame: a and score > 1 or open: true",
            Joined("any", (Joined("all", (Has("frame", "a"), Compared("score", "gt", "1"))), Has("open", "true"))),
        ),
        (
            "frame: a and (score > 1 or not open: true)",
            Joined(
                "all", (Has("frame", "a"), Joined("any", (Compared("score", "gt", "1"), Negated(Has("open", "true")))))
            ),
        ),
        ("", kql.EVERYTHING),
        ("  ", kql.EVERYTHING),
    ],
)
def test_a_query_is_read(query: str, tree: kql.Node) -> None:
    assert kql.read(query) == tree


@pytest.mark.parametrize(
    ("query", "character"),
    [
        ("police", 1),
        ("frame:", 7),
        ("frame: a score > 1", 10),
        ("frame: a and", 13),
        ("(frame: a", 10),
        ("frame: (a or)", 13),
        ("frame: (a b)", 11),
        ("frame: po*", 10),
        ('frame: "a', 8),
        ("frame = a", 1),
        ("and", 1),
    ],
)
def test_what_is_outside_the_part_is_refused_with_its_place(query: str, character: int) -> None:
    with pytest.raises(ValueError, match=f"at character {character}:"):
        kql.read(query)


def test_the_fields_of_a_query_are_named() -> None:
    assert list(kql.fields(kql.read("frame: a and not (score > 1 or open: *)"))) == ["frame", "score", "open"]


@pytest.mark.parametrize(
    ("query", "made"),
    [
        ("frame: a", {"term": {"frame": "a"}}),
        ("open: true", {"term": {"open": "true"}}),
        ("frame: *", {"exists": {"field": "frame"}}),
        ("body: police", {"match": {"body": "police"}}),
        ('body: "police station"', {"match_phrase": {"body": "police station"}}),
        ("time: now/d", {"range": {"time": {"gte": "now/d", "lte": "now/d"}}}),
        ("score <= 1", {"range": {"score": {"lte": "1"}}}),
        ("not frame: a", {"bool": {"must_not": [{"term": {"frame": "a"}}]}}),
        ("frame: a and open: true", {"bool": {"filter": [{"term": {"frame": "a"}}, {"term": {"open": "true"}}]}}),
        (
            "frame: (a or b)",
            {"bool": {"should": [{"term": {"frame": "a"}}, {"term": {"frame": "b"}}], "minimum_should_match": 1}},
        ),
        ("", {"bool": {"filter": []}}),
    ],
)
def test_elasticsearch_is_asked_the_same(query: str, made: kql.Query) -> None:
    assert kql.elasticsearch(kql.read(query), TYPES) == made
