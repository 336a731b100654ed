"""`beatwatch story`: everything that is known of one story, with the evidence."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click

from alerts.coverage import Coverage, read_coverage
from alerts.items import source_name
from alerts.wording import moment_words, one_line, web_link
from console.briefs import StoryBrief, brief, show_brief
from console.evidence import QuotedReport, number_words, party_words, quoted, words_of
from console.options import data_option, json_option
from console.output import answer, count, framed, moment, say
from pipeline.errors import UsageError
from pipeline.gloss import gloss
from pipeline.ports import State
from pipeline.records import Article, ArticleFrame, FramedSentence, Moment, Source, Story
from pipeline.wiring import data_path, opened_state

SHORTEST = 6
"""Characters of a prefix: fewer name a time span and not a story."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A text that the publisher replaced, or the current one."""

    number: int
    first_seen: datetime


@dataclass(frozen=True, slots=True)
class StoryArticle:
    """One member of a story. `copy_of` is the id of the article that it reprints."""

    id: str
    headline: str
    link: str | None
    lang: str
    source: str
    source_name: str
    published: Moment | None
    first_seen: datetime
    agency: str | None
    copy_of: str | None
    revisions: tuple[Revision, ...]
    vanished_at: datetime | None
    gloss: str
    framing: ArticleFrame | None
    probabilities: dict[str, float]
    shares: dict[str, float]
    sentences: tuple[FramedSentence, ...]
    engagements: tuple[QuotedReport, ...]


@dataclass(frozen=True, slots=True)
class StoryWhole:
    """A story with its articles: each origin in order of time, followed by its copies."""

    story: StoryBrief
    articles: tuple[StoryArticle, ...]


@click.command("story")
@click.argument("story_id", metavar="ID")
@data_option
@json_option
def command(story_id: str, data: Path | None, as_json: bool) -> None:
    """Show one story by its id, or by the beginning of it (at least 6 characters, and no other story's): all articles
    with their links, copies under their origin, revisions, what vanished, framed sentences, and engagement reports with
    the words that they rest on.
    """
    with opened_state(data_path(data)) as state:
        found = whole(state, find(state, story_id))
    if as_json:
        answer(found)
    else:
        show(found)


def find(state: State, asked: str) -> Story:
    """The story of an id, of an id that it was merged from, or of a prefix. Raises `UsageError`."""
    asked = asked.upper()
    possible = asked.isascii() and asked.isalnum()
    if possible and (exact := state.story(asked)):
        return exact
    if len(asked) < SHORTEST:
        raise UsageError(f"story {asked}: give the whole id, or at least its first {SHORTEST} characters")
    found = [story for story in state.stories() if possible and story.id.startswith(asked)]
    if not found:
        raise UsageError(f"story {asked}: there is no such story; `beatwatch stories` lists them")
    if len(found) > 1:
        some = ", ".join(story.id for story in found[:3])
        raise UsageError(f"story {asked}: {len(found)} stories begin so ({some} ...): give more characters")
    return found[0]


def whole(state: State, story: Story) -> StoryWhole:
    """The story with its articles. Raises `UsageError` for one that has none any more."""
    sources = {source.id: source for source in state.sources()}
    coverage = read_coverage(state, story)
    shown = brief(coverage, sources)
    if shown is None:
        raise UsageError(f"story {story.id}: it has no article any more: a later screening dropped them")
    return StoryWhole(shown, tuple(_article(state, sources, coverage, article) for article in _in_order(coverage)))


def _in_order(coverage: Coverage) -> Sequence[Article]:
    """Origins in order of time, each followed by its copies."""
    return [
        article
        for origin in coverage.origins
        for article in (origin, *(copy for copy in coverage.articles if copy.copy_of == origin.id))
    ]


def _article(state: State, sources: Mapping[str, Source], coverage: Coverage, article: Article) -> StoryArticle:
    framing, reports = coverage.framings.get(article.id), coverage.reports.get(article.id, ())
    coded = state.result(article.id, "engage")
    words = words_of(state, article, coded.fingerprint if coded else article.text_id)
    return StoryArticle(
        id=article.id,
        headline=one_line(article.headline),
        link=web_link(article.url),
        lang=article.lang,
        source=article.source_id,
        source_name=source_name(article.source_id, sources),
        published=article.published,
        first_seen=article.first_seen,
        agency=article.agency,
        copy_of=article.copy_of,
        revisions=tuple(Revision(number, at) for number, _, at in state.revisions(article.id)),
        vanished_at=article.vanished_at,
        gloss=gloss(framing.framing if framing else None, reports),
        framing=framing.framing if framing else None,
        probabilities=framing.probabilities if framing else {},
        shares=framing.shares if framing else {},
        sentences=framing.sentences if framing else (),
        engagements=tuple(quoted(report, words) for report in reports),
    )


def show(found: StoryWhole) -> None:
    """The story for a person."""
    show_brief(found.story, bars=sys.stdout.isatty())
    ids = {article.id for article in found.articles}
    for article in found.articles:
        copy = article.copy_of in ids
        if not copy:
            say()
        _show_article(article, indent=4 if copy else 0, copy=copy)


def _show_article(article: StoryArticle, *, indent: int, copy: bool) -> None:
    when = moment_words(article.published or Moment(article.first_seen, "first_seen"))
    say("copy: " if copy else "", (article.headline, "bold"), f" [{article.lang}]", indent=indent)
    credit = f", credit: {one_line(article.agency)}" if article.agency else ""
    say(f"{article.source_name}{credit}; {when}", indent=indent + 2)
    say(article.link or "(no link that can be shown)", indent=indent + 2)
    _show_changes(article, indent + 2)
    if not copy:
        _show_coding(article)


def _show_changes(article: StoryArticle, indent: int) -> None:
    if article.vanished_at:
        say((f"vanished: its address answered “gone” on {moment(article.vanished_at)}", "red"), indent=indent)
    if len(article.revisions) > 1:
        times = ", ".join(moment(revision.first_seen) for revision in article.revisions)
        say((f"{count(len(article.revisions), 'revision')}, first seen {times}", "yellow"), indent=indent)


def _show_coding(article: StoryArticle) -> None:
    if article.framing:
        figures = ", ".join(f"{frame} {share:.2f}" for frame, share in article.probabilities.items())
        say("framing: ", framed(article.framing, article.framing), f" ({figures})", indent=2)
    for sentence in article.sentences:
        both = " and the other" if sentence.both else ""
        about = f"{both}, {sentence.voice.replace('_', ' ')}, {sentence.probability:.2f}: “{one_line(sentence.text)}”"
        say(framed(sentence.frame, sentence.frame), about, indent=4)
    for report in article.engagements:
        _show_report(report)


def _show_report(report: QuotedReport) -> None:
    say(f"engagement: {report.type.replace('_', ' ')}, {report.status.replace('_', ' ')}: “{report.words}”", indent=2)
    rows = [(party_words(party.country, party.role), party.words) for party in report.parties]
    rows += [(f"{one_line(third.name)} (third party)", third.words) for third in report.third_parties]
    rows += [(number_words(quantity), quantity.words) for quantity in report.quantities]
    for value, words in rows:
        say(f"{value}: “{words}”", indent=4)
