"""The sample newsroom over real HTTP: every way in, every misbehaviour, the second day."""

import gzip
import http.client
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import feedparser
import pytest
from lxml import html  # type: ignore[import-untyped]

from crawlers.catalogue import load_catalogue
from pipeline.errors import UsageError
from sample.newsroom import Newsroom, main
from sample.outlets import outlet_ids
from sample.pages import read_pages

SOURCES = load_catalogue(Path(__file__).parents[2] / "sample" / "sources")
FEEDS = {source.id: source.feeds[0] for source in SOURCES if source.feeds and source.id != "broken-herald"}
PREMIUM = "/premium/bond-desk-autumn-outlook"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")


def get(newsroom: Newsroom, url: str, headers: dict[str, str] | None = None, method: str = "GET") -> Answer:
    """One request without following redirects, as a crawler with the host map makes it."""
    host, path = url.removeprefix("http://").split("/", 1)
    connection = http.client.HTTPConnection("127.0.0.1", newsroom.port, timeout=10)
    try:
        connection.request(method, f"/{path}", headers={"Host": host, "User-Agent": "test/1", **(headers or {})})
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def first() -> Iterator[Newsroom]:
    with Newsroom(day=1) as newsroom:
        yield newsroom


@pytest.fixture(scope="module")
def second() -> Iterator[Newsroom]:
    with Newsroom(day=2) as newsroom:
        yield newsroom


@cache  # one of the feeds is slow
def parsed(newsroom: Newsroom, url: str) -> Any:
    """A feed as feedparser sees it."""
    return feedparser.parse(get(newsroom, url).body)


@cache
def named(newsroom: Newsroom, outlet: str) -> list[str]:
    """Every address that the outlet's way in names."""
    source = next(source for source in SOURCES if source.id == outlet)
    if source.feeds:
        return [entry.link for entry in parsed(newsroom, source.feeds[0]).entries]
    if source.sitemaps:
        maps = _locations(get(newsroom, source.sitemaps[0]))
        return [url for address in maps for url in _locations(get(newsroom, address))]
    base = source.home.rstrip("/")
    if source.lists:
        pages = [get(newsroom, f"{base}/n100/index{end}.html") for end in ("", "_2", "_3")]
        return [base + str(link) for page in pages for link in html.fromstring(page.text).xpath("//ul/li/a/@href")]
    pages = [get(newsroom, f"{base}/indeks?halaman={number}") for number in (1, 2, 3)]
    return [base + str(path) for page in pages for path in html.fromstring(page.text).xpath("//@data-berita")]


def _locations(answer: Answer) -> list[str]:
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/xml; charset=utf-8"
    return [str(item.text) for item in ElementTree.fromstring(answer.body).iter() if item.tag.endswith("}loc")]


# --- every outlet


@pytest.mark.parametrize("outlet", [source.id for source in SOURCES if source.id != "broken-herald"])
def test_way_in_names_every_page_of_the_day(first: Newsroom, outlet: str) -> None:
    urls = named(first, outlet)
    pages = {slug: page for slug, page in read_pages(outlet).items() if page.day == 1}
    assert len(set(urls)) == len(urls) >= len(pages) > 0
    allowed = (f"http://{outlet}.newsroom.test/", f"http://archive.{outlet}.newsroom.test/")
    assert all(url.startswith(allowed) for url in urls)


@pytest.mark.parametrize("outlet", [source.id for source in SOURCES if source.id != "radio-del-istmo"])
def test_pages_show_their_text_in_their_encoding(second: Newsroom, outlet: str) -> None:
    shown = {}
    for url in named(second, outlet):
        answer = get(second, url)
        if answer.status == 200:
            shown[url] = html.fromstring(_decoded(answer)).text_content()
    assert shown
    for slug, page in read_pages(outlet).items():
        if page.vanishes is None:
            headline, body = page.text_on(2)
            assert any(headline in text and all(part in text for part in body) for text in shown.values()), slug


def _decoded(answer: Answer) -> str:
    body = gzip.decompress(answer.body) if answer.headers.get("content-encoding") == "gzip" else answer.body
    declared = re.search(r"charset=([\w-]+)", answer.headers["content-type"])
    meta = re.search(rb'charset="?([\w-]+)', body)
    assert meta is not None
    encoding = declared[1] if declared else meta[1].decode()
    text = body.decode("gbk" if encoding == "gb2312" else encoding)
    return re.sub(r"<meta[^>]*charset[^>]*>|<\?xml[^>]*>", "", text)


@pytest.mark.parametrize("outlet", sorted(FEEDS))
def test_feed_is_well_formed_and_dated(first: Newsroom, outlet: str) -> None:
    feed = parsed(first, FEEDS[outlet])
    assert not feed.bozo
    assert all(entry.title and ("published_parsed" in entry or "updated_parsed" in entry) for entry in feed.entries)


def test_feeds_come_in_three_formats(first: Newsroom) -> None:
    versions = {outlet: parsed(first, url).version for outlet, url in FEEDS.items()}
    assert versions["pacific-beacon"] == "rss20"
    assert versions["harbour-radio"] == versions["courrier-du-fleuve"] == versions["rights-compass"] == "atom10"
    assert versions["folha-do-vale"] == versions["minato-shimbun"] == "rss10"


def test_layouts_differ_visibly(first: Newsroom) -> None:
    shapes = set()
    for outlet in outlet_ids():
        usual = [url for url in named(first, outlet) if "/r/" not in url] if outlet != "broken-herald" else []
        pages = [get(first, url) for url in usual[:4]]
        for page in (page for page in pages if page.status == 200 and b"challenge" not in page.body):
            tree = html.fromstring(page.body)
            shapes.add(tuple(str(name) for name in tree.xpath("//body//@class"))[:4])
            break
    assert len(shapes) >= 6


def test_dates_are_given_in_different_ways(second: Newsroom) -> None:
    marks = {
        "json_ld": b'"datePublished":',
        "opengraph": b'property="article:published_time"',
        "pubdate": b'name="PubDate"',
        "time": b"<time datetime",
        "microdata": b'itemprop="datePublished"',
    }
    found = {}
    for outlet in outlet_ids():
        bodies = [get(second, url).body for url in named(second, outlet)]
        found[outlet] = {mark for mark, text in marks.items() if any(text in body for body in bodies)}
    assert found["meridian-wire"] == {"json_ld"}
    assert found["jiangzhou-police"] == {"pubdate"}
    assert found["correo-andino"] == {"microdata"}
    assert found["minato-shimbun"] == {"time"}
    assert sum(not ways for ways in found.values()) >= 5  # only the printed date


# --- ways in other than feeds


def test_sitemap_index_leads_to_dated_sitemaps(first: Newsroom) -> None:
    index = get(first, "http://capital-ledger.newsroom.test/sitemap.xml")
    assert b"<sitemapindex" in index.body
    assert b"<lastmod>" in index.body
    child = get(first, _locations(index)[0])
    assert b"<urlset" in child.body
    assert child.body.count(b"<lastmod>") == child.body.count(b"<loc>")
    assert get(first, "http://capital-ledger.newsroom.test/rss.xml").status == 404


def test_list_pages_lead_on_twice(first: Newsroom) -> None:
    target, seen = "/n100/index.html", []
    while target:
        tree = html.fromstring(get(first, f"http://jiangzhou-police.newsroom.test{target}").text)
        items = tree.cssselect("ul.wzlist li")
        assert items
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", item.findtext("span") or "") for item in items)
        seen.append(target)
        target = next((str(link.get("href")) for link in tree.cssselect("a.next")), "")
    assert seen == ["/n100/index.html", "/n100/index_2.html", "/n100/index_3.html"]


def test_index_pages_have_no_links_and_say_where_they_end(first: Newsroom) -> None:
    base = "http://suara-kepulauan.newsroom.test/indeks"
    pages = [html.fromstring(get(first, f"{base}?halaman={number}").text) for number in (1, 2, 3)]
    items = [item for page in pages for item in page.cssselect("article[data-berita]")]
    assert items
    assert not [link for item in items for link in item.cssselect("a")]
    assert all(item.get("data-berita", "").startswith("/berita/") for item in items)
    assert all(item.get("data-waktu", "").isdigit() for item in items)
    assert [bool(page.cssselect("nav[data-akhir=ya]")) for page in pages] == [False, False, True]
    assert get(first, base).body == get(first, f"{base}?halaman=1").body
    assert get(first, f"{base}?halaman=4").status == 404


# --- encodings


def test_gbk_pages_call_themselves_gb2312_and_the_header_says_nothing(first: Newsroom) -> None:
    answers = [get(first, url) for url in named(first, "dongjiang")]
    assert {answer.headers["content-type"] for answer in answers} == {"text/html"}
    for answer in answers:
        assert b"charset=gb2312" in answer.body
        assert b'charset="gb2312"' in answer.body
        assert "来源" in answer.body.decode("gbk")
        with pytest.raises(UnicodeDecodeError):
            answer.body.decode("utf-8")


def test_big5_is_in_the_header(first: Newsroom) -> None:
    answer = get(first, named(first, "taoyuan-evening")[0])
    assert answer.headers["content-type"] == "text/html; charset=big5"
    assert "桃園晚報" in answer.body.decode("big5")


# --- misbehaviour


def test_robots_close_a_page_that_the_feed_names(first: Newsroom) -> None:
    closed = [url for url in named(first, "pacific-beacon") if "/print/" in url]
    assert closed
    assert "Disallow: /print/" in get(first, "http://pacific-beacon.newsroom.test/robots.txt").text


def test_robots_of_the_archive_host_cannot_be_had(first: Newsroom) -> None:
    archived = [url for url in named(first, "harbour-radio") if url.startswith("http://archive.")]
    assert archived
    assert get(first, "http://archive.harbour-radio.newsroom.test/robots.txt").status == 503
    assert get(first, "http://harbour-radio.newsroom.test/robots.txt").status == 200


@pytest.mark.parametrize("outlet", outlet_ids())
def test_robots_of_every_outlet_answer(first: Newsroom, outlet: str) -> None:
    answer = get(first, f"http://{outlet}.newsroom.test/robots.txt")
    assert answer.status == 200
    assert answer.text.startswith("User-agent: *\n")


def test_a_premium_page_is_refused(first: Newsroom) -> None:
    assert f"http://capital-ledger.newsroom.test{PREMIUM}" in named(first, "capital-ledger")
    assert get(first, f"http://capital-ledger.newsroom.test{PREMIUM}").status == 403


def test_rate_limit_begins_after_three_articles_on_the_first_day() -> None:
    with Newsroom(day=1) as newsroom:
        answers = [get(newsroom, url) for url in named(newsroom, "radio-del-istmo")]
        assert get(newsroom, "http://radio-del-istmo.newsroom.test/robots.txt").status == 200
    assert [answer.status for answer in answers[:5]] == [200, 200, 200, 429, 429]
    assert answers[3].headers["retry-after"] == "3600"


def test_rate_limit_is_gone_on_the_second_day(second: Newsroom) -> None:
    assert {get(second, url).status for url in named(second, "radio-del-istmo")} == {200}


def test_redirects_lead_over_three_hops_to_the_page(first: Newsroom) -> None:
    url, hops = "http://folha-do-vale.newsroom.test/r/1", []
    assert url in named(first, "folha-do-vale")
    answer = get(first, url)
    while answer.status == 302:
        hops.append(answer.headers["location"])
        answer = get(first, f"http://folha-do-vale.newsroom.test{hops[-1]}")
    assert hops[:2] == ["/r/2", "/r/3"]
    assert len(hops) == 3
    assert answer.status == 200
    assert f'rel="canonical" href="http://folha-do-vale.newsroom.test{hops[2]}"' in answer.text


def test_a_challenge_comes_with_status_200(first: Newsroom) -> None:
    url = "http://courrier-du-fleuve.newsroom.test/2026/10/04/prix-du-mil-au-marche/"
    assert url in named(first, "courrier-du-fleuve")
    answer = get(first, url)
    assert answer.status == 200
    assert "Just a moment..." in answer.text
    assert "mil" not in answer.text


def test_a_slow_feed_takes_two_seconds(first: Newsroom) -> None:
    begun = time.monotonic()
    assert get(first, FEEDS["dunai-naplo"]).status == 200
    assert 1.9 < time.monotonic() - begun < 5


def test_broken_feed_is_half_a_page_and_fine_the_next_day(first: Newsroom, second: Newsroom) -> None:
    url = "http://broken-herald.newsroom.test/rss.php"
    broken = get(first, url)
    assert broken.status == 200
    assert b"<!DOCTYPE html>" in broken.body
    assert b"</html>" not in broken.body
    assert feedparser.parse(broken.body).bozo
    feed = feedparser.parse(get(second, url).body)
    assert not feed.bozo
    assert len(feed.entries) >= 1


def test_one_page_is_always_compressed(first: Newsroom) -> None:
    answer = get(first, "http://vestnik-stepi.newsroom.test/news/zolotaya-osen")
    assert answer.headers["content-encoding"] == "gzip"
    assert "тыкв" in gzip.decompress(answer.body).decode("utf-8")


def test_tracking_parameters_lead_to_the_canonical_page(first: Newsroom) -> None:
    url = next(url for url in named(first, "pacific-beacon") if "/print/" not in url)
    plain, _, query = url.partition("?")
    assert query == "utm_source=rss&utm_medium=feed"
    answer = get(first, url)
    assert answer.body == get(first, plain).body
    assert f'<link rel="canonical" href="{plain}">' in answer.text


# --- conditional requests, other requests


@pytest.mark.parametrize("url", [FEEDS["meridian-wire"], "http://vestnik-stepi.newsroom.test/news/zolotaya-osen"])
def test_conditional_requests(first: Newsroom, url: str) -> None:
    fresh = get(first, url)
    etag, modified = fresh.headers["etag"], fresh.headers["last-modified"]
    by_tag = get(first, url, {"If-None-Match": etag})
    assert (by_tag.status, by_tag.body, by_tag.headers["etag"]) == (304, b"", etag)
    assert get(first, url, {"If-Modified-Since": modified}).status == 304
    assert get(first, url, {"If-None-Match": '"other"', "If-Modified-Since": modified}).status == 200
    assert get(first, url, {"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}).status == 200
    assert get(first, url, {"If-Modified-Since": "yesterday"}).status == 200


def test_unchanged_pages_keep_their_bytes_on_the_second_day(first: Newsroom, second: Newsroom) -> None:
    edited = sum(page.edited is not None for page in read_pages("meridian-wire").values())
    urls = named(first, "meridian-wire")
    changed = [url for url in urls if get(first, url).body != get(second, url).body]
    assert len(changed) <= edited + sum(page.vanishes is not None for page in read_pages("meridian-wire").values())


def test_head_has_the_length_and_no_body(first: Newsroom) -> None:
    url = FEEDS["meridian-wire"]
    answer = get(first, url, method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) == len(get(first, url).body)


def test_clock_of_the_answers_is_the_day(first: Newsroom, second: Newsroom) -> None:
    assert get(first, FEEDS["meridian-wire"]).headers["date"] == "Mon, 05 Oct 2026 06:00:00 GMT"
    assert get(second, FEEDS["meridian-wire"]).headers["date"] == "Tue, 06 Oct 2026 06:00:00 GMT"


def test_unknown_hosts_and_pages(first: Newsroom) -> None:
    assert get(first, "http://nobody.newsroom.test/").status == 421
    assert get(first, "http://star-road.newsroom.test/nothing").status == 404
    assert get(first, "http://archive.harbour-radio.newsroom.test/").status == 404


def test_a_person_finds_the_outlets(first: Newsroom) -> None:
    listed = get(first, f"http://localhost:{first.port}/").text
    assert all(f"http://{outlet}.localhost:{first.port}/" in listed for outlet in first.outlets)
    assert "The Pacific Beacon" in get(first, f"http://pacific-beacon.localhost:{first.port}/").text


def test_access_log(first: Newsroom) -> None:
    get(first, "http://star-road.newsroom.test/nothing?x=1", {"User-Agent": "beatwatch-test"})
    access = first.log[-1]
    assert (access.host, access.path, access.status) == ("star-road.newsroom.test", "/nothing?x=1", 404)
    assert (access.user_agent, access.method) == ("beatwatch-test", "GET")
    assert access.at.tzinfo is not None


# --- the second day


def test_edits_new_pages_and_vanished_pages(first: Newsroom, second: Newsroom) -> None:
    changes = {"edited": 0, "new": 0, "vanished": 0}
    for outlet in outlet_ids():
        if outlet in ("radio-del-istmo", "broken-herald"):
            continue
        before, after = set(named(first, outlet)), set(named(second, outlet))
        pages = read_pages(outlet)
        vanished = sum(page.vanishes is not None and page.day == 1 for page in pages.values())
        assert len(after - before) == sum(page.day == 2 for page in pages.values()), outlet
        assert len(before - after) == vanished, outlet
        assert {get(second, url).status for url in before - after} <= {410}
        changes["new"] += len(after - before)
        changes["vanished"] += len(before - after)
        changes["edited"] += sum(page.edited is not None for page in pages.values())
    assert all(changes.values()), changes


# --- its own life


def test_it_starts_fast_and_frees_its_port() -> None:
    begun = time.monotonic()
    with Newsroom(day=1) as newsroom:
        assert time.monotonic() - begun < 1
        assert newsroom.host_map == (("*.newsroom.test", f"127.0.0.1:{newsroom.port}"),)
        port = newsroom.port
        with pytest.raises(UsageError, match="cannot be used"), Newsroom(day=1, port=port):
            pass
    with Newsroom(day=2, port=port) as newsroom:
        assert newsroom.port == port


def test_there_is_no_third_day(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="no day 3"):
        Newsroom(day=3)
    with pytest.raises(SystemExit) as caught:
        main(["--day", "3"])
    assert caught.value.code == 2
