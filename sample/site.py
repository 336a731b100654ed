"""One outlet on one day as a web site: a request in, a reply out, without a socket.

Kept apart from HTTP so that what an outlet answers reads in one place; the server adds only the network and the log.
"""

import gzip
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from sample.outlets import (
    AnyQuirk,
    Challenges,
    Compresses,
    HalfPage,
    OutletFile,
    RateLimits,
    Redirects,
    Refuses,
    Slow,
    read_outlet,
)
from sample.pages import OUTLETS, read_pages
from sample.postings import CLOCKS, Posting, main_host, postings
from sample.rendering import (
    related_to,
    render_feed,
    render_home,
    render_list,
    render_notice,
    render_page,
    render_sitemap,
    slices,
)

_FEED_TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml", "rdf": "application/rdf+xml"}


@dataclass(frozen=True, slots=True)
class Ask:
    """A request: `target` is path and query."""

    host: str
    target: str
    if_none_match: str | None = None
    if_modified_since: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, given after `wait` seconds."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    wait: float = 0.0


class Site:
    """An outlet as it stands on a day. Not thread-safe: it counts requests for its rate limit."""

    def __init__(self, outlet_id: str, day: int, folder: Path = OUTLETS) -> None:
        self._outlet: OutletFile = read_outlet(outlet_id, folder)
        self._day = day
        self._host = main_host(outlet_id)
        self._all = postings(outlet_id, self._outlet, read_pages(outlet_id, folder), day)
        self._up = [posting for posting in self._all if not posting.gone]
        self._by_address = {(posting.host, posting.target): posting for posting in self._all}
        self._asked: Counter[str] = Counter()

    @property
    def name(self) -> str:
        """What the outlet calls itself."""
        return self._outlet.name

    @property
    def hosts(self) -> set[str]:
        """Every host on which the outlet has pages."""
        return {self._host, *(posting.host for posting in self._all)}

    def answer(self, ask: Ask) -> Reply:
        """The reply of the day, misbehaviour included."""
        ask = replace(ask, target=_without_tracking(ask.target))
        met = [quirk for quirk in self._outlet.quirks if self._befalls(quirk, ask)]
        reply = self._disturbed(met, ask) or self._plain(ask)
        for quirk in met:
            if isinstance(quirk, Slow):
                reply = replace(reply, wait=quirk.seconds)
            if isinstance(quirk, Compresses) and reply.status == 200:
                body = gzip.compress(reply.body, mtime=0)
                reply = replace(reply, body=body, headers=(*reply.headers, ("content-encoding", "gzip")))
        return _conditional(ask, reply)

    # --- misbehaviour

    def _befalls(self, quirk: AnyQuirk, ask: Ask) -> bool:
        if self._day not in quirk.days or ask.host != (quirk.host or self._host):
            return False
        hops = quirk.hops if isinstance(quirk, Redirects) else ()
        return ask.target in hops or fnmatchcase(ask.target, quirk.path)

    def _disturbed(self, met: Sequence[AnyQuirk], ask: Ask) -> Reply | None:
        """The reply of the first quirk that answers in the page's stead."""
        for quirk in met:
            match quirk:
                case Refuses():
                    return self._notice("error", quirk.status)
                case RateLimits():
                    self._asked[quirk.path] += 1
                    if self._asked[quirk.path] > quirk.after:
                        wait = ("retry-after", str(quirk.retry_after))
                        return replace(self._notice("error", 429), headers=(self._html_type(), wait))
                case Challenges():
                    return self._notice("challenge", 200)
                case HalfPage():
                    whole = self._notice("error", 200)
                    return replace(whole, body=whole.body[: len(whole.body) // 2])
                case Redirects():
                    chain = (quirk.path, *quirk.hops, quirk.to)
                    return Reply(302, headers=(("location", chain[chain.index(ask.target) + 1]),))
                case Slow() | Compresses():
                    continue
        return None

    def _notice(self, name: str, status: int) -> Reply:
        return Reply(status, self._encoded(render_notice(name, self._outlet)), (self._html_type(),))

    # --- what is really there

    def _plain(self, ask: Ask) -> Reply:
        path = urlsplit(ask.target).path
        if path == "/robots.txt":
            return Reply(200, self._outlet.robots.encode(), (("content-type", "text/plain; charset=utf-8"),))
        posting = self._by_address.get((ask.host, ask.target))
        if posting is not None:
            return self._page(posting)
        if ask.host != self._host:
            return self._notice("error", 404)
        if ask.target == "/":
            return self._dated(render_home(self._outlet, self._host, self._up), self._html_type(), self._newest())
        return self._way_in(ask.target) or self._notice("error", 404)

    def _page(self, posting: Posting) -> Reply:
        if posting.gone:
            return self._notice("gone", 410)
        html = render_page(self._outlet, posting, related_to(posting, self._all))
        return self._dated(html, self._html_type(), posting.modified)

    def _way_in(self, target: str) -> Reply | None:
        read: Mapping[str, Callable[[str], Reply | None]] = {
            "sitemap": self._sitemap,
            "list": self._lists,
            "index": self._lists,
        }
        return read.get(self._outlet.way_in.format, self._feed)(target)

    def _feed(self, target: str) -> Reply | None:
        way_in = self._outlet.way_in
        if target != way_in.path:
            return None
        xml = render_feed(self._outlet, self._host, self._up, CLOCKS[self._day])
        kind = ("content-type", f"{_FEED_TYPES[way_in.format]}; charset=utf-8")
        return self._dated(xml, kind, self._newest(), encoding="utf-8")

    def _sitemap(self, target: str) -> Reply | None:
        """The index names one sitemap for each month in which something was published."""
        months: dict[str, list[Posting]] = {}
        for posting in self._up:
            months.setdefault(f"/sitemaps/{posting.published:%Y-%m}.xml", []).append(posting)
        if target == self._outlet.way_in.path:
            entries = [
                (f"http://{self._host}{path}", max(posting.modified for posting in month))
                for path, month in months.items()
            ]
            xml = render_sitemap(entries, index=True)
        elif target in months:
            xml = render_sitemap([(posting.announced, posting.modified) for posting in months[target]], index=False)
        else:
            return None
        return self._dated(xml, ("content-type", "application/xml; charset=utf-8"), self._newest(), encoding="utf-8")

    def _lists(self, target: str) -> Reply | None:
        parts = slices(self._up)
        targets = [self._list_target(number) for number in range(1, len(parts) + 1)]
        if target == self._outlet.way_in.path:
            target = targets[0]
        if target not in targets:
            return None
        at = targets.index(target)
        following = targets[at + 1] if at + 1 < len(targets) else None
        return self._dated(render_list(self._outlet, parts[at], at + 1, following), self._html_type(), self._newest())

    def _list_target(self, number: int) -> str:
        path = self._outlet.way_in.path
        if self._outlet.way_in.format == "index":
            return f"{path}?halaman={number}"
        return path if number == 1 else path.replace(".html", f"_{number}.html")

    # --- bytes and headers

    def _newest(self) -> datetime:
        return max((posting.modified for posting in self._all), default=CLOCKS[self._day])

    def _html_type(self) -> tuple[str, str]:
        outlet = self._outlet
        charset = f"; charset={outlet.encoding}" if outlet.charset_in == "header" else ""
        return ("content-type", f"text/html{charset}")

    def _encoded(self, html: str) -> bytes:
        """Characters outside the site's encoding become numeric references, as old publishing systems do it."""
        return html.encode(self._outlet.encoding, "xmlcharrefreplace")

    def _dated(self, text: str, kind: tuple[str, str], modified: datetime, encoding: str | None = None) -> Reply:
        body = text.encode(encoding) if encoding else self._encoded(text)
        etag = ("etag", f'"{sha256(body).hexdigest()[:20]}"')
        last = ("last-modified", _http_date(modified))
        return Reply(200, body, (kind, etag, last))


def _http_date(when: datetime) -> str:
    return format_datetime(when.astimezone(CLOCKS[1].tzinfo), usegmt=True)


def _without_tracking(target: str) -> str:
    """The target without utm_ parameters, which name the same page."""
    path, _, query = target.partition("?")
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if not name.startswith("utm_")]
    return f"{path}?{urlencode(kept)}" if kept else path


def _conditional(ask: Ask, reply: Reply) -> Reply:
    """304 where the client has this body already; an ETag outranks a date (RFC 9110, 13.2.2)."""
    headers = dict(reply.headers)
    if reply.status != 200 or "etag" not in headers:
        return reply
    if ask.if_none_match is not None:
        tags = {tag.strip().removeprefix("W/") for tag in ask.if_none_match.split(",")}
        unchanged = headers["etag"] in tags or "*" in tags
    else:
        unchanged = ask.if_modified_since is not None and _not_after(headers["last-modified"], ask.if_modified_since)
    if not unchanged:
        return reply
    kept = tuple((name, value) for name, value in reply.headers if name in ("etag", "last-modified"))
    return replace(reply, status=304, body=b"", headers=kept)


def _not_after(modified: str, since: str) -> bool:
    try:
        return parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False
