"""`beatwatch trace`: why do I (not) have this address?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import click

from alerts.facts import outcome_words
from alerts.wording import one_line
from console.options import data_option, json_option
from console.output import answer, count, moment, say, screen, table
from pipeline.ports import State
from pipeline.records import Article, Fetch, FetchKind, FetchOutcome, StageResult, Takedown, digest128
from pipeline.wiring import data_path, opened_state

Fate = Literal[
    "never_seen", "way_in", "refused_by_robots", "failed", "gone", "waiting", "no_article", "quarantined", "unscreened",
    "dropped", "copy", "relevant", "taken_down",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class TracedFetch:
    """One row of the fetch log. `via` is the feed, sitemap or list page that named the address."""

    at: datetime
    kind: FetchKind
    outcome: FetchOutcome
    status: int | None
    reason: str | None
    url: str
    final_url: str | None
    redirects: tuple[str, ...]
    source: str
    items: int | None
    retry_at: datetime | None
    via: str | None


@dataclass(frozen=True, slots=True)
class TracedArticle:
    """The article that the address leads to; `relevant`, `score` and `reason` are those of its screening."""

    id: str
    url: str
    source: str
    headline: str
    first_seen: datetime
    relevant: bool | None
    score: float | None
    reason: str | None
    terms: tuple[str, ...]
    copy_of: str | None
    copy_of_url: str | None
    revisions: tuple[int, ...]
    vanished_at: datetime | None
    story: str | None


@dataclass(frozen=True, slots=True)
class Trace:
    """What became of an address: `fate` for programs, `words` for people."""

    url: str
    fate: Fate
    words: str
    fetches: tuple[TracedFetch, ...]
    article: TracedArticle | None
    takedown: Takedown | None = None


@click.command("trace")
@click.argument("url")
@data_option
@json_option
def command(url: str, data: Path | None, as_json: bool) -> None:
    """Show every row of the fetch log about an address, and what became of it: never seen, refused by robots, failed,
    dropped by the screen (with score and reason), merged as a copy, taken down, its revisions, its story.
    """
    with opened_state(data_path(data)) as state:
        found = trace(state, url)
    if as_json:
        answer(found)
    else:
        show(found)


def trace(state: State, asked: str) -> Trace:
    """The address as it was given, else as a crawl would have asked for it (escaped, without its fragment).

    An article's rows are those of every address that led to it: the one asked for is often not the canonical one.
    """
    url = _known(state, asked)
    takedown = state.takedown(url)
    if takedown is not None:
        log = _log(state, state.addresses_taken_down(takedown.article_id))
        return Trace(url, "taken_down", _of_takedown(takedown), log, None, takedown)
    article = state.article_by_url(url)
    if article is not None:
        traced = _article(state, article)
        return Trace(url, *_of_article(traced), _log(state, state.addresses(article.id)), traced)
    return Trace(url, *_of_log(state, state.fetches(url=url)), _log(state, [url]), None)


def _log(state: State, urls: Sequence[str]) -> tuple[TracedFetch, ...]:
    """Rows about any of the addresses, each once, oldest first."""
    rows = dict.fromkeys(row for url in urls for row in state.fetches(url=url))
    return tuple(sorted(map(_fetch, rows), key=lambda row: row.at))


def _known(state: State, asked: str) -> str:
    from crawlers.guard import address_key

    forms = (asked, address_key(asked))
    known = (url for url in forms if state.takedown(url) or state.fetches(url=url) or state.article_by_url(url))
    return next(known, asked)


def _fetch(row: Fetch) -> TracedFetch:
    return TracedFetch(
        row.at, row.kind, row.outcome, row.status, row.reason, row.url, row.final_url, row.redirects, row.source_id,
        row.items, row.retry_at, row.entry.via if row.entry else None,
    )  # fmt: skip


def _article(state: State, article: Article) -> TracedArticle:
    screening = state.screening(article.id)
    origin = state.article(article.copy_of) if article.copy_of else None
    return TracedArticle(
        id=article.id,
        url=article.url,
        source=article.source_id,
        headline=one_line(article.headline),
        first_seen=article.first_seen,
        relevant=screening.relevant if screening else None,
        score=screening.score if screening else None,
        reason=screening.reason if screening else None,
        terms=screening.terms if screening else (),
        copy_of=article.copy_of,
        copy_of_url=origin.url if origin else None,
        revisions=tuple(number for number, _, _ in state.revisions(article.id)),
        vanished_at=article.vanished_at,
        story=state.story_of(article.id),
    )


def _of_takedown(takedown: Takedown) -> str:
    return f"taken down on {moment(takedown.at)} by {takedown.by}: {takedown.reason}"


def _of_article(article: TracedArticle) -> tuple[Fate, str]:
    revised = f"; revisions {', '.join(map(str, article.revisions))}" if len(article.revisions) > 1 else ""
    changes = revised + (f"; vanished on {moment(article.vanished_at)}" if article.vanished_at else "")
    if article.relevant is None:
        return "unscreened", f"read, not screened yet: the next run takes it up{changes}"
    if not article.relevant:
        return "dropped", f"dropped by the screen: {article.reason} (score {article.score:.2f}){changes}"
    story = f"in story {article.story}" if article.story else "in no story yet: the next run takes it up"
    if article.copy_of:
        return "copy", f"merged as a copy of {article.copy_of_url or article.copy_of}, {story}{changes}"
    return "relevant", f"relevant (score {article.score:.2f}), {story}{changes}"


def _of_log(state: State, rows: Sequence[Fetch]) -> tuple[Fate, str]:
    if not rows:
        return "never_seen", "never seen: no feed, sitemap or list of a source named it in a run"
    last = rows[-1]
    if last.kind != "page":
        return "way_in", f"a {last.kind} of {last.source_id}: {outcome_words(last)}"
    if last.outcome in (FetchOutcome.FETCHED, FetchOutcome.UNCHANGED):
        return _of_body(_extracted(state, rows))
    if last.outcome is FetchOutcome.GONE:
        return "gone", f"gone when it was asked for: {outcome_words(last)}"
    refused = last.outcome is FetchOutcome.REFUSED_BY_ROBOTS
    return "refused_by_robots" if refused else "failed", f"never read: {outcome_words(last)}"


def _extracted(state: State, rows: Sequence[Fetch]) -> StageResult | None:
    """How the newest body of the address was read; None if it was not yet."""
    bodies = [digest128(row.final_url or row.url, row.archived.sha256) for row in rows if row.archived]
    return state.result(bodies[-1], "extract") if bodies else None


def _of_body(result: StageResult | None) -> tuple[Fate, str]:
    if result is None or result.outcome == "transient":
        return "waiting", "fetched, not read yet: the next run takes it up"
    if result.outcome == "permanent":
        return "quarantined", f"fetched, but it cannot be read: {result.reason}"
    return "no_article", f"fetched, but it holds no article: {result.reason}"


def show(found: Trace) -> None:
    """The answer, the article, the log."""
    say((found.url, "bold"))
    say(found.words)
    if found.article:
        say(f"article {found.article.id} of {found.article.source}: {found.article.headline}")
    if not found.fetches:
        return
    drawn = table(f"{count(len(found.fetches), 'row')} of the fetch log", "at", "kind", "outcome", "status", "details")
    for row in found.fetches:
        outcome = row.outcome.value.replace("_", " ")
        drawn.add_row(moment(row.at), row.kind, outcome, str(row.status or "-"), _details(row))
    screen().print(drawn)


def _details(row: TracedFetch) -> str:
    led = f"led to {row.final_url}" if row.final_url else None
    named = f"named by {row.via}" if row.via else None
    return one_line("; ".join(filter(None, (row.reason, led, named))), 600) or "-"
