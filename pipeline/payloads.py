"""Records as the plain JSON values that the state keeps, and back: the one place that knows the shape of a payload.

A payload is the record field by field, times in ISO 8601, tuples as lists. What the engage stage found is one payload
for one article: `{"reports": [...]}`.
"""

from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter

from pipeline.records import EngagementReport

R = TypeVar("R")


@lru_cache(maxsize=64)
def _adapter(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast(Any, kind))


def plain(record: object) -> dict[str, object]:
    """A record as plain JSON values."""
    values: dict[str, object] = _adapter(cast(Hashable, type(record))).dump_python(record, mode="json")
    return values


def record(kind: type[R], payload: Mapping[str, object]) -> R:
    """The record of `kind` that `plain` wrote; raises `ValueError` where the payload is none."""
    made: R = _adapter(cast(Hashable, kind)).validate_python(payload)
    return made


def reports_payload(reports: Sequence[EngagementReport]) -> dict[str, object]:
    """The payload of the engage stage."""
    return {"reports": [plain(report) for report in reports]}


def reports(payload: Mapping[str, object]) -> tuple[EngagementReport, ...]:
    """What `reports_payload` wrote."""
    made: tuple[EngagementReport, ...] = _adapter(tuple[EngagementReport, ...]).validate_python(payload["reports"])
    return made
