"""What one rule has to say after one run: new stories, nothing new, or that the run failed.

The id of a digest depends on what it says and not on when it is made, so that a run which is killed and repeated, or
runs twice on one day, says it once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from babel.dates import format_date

from alerts.coverage import Coverage
from alerts.facts import RunFacts
from alerts.items import Item, make_item
from alerts.rules import WatchRule, matches
from pipeline.records import Source, Story, digest128

Kind = Literal["stories", "nothing_new", "failed"]
DOMAIN = "beatwatch.invalid"
"""Right side of message ids: reserved by RFC 2606, so never another's. The sender's domain would change with a setting
and with it the id of a mail that was sent already."""


@dataclass(frozen=True, slots=True)
class Digest:
    """One mail before it is rendered. `items` is empty unless `kind` is "stories"."""

    id: str
    kind: Kind
    rule: str
    title: str
    facts: RunFacts
    items: tuple[Item, ...] = ()

    @property
    def now(self) -> datetime:
        """The run's clock."""
        return self.facts.now

    @property
    def contested(self) -> int:
        """Stories with an origin framed as mixed or influence."""
        return sum(item.contested for item in self.items)

    @property
    def answered(self) -> str:
        """ "17 of 19 sources answered"."""
        return f"{self.facts.answered} of {self.facts.asked} sources answered"

    @property
    def subject(self) -> str:
        """The mail's subject."""
        name = f"beatwatch, {self.title}" if self.title else "beatwatch"
        day = format_date(self.now, "d MMM y", locale="en")
        if self.kind == "failed":
            return f"{name}: run failed, {day}"
        if self.kind == "nothing_new":
            return f"{name}: nothing new, {day} ({self.answered})"
        stories = f"{len(self.items)} new {'story' if len(self.items) == 1 else 'stories'}"
        return f"{name}: {stories}, {day}" + (f" ({self.contested} mixed or influence)" if self.contested else "")


def digest_id(rule: str, day: date, story_ids: Iterable[str], failure: str | None = None) -> str:
    """Message id, without angle brackets. A digest of stories does not depend on the day."""
    ids = sorted(story_ids)
    if failure is not None:
        return f"{digest128(rule, day.isoformat(), 'failed', failure)}@{DOMAIN}"
    said = ("stories", *ids) if ids else (day.isoformat(), "nothing new")
    return f"{digest128(rule, *said)}@{DOMAIN}"


def unannounced(rule: WatchRule, announced: set[str], coverages: Iterable[Coverage]) -> tuple[Coverage, ...]:
    """The stories that the rule asks for and has not announced; never one that is known from a first fetch only."""
    return tuple(
        coverage
        for coverage in coverages
        if is_new(coverage.story, announced)
        and coverage.articles
        and coverage.relevance >= rule.min_relevance
        and matches(rule, coverage.story, coverage.framings, coverage.reports)
    )


def is_new(story: Story, announced: set[str]) -> bool:
    """Whether a story may be announced at all."""
    return not story.baseline and story.id not in announced


def make_digest(rule: WatchRule, news: Iterable[Coverage], facts: RunFacts, sources: Mapping[str, Source]) -> Digest:
    """The digest of `news`, which may be none. A failed run tells its failure alone: its stories wait for the next."""
    if facts.failure is not None:
        id_ = digest_id(rule.id, facts.now.date(), (), facts.failure)
        return Digest(id_, "failed", rule.id, rule.title, facts)
    items = sorted((make_item(coverage, sources) for coverage in news), key=_rank)
    id_ = digest_id(rule.id, facts.now.date(), (item.story_id for item in items))
    return Digest(id_, "stories" if items else "nothing_new", rule.id, rule.title, facts, tuple(items))


def _rank(item: Item) -> tuple[int, float, str]:
    """Most independent origins first, then the newest."""
    return -item.origins, -item.last.at.timestamp(), item.story_id
