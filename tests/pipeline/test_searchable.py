"""What documents mean to the search language, beyond what the engines' contract suite asks."""

import pytest

from pipeline.records import SearchDocument
from pipeline.searchable import texts, times, values


def test_values_are_compared_in_one_form_and_once() -> None:
    fields: dict[str, object] = {
        "lang": "zh-Hant",
        "countries": ["fj", "FJ"],
        "types": ["training", "unheard_of"],
        "story": None,
    }
    assert values(SearchDocument("article", "a", 1, fields=fields)) == (
        ("lang", "zh-hant"),
        ("country", "FJ"),
        ("type", "training"),
        ("type", "unheard_of"),
    )


def test_a_deleted_document_says_nothing() -> None:
    gone = SearchDocument("story", "S1", 2, deleted=True)
    assert texts(gone) == ("", "")
    assert times(gone) == (None, None, None)
    assert values(gone) == (("story", "S1"),)


def test_what_was_only_first_seen_is_sorted_by_it_and_published_never() -> None:
    seen = SearchDocument("article", "a", 1, fields={"first_seen": "1970-01-01T00:01:00+00:00", "published": None})
    assert times(seen) == (60.0, None, None)
    published = SearchDocument("article", "a", 1, fields={"published": "1970-01-01T01:00:30+01:00"})
    assert times(published) == pytest.approx((30.0, 30.0, 30.0))
