"""Records as plain JSON values and back."""

import json
from datetime import UTC, datetime

import pytest

from pipeline.payloads import plain, record, reports, reports_payload
from pipeline.records import (
    EngagementReport,
    FeedEntry,
    FramedSentence,
    Framing,
    Moment,
    PageRules,
    Party,
    Quantity,
    Source,
    ThirdParty,
)

DAY = datetime(2026, 10, 5, 6, tzinfo=UTC)
RECORDS = [
    Moment(DAY, "feed"),
    FeedEntry("http://a.test/", "a", "http://a.test/feed", "标题", Moment(DAY, "feed", "day"), ("A", "B")),
    Source("a", "A", "http://a.test/", "FJ", ("en",), "private", rules=(PageRules("h1", valid_until=DAY),)),
    Framing(
        "mixed", {"mixed": 1.0}, {"influence": 1.0}, (FramedSentence(0, 1, "x", "influence", True, "expert", 0.5),)
    ),
]


@pytest.mark.parametrize("made", RECORDS, ids=lambda made: type(made).__name__)
def test_a_record_survives_json(made: object) -> None:
    assert record(type(made), json.loads(json.dumps(plain(made)))) == made


def test_reports_are_one_payload() -> None:
    quantity = Quantity(3.5e6, "money", "other", "about", 4, 9, "past year", True, "USD")
    full = EngagementReport(
        "equipment", "delivered", 0, 9, (Party("SB", "host", 0, 3),), (ThirdParty("UN", 1, 3),), (quantity,)
    )
    assert reports(json.loads(json.dumps(reports_payload([full])))) == (full,)
    assert reports(reports_payload([])) == ()


def test_what_is_no_payload_is_refused() -> None:
    with pytest.raises(ValueError, match="framing"):
        record(Framing, {"framing": "good"})
