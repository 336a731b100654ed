"""What kind of site each outlet of the sample is and how it misbehaves, as its `outlet.yml` declares it.

Misbehaviour is declared and not programmed, so that a reader of the file sees what the crawler will meet there.
The pages that misbehave are `extra_pages`: ordinary news that exists whatever the page files hold.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from pipeline.declared import Declared, read_declared
from sample.pages import OUTLETS, Text

Target = Annotated[str, StringConstraints(pattern=r"^/\S*$")]
Pattern = Annotated[str, StringConstraints(pattern=r"^[/*]\S*$")]
Days = tuple[int, ...]

Layout = Literal[
    "broadsheet", "radio", "wire", "portal", "ministry", "journal",
    "tabloid", "agency", "rtl", "evening", "kabar", "plain",
]  # fmt: skip
DateMark = Literal["json_ld", "opengraph", "pubdate", "time", "microdata"]


class WayIn(Declared):
    """How a reader of machines finds the pages: a feed, a sitemap index or list pages."""

    format: Literal["rss", "atom", "rdf", "sitemap", "list", "index"]
    path: Target
    tracking: str | None = None  # query that the feed appends to every link


class Quirk(Declared):
    """Common to all misbehaviour: the targets (path and query, * as wildcard) and days it befalls."""

    path: Pattern
    host: str | None = None  # where it is not the outlet's main host
    days: Days = (1, 2)


class Refuses(Quirk):
    """Answers with an error status and nothing of use."""

    does: Literal["refuses"]
    status: Annotated[int, Field(ge=400, le=599)]


class RateLimits(Quirk):
    """Answers 429 with Retry-After once it was asked `after` times."""

    does: Literal["rate_limits"]
    after: int
    retry_after: int  # seconds


class Challenges(Quirk):
    """Shows a page that tests for a browser, with status 200."""

    does: Literal["challenges"]


class HalfPage(Quirk):
    """Answers with the first half of an error page in HTML, with status 200, where XML is due."""

    does: Literal["half_page"]


class Slow(Quirk):
    """Waits before it answers."""

    does: Literal["slow"]
    seconds: float


class Compresses(Quirk):
    """Sends gzip whether or not it was asked for it."""

    does: Literal["compresses"]


class Redirects(Quirk):
    """The ways in name `path`; it leads over `hops` to the extra page `to`."""

    does: Literal["redirects"]
    hops: tuple[Target, ...]
    to: Target


AnyQuirk = Annotated[
    Refuses | RateLimits | Challenges | HalfPage | Slow | Compresses | Redirects, Field(discriminator="does")
]


class ExtraPage(Declared):
    """An ordinary page of the outlet's own, at an address of its own."""

    path: Target
    host: str | None = None
    headline: Text
    published: AwareDatetime
    section: Text | None = None
    author: Text | None = None
    body: Annotated[tuple[Text, ...], Field(min_length=1)]


class Words(Declared):
    """The furniture of the outlet's pages, in its language."""

    nav: Annotated[tuple[Text, ...], Field(min_length=3)]
    by: Text
    source: Text
    share: Text
    related: Text
    updated: Text
    subscribe: Text
    cookies: Text
    accept: Text
    footer: Text


class OutletFile(Declared):
    """One outlet.yml."""

    name: Text
    language: Text
    timezone: Text
    layout: Layout
    address: Target  # template of a page's address: {slug} {number} {section} {year} {month} {day}
    way_in: WayIn
    date_marks: tuple[DateMark, ...] = ()  # in which machine-readable ways a page says when it was published
    visible_date: Text  # Babel pattern of the printed date
    canonical: bool = True
    encoding: Literal["utf-8", "gbk", "big5"] = "utf-8"
    charset_in: Literal["header", "meta"] = "header"
    meta_charset: Text = "utf-8"
    robots: str = "User-agent: *\nDisallow:\n"
    words: Words
    extra_pages: tuple[ExtraPage, ...] = ()
    quirks: tuple[AnyQuirk, ...] = ()


def outlet_ids(folder: Path = OUTLETS) -> list[str]:
    """The outlets that have an `outlet.yml`, sorted."""
    return sorted(path.parent.name for path in folder.glob("*/outlet.yml"))


def read_outlet(outlet: str, folder: Path = OUTLETS) -> OutletFile:
    """One outlet's declaration; raises `BrokenFiles`."""
    return read_declared(folder / outlet / "outlet.yml", OutletFile)
