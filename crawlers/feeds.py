"""RSS, Atom and RDF through feedparser, which sees bytes and headers and never the network.

feedparser would open a string that looks like an address or a file name, so it is only ever given a stream. It drops
external and nested entities itself (tested here with both attacks).
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate
from io import BytesIO
from time import struct_time
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

import feedparser

from crawlers.listing import Document, Found, Listing, Unreadable, listing, plain
from pipeline.records import FeedEntry, Moment, Precision, Source

_HARMLESS = (feedparser.NonXMLContentType, feedparser.CharacterEncodingOverride)
_TIME = re.compile(r"\d:\d\d")
_SECONDS = re.compile(r"\d:\d\d:\d\d")
_ZONE = re.compile(r"(?:[+-]\d{1,2}:?\d{2}|(?!AM\b|PM\b)\b[A-Za-z]{1,5}|\dZ)\s*(?:\([^)]*\))?\s*\Z")
_NUMERIC = re.compile(
    r"(\d{4})[-/.\u5e74](\d{1,2})[-/.\u6708](\d{1,2})\u65e5?[T\s]*(\d{1,2}):(\d\d)(?::(\d\d))?\s*\Z"
)  # 2026-10-05 08:00:00, 2026/10/5 8:00, and the same with the Chinese signs for year, month and day
_OLDEST = 1990  # feeds that say 1970 or year 1 mean "no date"


def read_feed(document: Document, source: Source, since: datetime | None) -> Listing:
    """The entries of a feed. Raises `Unreadable` for what holds none because it is no feed."""
    parsed = _parse(document)
    if not parsed.entries and (_malformed(parsed) or not parsed.get("version")):
        raise Unreadable(_what_instead(document, parsed))
    found = [item for entry in parsed.entries if (item := _found(entry, document.url, source))]
    return listing(found, since)


def _parse(document: Document) -> feedparser.FeedParserDict:
    headers = {**document.headers, "content-location": document.url}
    headers.pop("content-encoding", None)
    try:
        return feedparser.parse(BytesIO(document.body), response_headers=headers)
    except Exception as error:  # its parsers let almost any exception through on hostile input
        raise Unreadable(f"the feed cannot be read: {type(error).__name__}") from error


def _malformed(parsed: feedparser.FeedParserDict) -> bool:
    """Whether more is wrong than the content type or the declared encoding, which feedparser complains of too."""
    return bool(parsed.bozo) and not isinstance(parsed.get("bozo_exception"), _HARMLESS)


def _what_instead(document: Document, parsed: feedparser.FeedParserDict) -> str:
    start = document.body[:1000].lstrip().lower()
    if not start:
        return "an empty document in place of a feed"
    if b"<html" in start or start.startswith(b"<!doctype html"):
        return "an HTML page in place of a feed"
    return f"not a feed: {plain(str(parsed.get('bozo_exception', 'no known format')), markup=False)}"


def _found(entry: feedparser.FeedParserDict, base: str, source: Source) -> Found | None:
    address = _address(entry, base)
    if address is None:
        return None
    published = _moment(entry, source.timezone)
    title = plain(entry.get("title"), markup="html" in entry.get("title_detail", {}).get("type", "html"))
    return Found(FeedEntry(address, source.id, base, title, published, _authors(entry)), published)


def _address(entry: feedparser.FeedParserDict, base: str) -> str | None:
    link = plain(entry.get("link"), markup=False)
    if link is None and str(entry.get("id", "")).startswith(("http://", "https://")):
        link = plain(entry.id, markup=False)
    try:
        return urljoin(base, link) if link else None
    except ValueError:
        return link


def _authors(entry: feedparser.FeedParserDict) -> tuple[str, ...]:
    names = [person.get("name") for person in entry.get("authors", [])] or [entry.get("author")]
    return tuple(dict.fromkeys(name for name in map(plain, names) if name))


def _moment(entry: feedparser.FeedParserDict, timezone: str) -> Moment | None:
    """The date of publication, else of the last change."""
    for field in ("published", "updated"):
        # Asked as a dict: feedparser's own `get` gives one date for the other, with a warning.
        written = str(dict.get(entry, field) or "").strip()
        at = _zoneless(written, timezone) or _utc(dict.get(entry, f"{field}_parsed"), written)
        if at is not None and at.year >= _OLDEST:
            return Moment(at, "feed", _precision(written))
    return None


def _zoneless(written: str, timezone: str) -> datetime | None:
    """A date with a time and no zone, which is in the source's zone. feedparser takes such times for UTC, does not read
    RFC 822 without a zone at all, and reads "2026/10/05 08:00" as the first of November."""
    if _ZONE.search(written) or not _TIME.search(written):
        return None
    numbers = _NUMERIC.match(written)
    parts = [int(number or 0) for number in numbers.groups()] if numbers else list((parsedate(written) or ())[:6])
    try:
        return datetime(*parts, tzinfo=ZoneInfo(timezone)).astimezone(UTC) if parts else None  # type: ignore[misc,arg-type]
    except (ValueError, OverflowError):
        return None


def _utc(parsed: struct_time | None, written: str) -> datetime | None:
    """What feedparser read, if the year that it read is written there."""
    if parsed is None or str(parsed.tm_year)[-2:] not in written:
        return None
    year, month, day, hour, minute, second = parsed[:6]
    return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)


def _precision(written: str) -> Precision:
    if not _TIME.search(written):
        return "day"
    return "second" if _SECONDS.search(written) else "minute"
