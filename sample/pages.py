"""The pages of the sample newsroom as their files declare them, each with its expected coding beside it.

One file holds both what an outlet publishes and what a coder would make of it, so that a person who changes a
sentence sees the evidence that quotes it. README.md in this folder describes the format.
"""

from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from pipeline.declared import BrokenFiles, Declared, UtcTime, read_declared
from pipeline.errors import ConfigError
from pipeline.records import (
    ArticleFrame,
    EngagementType,
    Frame,
    Qualifier,
    QuantityRole,
    Role,
    Status,
    Unit,
    Voice,
)

OUTLETS = Path(__file__).parent / "outlets"
EVENTS = Path(__file__).parent / "events"

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class ExpectedSentence(Declared):
    """A framed sentence, copied letter by letter from the body."""

    text: Text
    frame: Frame
    voice: Voice
    both: bool = False


class ExpectedQuantity(Declared):
    """A number that an engagement carries."""

    n: float
    unit: Unit
    role: QuantityRole = "other"
    qualifier: Qualifier = "exact"
    period: Text | None = None
    cumulative: bool = False
    currency: Text | None = None


class ExpectedEngagement(Declared):
    """One act or promise; `countries` maps ISO alpha-2 to the role."""

    type: EngagementType
    status: Status
    countries: dict[Country, Role] = Field(default_factory=dict)
    third_parties: tuple[Text, ...] = ()
    quantities: tuple[ExpectedQuantity, ...] = ()


class Expected(Declared):
    """What a coder makes of the page."""

    relevant: bool
    trap: Text | None = None
    event: Text | None = None
    framing: ArticleFrame | None = None
    countries: tuple[Country, ...] = ()
    sentences: tuple[ExpectedSentence, ...] = ()
    engagements: tuple[ExpectedEngagement, ...] = ()

    @model_validator(mode="after")
    def _only_relevant_pages_are_coded(self) -> "Expected":
        coded = self.framing or self.sentences or self.engagements or self.event or self.countries
        if not self.relevant and coded:
            raise ValueError("a page that is not relevant has no event, framing, countries, sentences or engagements")
        if self.relevant and (self.framing is None or self.trap):
            raise ValueError("a relevant page has a framing and no trap")
        if "CN" in self.countries or any("CN" in engagement.countries for engagement in self.engagements):
            raise ValueError("CN is never among the countries")
        return self


class Edit(Declared):
    """The page's text from day 2 on; what is left out stays as it was."""

    headline: Text | None = None
    body: tuple[Text, ...] | None = None


class PageFile(Declared):
    """One page file."""

    day: Annotated[int, Field(ge=1, le=2)]
    lang: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?$")]
    headline: Text
    published: AwareDatetime
    author: Text | None = None
    agency: Text | None = None
    section: Text | None = None
    body: Annotated[tuple[Text, ...], Field(min_length=1)]
    edited: Edit | None = None
    vanishes: Annotated[int, Field(ge=2, le=2)] | None = None
    copy_of: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+/[a-z0-9-]+$")] | None = None
    expected: Expected

    def text_on(self, day: int) -> tuple[str, tuple[str, ...]]:
        """(headline, paragraphs) as they stand on `day`."""
        if self.edited is None or day < 2:
            return self.headline, self.body
        return self.edited.headline or self.headline, self.edited.body or self.body


class Fact(Declared):
    """A public fact in our own words, with where it was read."""

    fact: Text
    source: Text


class EventFile(Declared):
    """One event file: what really happened."""

    title: Text
    date: UtcTime
    facts: Annotated[tuple[Fact, ...], Field(min_length=1)]


def read_pages(outlet: str, folder: Path = OUTLETS) -> dict[str, PageFile]:
    """The pages of one outlet by slug; raises `BrokenFiles` with the faults of all its files."""
    pages: dict[str, PageFile] = {}
    faults: list[ConfigError] = []
    for path in sorted((folder / outlet / "pages").glob("*.yml")):
        try:
            pages[path.stem] = read_declared(path, PageFile)
        except BrokenFiles as broken:
            faults += broken.faults
    if faults:
        raise BrokenFiles(faults)
    return pages


def read_events(folder: Path = EVENTS) -> dict[str, EventFile]:
    """The events by key."""
    return {path.stem: read_declared(path, EventFile) for path in sorted(folder.glob("*.yml"))}
