"""Feeds, sitemaps, list pages and the site spider: documents in, listings out."""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from crawlers.feeds import read_feed
from crawlers.listing import MOST_BACK, MOST_ENTRIES, Document, Listing, Oversize, Unreadable
from crawlers.lists import read_list
from crawlers.sitemaps import MOST_SITEMAPS, read_sitemap
from crawlers.spiders import SPIDERS
from crawlers.ways import looks_like_a_way, own_hosts
from pipeline.records import ListPage, Moment, Source
from tests.crawlers.staged_web import index, rss, urlset

Make = Callable[..., Source]
BASE = "http://a.press.test/feed"
CAP = 1_000_000


def document(body: bytes | str, content_type: str = "application/xml") -> Document:
    data = body.encode() if isinstance(body, str) else body
    return Document(BASE, data, {"content-type": content_type})


def feed(body: bytes | str, source: Source, since: datetime | None = None, kind: str = "application/xml") -> Listing:
    return read_feed(document(body, kind), source, since)


# --- feeds -----------------------------------------------------------------------------------------------------------


def test_rss_entry_becomes_a_record(source: Make) -> None:
    body = """<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><item>
        <title>Police &amp;lt;b&amp;gt;talks&amp;lt;/b&amp;gt; &lt;i&gt;open&lt;/i&gt;
        today</title><link>/story?id=1&amp;x=2</link><dc:creator>Mere Tavola</dc:creator>
        <pubDate>Mon, 05 Oct 2026 11:30:15 +0800</pubDate></item></channel></rss>"""
    (entry,) = feed(body, source("a")).entries
    assert (entry.url, entry.via, entry.source_id) == ("http://a.press.test/story?id=1&x=2", BASE, "a")
    assert entry.title == "Police <b>talks</b> open today"
    assert entry.authors == ("Mere Tavola",)
    assert entry.published == Moment(datetime(2026, 10, 5, 3, 30, 15, tzinfo=UTC), "feed", "second")


@pytest.mark.parametrize(
    ("written", "expected", "precision"),
    [
        ("2026-10-05", "2026-10-05T00:00", "day"),
        ("2026-10-05T08:00:00Z", "2026-10-05T08:00", "second"),
        ("Mon, 05 Oct 2026 08:00 GMT", "2026-10-05T08:00", "minute"),
        ("Mon, 05 Oct 2026 08:00:00", "2026-10-05T00:00", "second"),  # no zone: the source's, UTC+8
        ("2026-10-05 08:00:00", "2026-10-05T00:00", "second"),
        ("2026/10/5 8:00", "2026-10-05T00:00", "minute"),
        ("2026年10月05日 08:00", "2026-10-05T00:00", "minute"),
        ("Mon, 05 Oct 2026 08:00:00 EST", "2026-10-05T13:00", "second"),
        ("2026-10-05T08:00:00+03:00", "2026-10-05T05:00", "second"),
    ],
)
def test_dates_with_their_precision_and_zone(source: Make, written: str, expected: str, precision: str) -> None:
    body = rss(("/1", "x", written)).body
    published = feed(body, source("a", timezone="Asia/Shanghai")).entries[0].published
    assert published is not None
    assert (published.at, published.precision) == (datetime.fromisoformat(expected).replace(tzinfo=UTC), precision)


@pytest.mark.parametrize("written", ["", "yesterday", "Thu, 01 Jan 1970 00:00:00 GMT", "0001-01-01T00:00:00Z"])
def test_dates_that_are_none(source: Make, written: str) -> None:
    assert feed(rss(("/1", "x", written)).body, source("a")).entries[0].published is None


def test_atom_and_rdf(source: Make) -> None:
    atom = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="html">A &amp;amp; B</title>
        <link href="http://a.press.test/1"/><updated>2026-10-05T01:00:00Z</updated></entry></feed>"""
    rdf = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
        xmlns:dc="http://purl.org/dc/elements/1.1/"><item rdf:about="http://a.press.test/2"><title>T</title>
        <link>http://a.press.test/2</link><dc:date>2026-10-05T10:00:00+09:00</dc:date></item></rdf:RDF>"""
    assert feed(atom, source("a")).entries[0].title == "A & B"
    published = feed(rdf, source("a")).entries[0].published
    assert published is not None
    assert published.at == datetime(2026, 10, 5, 1, tzinfo=UTC)


def test_feed_in_a_chinese_encoding(source: Make) -> None:
    body = '<?xml version="1.0" encoding="GBK"?><rss version="2.0"><channel><item><title>公安部</title><link>/1</link>'
    body += "</item></channel></rss>"
    assert feed(body.encode("gbk"), source("a")).entries[0].title == "公安部"


def test_what_is_old_is_left_but_counted(source: Make) -> None:
    body = rss(("/1", "new", "Mon, 05 Oct 2026 00:00:00 GMT"), ("/2", "old", "2026-10-02"), ("/3", "day", "2026-10-03"))
    found = feed(body.body, source("a"), since=datetime(2026, 10, 3, 6, tzinfo=UTC))
    assert [entry.title for entry in found.entries] == ["new", "day"]  # a day that is not over is not before
    assert found.items == 3


def test_very_long_documents_give_their_newest(source: Make) -> None:
    rows = [f"<loc>http://a.press.test/{n}</loc><lastmod>{2000 + n % 20}-01-01</lastmod>" for n in range(1500)]
    found = read_sitemap(document(urlset(*rows).body), source("a"), None, CAP)
    assert (len(found.entries), found.items) == (MOST_ENTRIES, 1500)
    assert "newest" in (found.note or "")
    assert found.entries[0].url.endswith("/19")


def test_who_asks_for_older_entries_gets_more_of_those_that_are_dated(source: Make) -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    dated = [f"<loc>http://a.press.test/{n}</loc><lastmod>2026-01-02</lastmod>" for n in range(MOST_BACK + 100)]
    undated = [f"<loc>http://a.press.test/u{n}</loc>" for n in range(1500)]
    for rows, most in (
        (dated[:1500], 1500),
        (dated, MOST_BACK),
        (undated, MOST_ENTRIES),
        (dated[:1200] + undated, 1200),
    ):
        assert len(read_sitemap(document(urlset(*rows).body), source("a"), since, CAP).entries) == most


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "empty document"),
        ("<!DOCTYPE html><html><body>Welcome</body></html>", "HTML page"),
        ("<rss><channel><item", "not a feed"),
        ("plain words", "not a feed"),
        ('{"items": []}', "not a feed"),
    ],
)
def test_what_is_no_feed(source: Make, body: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        feed(body, source("a"))


@pytest.mark.parametrize("kind", ["application/xml", "text/html", ""])
def test_an_empty_feed_is_a_feed_whatever_it_is_sent_as(source: Make, kind: str) -> None:
    body = '<rss version="2.0"><channel><title>x</title></channel></rss>'
    assert feed(body, source("a"), kind=kind).items == 0


def test_feeds_read_no_files_and_expand_no_entities(source: Make, tmp_path: object) -> None:
    attack = """<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/passwd">
        <!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
        <rss version="2.0"><channel><item><title>t &f; &c;</title><link>http://a.press.test/1</link></item>
        </channel></rss>"""
    title = feed(attack, source("a")).entries[0].title or ""
    assert "root:" not in title
    assert len(title) < 100


# --- sitemaps --------------------------------------------------------------------------------------------------------

NEWS = (
    "<loc>http://a.press.test/n</loc><lastmod>2026-10-05T05:00:00Z</lastmod><news:news><news:publication>"
    "<news:name>A</news:name></news:publication><news:publication_date>2026-10-04T20:00+08:00</news:publication_date>"
    "<news:title>Talks &amp; more</news:title></news:news>"
)


def test_news_sitemap(source: Make) -> None:
    body = urlset(NEWS, "<loc>http://a.press.test/m</loc><lastmod>2026-10-05</lastmod>").body
    news, plain = read_sitemap(document(body), source("a"), None, CAP).entries
    assert news.published == Moment(datetime(2026, 10, 4, 12, tzinfo=UTC), "feed", "minute")
    assert news.title == "Talks & more"
    assert plain.published is None  # lastmod is no date of publication


def test_sitemap_leaves_what_was_last_changed_before(source: Make) -> None:
    rows = [
        "<loc>/new</loc><lastmod>2026-10-05</lastmod>",
        "<loc>/old</loc><lastmod>2026-09</lastmod>",
        "<loc>/x</loc>",
    ]
    found = read_sitemap(document(urlset(*rows).body), source("a"), datetime(2026, 10, 3, tzinfo=UTC), CAP)
    assert [entry.url.rpartition("/")[2] for entry in found.entries] == ["new", "x"]


def test_index_leads_to_recent_sitemaps(source: Make) -> None:
    rows = ["<loc>/new.xml</loc><lastmod>2026-10-05</lastmod>", "<loc>/old.xml</loc><lastmod>2020-01-01</lastmod>"]
    found = read_sitemap(document(index(*rows).body), source("a"), datetime(2026, 10, 1, tzinfo=UTC), CAP)
    assert (found.more, found.entries, found.items) == (("http://a.press.test/new.xml",), (), 2)


def test_index_of_an_archive_gives_its_newest(source: Make) -> None:
    rows = [f"<loc>/{n}.xml</loc><lastmod>{1990 + n}-01-01</lastmod>" for n in range(MOST_SITEMAPS + 5)]
    found = read_sitemap(document(index(*rows).body), source("a"), None, CAP)
    assert len(found.more) == MOST_SITEMAPS
    assert found.more[0].endswith("/54.xml")
    assert found.note


def test_gzipped_sitemap_and_its_cap(source: Make) -> None:
    packed = gzip.compress(urlset("<loc>/1</loc>").body)
    assert read_sitemap(document(packed), source("a"), None, CAP).items == 1
    with pytest.raises(Oversize):
        read_sitemap(document(gzip.compress(b" " * 2000)), source("a"), None, 1000)
    with pytest.raises(Unreadable, match="damaged gzip"):
        read_sitemap(document(packed[:5] + b"\xff" * 20), source("a"), None, CAP)


@pytest.mark.parametrize(
    ("body", "reason"), [("", "not XML|empty"), ("<html><body/></html>", "root element is <html>")]
)
def test_what_is_no_sitemap(source: Make, body: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read_sitemap(document(body), source("a"), None, CAP)


def test_sitemaps_read_no_files(source: Make) -> None:
    attack = """<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY f SYSTEM "file:///etc/passwd">]>
        <urlset><url><loc>http://a.press.test/&f;</loc></url></urlset>"""
    (entry,) = read_sitemap(document(attack), source("a"), None, CAP).entries
    assert "root:" not in entry.url


# --- lists -----------------------------------------------------------------------------------------------------------

LIST = """<ul><li><a href="/1">One  talk</a></li><li><a href="/2"><b>Two</b></a></li><li>none</li></ul>
    <a class="next" href="?p=2">older</a>"""


def test_list_by_selectors(source: Make) -> None:
    rule = ListPage(BASE, "ul a", "a.next", pages=2)
    found = read_list(document(LIST, "text/html"), rule, source("a"), 1, None)
    assert [(entry.url, entry.title) for entry in found.entries] == [
        ("http://a.press.test/1", "One talk"), ("http://a.press.test/2", "Two")
    ]  # fmt: skip
    assert found.more == ("http://a.press.test/feed?p=2",)
    assert read_list(document(LIST, "text/html"), rule, source("a"), 2, None).more == ()


@pytest.mark.parametrize("links", ["ul a::attr(href)", "li"])
def test_list_selectors_may_name_attributes_or_boxes(source: Make, links: str) -> None:
    found = read_list(document(LIST, "text/html"), ListPage(BASE, links), source("a"), 1, None)
    assert [entry.url[-2:] for entry in found.entries] == ["/1", "/2"]


def test_a_list_that_lost_its_links_is_an_error_on_its_first_page(source: Make) -> None:
    rule = ListPage(BASE, "div.news a")
    with pytest.raises(Unreadable, match=r"no link matches 'div\.news a'"):
        read_list(document(LIST, "text/html"), rule, source("a"), 1, None)
    assert read_list(document(LIST, "text/html"), rule, source("a"), 2, None).items == 0
    with pytest.raises(Unreadable, match="cannot be read"):
        read_list(document(LIST, "text/html"), ListPage(BASE, "a[["), source("a"), 1, None)


def test_list_in_gbk(source: Make) -> None:
    body = '<a href="/1">公安</a>'.encode("gbk")
    found = read_list(document(body, "text/html; charset=gbk"), ListPage(BASE, "a"), source("a"), 1, None)
    assert found.entries[0].title == "公安"


# --- the spider of Suara Kepulauan -----------------------------------------------------------------------------------


def suara(page: int, *items: str, last: bool = False) -> Document:
    body = "".join(items) + ('<nav data-akhir="ya"></nav>' if last else "<nav></nav>")
    return Document(f"http://a.press.test/indeks?halaman={page}", body.encode(), {"content-type": "text/html"})


ITEM = '<article data-berita="/berita/kapal" data-waktu="1759640400"><h3>Kapal <b>baru</b></h3><p>Isi</p></article>'


def test_suara_kepulauan(source: Make) -> None:
    spider = SPIDERS["suara-kepulauan"]
    assert spider.first(source("a")) == "http://a.press.test/indeks?halaman=1"
    found = spider.read(suara(1, ITEM), source("a"), None)
    (entry,) = found.entries
    assert (entry.url, entry.title) == ("http://a.press.test/berita/kapal", "Kapal baru")
    assert entry.published == Moment(datetime.fromtimestamp(1759640400, UTC), "feed")
    assert found.more == ("http://a.press.test/indeks?halaman=2",)


def test_suara_kepulauan_stops(source: Make) -> None:
    spider, a = SPIDERS["suara-kepulauan"], source("a")
    assert spider.read(suara(3, ITEM, last=True), a, None).more == ()
    assert spider.read(suara(1, ITEM), a, datetime(2026, 10, 1, tzinfo=UTC)).more == ()  # all too old
    assert spider.read(suara(2), a, None).more == ()
    with pytest.raises(Unreadable):
        spider.read(suara(1), a, None)


# --- whose address it is ---------------------------------------------------------------------------------------------


def test_own_hosts_and_ways(source: Make) -> None:
    outlet = source("a", feeds=("http://www.feeds.test/rss",), follow=("cdn.a.test",), spider="suara-kepulauan")
    assert own_hosts(outlet) == {"a.press.test", "feeds.test", "cdn.a.test"}
    assert looks_like_a_way("http://a.press.test/indeks?halaman=2", outlet)
    assert looks_like_a_way("http://a.press.test/map/2.xml.gz", outlet)
    assert not looks_like_a_way("http://a.press.test/berita/kapal", outlet)
