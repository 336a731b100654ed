"""What a status, headers and body mean: pure, one place for the rules of HTTP that the fetch log rests on."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from crawlers.challenge import challenge
from pipeline.records import FetchOutcome

REDIRECTS = frozenset({301, 302, 303, 307, 308})
LONGEST_WAIT = timedelta(days=1)
SHORTEST_WAIT = timedelta(seconds=1)
UNSAID_WAIT = timedelta(hours=1)  # after a 429 that does not say how long


def judge(
    status: int, headers: Mapping[str, str], body: bytes, *, conditional: bool
) -> tuple[FetchOutcome, str | None]:
    """How a request ended by its (non-redirect) response, with a line for a person. FETCHED may still turn out
    UNCHANGED (same hash) or BROKEN (no feed). Header names are lower case."""
    if status == 304:
        unasked = FetchOutcome.FAILED, "304 to an unconditional request"
        return (FetchOutcome.UNCHANGED, None) if conditional else unasked
    obstacle = challenge(status, headers, body)
    if 200 <= status < 300:
        if obstacle:
            return FetchOutcome.CHALLENGE, obstacle
        return (FetchOutcome.FETCHED, None) if body else (FetchOutcome.FAILED, f"{phrase(status)} without a body")
    reason = f"{phrase(status)}, {obstacle}" if obstacle else phrase(status)
    return _refused(status, headers), reason


def _refused(status: int, headers: Mapping[str, str]) -> FetchOutcome:
    if asks_to_wait(status, headers):
        return FetchOutcome.RATE_LIMITED
    if status in (401, 403, 451):
        return FetchOutcome.BLOCKED
    return FetchOutcome.GONE if status in (404, 410) else FetchOutcome.FAILED


def asks_to_wait(status: int, headers: Mapping[str, str]) -> bool:
    """Whether the host asks for a pause: 429, or 503 that says how long."""
    return status == 429 or (status == 503 and "retry-after" in headers)


def wait_until(headers: Mapping[str, str], now: datetime) -> datetime:
    """When a host that asked to wait may be asked again: Retry-After in seconds or as a date, at most a day."""
    wait = _retry_after(headers.get("retry-after", "").strip(), now)
    return now + min(max(wait, SHORTEST_WAIT), LONGEST_WAIT)


def _retry_after(value: str, now: datetime) -> timedelta:
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value), LONGEST_WAIT.total_seconds()))
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return UNSAID_WAIT
    return (date if date.tzinfo else date.replace(tzinfo=UTC)) - now


def phrase(status: int) -> str:
    """A status with its name: "404 Not Found"."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"status {status}"
