"""`beatwatch ledger`: who promised what to whom, and what came of it."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, get_args

import click
from rich.style import Style
from rich.text import Text

from alerts.wording import one_line, web_link
from console.evidence import CodedQuantity, coded, party_words, words_of
from console.options import country_option, data_option, json_option, moment_before, since_option
from console.output import answer, count, listed, screen, table
from pipeline.ports import State
from pipeline.records import (
    Article,
    EngagementReport,
    EngagementType,
    KeptReport,
    Quantity,
    Role,
    Status,
    Story,
)
from pipeline.wiring import data_path, opened_state


@dataclass(frozen=True, slots=True)
class LedgerParty:
    """A country in its part."""

    country: str
    role: Role


@dataclass(frozen=True, slots=True)
class LedgerQuantity:
    """A number and how many independent texts give it."""

    number: CodedQuantity
    texts: int


@dataclass(frozen=True, slots=True)
class LedgerEvidence:
    """The words of one report and the article that they stand in."""

    words: str
    article: str
    source: str
    link: str | None
    lang: str


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """Acts of one type and status in one story; numbers that differ stand side by side, none is averaged.

    `texts` counts the independent texts that report them, `sources` are theirs.
    """

    story: str
    headline: str
    type: EngagementType
    status: Status
    coded_by: Literal["machine"]
    parties: tuple[LedgerParty, ...]
    third_parties: tuple[str, ...]
    quantities: tuple[LedgerQuantity, ...]
    evidence: LedgerEvidence
    sources: tuple[str, ...]
    texts: int
    first_reported: datetime
    last_reported: datetime


@dataclass(frozen=True, slots=True)
class Ledger:
    """Rows of stories, newest report first."""

    since: datetime | None
    rows: tuple[LedgerRow, ...]


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for; None asks for nothing."""

    country: str | None = None
    type: str | None = None
    status: str | None = None

    def take(self, report: EngagementReport) -> bool:
        """Whether the report is asked for."""
        countries = [party.country for party in report.parties]
        return (
            self.type in (None, report.type)
            and self.status in (None, report.status)
            and (self.country is None or self.country in countries)
        )


@click.command("ledger")
@country_option
@click.option("--type", "type_", type=click.Choice(get_args(EngagementType)), help="type by the codebook")
@click.option("--status", type=click.Choice(get_args(Status)), help="status by the codebook")
@since_option
@data_option
@json_option
def command(
    country: str | None,
    type_: str | None,
    status: str | None,
    since: timedelta | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """List engagements: for each story the acts of one type and status, with parties, numbers, the words of one text
    and its link, and how many independent texts report them. Every row was coded by a machine and by no person.
    """
    with opened_state(data_path(data)) as state:
        found = read_ledger(state, Filters(country, type_, status), moment_before(state, since))
    if as_json:
        answer(found)
    else:
        show(found)


def read_ledger(state: State, filters: Filters, since: datetime | None) -> Ledger:
    """Reports that are asked for, grouped by story, type and status. Copies report nothing of their own."""
    stories = {id_: story for story in state.stories(since=since) for id_ in story.article_ids}
    kept = [report for report in state.reports() if report.article_id in stories and filters.take(report.report)]
    articles = {article.id: article for article in state.articles({report.article_id for report in kept})}
    groups: dict[tuple[str, str, str], list[KeptReport]] = {}
    for report in kept:
        story, article = stories[report.article_id], articles[report.article_id]
        if article.copy_of not in story.article_ids:
            groups.setdefault((story.id, report.report.type, report.report.status), []).append(report)
    rows = [_row(state, stories[reports[0].article_id], reports, articles) for reports in groups.values()]
    return Ledger(since, tuple(sorted(rows, key=_newest_first)))


def _newest_first(row: LedgerRow) -> tuple[float, str, str, str]:
    return -row.last_reported.timestamp(), row.story, row.type, row.status


def _row(state: State, story: Story, reports: list[KeptReport], articles: Mapping[str, Article]) -> LedgerRow:
    reports.sort(key=lambda kept: (articles[kept.article_id].time, kept.article_id, kept.report.start))
    told = {kept.article_id: articles[kept.article_id] for kept in reports}
    times = [article.time for article in told.values()]
    first = reports[0].report
    return LedgerRow(
        story=story.id,
        headline=one_line(story.headline),
        type=first.type,
        status=first.status,
        coded_by="machine",
        parties=_parties(kept.report for kept in reports),
        third_parties=tuple(sorted({one_line(third.name) for kept in reports for third in kept.report.third_parties})),
        quantities=_quantities(reports),
        evidence=_evidence(state, reports[0], told[reports[0].article_id]),
        sources=tuple(sorted({article.source_id for article in told.values()})),
        texts=len(told),
        first_reported=min(times),
        last_reported=max(times),
    )


def _parties(reports: Iterable[EngagementReport]) -> tuple[LedgerParty, ...]:
    found = {LedgerParty(party.country, party.role) for report in reports for party in report.parties}
    return tuple(sorted(found, key=lambda party: (party.country, party.role)))


def _quantities(reports: Sequence[KeptReport]) -> tuple[LedgerQuantity, ...]:
    """Each number once; a number that one text gives twice is one text's number."""
    found: dict[Quantity, set[str]] = {}
    for kept in reports:
        for quantity in kept.report.quantities:
            found.setdefault(replace(quantity, start=0, end=0), set()).add(kept.article_id)
    return tuple(LedgerQuantity(coded(quantity), len(texts)) for quantity, texts in found.items())


def _evidence(state: State, kept: KeptReport, article: Article) -> LedgerEvidence:
    words = words_of(state, article, kept.text_id)(kept.report.start, kept.report.end)
    return LedgerEvidence(words, article.id, article.source_id, web_link(article.url), article.lang)


def show(found: Ledger) -> None:
    """A table for a person. On a terminal the evidence is the link, since a broken address leads nowhere."""
    terminal = sys.stdout.isatty()
    columns = ("reported", "type", "status", "parties", "numbers", "texts", "sources", "story", "evidence")
    title = f"{count(len(found.rows), 'row')}, coded by machine"
    drawn = table(title, *columns, *(() if terminal else ("link",)), right=("texts",), whole=("reported", "story"))
    for row in found.rows:
        drawn.add_row(*_cells(row), *_evidence_cells(row.evidence, terminal))
    screen().print(drawn)


def _cells(row: LedgerRow) -> Sequence[str]:
    parties = [party_words(party.country, party.role) for party in row.parties]
    numbers = [said.number.words for said in row.quantities]
    return (
        f"{row.last_reported:%Y-%m-%d}", row.type.replace("_", " "), row.status.replace("_", " "),
        listed([*parties, *row.third_parties]), listed(numbers), str(row.texts), listed(row.sources), row.story,
    )  # fmt: skip


def _evidence_cells(evidence: LedgerEvidence, terminal: bool) -> Sequence[str | Text]:
    if terminal:
        return (Text(evidence.words, style=Style(link=evidence.link)),)
    return evidence.words, evidence.link or "-"
