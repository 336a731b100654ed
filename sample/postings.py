"""What an outlet has published by a day: its page files and extra pages with addresses, as the site shows them."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zlib import crc32
from zoneinfo import ZoneInfo

from pipeline.errors import UsageError
from sample.outlets import ExtraPage, OutletFile, Redirects
from sample.pages import PageFile

CLOCKS = {day: datetime(2026, 10, 4, 6, tzinfo=UTC) + timedelta(days=day) for day in (1, 2)}
"""The fixed time of each sample day."""

_EDITED_AT = CLOCKS[2] - timedelta(hours=8)
DOMAIN = "newsroom.test"


@dataclass(frozen=True, slots=True)
class Posting:
    """One page as it stands on the day: `target` is path and query, `announced` the address that the ways in name."""

    host: str
    target: str
    announced: str
    headline: str
    first_headline: str  # before any edit: what other pages' links still say
    body: tuple[str, ...]
    lang: str
    published: datetime  # in the outlet's time zone
    modified: datetime
    author: str | None
    agency: str | None
    section: str | None
    day: int
    gone: bool

    @property
    def url(self) -> str:
        """The canonical address."""
        return f"http://{self.host}{self.target}"

    @property
    def edited(self) -> bool:
        """Whether the text was changed after its publication."""
        return self.modified > self.published


def main_host(outlet_id: str) -> str:
    """The host of an outlet."""
    return f"{outlet_id}.{DOMAIN}"


def postings(outlet_id: str, outlet: OutletFile, pages: Mapping[str, PageFile], day: int) -> tuple[Posting, ...]:
    """Everything up on `day`, newest first; raises `UsageError` if two pages share an address."""
    host = main_host(outlet_id)
    found = [_from_file(host, outlet, slug, page, day) for slug, page in pages.items() if page.day <= day]
    found += [_from_extra(host, outlet, extra) for extra in outlet.extra_pages]
    announced = [_announced(outlet, posting) for posting in found]
    _refuse_twins(announced)
    return tuple(sorted(announced, key=lambda posting: (-posting.published.timestamp(), posting.target)))


def _from_file(host: str, outlet: OutletFile, slug: str, page: PageFile, day: int) -> Posting:
    headline, body = page.text_on(day)
    published = page.published.astimezone(ZoneInfo(outlet.timezone))
    edited = page.edited is not None and day >= 2
    target = _target(outlet.address, slug, page.section, published)
    return Posting(
        host=host,
        target=target,
        announced=f"http://{host}{target}",
        headline=headline,
        first_headline=page.headline,
        body=body,
        lang=page.lang,
        published=published,
        modified=_EDITED_AT.astimezone(published.tzinfo) if edited else published,
        author=page.author,
        agency=page.agency,
        section=page.section,
        day=page.day,
        gone=page.vanishes is not None and day >= page.vanishes,
    )


def _from_extra(host: str, outlet: OutletFile, extra: ExtraPage) -> Posting:
    published = extra.published.astimezone(ZoneInfo(outlet.timezone))
    return Posting(
        host=extra.host or host,
        target=extra.path,
        announced=f"http://{extra.host or host}{extra.path}",
        headline=extra.headline,
        first_headline=extra.headline,
        body=extra.body,
        lang=outlet.language,
        published=published,
        modified=published,
        author=extra.author,
        agency=None,
        section=extra.section,
        day=1,
        gone=False,
    )


def _target(template: str, slug: str, section: str | None, published: datetime) -> str:
    return template.format(
        slug=slug,
        number=100_000 + crc32(slug.encode()) % 900_000,
        section=_ascii(section or "") or "news",
        year=f"{published:%Y}",
        month=f"{published:%m}",
        day=f"{published:%d}",
    )


def _ascii(words: str) -> str:
    """A section's word as part of an address; empty if nothing of it is Latin."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def _announced(outlet: OutletFile, posting: Posting) -> Posting:
    """The posting with the address that the ways in name: the start of a redirect chain, or with tracking."""
    for quirk in outlet.quirks:
        if isinstance(quirk, Redirects) and quirk.to == posting.target:
            return replace(posting, announced=f"http://{posting.host}{quirk.path}")
    if outlet.way_in.tracking is None:
        return posting
    joint = "&" if "?" in posting.target else "?"
    return replace(posting, announced=f"{posting.announced}{joint}{outlet.way_in.tracking}")


def _refuse_twins(found: list[Posting]) -> None:
    for url in _repeated(posting.url for posting in found):
        raise UsageError(f"two pages of the sample share the address {url}: rename one")


def _repeated(urls: Iterator[str]) -> Iterator[str]:
    seen: set[str] = set()
    for url in urls:
        if url in seen:
            yield url
        seen.add(url)
