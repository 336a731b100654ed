"""The catalogue: which sources exist and how each is read, declared in one YAML file a source.

A source is declared, not programmed: adding an outlet is adding a file, and what is wrong with a file is said with its
line before anything is fetched. All broken files are reported together, because a person who edits thirty of them
wants one list, not thirty runs. The keys are documented in docs/sources.md.
"""

import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import parse_locale
from cssselect import HTMLTranslator, SelectorError, parse
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from crawlers.spiders import SPIDERS
from pipeline.declared import BrokenFiles, Declared, UtcTime, read_declared
from pipeline.errors import ConfigError, UsageError
from pipeline.records import Expectation, ListPage, OutletKind, PageRules, Source, digest128

_NOT_COUNTRIES = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}  # two-letter codes that CLDR has besides countries
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class CatalogueError(BrokenFiles):
    """Source files that cannot be used; the message has one line for each fault."""


# --- values ----------------------------------------------------------------------------------------------------


@cache
def _english() -> Locale:
    return Locale("en")


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", value):
        raise ValueError(f"not an http or https address: {value!r}")
    if parts.username or parts.password:
        raise ValueError("an address must not carry a name or password")
    return value


def _selector(value: str) -> str:
    try:
        for selector in parse(value):
            if selector.pseudo_element:
                raise ValueError(f"select the element, not ::{selector.pseudo_element}: {value!r}")
            HTMLTranslator().selector_to_xpath(selector)
    except SelectorError as error:
        raise ValueError(f"not a CSS selector: {value!r} ({error})") from error
    return value


def _country(value: str) -> str:
    known = value in _english().territories and value not in _NOT_COUNTRIES
    if value != "XX" and not (known and re.fullmatch("[A-Z]{2}", value)):
        raise ValueError(f"not an ISO 3166 alpha-2 country (or XX for supranational): {value!r}")
    return value


def _language(value: str) -> str:
    try:
        language, territory, script, *_ = parse_locale(value, sep="-")
    except ValueError as error:
        raise ValueError(f"not a BCP 47 language: {value!r}") from error
    locale = _english()
    if language not in locale.languages or (script and script not in locale.scripts):
        raise ValueError(f"unknown language: {value!r}")
    if territory and territory not in locale.territories:
        raise ValueError(f"unknown region in the language: {value!r}")
    return value


def _at_least_one(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise ValueError("give at least one")
    return value


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, OSError, ValueError) as error:  # an unknown name, a folder's name, an absolute path
        raise ValueError(f"unknown time zone: {value!r} (use a name such as Pacific/Guadalcanal)") from error
    return value


def _spider(value: str) -> str:
    if value not in SPIDERS:
        raise ValueError(f"no spider of this name under crawlers/spiders: {value!r} (there are: {', '.join(SPIDERS)})")
    return value


def _host(value: str) -> str:
    if not re.fullmatch(r"(?=.*\.)[a-z0-9-]+(\.[a-z0-9-]+)*", value):
        raise ValueError(f"not a host name in lower case: {value!r}")
    return value


Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Address = Annotated[str, AfterValidator(_address)]
Selector = Annotated[str, AfterValidator(_selector)]
Share = Annotated[float, Field(ge=0, le=1)]


# --- files -----------------------------------------------------------------------------------------------------


class ListPageFile(Declared):
    """One entry of `lists`."""

    url: Address
    links: Selector
    next: Selector | None = None
    pages: Annotated[int, Field(ge=1, le=50)] = 3


class PageRulesFile(Declared):
    """One entry of `rules`."""

    headline: Selector | None = None
    body: Selector | None = None
    date: Selector | None = None
    author: Selector | None = None
    agency: Selector | None = None
    remove: tuple[Selector, ...] = ()
    valid_until: UtcTime | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "PageRulesFile":
        if not (self.headline or self.body or self.date or self.author or self.agency or self.remove):
            raise ValueError("an entry must have at least one selector")
        return self


class ExpectationFile(Declared):
    """The value of `expect`."""

    items_per_day: Annotated[float, Field(ge=0)] | None = None
    dated: Share | None = None
    authored: Share | None = None


class SourceFile(Declared):
    """One source file: the keys that an operator may write."""

    name: Text
    home: Address
    country: Annotated[str, AfterValidator(_country)]
    languages: Annotated[tuple[Annotated[str, AfterValidator(_language)], ...], AfterValidator(_at_least_one)]
    kind: OutletKind
    owner: Text | None = None
    feeds: tuple[Address, ...] = ()
    sitemaps: tuple[Address, ...] = ()
    lists: tuple[ListPageFile, ...] = ()
    spider: Annotated[str, AfterValidator(_spider)] | None = None
    timezone: Annotated[str, AfterValidator(_timezone)] = "UTC"
    delay: Annotated[float, Field(ge=0, le=3600)] = 5.0
    every: Literal["day", "hour"] = "day"
    follow: tuple[Annotated[str, AfterValidator(_host)], ...] = ()
    baseline_at: UtcTime | None = None
    rules: tuple[PageRulesFile, ...] = ()
    expect: ExpectationFile = ExpectationFile()
    verified: bool = False
    notes: Text | None = None

    @model_validator(mode="after")
    def _has_a_way_in(self) -> "SourceFile":
        if not (self.feeds or self.sitemaps or self.lists or self.spider):
            raise ValueError("no way in: give at least one of feeds, sitemaps, lists, spider")
        return self


def rules_fingerprint(file: SourceFile) -> str:
    """Hash of what extraction reads of the file: when it changes, the source's pages are extracted anew."""
    read = file.model_dump(mode="json", include={"rules", "timezone", "languages", "kind"})
    return digest128(json.dumps(read, sort_keys=True, ensure_ascii=False))


def _record(source_id: str, file: SourceFile) -> Source:
    plain = {name: getattr(file, name) for name in SourceFile.model_fields}
    plain["lists"] = tuple(ListPage(**entry.model_dump()) for entry in file.lists)
    plain["rules"] = tuple(PageRules(**entry.model_dump()) for entry in file.rules)
    plain["expect"] = Expectation(**file.expect.model_dump())
    return Source(id=source_id, rules_fingerprint=rules_fingerprint(file), **plain)


# --- folder ----------------------------------------------------------------------------------------------------


def load_catalogue(folder: Path) -> tuple[Source, ...]:
    """The sources declared under `folder` (`<country>/<source>.yml`, or `<source>.yml` directly), sorted by id.

    Raises `CatalogueError` with every fault of every file, `UsageError` if the folder has no source file.
    """
    paths = sorted(path for pattern in ("*.yml", "*.yaml") for path in folder.rglob(pattern))
    if not paths:
        raise UsageError(f"{folder}: no source file (*.yml) in this folder")
    sources: list[Source] = []
    faults: list[ConfigError] = _twins(paths)
    for path in paths:
        faults += _misplaced(path)
        try:
            file = read_declared(path, SourceFile)
        except BrokenFiles as broken:
            faults += broken.faults
            continue
        faults += _wrong_folder(folder, path, file)
        sources.append(_record(path.stem, file))
    if faults:
        raise CatalogueError(sorted(faults, key=str))
    return tuple(sorted(sources, key=lambda source: source.id))


def _misplaced(path: Path) -> Iterable[ConfigError]:
    if path.suffix == ".yaml":
        yield ConfigError(str(path), "", "source files end in .yml: rename it")
    if not _ID.fullmatch(path.stem):
        yield ConfigError(str(path), "", "the file name is the source's id: lower-case letters, digits and hyphens")


def _wrong_folder(folder: Path, path: Path, file: SourceFile) -> Iterable[ConfigError]:
    """A file copied from another country's folder keeps the old country more often than not."""
    if path.parent != folder and path.parent.name != file.country.lower():
        problem = f"the file lies in {path.parent.name}/ but says {file.country}: move it to {file.country.lower()}/"
        yield ConfigError(str(path), "country", problem)


def _twins(paths: Iterable[Path]) -> list[ConfigError]:
    first: dict[str, Path] = {}
    faults = []
    for path in paths:
        if path.stem in first:
            faults.append(ConfigError(str(path), "", f"id {path.stem!r} is already taken by {first[path.stem]}"))
        first.setdefault(path.stem, path)
    return faults
