"""Postings as the HTML of their outlet: twelve layouts with the furniture that extraction must see through."""

import json
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime as rfc_5322
from functools import cache
from pathlib import Path
from zlib import crc32

from babel import Locale
from babel.dates import format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sample.outlets import OutletFile
from sample.postings import Posting

_TEMPLATES = Path(__file__).parent / "templates"
_PER_LIST = 3  # list pages of every outlet that has them


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["printed"] = _printed
    environment.filters["json_ld"] = _json_ld
    environment.filters["rfc_5322"] = rfc_5322
    return environment


def _printed(when: datetime, outlet: OutletFile) -> str:
    """The date as the outlet prints it, in its language."""
    return format_datetime(when, outlet.visible_date, locale=Locale.parse(outlet.language, sep="-"))


def _json_ld(posting: Posting, outlet: OutletFile) -> Markup:
    """schema.org's NewsArticle; "<" is escaped, since the value stands inside a script element."""
    article: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": posting.headline,
        "datePublished": posting.published.isoformat(),
        "dateModified": posting.modified.isoformat(),
        "mainEntityOfPage": posting.url,
        "inLanguage": posting.lang,
        "publisher": {"@type": "Organization", "name": outlet.name},
    }
    if posting.author:
        article["author"] = [{"@type": "Person", "name": posting.author}]
    return Markup(json.dumps(article, ensure_ascii=False).replace("<", "\\u003c"))  # noqa: S704 (no "<" is left)


def render_page(outlet: OutletFile, posting: Posting, related: Sequence[Posting]) -> str:
    """An article page in the outlet's layout."""
    template = _environment().get_template(f"{outlet.layout}.html")
    return template.render(outlet=outlet, words=outlet.words, page=posting, related=related)


def render_home(outlet: OutletFile, host: str, found: Sequence[Posting]) -> str:
    """The front page of `host`: every headline of the day."""
    template = _environment().get_template("home.html")
    return template.render(outlet=outlet, words=outlet.words, host=host, postings=found)


def render_list(outlet: OutletFile, found: Sequence[Posting], number: int, next_target: str | None) -> str:
    """One of the outlet's list pages; `number` is 1-based, the last page has no `next_target`."""
    template = _environment().get_template("list.html" if outlet.way_in.format == "list" else "index.html")
    return template.render(outlet=outlet, words=outlet.words, postings=found, number=number, next_target=next_target)


def render_feed(outlet: OutletFile, host: str, found: Sequence[Posting], now: datetime) -> str:
    """The outlet's feed in its format, newest first, all of it."""
    template = _environment().get_template(f"{outlet.way_in.format}.xml")
    updated = max((posting.modified for posting in found), default=now)
    return template.render(outlet=outlet, host=host, postings=found, updated=updated)


def render_sitemap(entries: Sequence[tuple[str, datetime]], *, index: bool) -> str:
    """A sitemap of (address, last change), or an index of sitemaps."""
    return _environment().get_template("sitemap.xml").render(entries=entries, index=index)


def render_notice(name: str, outlet: OutletFile) -> str:
    """A page that is no article: "challenge", "error" or "gone"."""
    return _environment().get_template(f"{name}.html").render(outlet=outlet, words=outlet.words)


def related_to(posting: Posting, found: Sequence[Posting], count: int = 4) -> list[Posting]:
    """Other pages that an article links to: of the first day only, so that its bytes change only when its text does."""
    others = [other for other in found if other.day == 1 and other.url != posting.url]
    return sorted(others, key=lambda other: crc32(f"{posting.url} {other.url}".encode()))[:count]


def slices(found: Sequence[Posting]) -> list[Sequence[Posting]]:
    """The postings cut into the list pages."""
    size = max(1, -(-len(found) // _PER_LIST))
    return [found[start * size : (start + 1) * size] for start in range(_PER_LIST)]
