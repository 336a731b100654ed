"""`beatwatch today`: what is new since the run before."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

import click

from console.briefs import StoryBrief, read_brief, show_brief
from console.options import data_option, json_option
from console.output import answer, count, day, say
from pipeline.ports import State
from pipeline.records import Source
from pipeline.wiring import data_path, opened_state


@dataclass(frozen=True, slots=True)
class Today:
    """`day` is that of the newest completed run (`run`), None before the first; new stories come first."""

    day: date | None
    run: datetime | None
    stories: tuple[StoryBrief, ...]


@click.command("today")
@data_option
@json_option
def command(data: Path | None, as_json: bool) -> None:
    """Show the stories that were first seen on the day of the newest completed run: headline, framing, countries,
    independent texts and copies, and one framed sentence each with its voice and its link.

    Stories that are known only from a source's first fetch come last: they were there before, and are not announced.
    """
    path = data_path(data)
    with opened_state(path) as state:
        found = todays_stories(state, {source.id: source for source in state.sources()})
    if as_json:
        answer(found)
    else:
        show(found, path)


def todays_stories(state: State, sources: Mapping[str, Source]) -> Today:
    """Stories of the newest completed run's day. A run that goes on past midnight still counts to the day it began."""
    run = state.newest_run()
    if run is None:
        return Today(None, None, ())
    morning = datetime.combine(run.date(), time(), UTC)
    stories = [story for story in state.stories(since=morning) if story.first_seen >= morning]
    briefs = [found for story in stories if (found := read_brief(state, sources, story))]
    return Today(run.date(), run, tuple(sorted(briefs, key=lambda b: (b.baseline, -b.origins, b.id))))


def show(found: Today, path: Path) -> None:
    """The day for a person."""
    if found.day is None:
        say(f"No run was completed in {path} yet.")
        return
    parts = [[b for b in found.stories if b.baseline == baseline] for baseline in (False, True)]
    known = f", {len(parts[1])} known from the first reading of a source" if parts[1] else ""
    say((f"{day(found.day)}: {count(len(parts[0]), 'new story', 'new stories')}{known}", "bold"))
    for shown in found.stories:
        say()
        show_brief(shown, bars=sys.stdout.isatty())
