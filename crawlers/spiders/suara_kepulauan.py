"""Suara Kepulauan: an index whose items are no links (a script opens them) and whose times are Unix seconds.

Items are `<article data-berita="/berita/..." data-waktu="1759640400">`; the last page carries `<nav data-akhir="ya">`.
"""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urljoin, urlsplit

from parsel import Selector

from crawlers.listing import Document, Found, Listing, Unreadable, before, listing, plain
from pipeline.records import FeedEntry, Moment, Source

MOST_PAGES = 20  # the site says which page is the last; this ends a walk on the day it no longer does


class SuaraKepulauan:
    """Reads /indeks?halaman=1, 2, 3 ... until the page that says it is the last, or until all items are too old."""

    name = "suara-kepulauan"

    def first(self, source: Source) -> str:
        """The first page of the index."""
        return urljoin(source.home, "/indeks?halaman=1")

    def read(self, document: Document, source: Source, since: datetime | None) -> Listing:
        """Articles of one page of the index."""
        selector = Selector(text=document.text() or "<html/>")
        found = [_found(item, document.url, source) for item in selector.css("article[data-berita]")]
        page = _page(document.url)
        if not found and page == 1:
            raise Unreadable("no <article data-berita> in the index")
        last = bool(selector.css('nav[data-akhir="ya"]')) or page >= MOST_PAGES or not found
        all_old = all(before(item.dated, since) for item in found)
        more = () if last or all_old else (urljoin(document.url, f"/indeks?halaman={page + 1}"),)
        return listing(found, since, more)


def _found(item: Selector, base: str, source: Source) -> Found:
    published = _moment(item.xpath("descendant-or-self::*/@data-waktu").get())
    heading = item.css("h1, h2, h3, h4")
    title = plain(" ".join((heading or item).css("*::text").getall()), markup=False)
    address = urljoin(base, item.attrib["data-berita"].strip())
    return Found(FeedEntry(address, source.id, base, title, published), published)


def _moment(seconds: str | None) -> Moment | None:
    try:
        return Moment(datetime.fromtimestamp(int(seconds or ""), UTC), "feed")
    except (ValueError, OverflowError, OSError):
        return None


def _page(url: str) -> int:
    number = parse_qs(urlsplit(url).query).get("halaman", ["1"])[0]
    return int(number) if number.isdecimal() else 1
