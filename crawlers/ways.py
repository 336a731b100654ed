"""The ways into a source: feeds, sitemaps, list pages and site spiders behind one interface."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, Protocol
from urllib.parse import urlsplit

from crawlers.feeds import read_feed
from crawlers.guard import host_of, plain_host
from crawlers.listing import Document, Listing
from crawlers.lists import read_list
from crawlers.sitemaps import read_sitemap
from crawlers.spiders import SPIDERS
from crawlers.spiders.site import SiteSpider
from pipeline.records import FetchKind, ListPage, Source

_DOCUMENTS = (".xml", ".xml.gz", ".rss", ".rdf", ".atom")
DEEPEST_SITEMAP = 3  # an index of indexes of sitemaps; deeper ones go round in circles


class Way(Protocol):
    """How one document that names articles is read, and how what it leads on to is read."""

    @property
    def kind(self) -> FetchKind:
        """What the fetch log calls it."""
        ...

    def read(self, document: Document, since: datetime | None) -> Listing:
        """The document's addresses. Raises `Unreadable`."""
        ...

    def further(self) -> "Way":
        """How the addresses in `Listing.more` are read."""
        ...


@dataclass(frozen=True, slots=True)
class FeedWay:
    """RSS, Atom or RDF."""

    source: Source
    kind: Literal["feed"] = "feed"

    def read(self, document: Document, since: datetime | None) -> Listing:
        """The feed's entries."""
        return read_feed(document, self.source, since)

    def further(self) -> "FeedWay":
        """Feeds lead on to nothing."""
        return self


@dataclass(frozen=True, slots=True)
class SitemapWay:
    """A sitemap or an index of sitemaps."""

    source: Source
    size_cap: int
    depth: int = 1
    kind: Literal["sitemap"] = "sitemap"

    def read(self, document: Document, since: datetime | None) -> Listing:
        """The sitemap's pages and further sitemaps."""
        listing = read_sitemap(document, self.source, since, self.size_cap)
        return listing if self.depth < DEEPEST_SITEMAP else replace(listing, more=())

    def further(self) -> "SitemapWay":
        """One level deeper."""
        return replace(self, depth=self.depth + 1)


@dataclass(frozen=True, slots=True)
class ListWay:
    """A list page with declared selectors."""

    source: Source
    rule: ListPage
    page: int = 1
    kind: Literal["list"] = "list"

    def read(self, document: Document, since: datetime | None) -> Listing:
        """The page's links."""
        return read_list(document, self.rule, self.source, self.page, since)

    def further(self) -> "ListWay":
        """The next page."""
        return replace(self, page=self.page + 1)


@dataclass(frozen=True, slots=True)
class SpiderWay:
    """A list page that a site spider reads."""

    source: Source
    spider: SiteSpider
    kind: Literal["list"] = "list"

    def read(self, document: Document, since: datetime | None) -> Listing:
        """What the spider finds."""
        return self.spider.read(document, self.source, since)

    def further(self) -> "SpiderWay":
        """Further list pages are read by the same spider."""
        return self


def ways_in(source: Source, size_cap: int) -> Iterator[tuple[str, Way]]:
    """Every declared way into a source with its address."""
    for url in source.feeds:
        yield url, FeedWay(source)
    for url in source.sitemaps:
        yield url, SitemapWay(source, size_cap)
    for rule in source.lists:
        yield rule.url, ListWay(source, rule)
    if source.spider in SPIDERS:
        spider = SPIDERS[source.spider]
        yield spider.first(source), SpiderWay(source, spider)


def missing_spider(source: Source) -> str | None:
    """What to tell a person whose source file names a spider that does not exist."""
    if source.spider is None or source.spider in SPIDERS:
        return None
    return f"no spider is called {source.spider!r}; there are: {', '.join(sorted(SPIDERS))}"


def own_hosts(source: Source) -> frozenset[str]:
    """The hosts on which a source's pages may lie, without "www.": its home, its ways in and its `follow` hosts."""
    urls = (source.home, *source.feeds, *source.sitemaps, *(rule.url for rule in source.lists))
    return frozenset(bare(host) for host in (*map(host_of, urls), *source.follow) if host)


def looks_like_a_way(url: str, source: Source) -> bool:
    """Whether a known address is no page but a further list page or sitemap of an earlier crawl (`Known` is silent)."""
    lists = [rule.url for rule in source.lists]
    if source.spider in SPIDERS:
        lists.append(SPIDERS[source.spider].first(source))
    path = urlsplit(url).path
    return path.endswith(_DOCUMENTS) or any(urlsplit(item).path == path for item in lists)


def bare(host: str) -> str:
    """A host as it is compared, without "www.", which publishers put and leave out as it comes."""
    return plain_host(host).removeprefix("www.")
