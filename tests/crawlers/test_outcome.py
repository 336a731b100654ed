"""Statuses, waits and robots.txt: the rules without a network."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from crawlers.errands import Answer
from crawlers.outcome import asks_to_wait, judge, wait_until
from crawlers.robots import Refused, Robots, product_token, read_robots
from crawlers.waits import Waits
from pipeline.records import FetchOutcome

NOW = datetime(2026, 10, 5, 6, tzinfo=UTC)
O = FetchOutcome  # noqa: E741


@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (200, {}, O.FETCHED), (206, {}, O.FETCHED), (301, {}, O.FAILED), (304, {}, O.FAILED), (400, {}, O.FAILED),
        (401, {}, O.BLOCKED), (403, {}, O.BLOCKED), (451, {}, O.BLOCKED), (404, {}, O.GONE), (410, {}, O.GONE),
        (429, {}, O.RATE_LIMITED), (503, {"retry-after": "5"}, O.RATE_LIMITED), (503, {}, O.FAILED),
        (500, {}, O.FAILED), (599, {}, O.FAILED),
    ],
)  # fmt: skip
def test_judge(status: int, headers: dict[str, str], outcome: FetchOutcome) -> None:
    assert judge(status, headers, b"<p>body</p>", conditional=False)[0] is outcome


def test_judge_names_what_stands_behind_a_403() -> None:
    outcome, reason = judge(403, {"cf-mitigated": "challenge"}, b"", conditional=False)
    assert (outcome, reason) == (O.BLOCKED, "403 Forbidden, Cloudflare challenge")
    assert judge(304, {}, b"", conditional=True) == (O.UNCHANGED, None)


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("120", timedelta(seconds=120)),
        ("0", timedelta(seconds=1)),
        ("99999999999999999999", timedelta(days=1)),
        ("Mon, 05 Oct 2026 06:10:00 GMT", timedelta(minutes=10)),
        ("Mon, 05 Oct 2026 06:10:00 -0000", timedelta(minutes=10)),
        ("Sun, 04 Oct 2026 06:00:00 GMT", timedelta(seconds=1)),
        ("Fri, 05 Oct 2029 06:00:00 GMT", timedelta(days=1)),
        ("-5", timedelta(hours=1)),
        ("soon", timedelta(hours=1)),
        ("", timedelta(hours=1)),
    ],
)
def test_retry_after(value: str, wait: timedelta) -> None:
    assert wait_until({"retry-after": value}, NOW) == NOW + wait


def test_waits() -> None:
    now = [NOW]
    waits = Waits([("Slow.test", NOW + timedelta(hours=1))], lambda: now[0])
    assert asks_to_wait(429, {})
    waits.stop("now.test", {"retry-after": "60"})
    assert waits.until("now.test") == NOW + timedelta(seconds=60)
    assert waits.until("slow.test") == NOW + timedelta(hours=1)
    now[0] += timedelta(hours=2)
    assert waits.until("slow.test") is None
    assert waits.until("now.test") is not None  # for the rest of this crawl
    postponed = waits.postponed("now.test")
    assert postponed is not None
    assert (postponed.outcome, postponed.retry_at) == (O.POSTPONED, NOW + timedelta(seconds=60))


# --- robots.txt ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "allowed"), [(200, False), (404, True), (403, True), (401, True)])
def test_rules_or_none(status: int, allowed: bool) -> None:
    verdict = read_robots(status, b"User-agent: *\nDisallow: /\n")
    assert verdict.rules is not None
    assert verdict.rules.can_fetch("http://a.test/x", "beatwatch") is allowed


@pytest.mark.parametrize("status", [429, 500, 503, 301])
def test_rules_that_cannot_be_had(status: int) -> None:
    refusal = read_robots(status, b"").refusal
    assert refusal is not None
    assert refusal.outcome is O.ROBOTS_UNREACHABLE


def test_byte_order_mark_and_junk_in_robots() -> None:
    verdict = read_robots(200, b"\xef\xbb\xbfUser-agent: beatwatch\nDisallow: /a\n\xff\xfe<html>")
    assert verdict.rules is not None
    assert not verdict.rules.can_fetch("http://a.test/a", "beatwatch")


@pytest.mark.parametrize(
    ("agent", "token"), [("beatwatch/1.0 (+mailto:x@google.test)", "beatwatch"), ("My Bot", "My"), ("", "beatwatch")]
)
def test_product_token(agent: str, token: str) -> None:
    assert product_token(agent) == token


class Site:
    """robots.txt answers by address; counts requests."""

    def __init__(self, answers: dict[str, tuple[int, bytes, str | None] | Exception]) -> None:
        self.answers, self.asked = answers, list[str]()

    async def ask(self, url: str) -> tuple[int, bytes, str | None]:
        self.asked.append(url)
        await asyncio.sleep(0)
        answer = self.answers[url]
        if isinstance(answer, Exception):
            raise answer
        return answer


def refusals(site: Site, *urls: str) -> list[Answer | None]:
    async def all_at_once() -> list[Answer | None]:
        robots = Robots("beatwatch/1", site.ask)
        return list(await asyncio.gather(*(robots.refusal(url) for url in urls)))

    return asyncio.run(all_at_once())


def test_one_request_for_many_pages() -> None:
    site = Site({"http://a.test/robots.txt": (200, b"User-agent: *\nDisallow: /no", None)})
    passed, refused = refusals(site, "http://a.test/yes", "http://a.test/no/1")
    assert passed is None
    assert refused is not None
    assert refused.outcome is O.REFUSED_BY_ROBOTS
    assert site.asked == ["http://a.test/robots.txt"]


def test_redirects_of_robots() -> None:
    site = Site({
        "http://a.test/robots.txt": (301, b"", "http://b.test/r"),
        "http://b.test/r": (200, b"User-agent: *\nDisallow: /", None),
        "http://c.test/robots.txt": (302, b"", "http://c.test/robots.txt"),
    })  # fmt: skip
    (refused,) = refusals(site, "http://a.test/x")
    assert refused is not None
    assert refused.outcome is O.REFUSED_BY_ROBOTS
    assert refusals(site, "http://c.test/x") == [None]  # the RFC: more than five redirects count as "no rules"


def test_silence_is_no_permission() -> None:
    answer = Answer(outcome=O.POSTPONED, reason="later")
    site = Site({"http://a.test/robots.txt": OSError("reset"), "http://b.test/robots.txt": Refused(answer)})
    unreachable, postponed = refusals(site, "http://a.test/x", "http://b.test/x")
    assert unreachable is not None
    assert (unreachable.outcome, unreachable.reason) == (O.ROBOTS_UNREACHABLE, "robots.txt: reset")
    assert postponed == answer
