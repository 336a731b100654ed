"""`beatwatch stories`: the stories that the state knows, newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args

import click

from alerts.wording import one_line
from console.briefs import StoryBrief, framing_words, read_brief
from console.options import country_option, data_option, json_option, moment_before, since_option
from console.output import answer, count, day, listed, screen, table
from pipeline.ports import State
from pipeline.records import ArticleFrame, Source, Story
from pipeline.wiring import data_path, opened_state


@dataclass(frozen=True, slots=True)
class Stories:
    """`total` stories were found, seen or published since `since` (None: ever), the first of which are here."""

    since: datetime | None
    total: int
    stories: tuple[StoryBrief, ...]


@click.command("stories")
@since_option
@country_option
@click.option("--framing", type=click.Choice(get_args(ArticleFrame)), help="one of its texts is framed so")
@click.option("--lang", metavar="CODE", help="one of its articles is in this language, ISO 639, e.g. es")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, metavar="N", help="stories shown")
@data_option
@json_option
def command(
    since: timedelta | None,
    country: str | None,
    framing: str | None,
    lang: str | None,
    limit: int,
    data: Path | None,
    as_json: bool,
) -> None:
    """List stories, newest first."""
    with opened_state(data_path(data)) as state:
        start = moment_before(state, since)
        told = [story for story in state.stories(since=start) if _asked(story, country, framing, lang)]
        told.sort(key=lambda story: (story.first_seen, story.last_published, story.id), reverse=True)
        sources = {source.id: source for source in state.sources()}
        found = Stories(start, len(told), tuple(_briefs(state, sources, told[:limit])))
    if as_json:
        answer(found)
    else:
        show(found)


def _asked(story: Story, country: str | None, framing: str | None, lang: str | None) -> bool:
    asked = ((country, story.countries), (framing, story.framing), (lang and lang.lower(), story.languages))
    return all(value is None or value in has for value, has in asked)


def _briefs(state: State, sources: Mapping[str, Source], stories: list[Story]) -> list[StoryBrief]:
    return [found for story in stories if (found := read_brief(state, sources, story))]


def show(found: Stories) -> None:
    """A table for a person."""
    since = f" since {day(found.since)}" if found.since else ""
    rest = f", the newest {len(found.stories)} shown" if len(found.stories) < found.total else ""
    columns = ("story", "first seen", "texts", "copies", "framing", "countries", "languages", "headline")
    title = f"{count(found.total, 'story', 'stories')}{since}{rest}"
    drawn = table(title, *columns, right=("texts", "copies"), whole=("story", "first seen"))
    for brief in found.stories:
        drawn.add_row(
            brief.id, day(brief.first_seen), str(brief.origins), str(brief.copies), framing_words(brief),
            listed(brief.countries), listed(brief.languages), one_line(brief.headline),
        )  # fmt: skip
    screen().print(drawn)
