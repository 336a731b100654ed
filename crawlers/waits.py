"""Hosts that asked to wait: nothing more is sent to them in this crawl, whatever is queued."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from crawlers.errands import Answer
from crawlers.guard import plain_host
from crawlers.outcome import wait_until
from pipeline.records import FetchOutcome


class Waits:
    """Waits of earlier crawls (`GatherPlan.waits`, over when their time is) and of this one (until its end)."""

    def __init__(self, waits: Iterable[tuple[str, datetime]], clock: Callable[[], datetime]) -> None:
        self._earlier = {plain_host(host): until for host, until in waits}
        self._stopped: dict[str, datetime] = {}
        self._clock = clock

    def stop(self, host: str, headers: Mapping[str, str]) -> None:
        """The host has just answered 429, or 503 with Retry-After (header names in lower case)."""
        self._stopped[host] = wait_until(headers, self._clock())

    def until(self, host: str) -> datetime | None:
        """Before when the host must not be asked; None if it may be."""
        if host in self._stopped:
            return self._stopped[host]
        until = self._earlier.get(host)
        return until if until is not None and until > self._clock() else None

    def postponed(self, host: str) -> Answer | None:
        """The answer for a request that is not sent, or None if it may be."""
        until = self.until(host)
        if until is None:
            return None
        reason = f"{host} asked to wait until {until:%Y-%m-%d %H:%M:%S} UTC"
        return Answer(outcome=FetchOutcome.POSTPONED, reason=reason, retry_at=until)
