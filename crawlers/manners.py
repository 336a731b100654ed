"""Downloader middlewares: the waits and robots.txt before a request, and which failures are tried again."""

from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawlers.connect import Refusal, location_of, one_by_name
from crawlers.errands import Answer
from crawlers.failures import described
from crawlers.guard import host_of, url_problem
from crawlers.outcome import asks_to_wait
from crawlers.robots import Robots
from pipeline.records import FetchOutcome

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawlers.crawl import Crawl

_ROBOTS = "is_robots_txt"
_ROBOTS_PRIORITY = 1000


class Manners:
    """Asks nothing of a host that asked to wait, and no page that its robots.txt keeps us from."""

    def __init__(self, crawler: "Crawler") -> None:
        self._crawler = crawler
        self._robots = Robots(crawler.settings["USER_AGENT"], self._ask, described)

    @classmethod
    def from_crawler(cls, crawler: "Crawler") -> "Manners":
        """Made by Scrapy."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Scrapy's interface: raise to refuse."""
        if request.meta.get(_ROBOTS):
            return
        spider: Crawl = self._crawler.spider  # type: ignore[assignment]
        answer = spider.waits.postponed(host_of(request.url)) or await self._robots.refusal(request.url)
        if answer is not None:
            raise Refusal(answer)

    async def _ask(self, url: str) -> tuple[int, bytes, str | None]:
        """Fetch a robots.txt or a hop on the way to one, through the same guard, waits and spacing as a page."""
        spider: Crawl = self._crawler.spider  # type: ignore[assignment]
        if problem := url_problem(url, spider.rules):
            raise Refusal(Answer(outcome=FetchOutcome.REFUSED_ADDRESS, reason=f"robots.txt leads to {problem}"))
        host = host_of(url)
        request = Request(
            url, callback=NO_CALLBACK, priority=_ROBOTS_PRIORITY, meta={_ROBOTS: True, "download_slot": host}
        )
        response = await self._crawler.engine.download_async(request)
        if asks_to_wait(response.status, one_by_name(response.headers)):
            raise Refusal(_not_now(response.status, spider, host))
        return response.status, response.body, location_of(response)


def _not_now(status: int, spider: "Crawl", host: str) -> Answer:
    return Answer(
        outcome=FetchOutcome.ROBOTS_UNREACHABLE, status=status, retry_at=spider.waits.until(host),
        reason=f"robots.txt: {status}, {host} asks to wait",
    )  # fmt: skip


class Retries(RetryMiddleware):
    """Scrapy's retries, except for a host that says itself when to come back."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """Scrapy's interface: a response that is final, or a request to send once more."""
        if asks_to_wait(response.status, one_by_name(response.headers)):
            return response
        return super().process_response(request, response)
