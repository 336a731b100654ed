"""robots.txt by RFC 9309, once an origin and crawl.

Scrapy's own middleware lets everything through when robots.txt cannot be had; the RFC says the contrary for server
errors and silence (section 2.3.1.4), and so do we. 4xx means that the site has no rules, except 429: "not now".
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from crawlers.errands import Answer
from crawlers.outcome import REDIRECTS, phrase
from pipeline.records import FetchOutcome

MOST_BYTES = 512_000  # the RFC asks for 500 KiB at least; rules after that are not read
MOST_REDIRECTS = 5


class Refused(Exception):
    """A request that is not made, or whose failure is already understood; `answer` ends its errand."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(answer.reason)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The rules of an origin, or (`refusal`) why it must not be asked at all."""

    rules: Protego | None = None
    refusal: Answer | None = None


Ask = Callable[[str], Awaitable[tuple[int, bytes, str | None]]]
"""Fetches an address, no further: status, body, absolute Location. Any exception but `Refused` means "unreachable"."""


def read_robots(status: int, body: bytes) -> Verdict:
    """The verdict of a final (not redirecting) answer."""
    if 200 <= status < 300:
        return Verdict(rules=Protego.parse(body[:MOST_BYTES].decode("utf-8-sig", "ignore")))
    if 400 <= status < 500 and status != 429:
        return Verdict(rules=Protego.parse(""))
    return Verdict(refusal=_unreachable(phrase(status)))


def _unreachable(reason: str) -> Answer:
    return Answer(outcome=FetchOutcome.ROBOTS_UNREACHABLE, reason=f"robots.txt: {reason}")


def product_token(user_agent: str) -> str:
    """The name that a robots.txt calls us by: "beatwatch" of "beatwatch/1.0 (+mailto:...)"."""
    return user_agent.split("/")[0].split()[0] if user_agent.strip() else "beatwatch"


class Robots:
    """Asks each origin's robots.txt once, however many pages wait for it."""

    def __init__(self, user_agent: str, ask: Ask, describe: Callable[[Exception], str] = str) -> None:
        self._token, self._ask, self._describe = product_token(user_agent), ask, describe
        self._verdicts: dict[str, asyncio.Future[Verdict]] = {}

    async def refusal(self, url: str) -> Answer | None:
        """Why `url` must not be fetched, or None."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._verdicts:
            self._verdicts[origin] = asyncio.ensure_future(self._learn(f"{origin}/robots.txt"))
        verdict = await asyncio.shield(self._verdicts[origin])
        if verdict.rules is None:
            return verdict.refusal
        if verdict.rules.can_fetch(url, self._token):
            return None
        return Answer(outcome=FetchOutcome.REFUSED_BY_ROBOTS, reason=f"robots.txt of {parts.netloc} keeps us out")

    async def _learn(self, url: str) -> Verdict:
        try:
            for _ in range(MOST_REDIRECTS + 1):
                status, body, location = await self._ask(url)
                if status not in REDIRECTS or not location:
                    return read_robots(status, body)
                url = location
        except Refused as refused:
            return Verdict(refusal=refused.answer)
        except Exception as error:  # noqa: BLE001  (whatever went wrong, the rules are not known)
            return Verdict(refusal=_unreachable(self._describe(error)))
        return Verdict(rules=Protego.parse(""))  # the RFC: more than five redirects count as "there is none"
