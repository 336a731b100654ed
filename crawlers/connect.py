"""The last gate before a request is sent, and the first look at what comes back.

Scrapy queues requests of a host in its downloader, past all middlewares; so when that host asks to wait, only the
download handler can still hold them back, and it must note the wish before the next request leaves the queue.
"""

import asyncio
from collections import defaultdict
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.exceptions import CannotResolveHostError, IgnoreRequest
from scrapy.http import Headers, Response
from w3lib.url import safe_url_string

from crawlers.errands import Answer
from crawlers.guard import host_of
from crawlers.outcome import asks_to_wait
from crawlers.resolver import GuardedResolver
from crawlers.robots import Refused
from pipeline.records import FetchOutcome

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawlers.waits import Waits


class Refusal(Refused, IgnoreRequest):
    """`Refused` in the form that Scrapy passes on to the errback without retries."""


class GuardedHandler(HTTP11DownloadHandler):
    """Scrapy's HTTP handler behind the waits and with the guard's reasons, one request a host at a time.

    The lock is needed beside Scrapy's own limit: without a delay, Scrapy 2.19 starts all queued requests of a host when
    one ends (it counts a request as under way only once its coroutine runs). Leaves in `request.meta`: `received`, the
    headers before decompression, and `seconds`, the time of the exchange.
    """

    def __init__(self, crawler: "Crawler") -> None:
        super().__init__(crawler)
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def download_request(self, request: Request) -> Response:
        """Send a request, unless its host asked to wait after it was queued."""
        host = host_of(request.url)
        async with self._turns[host]:
            return await self._in_turn(request, host)

    async def _in_turn(self, request: Request, host: str) -> Response:
        waits: Waits = self.crawler.spider.waits  # type: ignore[union-attr]
        if (postponed := waits.postponed(host)) is not None:
            raise Refusal(postponed)
        started = monotonic()
        try:
            response = await super().download_request(request)
        except CannotResolveHostError as error:
            raise _refusal(host) or error from error
        request.meta["seconds"] = round(monotonic() - started, 3)
        request.meta["received"] = response.headers.copy()
        headers = one_by_name(response.headers)
        if asks_to_wait(response.status, headers):
            waits.stop(host, headers)
        return response


def _refusal(host: str) -> Refusal | None:
    """The guard's reason if it was the guard that left no address of `host`."""
    from twisted.internet import reactor  # importing it at the top would install one

    resolver = reactor.nameResolver
    problem = resolver.problems.get(host) if isinstance(resolver, GuardedResolver) else None
    return Refusal(Answer(outcome=FetchOutcome.REFUSED_ADDRESS, reason=problem)) if problem else None


def location_of(response: Response) -> str | None:
    """Where a response redirects to, absolute; bytes beyond ASCII are UTF-8, as browsers take them."""
    location = response.headers.get("Location")
    if location is None:
        return None
    target = str(safe_url_string(location.strip()))
    try:
        return urljoin(response.url, target)
    except ValueError:
        return target  # the guard will say what is wrong with it


def one_by_name(headers: Headers) -> dict[str, str]:
    """Headers with lower-case names; of a repeated header the last value."""
    return {name.decode("latin-1").lower(): values[-1].decode("latin-1") for name, values in headers.items() if values}


def pairs(headers: Headers) -> list[tuple[str, str]]:
    """Headers as (name, value) pairs, repeated ones included."""
    return [
        (name.decode("latin-1"), value.decode("latin-1")) for name, values in headers.items() for value in values or ()
    ]
