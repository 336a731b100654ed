"""What a way in (feed, sitemap, list page) says: the addresses that it names and where it goes on.

Reading is pure: a document in, a listing out; whoever fetches the document decides what becomes of the addresses.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape

from w3lib.encoding import html_to_unicode
from w3lib.html import remove_tags

from pipeline.errors import Permanent
from pipeline.records import FeedEntry, Moment

MOST_ENTRIES = 1000  # taken of one document, newest first: a sitemap of 50,000 would hold its host for three days
MOST_BACK = 5000  # where a person asked for older ones: at five seconds each it ends within a run's ten hours
_SPANS = {"day": timedelta(days=1), "month": timedelta(days=31), "year": timedelta(days=366)}


class Unreadable(Permanent):
    """The document is not what a way in must be; the message says what it is instead."""


class Oversize(Unreadable):
    """The document unpacks to more bytes than the plan's size cap."""


@dataclass(frozen=True, slots=True)
class Document:
    """A fetched way in: final address, body after content-decoding, headers with lower-case names."""

    url: str
    body: bytes
    headers: Mapping[str, str]

    def text(self) -> str:
        """The body as text by header, byte order mark or meta element."""
        return str(html_to_unicode(self.headers.get("content-type"), self.body)[1])


@dataclass(frozen=True, slots=True)
class Found:
    """An entry with the date by which it is kept or left (a sitemap's lastmod is no date of publication)."""

    entry: FeedEntry
    dated: Moment | None


@dataclass(frozen=True, slots=True)
class Listing:
    """`entries` to ask for; `more` addresses of the same kind of way in; `items` counts all links, left ones too."""

    entries: tuple[FeedEntry, ...]
    more: tuple[str, ...] = ()
    items: int = 0
    note: str | None = None


def listing(found: Iterable[Found], since: datetime | None, more: tuple[str, ...] = ()) -> Listing:
    """Leave what is dated before `since`; of very long documents take the newest `MOST_ENTRIES`, of what is dated since
    a time that a person gave up to `MOST_BACK`."""
    everything = list(found)
    kept = [item for item in everything if not before(item.dated, since)]
    note, most = None, MOST_ENTRIES
    if since is not None:
        most = max(most, min(MOST_BACK, sum(item.dated is not None for item in kept)))
    if len(kept) > most:
        note = f"{len(kept)} links, the newest {most} were taken"
        kept = sorted(kept, key=_newest_first)[:most]
    return Listing(tuple(item.entry for item in kept), more, len(everything), note)


def before(dated: Moment | None, since: datetime | None) -> bool:
    """Whether the whole span that a date names (a day, a month) lies before `since`; undated is never before."""
    if dated is None or since is None:
        return False
    return dated.at + _SPANS.get(dated.precision, timedelta()) <= since


def _newest_first(item: Found) -> float:
    return -item.dated.at.timestamp() if item.dated else 0.0


def plain(text: str | None, *, markup: bool = True) -> str | None:
    """One line of text without tags, entities, control characters or lone surrogates; None if nothing is left."""
    if text is None:
        return None
    if markup:
        text = unescape(remove_tags(text))
    text = text.encode("utf-8", "replace").decode("utf-8")
    return re.sub(r"[\s\x00-\x1f\x7f]+", " ", text).strip() or None
