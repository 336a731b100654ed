"""Whole crawls in child processes over a staged web: every outcome of the fetch log, and the manners.

One crawl plays all sites at once; the tests look at its rows and at what the web was asked. A second crawl, told what
the first one brought, plays the next day.
"""

import dataclasses
import gzip
import itertools
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from crawlers.vault.folder import FolderStore
from crawlers.vault.reader import VaultReader
from pipeline.records import Fetch, FetchOutcome, GatherPlan, Known, ListPage, Source
from tests.crawlers.conftest import NOW
from tests.crawlers.staged_web import Reply, Script, StagedWeb, index, packed, page, rss, unchanged_if, urlset

pytestmark = pytest.mark.server
O = FetchOutcome  # noqa: E741
TODAY = "Mon, 05 Oct 2026 03:00:00 GMT"
GBK = "<html><head><meta charset=gbk></head><body><p>公安部国际合作</p></body></html>".encode("gbk")
CHALLENGE = b"<title>Just a moment...</title><script>window._cf_chl_opt={}</script>"
WIRE = "http://wire.press.test"


def to(location: str, status: int = 302) -> Reply:
    return Reply(status=status, headers={"Location": location})  # sent as Latin-1


def fails_twice(then: Reply) -> Script:
    return lambda headers, before: Reply(b"oops", 500) if before < 2 else then


PAGES: dict[str, Reply | bytes | str | Script] = {
    "/one": unchanged_if('"v1"', page(b"<p>one</p>", Last_Modified="Mon, 05 Oct 2026 02:00:00 GMT")),
    "/packed": packed(GBK),
    "/edited": lambda headers, before: page(b"<p>first</p>" if before == 0 else b"<p>second</p>"),
    "/same": page(b"<p>same</p>"),
    "/gone": page(b"gone", 410),
    "/login": page(b"no", 401),
    "/forbidden": page(b"no", 403),
    "/law": page(b"no", 451),
    "/challenge": page(CHALLENGE),
    "/empty": page(b""),
    "/declared-big": page(b"x" * 200_000),
    "/bomb": packed(b"x" * 5_000_000),
    "/slow": Reply(b"late", stall=2.5),
    "/reset": Reply(reset=True),
    "/flaky": fails_twice(page(b"<p>at last</p>")),
    "/down": page(b"oops", 500),
    "/cut": Reply(b"half", cut=True),
    "/strange": page(b"tea", 418),
    "/moved": to("/moved-again", 301),
    "/moved-again": to("/final", 307),
    "/final": page(b"<p>final</p>"),
    "/also-moved": to("/final"),
    "/circle": to("/circle2"),
    "/circle2": to("/circle"),
    **{f"/hop{n}": to(f"/hop{n + 1}") for n in range(9)},
    "/raw": to("/新闻".encode().decode("latin-1")),
    "/新闻": page(b"<p>news</p>"),
    "/away": to("http://abroad.press.test/story"),
    "/into-secret": to("/secret/x"),
    "/inside": to("http://127.0.0.1:9/admin"),
    "/inside-by-name": to("http://localhost:9/admin"),
    "/odd-scheme": to("ftp://wire.press.test/x"),
    "/secret/page": page(b"secret"),
}
NAMED = [
    *(path for path in PAGES if not path.startswith("/hop")), "/hop0", "/hop7", "/one#comments", "/missing",
    "http://foreign.test/x", "http://2130706433/", "http://me:pw@wire.press.test/x",
    "mailto:desk@press.test",
]  # fmt: skip


def set_stage(web: StagedWeb) -> None:
    for path, answer in PAGES.items():
        web.on(WIRE + path, answer)
    items = [(url, f"T{n}", TODAY) for n, url in enumerate(NAMED)] + [("/old", "old", "Fri, 02 Oct 2026 03:00:00 GMT")]
    web.on(f"{WIRE}/rss", unchanged_if('"feed"', rss(*items)))
    web.on(f"{WIRE}/robots.txt", b"User-agent: *\nDisallow: /\n\nUser-agent: beatwatch\nDisallow: /secret\n")
    web.on("http://abroad.press.test/story", b"<p>abroad</p>")
    web.on("http://abroad.press.test/robots.txt", page(b"", 404))
    for name in ("limited", "busy", "crowd", "waiting", "paced"):
        web.on(f"http://{name}.press.test/rss", rss(*((f"/{n}", f"{n}", TODAY) for n in range(4))))
        for n in range(4):
            web.on(f"http://{name}.press.test/{n}", page(b"<p>%d</p>" % n))
    slow_down = Reply(b"slow down", 429, {"Retry-After": "120"})
    web.on("http://limited.press.test/1", lambda headers, before: page(b"<p>1</p>") if before else slow_down)
    later = format_datetime(NOW + timedelta(days=3), usegmt=True)
    web.on("http://busy.press.test/1", Reply(b"busy", 503, {"Retry-After": later}))
    for name, robots in {
        "robots-down": page(b"", 503), "robots-slow": Reply(stall=2.5), "robots-limits": page(b"", 429),
        "robots-none": page(b"", 403), "robots-moved": to("http://abroad.press.test/robots.txt"),
        "robots-inside": to("http://10.0.0.1/robots.txt"),
    }.items():  # fmt: skip
        web.on(f"http://{name}.press.test/robots.txt", robots)
        web.on(f"http://{name}.press.test/rss", rss())
    set_ways_in(web)


def set_ways_in(web: StagedWeb) -> None:
    for name, feed in {
        "feed-html": page(b"<!DOCTYPE html><html><body>Welcome to our site</body></html>"),
        "feed-broken": Reply(b"<rss><channel><item"),
        "feed-challenge": page(CHALLENGE),
        "feed-gone": page(b"", 404),
        "feed-moved": to("/real-feed", 301),
    }.items():
        web.on(f"http://{name}.press.test/rss", feed)
    web.on("http://feed-moved.press.test/real-feed", rss(("/1", "x", TODAY)))
    web.on("http://feed-moved.press.test/1", b"<p>moved feed</p>")
    ledger = "http://ledger.press.test"
    rows = [f"<loc>{ledger}/map{n}.xml{'.gz' * (n == 2)}</loc>" for n in (1, 2, 3, 4)]
    web.on(f"{ledger}/sitemap.xml", unchanged_if('"i"', index(*rows)))
    news = "<news:news><news:publication_date>2026-10-05</news:publication_date></news:news>"
    web.on(f"{ledger}/map1.xml", unchanged_if('"m1"', urlset(f"<loc>{ledger}/a</loc>{news}", "<loc>/old</loc>"
           "<lastmod>2026-09-01</lastmod>")))  # fmt: skip
    web.on(f"{ledger}/map2.xml.gz", Reply(gzip.compress(urlset(f"<loc>{ledger}/b</loc>").body)))
    web.on(f"{ledger}/map3.xml", page(b"<html>oops</html>"))
    web.on(f"{ledger}/map4.xml", Reply(gzip.compress(b" " * 2_000_000)))
    web.on(f"{ledger}/a", b"<p>a</p>")
    web.on(f"{ledger}/b", b"<p>b</p>")
    lists = "http://lists.press.test"
    for n in (1, 2, 3):
        web.on(
            f"{lists}/news?p={n}", f'<ul><a href="/item{n}">I{n}</a></ul><a rel=next href="/news?p={n + 1}">more</a>'
        )
        web.on(f"{lists}/item{n}", f"<p>item {n}</p>")
    web.on(f"{lists}/empty", b"<p>a new layout</p>")
    suara = "http://suara-kepulauan.press.test"
    for n in (1, 2, 3):
        item = (
            f'<article data-berita="/berita/{n}" data-waktu="{int(NOW.timestamp()) - n}"><h3>Berita {n}</h3></article>'
        )
        web.on(f"{suara}/indeks?halaman={n}", item + "<nav data-akhir='ya'></nav>" * (n == 3))
        web.on(f"{suara}/berita/{n}", f"<p>berita {n}</p>")


@pytest.fixture(scope="module")
def sources(source: Callable[..., Source]) -> list[Source]:
    with_feeds = ["limited", "busy", "crowd", "waiting", "robots-down", "robots-slow", "robots-limits", "robots-none",
                  "robots-moved", "robots-inside", "feed-html", "feed-broken", "feed-challenge", "feed-gone",
                  "feed-moved"]  # fmt: skip
    lists = (
        ListPage("http://lists.press.test/news?p=1", "ul a", "a[rel=next]", pages=2),
        ListPage("http://lists.press.test/empty", "ul a"),
    )
    return [
        source("wire", feeds=(f"{WIRE}/rss",)),
        *(source(name, feeds=(f"http://{name}.press.test/rss",)) for name in with_feeds),
        source("paced", feeds=("http://paced.press.test/rss",), delay=0.3),
        source("ledger", sitemaps=("http://ledger.press.test/sitemap.xml",)),
        source("lists", lists=lists),
        source("suara-kepulauan", spider="suara-kepulauan"),
        source("lost", spider="no-such-spider"),
        source("again", feeds=(f"{WIRE}/rss",)),  # the same feed, declared twice
        source("dead", feeds=("http://dead.test/rss",)),
    ]


class Day:
    """The rows of a crawl, by address, and what the web was asked during it."""

    def __init__(self, rows: list[Fetch], web: StagedWeb) -> None:
        self.rows, self.asked = rows, list(web.asked)
        self.by_url = {row.url: row for row in rows}
        web.asked.clear()

    def __getitem__(self, url: str) -> Fetch:
        return self.by_url[WIRE + url if url.startswith("/") else url]

    def targets(self, host: str) -> list[str]:
        """What was asked of a host, in order."""
        ordered = sorted(self.asked, key=lambda item: item.began)
        return [item.target for item in ordered if item.host == f"{host}.press.test"]

    def headers(self, url: str) -> Mapping[str, str]:
        """The headers of the first request for an address."""
        return next(item.headers for item in self.asked if f"http://{item.host}{item.target}" == url)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


Gather = Callable[[Path, GatherPlan], list[Fetch]]
Plan = Callable[..., GatherPlan]


@pytest.fixture(scope="module")
def day(web: StagedWeb, sources: list[Source], plan: Plan, gather: Gather, data: Path) -> Day:
    set_stage(web)
    waits = (("waiting.press.test", NOW + timedelta(hours=1)), ("crowd.press.test", NOW - timedelta(hours=1)))
    mapped = (("*.press.test", web.address), ("dead.test", "127.0.0.1:9"))
    wishes = plan(web, *sources, since=NOW - timedelta(days=2), waits=waits, host_map=mapped)
    return Day(gather(data, wishes), web)


@pytest.fixture(scope="module")
def next_day(day: Day, web: StagedWeb, sources: list[Source], plan: Plan, gather: Gather, data: Path) -> Day:
    known = [remembered(row) for row in day.rows] + [remembered(GONE_FROM_FEEDS)]
    web.on(f"{WIRE}/robots.txt", page(b"", 404))
    web.on("http://robots-down.press.test/robots.txt", page(b"", 404))
    wishes = plan(web, *sources, run_id="RUN2", now=NOW + timedelta(days=1), known=tuple(known))
    return Day(gather(data, wishes), web)


GONE_FROM_FEEDS = Fetch(f"{WIRE}/nobody-names-me", "wire", "page", NOW, O.FETCHED)
REVISITED = {f"{WIRE}{path}" for path in ("/one", "/edited", "/same", "/nobody-names-me")}


def remembered(row: Fetch) -> Known:
    sha256 = row.archived.sha256 if row.archived else None
    revisit = row.url in REVISITED
    return Known(row.url, row.etag, row.last_modified, sha256, row.at, row.outcome, revisit)


# --- one row for everything ------------------------------------------------------------------------------------------


def test_every_named_address_has_exactly_one_row(day: Day) -> None:
    counts = Counter(row.url for row in day.rows)
    assert max(counts.values()) == 1
    for url in NAMED:
        absolute = url if ":" in url.split("/")[0] else WIRE + url
        assert (absolute in counts) or absolute == f"{WIRE}/one#comments"


def test_no_page_is_asked_twice(day: Day) -> None:
    retried = {"/flaky", "/down", "/reset", "/cut", "/robots.txt"}
    counts = Counter((item.host, item.target) for item in day.asked if item.target not in retried)
    assert [key for key, count in counts.items() if count > 1] == []


def test_rows_carry_the_fixed_clock(day: Day) -> None:
    assert {row.at for row in day.rows} == {NOW}
    assert all(row.at.utcoffset() == timedelta(0) for row in day.rows)


def test_failures_have_a_reason_in_one_line(day: Day) -> None:
    for row in day.rows:
        if row.outcome not in (O.FETCHED, O.UNCHANGED):
            assert row.reason
            assert "\n" not in row.reason
            assert row.archived is None


@pytest.mark.parametrize(
    ("url", "outcome", "status", "reason"),
    [
        ("/one", O.FETCHED, 200, None),
        ("/packed", O.FETCHED, 200, None),
        ("/flaky", O.FETCHED, 200, None),
        ("/missing", O.GONE, 404, "404 Not Found"),
        ("/gone", O.GONE, 410, "410 Gone"),
        ("/login", O.BLOCKED, 401, "401"),
        ("/forbidden", O.BLOCKED, 403, "403"),
        ("/law", O.BLOCKED, 451, "451"),
        ("/challenge", O.CHALLENGE, 200, "Cloudflare challenge"),
        ("/empty", O.FAILED, 200, "without a body"),
        ("/declared-big", O.TOO_LARGE, None, "size cap"),
        ("/bomb", O.TOO_LARGE, None, "after decompression"),
        ("/slow", O.TIMED_OUT, None, "time cap"),
        ("/reset", O.FAILED, None, "connection failed"),
        ("/cut", O.FAILED, None, "broke off"),
        ("/down", O.FAILED, 500, "500 Internal Server Error"),
        ("/strange", O.FAILED, 418, "418"),
        ("/secret/page", O.REFUSED_BY_ROBOTS, None, "robots.txt of wire.press.test"),
        ("/into-secret", O.REFUSED_BY_ROBOTS, None, "robots.txt of wire.press.test"),
        ("/circle", O.FAILED, 302, "circle"),
        ("/circle2", O.FAILED, 302, "circle"),
        ("/hop0", O.FAILED, 302, "more than 5 redirects"),
        ("/inside", O.REFUSED_ADDRESS, None, "loopback"),
        ("/inside-by-name", O.REFUSED_ADDRESS, None, "localhost leads to the loopback"),
        ("/odd-scheme", O.REFUSED_ADDRESS, None, "only http and https"),
        ("http://foreign.test/x", O.REFUSED_ADDRESS, None, "no host of this source"),
        ("http://2130706433/", O.REFUSED_ADDRESS, None, "in disguise"),
        ("http://me:pw@wire.press.test/x", O.REFUSED_ADDRESS, None, "user name or password"),
        ("mailto:desk@press.test", O.REFUSED_ADDRESS, None, "only http and https"),
        ("http://dead.test/rss", O.ROBOTS_UNREACHABLE, None, "connection refused"),
        ("http://robots-down.press.test/rss", O.ROBOTS_UNREACHABLE, None, "503"),
        ("http://robots-slow.press.test/rss", O.ROBOTS_UNREACHABLE, None, "time cap"),
        ("http://robots-limits.press.test/rss", O.ROBOTS_UNREACHABLE, 429, "asks to wait"),
        ("http://robots-inside.press.test/rss", O.REFUSED_ADDRESS, None, "private address 10.0.0.1"),
        ("http://robots-none.press.test/rss", O.FETCHED, 200, None),
        ("http://robots-moved.press.test/rss", O.FETCHED, 200, None),
        ("http://feed-html.press.test/rss", O.BROKEN, 200, "HTML page in place of a feed"),
        ("http://feed-broken.press.test/rss", O.BROKEN, 200, "not a feed"),
        ("http://feed-challenge.press.test/rss", O.CHALLENGE, 200, "Cloudflare"),
        ("http://feed-gone.press.test/rss", O.GONE, 404, "404"),
        ("http://ledger.press.test/map3.xml", O.BROKEN, 200, "not a sitemap"),
        ("http://ledger.press.test/map4.xml", O.TOO_LARGE, 200, "after decompression"),
        ("http://lists.press.test/empty", O.BROKEN, 200, "no link matches"),
        ("http://lost.press.test/", O.FAILED, None, "no spider is called 'no-such-spider'"),
        ("http://limited.press.test/1", O.RATE_LIMITED, 429, "429"),
        ("http://busy.press.test/1", O.RATE_LIMITED, 503, "503"),
    ],
)
def test_outcome(day: Day, url: str, outcome: FetchOutcome, status: int | None, reason: str | None) -> None:
    row = day[url]
    assert (row.outcome, row.status) == (outcome, status), row
    assert (reason or "") in (row.reason or "")


def test_transient_failures_are_tried_three_times(day: Day) -> None:
    counts = Counter(day.targets("wire"))
    assert {path: counts[path] for path in ("/flaky", "/down", "/cut", "/slow")} == {
        "/flaky": 3, "/down": 3, "/cut": 3, "/slow": 1
    }  # fmt: skip
    assert counts["/reset"] >= 3  # Twisted itself repeats what breaks off on a connection that was kept open


# --- redirects -------------------------------------------------------------------------------------------------------


def test_redirects_are_recorded_hop_by_hop(day: Day) -> None:
    row = day["/moved"]
    assert (row.outcome, row.final_url, row.redirects) == (O.FETCHED, f"{WIRE}/final", (f"{WIRE}/moved-again",))
    assert day["/away"].final_url == "http://abroad.press.test/story"
    assert day["/inside"].final_url == "http://127.0.0.1:9/admin"
    assert day["/one"].final_url is None
    assert day["/raw"].outcome is O.FETCHED
    assert day["/raw"].archived == day["/新闻"].archived


def test_an_address_reached_twice_is_fetched_and_archived_once(day: Day) -> None:
    assert day.targets("wire").count("/final") == 1
    assert day["/final"].archived == day["/moved"].archived == day["/also-moved"].archived


def test_redirected_robots_and_hosts_have_their_robots_asked(day: Day) -> None:
    assert day.targets("abroad") == ["/robots.txt", "/robots.txt", "/story"]  # one of them for robots-moved


# --- manners ---------------------------------------------------------------------------------------------------------


def test_robots_comes_first_and_what_it_refuses_is_not_asked(day: Day) -> None:
    assert day.targets("wire")[0] == "/robots.txt"
    assert not [target for target in day.targets("wire") if target.startswith("/secret")]
    for host in ("robots-down", "robots-slow", "robots-limits"):
        assert set(day.targets(host)) == {"/robots.txt"}


def test_one_request_a_host_at_a_time(day: Day) -> None:
    ordered = sorted((item for item in day.asked if item.target != "/slow"), key=lambda item: (item.host, item.began))
    for one, other in itertools.pairwise(ordered):
        assert one.host != other.host or other.began >= one.ended - 0.001 or "slow" in one.host


def test_requests_are_spaced(day: Day) -> None:
    began = sorted(item.began for item in day.asked if item.host == "paced.press.test")
    assert len(began) == 6  # robots.txt, the feed, four pages
    assert min(other - one for one, other in itertools.pairwise(began)) >= 0.28


def test_a_host_that_asks_to_wait_is_left_alone(day: Day) -> None:
    assert day.targets("limited") == ["/robots.txt", "/rss", "/0", "/1"]
    assert day["http://limited.press.test/1"].retry_at == NOW + timedelta(seconds=120)
    for n in (2, 3):
        row = day[f"http://limited.press.test/{n}"]
        assert (row.outcome, row.retry_at) == (O.POSTPONED, NOW + timedelta(seconds=120))
    assert day["http://busy.press.test/1"].retry_at == NOW + timedelta(days=1)  # asked for three
    assert day["http://robots-limits.press.test/rss"].retry_at == NOW + timedelta(hours=1)  # did not say


def test_waits_of_earlier_runs_hold(day: Day) -> None:
    assert day.targets("waiting") == []
    assert day["http://waiting.press.test/rss"].outcome is O.POSTPONED
    assert day["http://crowd.press.test/3"].outcome is O.FETCHED


def test_the_bot_says_who_it_is_and_carries_nothing_else(day: Day) -> None:
    for item in day.asked:
        assert item.headers["user-agent"] == "beatwatch/0.1 (+mailto:desk@press.test)"
        assert not {"cookie", "referer", "authorization"} & set(item.headers)


# --- ways in ---------------------------------------------------------------------------------------------------------


def test_feed_row_and_entry(day: Day) -> None:
    feed = day["/rss"]
    assert (feed.kind, feed.outcome, feed.items, feed.etag) == ("feed", O.FETCHED, len(NAMED) + 1, '"feed"')
    entry = day["/one"].entry
    assert entry is not None
    assert (entry.title, entry.via, entry.source_id) == ("T0", f"{WIRE}/rss", "wire")
    assert day["http://feed-moved.press.test/1"].outcome is O.FETCHED


def test_what_is_older_than_since_is_left(day: Day) -> None:
    assert f"{WIRE}/old" not in day.by_url
    assert "http://ledger.press.test/old" not in day.by_url


def test_a_way_in_is_recorded_after_what_it_named(day: Day) -> None:
    order = [row.url for row in day.rows]
    feed_at = order.index(f"{WIRE}/rss")
    assert all(order.index(row.url) < feed_at for row in day.rows if row.entry and row.entry.via == f"{WIRE}/rss")
    assert order.index("http://ledger.press.test/map1.xml") < order.index("http://ledger.press.test/sitemap.xml")


def test_sitemaps(day: Day) -> None:
    top = day["http://ledger.press.test/sitemap.xml"]
    assert (top.kind, top.items, top.etag) == ("sitemap", 4, None)  # a 304 to an index would hide the rest
    assert day["http://ledger.press.test/map1.xml"].etag == '"m1"'
    for name in "ab":
        assert day[f"http://ledger.press.test/{name}"].outcome is O.FETCHED


def test_list_pages(day: Day) -> None:
    assert {row.url for row in day.rows if row.source_id == "lists" and row.kind == "page"} == {
        "http://lists.press.test/item1", "http://lists.press.test/item2"
    }  # fmt: skip
    assert day["http://lists.press.test/news?p=2"].kind == "list"
    assert "http://lists.press.test/news?p=3" not in day.by_url


def test_site_spider(day: Day) -> None:
    base = "http://suara-kepulauan.press.test"
    assert [row.url for row in day.rows if row.url.startswith(f"{base}/indeks")] == [
        f"{base}/indeks?halaman={n}" for n in (3, 2, 1)
    ]
    entry = day[f"{base}/berita/2"].entry
    assert entry is not None
    assert entry.published is not None
    assert (entry.title, entry.published.at) == ("Berita 2", NOW - timedelta(seconds=2))


# --- the archive -----------------------------------------------------------------------------------------------------


def test_bodies_come_back_as_the_server_sent_them(day: Day, data: Path) -> None:
    vault = VaultReader(FolderStore(data / "vault"))
    for url, body in {"/one": b"<p>one</p>", "/packed": GBK, "/final": b"<p>final</p>"}.items():
        row = day[url]
        assert row.archived is not None
        assert vault.read(row.archived) == body
        assert row.size == len(body)
    assert {row.outcome for row in day.rows if row.archived} == {O.FETCHED}
    assert all(row.archived for row in day.rows if row.outcome is O.FETCHED)


def test_no_marker_is_left_after_a_whole_crawl(day: Day, data: Path) -> None:
    assert list(data.glob("vault/*/*/*.open")) == []
    assert len(list(data.glob("vault/2026/10/RUN1-*.warc.gz"))) == 1


def test_the_log_is_in_the_data_folder(day: Day, data: Path) -> None:
    log = (data / "logs" / "crawl-RUN1.log").read_text()
    assert "Spider closed (finished)" in log
    assert "Traceback" not in log


# --- the next day ----------------------------------------------------------------------------------------------------


def test_known_pages_are_not_asked_again(next_day: Day) -> None:
    asked = set(next_day.targets("wire"))
    assert not {"/packed", "/final", "/missing", "/gone", "/bomb", "/flaky", "/moved"} & asked
    assert f"{WIRE}/packed" not in next_day.by_url


def test_what_may_pass_is_asked_again(next_day: Day) -> None:
    for path in ("/down", "/slow", "/challenge", "/forbidden"):
        assert next_day[path].entry is not None
    postponed = next_day["http://limited.press.test/2"]
    assert postponed.outcome is O.FETCHED
    assert postponed.entry is not None  # the feed names it still
    assert next_day["http://robots-down.press.test/rss"].outcome is O.FETCHED


def test_a_feed_is_asked_whole_while_pages_are_owed(next_day: Day) -> None:
    assert "if-none-match" not in next_day.headers(f"{WIRE}/rss")
    row = next_day["/rss"]
    assert (row.outcome, row.archived) == (O.UNCHANGED, None)  # the same hash
    assert row.items == len(NAMED) + 1


def test_unchanged_sitemap_by_304(next_day: Day) -> None:
    ledger = "http://ledger.press.test"
    assert "if-none-match" not in next_day.headers(f"{ledger}/sitemap.xml")


def test_revisits(next_day: Day) -> None:
    sent = next_day.headers(f"{WIRE}/one")
    assert (sent["if-none-match"], sent["if-modified-since"]) == ('"v1"', "Mon, 05 Oct 2026 02:00:00 GMT")
    one = next_day["/one"]
    assert (one.outcome, one.status, one.etag) == (O.UNCHANGED, 304, '"v1"')
    assert (next_day["/same"].outcome, next_day["/same"].status) == (O.UNCHANGED, 200)
    assert next_day["/edited"].outcome is O.FETCHED
    forgotten = next_day["/nobody-names-me"]
    assert (forgotten.outcome, forgotten.source_id, forgotten.entry) == (O.GONE, "wire", None)


def test_a_conditional_feed(web: StagedWeb, day: Day, source: Callable[..., Source], plan: Plan, gather: Gather,
                            tmp_path: Path) -> None:  # fmt: skip
    web.on("http://calm.press.test/rss", unchanged_if('"c"', rss(("/a", "a", TODAY))))
    web.on("http://calm.press.test/to-a", to("/a"))
    calm = source("calm", feeds=("http://calm.press.test/rss",))
    known = (
        Known("http://calm.press.test/rss", '"c"', None, None, NOW, O.UNCHANGED),
        Known("http://calm.press.test/a", None, None, None, NOW, O.FETCHED),
    )
    (row,) = gather(tmp_path, plan(web, calm, known=known))
    assert (row.outcome, row.status, row.etag, row.items) == (O.UNCHANGED, 304, '"c"', None)

    web.on("http://calm.press.test/rss", rss(("/to-a", "a", TODAY)))
    rows = {row.url: row for row in gather(tmp_path, plan(web, calm, known=known, run_id="RUN2"))}
    moved = rows["http://calm.press.test/to-a"]
    assert (moved.outcome, moved.final_url) == (O.UNCHANGED, "http://calm.press.test/a")
    assert "known" in (moved.reason or "")


def test_the_machines_clock(web: StagedWeb, source: Callable[..., Source], plan: Plan, gather: Gather,
                            tmp_path: Path) -> None:  # fmt: skip
    before = datetime.now(UTC)
    web.on("http://clock.press.test/rss", rss())
    wishes = plan(web, source("clock", feeds=("http://clock.press.test/rss",)))
    (row,) = gather(tmp_path, dataclasses.replace(wishes, fixed_clock=False))
    assert before <= row.at <= datetime.now(UTC)


# --- a check: the ways in alone ----------------------------------------------------------------------------------


def test_a_plan_without_pages_asks_for_none(
    web: StagedWeb, source: Callable[..., Source], plan: Callable[..., GatherPlan], gather: Gather, tmp_path: Path
) -> None:
    web.on("http://check.press.test/index.xml", index("<loc>http://check.press.test/map.xml</loc>"))
    web.on("http://check.press.test/map.xml", urlset("<loc>http://check.press.test/3</loc>"))
    web.on("http://check.press.test/rss", rss(("/1", "x", TODAY), ("/2", "x", TODAY)))
    ways = {"feeds": ("http://check.press.test/rss",), "sitemaps": ("http://check.press.test/index.xml",)}
    rows = gather(tmp_path, plan(web, source("check", **ways), pages=False))
    found = {row.url.removeprefix("http://check.press.test"): (row.kind, row.outcome, row.items) for row in rows}
    assert found["/rss"] == ("feed", O.FETCHED, 2)
    assert set(found) == {"/rss", "/index.xml", "/map.xml"}
