"""List pages read by the CSS selectors that a source file declares."""

from datetime import datetime
from urllib.parse import urljoin

from cssselect import SelectorError
from parsel import Selector

from crawlers.listing import Document, Found, Listing, Unreadable, listing, plain
from pipeline.records import FeedEntry, ListPage, Source


def read_list(document: Document, rule: ListPage, source: Source, page: int, since: datetime | None) -> Listing:
    """The links of a list page (`page` counts from 1) and its next page while `rule.pages` allows one.

    A first page without any link raises `Unreadable`: its layout has changed, which a person must hear of.
    """
    selector = Selector(text=document.text() or "<html/>")
    items = _select(selector, rule.links)
    entries = [entry for item in items if (entry := _entry(item, document.url, source))]
    if not entries and page == 1:
        raise Unreadable(f"no link matches {rule.links!r}")
    return listing([Found(entry, None) for entry in entries], since, _next(selector, rule, document.url, page))


def _next(selector: Selector, rule: ListPage, base: str, page: int) -> tuple[str, ...]:
    if rule.next is None or page >= rule.pages:
        return ()
    links = [href for item in _select(selector, rule.next) if (href := _href(item))]
    return (urljoin(base, links[0]),) if links else ()


def _select(selector: Selector, css: str) -> list[Selector]:
    try:
        return list(selector.css(css))
    except (SelectorError, ValueError) as error:
        raise Unreadable(f"the selector {css!r} cannot be read: {error}") from error


def _entry(item: Selector, base: str, source: Source) -> FeedEntry | None:
    href = _href(item)
    if not href or href.startswith("#"):
        return None
    text = None if isinstance(item.root, str) else plain(" ".join(item.css("*::text").getall()), markup=False)
    return FeedEntry(urljoin(base, href), source.id, base, text)


def _href(item: Selector) -> str | None:
    """The selected attribute (`::attr(href)`), the element's own link, or the first link inside it."""
    if isinstance(item.root, str):
        return item.root.strip() or None
    href = item.attrib.get("href") or item.css("[href]::attr(href)").get()
    return href.strip() if href else None
