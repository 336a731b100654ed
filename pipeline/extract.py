"""What a page says of itself: headline, text, date with provenance, authors, agency credit, language.

The source's declared selectors come first, then what the page states about itself for machines (JSON-LD, OpenGraph),
then trafilatura's reading. Dates carry where they were read; a date in the future or before the web is no date.
Pure: bytes and the source's declaration in, a record or a rejection out.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import dateparser
import trafilatura
from courlan import clean_url
from dateutil import parser as iso_parser
from htmldate import find_date
from parsel import Selector
from w3lib.encoding import html_to_unicode
from w3lib.url import canonicalize_url

from pipeline.errors import Permanent
from pipeline.language import detect, primary
from pipeline.records import Body, Extraction, Moment, PageRules, Precision, Source, StageResult, digest128

VERSION = "extract-1"
MIN_LETTERS = 120
"""A page with fewer letters of text is no article (a CJK character counts three: it says as much)."""
EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)
"""Clocks and time zones of publishers are off by up to a day; more is a page-generation or event date."""
AGENCIES = (
    "新华社", "新華社", "中新社", "中央社", "Xinhua", "AFP", "Reuters", "Associated Press", "EFE", "TASS", "ТАСС",
    "РИА Новости", "ANSA",
    "Kyodo", "共同通信", "Yonhap", "Antara", "Anadolu", "Lusa", "Agência Brasil", "Bernama", "AAP", "DPA", "MTI", "Tanjug", "PTI",
    "Prensa Latina", "Interfax",
)  # fmt: skip
_CREDIT = re.compile(
    r"[（(]\s*(?P<a>" + "|".join(map(re.escape, AGENCIES)) + r")[^()（）]{0,24}[)）]"
    r"|^(?P<b>新华社|新華社|中新社|中央社)[^，。]{0,14}[电電讯訊]"
)
_META_DATES = (
    "meta[property='article:published_time']", "meta[name='article:published_time']", "meta[name='pubdate']",
    "meta[name='publishdate']", "meta[itemprop='datePublished']", "meta[name='date']", "meta[name='DC.date.issued']",
    "meta[name='PubDate']", "meta[property='og:published_time']",
)  # fmt: skip
_LATIN = re.compile(r"charset\s*=\s*[\"']?(?:iso-?8859-1|latin-?1|windows-1252)\b", re.IGNORECASE)
_HIGH = re.compile(rb"[\x80-\x9f\xa1-\xff]")
_ALONE = re.compile(rb"(?<![\x80-\xff])[\x80-\x9f\xa1-\xff](?![\x80-\xff])")
_ADDRESS_DATE = re.compile(r"/(20\d\d)[/-]?(0[1-9]|1[0-2])(?:[/-]?(0[1-9]|[12]\d|3[01]))?(?=[/_.-]|$)")


@dataclass(frozen=True, slots=True)
class Stated:
    """What the page states for machines."""

    headline: str | None
    published: str | None
    authors: tuple[str, ...]
    agency: str | None
    canonical: str | None


def decode(content: bytes, content_type: str | None) -> str:
    """The page as text: byte order mark, header, meta, then detection; never fails, bad bytes become U+FFFD.

    GB2312 and GBK are read as GB18030, which contains both. A header of Latin-1 says nothing: it is many servers' default.
    """
    stated = None if content_type and _LATIN.search(content_type) else content_type
    encoding, text = html_to_unicode(stated, content, default_encoding="utf-8", auto_detect_fun=_guess)
    if "\ufffd" in text and (encoding != "utf-8" or _mostly_lost(text)):
        guessed = _guess(content)
        if guessed and guessed != encoding:
            other = content.decode(guessed, "replace")
            text = other if other.count("\ufffd") < text.count("\ufffd") else text
    return str(text)


def _mostly_lost(text: str) -> bool:
    """Whether the bytes beyond ASCII are of another encoding, and not only damaged here and there."""
    return 4 * text.count("\ufffd") > sum(c > "\x7f" for c in text)


def _guess(content: bytes) -> str | None:
    """The first encoding of those that news pages use in which the bytes are valid.

    Bytes beyond ASCII that mostly stand alone are accented letters: two-byte encodings would swallow their neighbours.
    """
    sample = content[:200_000]
    alone = len(_ALONE.findall(sample))
    accented = 2 * alone > len(_HIGH.findall(sample))
    for encoding in ("utf-8",) if accented else ("utf-8", "gb18030", "big5", "shift_jis", "euc-kr"):
        try:
            sample.decode(encoding)
        except UnicodeDecodeError as error:
            if error.start < len(sample) - 4:
                continue
        return encoding
    return "windows-1252"


def extract(body: Body, content: bytes, source: Source) -> Extraction | StageResult:
    """One page. Rejections say "not a page", "no article text". Raises `Permanent` where a library breaks on it."""
    if body.content_type and not re.search(r"html|xml|text/plain", body.content_type, re.IGNORECASE):
        return unread(body, "reject", "not a page")
    html = decode(content, body.content_type)
    if not html.strip():
        return unread(body, "reject", "no article text")
    try:
        page = Selector(text=html, type="html")
        read: Any = trafilatura.bare_extraction(
            html, url=body.url, with_metadata=True, fast=True, include_comments=False, include_tables=False
        )
    except Exception as error:  # parsers of hostile pages fail in many ways; the page is kept and named
        raise Permanent(f"{body.url}: the page cannot be parsed ({type(error).__name__}: {error})") from error
    rules = _rules(source, body.fetched_at)
    text = _ruled_text(page, rules) or (read.text or "" if read else "")
    text = clean(text)
    if weight(text) < MIN_LETTERS:
        return unread(body, "reject", "no article text")
    stated = _stated(page)
    headline = clean(_first(page, rules.headline) or stated.headline or (read.title if read else None) or "").replace(
        "\n", " "
    )
    canonical = canonical_address(stated.canonical, body.url)
    return Extraction(
        body_key=body.key, url=body.url, canonical_url=canonical, headline=headline, text=text,
        text_id=digest128(headline, text), lang=_language(headline, text, source),
        published=_published(page, html, stated, rules, body, source),
        authors=_authors(page, rules, stated, read.author if read else None),
        agency=_first(page, rules.agency) or stated.agency or credit(text),
    )  # fmt: skip


def unread(body: Body, outcome: Literal["reject", "permanent"], reason: str) -> StageResult:
    """A page from which nothing was taken. The state keeps the source's registered rules as the fingerprint itself."""
    return StageResult(body.key, "extract", VERSION, body.archived.sha256, outcome, reason)


def clean(text: str) -> str:
    """White space normalised within lines, empty lines and control characters dropped."""
    lines = (re.sub(r"[\s\u00a0\u3000]+", " ", line).strip() for line in text.replace("\r", "\n").split("\n"))
    return "\n".join("".join(c for c in line if c >= " " and c != "\ufeff") for line in lines if line)


def weight(text: str) -> int:
    """Letters, CJK characters three times."""
    return sum(3 if "\u3040" <= c <= "\u9fff" or "\uac00" <= c <= "\ud7a3" else 1 for c in text if c.isalpha())


def _language(headline: str, text: str, source: Source) -> str:
    """Detected; a source of one language overrules a near relative of it (id and ms, sr and hr and bs are often confused)."""
    found = detect(f"{headline}\n{text}")
    declared = [primary(tag) for tag in source.languages]
    families = ({"id", "ms"}, {"sr", "hr", "bs", "me"}, {"no", "nb", "nn", "da"}, {"cs", "sk"}, {"pt", "gl"})
    relative = any(found in family and declared and declared[0] in family for family in families)
    return declared[0] if declared and (relative or found == "und") else found


# --- addresses -------------------------------------------------------------------------------------------------


def canonical_address(stated: str | None, url: str) -> str:
    """The address under which an article is known: the page's own canonical link if it is on the same site, else
    the fetched one; without tracking parameters, fragment and default ports, query sorted."""
    chosen = stated if stated and _site(stated) == _site(url) else url
    return str(canonicalize_url(clean_url(chosen) or chosen))


def _site(url: str) -> str:
    host = re.sub(r"^https?://", "", url).split("/")[0].split(":")[0].lower()
    return re.sub(r"^(?:www|m|mobile|amp)\.", "", host)


# --- what the page states --------------------------------------------------------------------------------------


def _stated(page: Selector) -> Stated:
    linked = next(_linked_data(page), {})
    meta_date = next((v for css in _META_DATES if (v := page.css(css).attrib.get("content"))), None)
    published = (
        linked.get("datePublished")
        or meta_date
        or page.css("time[datetime][itemprop='datePublished']").attrib.get("datetime")
    )
    title = page.css("meta[property='og:title']").attrib.get("content")
    organisation = linked.get("sourceOrganization")
    agency = linked.get("creditText") or (
        organisation.get("name") if isinstance(organisation, Mapping) else organisation
    )
    return Stated(
        headline=_text(linked.get("headline")) or title or None,
        published=_text(published),
        authors=tuple(_names(linked.get("author"))),
        agency=_text(agency),
        canonical=page.css("link[rel='canonical']").attrib.get("href"),
    )


def _linked_data(page: Selector) -> Iterator[Mapping[str, Any]]:
    """JSON-LD objects that are articles."""
    for raw in page.css("script[type='application/ld+json']::text").getall():
        try:
            found = json.loads(raw)
        except (ValueError, RecursionError):
            continue
        queue = found if isinstance(found, list) else [found]
        for item in queue[:50]:
            if isinstance(item, Mapping):
                graph = item.get("@graph")
                queue.extend(graph if isinstance(graph, list) else [])
                if "Article" in str(item.get("@type")) or item.get("@type") in ("Report", "ReportageNewsArticle"):
                    yield item


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _names(author: object) -> Iterator[str]:
    for item in author if isinstance(author, list) else [author]:
        name = item.get("name") if isinstance(item, Mapping) else item
        if isinstance(name, str) and name.strip():
            yield name.strip()


# --- the source's selectors ------------------------------------------------------------------------------------


def _rules(source: Source, at: datetime) -> PageRules:
    """The layout that is valid at `at`: dated blocks are older layouts, the undated one is today's."""
    valid = [rule for rule in source.rules if rule.valid_until is None or at <= rule.valid_until]
    return min(valid, key=lambda rule: rule.valid_until or datetime.max.replace(tzinfo=UTC), default=PageRules())


def _first(page: Selector, css: str | None) -> str | None:
    if css is None:
        return None
    node = page.css(css)
    return clean(" ".join(node[0].css("*::text").getall())) or None if node else None


def _ruled_text(page: Selector, rules: PageRules) -> str:
    if rules.body is None:
        return ""
    kept = Selector(text=page.get(), type="html")
    for css in (*rules.remove, "script", "style", "noscript"):
        kept.css(css).drop()
    blocks = kept.css(rules.body).css("p, li, h2, h3, blockquote") or kept.css(rules.body)
    return "\n".join(clean(" ".join(block.css("*::text").getall())) for block in blocks)


def _authors(page: Selector, rules: PageRules, stated: Stated, read: str | None) -> tuple[str, ...]:
    ruled = _first(page, rules.author)
    if ruled:
        return (ruled,)
    return stated.authors or tuple(name.strip() for name in (read or "").split(";") if name.strip())


def credit(text: str) -> str | None:
    """The agency that a text credits in its dateline or at its end."""
    for part in (text[:300], text[-120:]):
        if match := _CREDIT.search(part):
            return match.group("a") or match.group("b")
    return None


# --- dates -----------------------------------------------------------------------------------------------------


def _published(
    page: Selector, html: str, stated: Stated, rules: PageRules, body: Body, source: Source
) -> Moment | None:
    """The best date in order of trust; each candidate must be possible at the time of the fetch."""
    candidates: tuple[Moment | None, ...] = (
        _read_time(_ruled_date(page, rules), "page_text", source),
        _read_time(stated.published, "page_metadata", source),
        body.entry.published if body.entry else None,
    )
    for moment in candidates:
        if moment and EARLIEST <= moment.at <= body.fetched_at + AHEAD:
            return moment
    return _found_date(html, body) or _address_date(body)


def _ruled_date(page: Selector, rules: PageRules) -> str | None:
    if rules.date is None:
        return None
    node = page.css(rules.date)
    return (
        (node[0].attrib.get("datetime") or node[0].attrib.get("content") or _first(page, rules.date)) if node else None
    )


def _read_time(written: str | None, provenance: str, source: Source) -> Moment | None:
    """An ISO or RFC time, else what dateparser reads in the source's languages; a time without zone is the source's."""
    if not written:
        return None
    precision: Precision = "second" if re.search(r"\d:\d\d", written) else "day"
    time = _iso(written) or _worded(written, source.languages)
    if time is None:
        return None
    if time.tzinfo is None:
        time = time.replace(tzinfo=ZoneInfo(source.timezone))
    return Moment(time.astimezone(UTC), provenance, precision)  # type: ignore[arg-type]


def _iso(written: str) -> datetime | None:
    try:
        time: datetime = iso_parser.isoparse(written.strip())
    except (ValueError, OverflowError):
        return None
    return time


def _worded(written: str, languages: Sequence[str]) -> datetime | None:
    tags = [primary(tag) for tag in languages]
    try:
        time: datetime | None = dateparser.parse(
            written, languages=tags or None, settings={"STRICT_PARSING": True, "PREFER_DATES_FROM": "past"}
        )
    except (ValueError, OverflowError, RecursionError):
        return None
    return time


def _found_date(html: str, body: Body) -> Moment | None:
    """htmldate's reading of the visible page."""
    try:
        found = find_date(html, original_date=True, min_date=EARLIEST, max_date=body.fetched_at + AHEAD)
    except Exception:  # noqa: BLE001 - htmldate raises whatever its parsers do; no date is an answer
        return None
    return Moment(datetime.fromisoformat(found).replace(tzinfo=UTC), "page_text", "day") if found else None


def _address_date(body: Body) -> Moment | None:
    match = _ADDRESS_DATE.search(body.url)
    if match is None:
        return None
    at = datetime(int(match[1]), int(match[2]), int(match[3] or 1), tzinfo=UTC)
    return Moment(at, "address", "day" if match[3] else "month") if at <= body.fetched_at + AHEAD else None
