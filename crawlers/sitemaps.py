"""Sitemaps and sitemap indexes, plain or gzipped.

Scrapy's reader drops the nested news:* elements, which hold the only date of publication that a sitemap has, so this
one reads them itself: lxml without entities, DTD and network. `lastmod` says that a page changed, not when it was
published: it decides what to leave and is never passed on as a date.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Literal
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from lxml import etree  # type: ignore[import-untyped]

from crawlers.listing import Document, Found, Listing, Oversize, Unreadable, before, listing, plain
from pipeline.records import FeedEntry, Moment, Precision, Source

MOST_SITEMAPS = 50  # of one index, newest first: archives list a sitemap for every month since 1997
_SAFELY = {"recover": True, "resolve_entities": False, "no_network": True, "load_dtd": False}
_ROOTS = ("urlset", "sitemapindex")


@dataclass(frozen=True, slots=True)
class _Row:
    """A <url> or <sitemap> element: its address and the texts of its (nested) children by local name."""

    tag: str
    fields: dict[str, str]


def read_sitemap(document: Document, source: Source, since: datetime | None, size_cap: int) -> Listing:
    """Pages of a sitemap, or the further sitemaps of an index. Raises `Unreadable` for anything else."""
    rows = list(_rows(unpacked(document.body, size_cap)))
    zone = ZoneInfo(source.timezone)
    pages = [_found(row, document.url, source, zone) for row in rows if row.tag == "url"]
    found = listing(pages, since)
    further = [row for row in rows if row.tag == "sitemap"]
    return Listing(found.entries, _further(further, document.url, since, zone), len(rows), found.note or _note(further))


def unpacked(body: bytes, size_cap: int) -> bytes:
    """The body of a .xml.gz; any other body as it is."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain_body = unpacker.decompress(body, size_cap + 1)
    except zlib.error as error:
        raise Unreadable(f"a damaged gzip file: {error}") from error
    if len(plain_body) > size_cap:
        raise Oversize(f"more than {size_cap} bytes after decompression")
    return plain_body


def _rows(body: bytes) -> Iterator[_Row]:
    root = None
    try:
        for event, element in etree.iterparse(BytesIO(body), events=("start", "end"), **_SAFELY):
            tag = etree.QName(element).localname if isinstance(element.tag, str) else ""
            if root is None:
                root = tag
                if root not in _ROOTS:
                    raise Unreadable(f"not a sitemap: its root element is <{plain(root)}>")
            elif event == "end" and tag in ("url", "sitemap"):
                yield _Row(tag, _fields(element))
                element.clear()
    except etree.XMLSyntaxError as error:
        raise Unreadable(f"not XML: {plain(str(error), markup=False)}") from error
    if root is None:
        raise Unreadable("an empty document in place of a sitemap")


def _fields(element: etree._Element) -> dict[str, str]:
    fields: dict[str, str] = {}
    for child in element.iter():
        if isinstance(child.tag, str) and child.text and child.text.strip():
            # The first wins: image:loc and video:title come after the page's own.
            fields.setdefault(etree.QName(child).localname, child.text.strip())
    return fields


def _found(row: _Row, base: str, source: Source, zone: ZoneInfo) -> Found:
    published = moment(row.fields.get("publication_date"), zone)
    title = plain(row.fields.get("title"), markup=False)
    entry = FeedEntry(urljoin(base, row.fields.get("loc", "")), source.id, base, title, published)
    return Found(entry, published or moment(row.fields.get("lastmod"), zone))


def _further(rows: list[_Row], base: str, since: datetime | None, zone: ZoneInfo) -> tuple[str, ...]:
    dated = [(moment(row.fields.get("lastmod"), zone), urljoin(base, row.fields.get("loc", ""))) for row in rows]
    kept = [(when, url) for when, url in dated if not before(when, since)]
    if len(kept) > MOST_SITEMAPS:
        kept.sort(key=lambda pair: -pair[0].at.timestamp() if pair[0] else 0.0)
    return tuple(url for _, url in kept[:MOST_SITEMAPS])


def _note(further: list[_Row]) -> str | None:
    if len(further) <= MOST_SITEMAPS:
        return None
    return f"{len(further)} sitemaps, at most the newest {MOST_SITEMAPS} were taken"


def moment(text: str | None, zone: ZoneInfo) -> Moment | None:
    """A W3C date ("2026-10", "2026-10-05", "2026-10-05T06:00+08:00"); without a zone it is in `zone`."""
    match = re.match(r"(\d{4})-(\d{2})(?:-(\d{2}))?(.*)\Z", (text or "").strip(), re.DOTALL)
    if match is None:
        return None
    year, month, day, rest = match.groups()
    try:
        if rest:
            at = datetime.fromisoformat((text or "").strip())
            return Moment((at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC), "feed", _precision(rest))
        return Moment(datetime(int(year), int(month), int(day or 1), tzinfo=UTC), "feed", "day" if day else "month")
    except (ValueError, OverflowError):
        return None


def _precision(rest: str) -> Precision:
    precision: Literal["second", "minute"] = "second" if re.search(r"\d:\d\d:\d\d", rest) else "minute"
    return precision
