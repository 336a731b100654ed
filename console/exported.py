"""What `beatwatch export` writes of stories, articles and engagement reports: coded fields, headlines and links.

No evidence, no author and no text: an export is passed on, and the codebook keeps names of private persons out of what
is. The order of the fields is that of the columns, and new ones are added at the end. Everything is walked in order of
ids, so that two exports compare, and nothing is held that grows with the number of irrelevant articles.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Literal

from alerts.wording import one_line
from console.evidence import CodedQuantity, coded
from pipeline.gloss import gloss
from pipeline.payloads import record, reports
from pipeline.ports import State
from pipeline.records import (
    Article,
    ArticleFrame,
    EngagementReport,
    EngagementType,
    Framing,
    KeptReport,
    OutletKind,
    Precision,
    Provenance,
    Screening,
    Source,
    StageResult,
    Status,
    Story,
)

_PAGE = 500


@dataclass(frozen=True, slots=True)
class ExportedStory:
    """`link` is that of the founding article; the counts of frames are over all articles."""

    id: str
    headline: str
    link: str | None
    first_seen: datetime
    first_published: datetime
    last_published: datetime
    articles: int
    origins: int
    copies: int
    languages: tuple[str, ...]
    sources: tuple[str, ...]
    countries: tuple[str, ...]
    cooperation: int
    influence: int
    mixed: int
    neutral: int
    uncertain: int
    baseline: bool


@dataclass(frozen=True, slots=True)
class ExportedArticle:
    """`relevance` and `reason` are the screen's; what an irrelevant article is not coded for is null or empty."""

    id: str
    url: str
    source: str
    source_name: str | None
    source_kind: OutletKind | None
    headline: str
    lang: str
    published: datetime | None
    published_from: Provenance | None
    published_precision: Precision | None
    first_seen: datetime
    revision: int
    vanished_at: datetime | None
    relevant: bool | None
    relevance: float | None
    reason: str | None
    story: str | None
    copy_of: str | None
    framing: ArticleFrame | None
    p_cooperation: float | None
    p_influence: float | None
    p_mixed: float | None
    p_neutral: float | None
    share_cooperation: float | None
    share_influence: float | None
    countries: tuple[str, ...]
    types: tuple[EngagementType, ...]
    statuses: tuple[Status, ...]
    gloss: str


@dataclass(frozen=True, slots=True)
class ExportedEngagement:
    """One report of one article; `roles` are "FJ host"; `copy_of` says that the article is a reprint."""

    id: str
    story: str | None
    article: str
    link: str
    source: str
    lang: str
    published: datetime | None
    first_seen: datetime
    type: EngagementType
    status: Status
    coded_by: Literal["machine"]
    countries: tuple[str, ...]
    roles: tuple[str, ...]
    third_parties: tuple[str, ...]
    quantities: tuple[CodedQuantity, ...]
    copy_of: str | None


def exported_stories(state: State) -> Iterator[ExportedStory]:
    """All stories, by id."""
    stories = state.stories()
    links = {article.id: article.url for article in state.articles({story.founder for story in stories})}
    return (_story(story, links.get(story.founder)) for story in stories)


def _story(story: Story, link: str | None) -> ExportedStory:
    return ExportedStory(
        id=story.id,
        headline=one_line(story.headline),
        link=link,
        first_seen=story.first_seen,
        first_published=story.first_published,
        last_published=story.last_published,
        articles=len(story.article_ids),
        origins=story.origins,
        copies=story.copies,
        languages=story.languages,
        sources=story.sources,
        countries=story.countries,
        cooperation=story.framing.get("cooperation", 0),
        influence=story.framing.get("influence", 0),
        mixed=story.framing.get("mixed", 0),
        neutral=story.framing.get("neutral", 0),
        uncertain=story.framing.get("uncertain", 0),
        baseline=story.baseline,
    )


def exported_articles(state: State, *, everything: bool) -> Iterator[ExportedArticle]:
    """Articles by id: the relevant ones, or `everything` that was read."""
    sources = {source.id: source for source in state.sources()}
    homes = {id_: story.id for story in state.stories() for id_ in story.article_ids}
    screened, framed, engaged = (_in_step(state.results(stage)) for stage in ("screen", "frame", "engage"))
    for article in state.articles(None if everything else _relevant(state)):
        payloads = [at(article.id) for at in (screened, framed, engaged)]
        yield _article(article, sources.get(article.source_id), homes.get(article.id), *payloads)


def _relevant(state: State) -> list[str]:
    return [result.key for result in state.results("screen") if (result.payload or {}).get("relevant") is True]


Payload = dict[str, object] | None


def _in_step(results: Iterator[StageResult]) -> Callable[[str], Payload]:
    """Payloads by key, out of results in order of their keys; keys must be asked for in that order too."""
    current = next(results, None)

    def at(key: str) -> Payload:
        nonlocal current
        while current is not None and current.key < key:
            current = next(results, None)
        return current.payload if current is not None and current.key == key else None

    return at


def _article(
    article: Article, source: Source | None, story: str | None, screened: Payload, framed: Payload, engaged: Payload
) -> ExportedArticle:
    screening = record(Screening, screened) if screened else None
    framing = record(Framing, framed) if framed else None
    found: Sequence[EngagementReport] = reports(engaged) if engaged else ()
    published = article.published
    probabilities = framing.probabilities if framing else {}
    shares = framing.shares if framing else {}
    return ExportedArticle(
        id=article.id,
        url=article.url,
        source=article.source_id,
        source_name=one_line(source.name) if source else None,
        source_kind=source.kind if source else None,
        headline=one_line(article.headline),
        lang=article.lang,
        published=published.at if published else None,
        published_from=published.provenance if published else None,
        published_precision=published.precision if published else None,
        first_seen=article.first_seen,
        revision=article.revision,
        vanished_at=article.vanished_at,
        relevant=screening.relevant if screening else None,
        relevance=screening.score if screening else None,
        reason=screening.reason if screening else None,
        story=story,
        copy_of=article.copy_of,
        framing=framing.framing if framing else None,
        p_cooperation=probabilities.get("cooperation"),
        p_influence=probabilities.get("influence"),
        p_mixed=probabilities.get("mixed"),
        p_neutral=probabilities.get("neutral"),
        share_cooperation=shares.get("cooperation"),
        share_influence=shares.get("influence"),
        countries=tuple(sorted({party.country for report in found for party in report.parties})),
        types=tuple(sorted({report.type for report in found})),
        statuses=tuple(sorted({report.status for report in found})),
        gloss=gloss(framing.framing if framing else None, found),
    )


def exported_engagements(state: State) -> Iterator[ExportedEngagement]:
    """The reports of all relevant articles, by id."""
    homes = {id_: story.id for story in state.stories() for id_ in story.article_ids}
    kept = state.reports()
    while page := list(islice(kept, _PAGE)):
        articles = {article.id: article for article in state.articles({report.article_id for report in page})}
        for report in page:
            yield _engagement(report, articles[report.article_id], homes.get(report.article_id))


def _engagement(kept: KeptReport, article: Article, story: str | None) -> ExportedEngagement:
    report = kept.report
    parties = sorted({(party.country, party.role) for party in report.parties})
    return ExportedEngagement(
        id=kept.id,
        story=story,
        article=article.id,
        link=article.url,
        source=article.source_id,
        lang=article.lang,
        published=article.published.at if article.published else None,
        first_seen=article.first_seen,
        type=report.type,
        status=report.status,
        coded_by="machine",
        countries=tuple(sorted({country for country, _ in parties})),
        roles=tuple(f"{country} {role.replace('_', ' ')}" for country, role in parties),
        third_parties=tuple(one_line(third.name) for third in report.third_parties),
        quantities=tuple(map(coded, report.quantities)),
        copy_of=article.copy_of,
    )
