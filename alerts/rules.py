"""Watch rules: which new stories are mailed to whom, declared in `config/watch.yml`.

A rule is a filter with an address list, not a query language: what it can ask for are coded fields, so that its answer
can be explained by the evidence in the mail.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

from babel import Locale
from pydantic import AfterValidator, Field, StringConstraints, field_validator

from pipeline.declared import Declared, read_declared
from pipeline.records import ArticleFrame, EngagementReport, EngagementType, Framing, Story


def _country(value: str) -> str:
    if len(value) != 2 or not value.isupper() or value not in Locale("en").territories:
        raise ValueError(f"not an ISO 3166 alpha-2 country: {value!r}")
    if value == "CN":
        raise ValueError("CN is a party of every engagement and never among a story's countries")
    return value


def _language(value: str) -> str:
    if value not in Locale("en").languages or not value.islower():
        raise ValueError(f"not an ISO 639 language: {value!r}")
    return value


def _title(value: str) -> str:
    if not value.isprintable():
        raise ValueError("must be one line of printable characters")
    return value


Address = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$")
]
"""ASCII only: not every mail server speaks SMTPUTF8. No display name: it is not needed and needs quoting."""


class WatchRule(Declared):
    """One rule; an empty tuple asks for nothing. `quiet`: a day without news is not mailed.

    `min_relevance` lies above the screen's own line: a story that is not sure to be on the beat is kept and shown, but
    one wrong story in a mail costs more trust than ten right ones earn.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    title: Annotated[str, StringConstraints(max_length=60, strip_whitespace=True), AfterValidator(_title)] = ""
    to: Annotated[tuple[Address, ...], Field(min_length=1)]
    framings: tuple[ArticleFrame, ...] = ()
    countries: tuple[Annotated[str, AfterValidator(_country)], ...] = ()
    types: tuple[EngagementType, ...] = ()
    languages: tuple[Annotated[str, AfterValidator(_language)], ...] = ()
    min_origins: Annotated[int, Field(ge=1)] = 1
    min_relevance: Annotated[float, Field(ge=0, le=1)] = 0.8
    quiet: bool = False


class _WatchFile(Declared):
    rules: tuple[WatchRule, ...]

    @field_validator("rules")
    @classmethod
    def _once(cls, rules: tuple[WatchRule, ...]) -> tuple[WatchRule, ...]:
        ids = [rule.id for rule in rules]
        twice = next((id_ for id_ in ids if ids.count(id_) > 1), None)
        if twice:
            raise ValueError(f"two rules have the id {twice!r}: what one announced, the other would hold back")
        return rules


def read_rules(path: Path) -> tuple[WatchRule, ...]:
    """The rules of a file; raises `BrokenFiles`: a `ConfigError` with file, line and field for each fault."""
    return read_declared(path, _WatchFile).rules


def matches(
    rule: WatchRule,
    story: Story,
    framings: Mapping[str, Framing],
    reports: Mapping[str, Sequence[EngagementReport]],
) -> bool:
    """Whether the story is one that the rule asks for; `framings` and `reports` are those of its articles, by id."""
    frames = {framing.framing for framing in framings.values()}
    types = {report.type for of_article in reports.values() for report in of_article}
    asked = (
        (rule.framings, frames),
        (rule.countries, set(story.countries)),
        (rule.types, types),
        (rule.languages, set(story.languages)),
    )
    return story.origins >= rule.min_origins and all(not wanted or has & set(wanted) for wanted, has in asked)
