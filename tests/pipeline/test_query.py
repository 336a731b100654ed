"""The search language: what is read, what is refused and where, and that docs/search.md says the same."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.query import (
    DEEPEST,
    FIELDS,
    LARGEST,
    LONGEST,
    AllOf,
    AnyOf,
    Equals,
    Node,
    Not,
    Published,
    Text,
    parse_query,
    words,
)

DOCS = (Path(__file__).parents[2] / "docs" / "search.md").read_text(encoding="utf-8")


def _examples(*headings: str) -> list[str]:
    """The queries in the first column of the tables under these headings."""
    found = []
    for section in DOCS.split("\n## ")[1:]:
        heading, _, body = section.partition("\n")
        if heading in headings:
            found += re.findall(r"^\| `(.+?)` \|", body, re.MULTILINE)
    return found


@pytest.mark.parametrize("query", _examples("Words", "Fields", "Dates"))
def test_every_documented_query_is_read(query: str) -> None:
    parse_query(query)


@pytest.mark.parametrize("query", _examples("What is not part of it"))
def test_every_documented_fault_is_refused(query: str) -> None:
    with pytest.raises(UsageError, match=r"query(, character \d+)?: "):
        parse_query(query)


def test_the_documentation_has_every_field_and_limit() -> None:
    documented = {re.split(r"[:\[]", query)[0] for query in _examples("Fields", "Dates")}
    assert documented == {*FIELDS, "published"}
    assert f"{LONGEST:,} characters and {LARGEST} words" in DOCS
    assert f"at most {DEEPEST} deep" in DOCS
    assert len(_examples("What is not part of it")) == 9


A, B, C = Text(("a",)), Text(("b",)), Text(("c",))


@pytest.mark.parametrize(
    ("query", "node"),
    [
        ("", AllOf()),
        ("  ", AllOf()),
        ("*", AllOf()),
        ("a", A),
        ("a b", AllOf((A, B))),
        ("a AND b", AllOf((A, B))),
        ("a OR b", AnyOf((A, B))),
        ("a b OR c", AllOf((A, AnyOf((B, C))))),
        ("a AND b OR c", AnyOf((AllOf((A, B)), C))),
        ("a (b OR NOT c)", AllOf((A, AnyOf((B, Not(C)))))),
        ("a -b", AllOf((A, Not(B)))),
        ("+a", A),
        ("公安部", Text(("公", "安", "部"))),
        ("公安*", Text(("公", "安"), prefix=True)),
        ("Polic*", Text(("polic",), prefix=True)),
        (r"polic\*", Text(("polic",))),
        ('"Police, Training"', Text(("police", "training"))),
        ("e-mail", Text(("e", "mail"))),
        ("lang:ZH", Equals("lang", "zh")),
        ("country:fj", Equals("country", "FJ")),
        ('source:"Fijitimes"', Equals("source", "fijitimes")),
        ("story:01ABc", Equals("story", "01ABc")),
        ("type:(training OR visit)", AnyOf((Equals("type", "training"), Equals("type", "visit")))),
        ("country:(FJ SB)", AllOf((Equals("country", "FJ"), Equals("country", "SB")))),
        ("published:2024", Published(datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))),
        ("published:2024-12", Published(datetime(2024, 12, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))),
        ("published:2024-2-29", Published(datetime(2024, 2, 29, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC))),
        ("published:{2024 TO *]", Published(datetime(2025, 1, 1, tzinfo=UTC), None)),
        ("published:[* TO 2024-03-05}", Published(None, datetime(2024, 3, 5, tzinfo=UTC))),
        ("published:[* TO *]", Published(None, None)),
    ],
)
def test_what_is_read(query: str, node: Node) -> None:
    assert parse_query(query) == node


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("police AND", "something is missing at its end"),
        ("(police", "something is missing at its end"),
        ("AND police", "character 1: 'AND' cannot stand here"),
        ("police) x", "character 7"),
        ('police "training', "character 8: the quotation mark is not closed"),
        ("police ?olice", "character 8.*only at the end"),
        ("police &&", "character 8: '&&' holds no letter or digit"),
        ("police colour:red", "character 8: there is no field 'colour': fields are lang, "),
        ("http://a.test/", "there is no field 'http'.*quote a word"),
        ("framing:good", "character 9: framing: it is one of cooperation, .*, not 'good'"),
        ("country:fiji", "character 9: country: it is a country's two letters"),
        ("source:xin*", "character 8: source: takes exact values"),
        ("lang:[a TO b]", "lang: takes exact values"),
        ("published:yesterday", "character 11: 'yesterday' is no date"),
        ("published:[2024-02-30 TO *]", "character 12: '2024-02-30' is no date"),
        ("published:[2025 TO 2024]", "character 11: published: the range ends before it begins"),
        ("published:9999", "is no date"),
        ("published:(2024 OR 2025)", "takes a date .* or a range"),
        ("a" * 2001, "2001 characters long: at most 2000"),
        ("a " * 101, "101 words and values: at most 100"),
        ("(" * 50 + "a" + ")" * 50, "deeper than 40"),
        ("lang:" + "(" * 50 + "a" + ")" * 50, "exact values"),
    ],
)
def test_what_is_refused_and_where(query: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        parse_query(query)


def test_words_to_score_and_show_are_those_that_an_answer_holds() -> None:
    assert words(parse_query("a (b OR a) NOT c lang:zh")) == (A, B)
    assert words(parse_query("")) == ()


@pytest.mark.parametrize(
    "query",
    [
        "police", "police training", '"joint patrol" 公安', "café lang:ZH", 'source:"xinhua" police', "framing:mixed  x ", "42 ²",
        "country:fj story:S1", '"l\'Aquila, e-mail" lang:it',
    ],
)  # fmt: skip
def test_plain_questions_are_read_as_the_grammar_reads_them(query: str) -> None:
    """In parentheses a question goes the long way."""
    assert parse_query(query) == parse_query(f"({query})")


@pytest.mark.parametrize(
    "query", ["police AND training", "NOT police", "lang:zh OR lang:en", "-police", "polic*", "a (b c)"]
)
def test_what_only_looks_plain_is_not(query: str) -> None:
    assert parse_query(query) == parse_query(f"({query})")


@pytest.mark.parametrize(
    "query", ["colour:red", "framing:good", "country:FIJI", "police AND", '"police', "police lang:"]
)
def test_what_is_wrong_among_plain_words_is_named(query: str) -> None:
    with pytest.raises(UsageError, match="query"):
        parse_query(query)
