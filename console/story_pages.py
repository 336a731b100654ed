"""What the console's pages show of stories, articles and sources, read from the state and ready for the templates.

Templates get plain records and never the state: every read is here, and a template that forgets one fails in a test.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from alerts.coverage import moment, read_coverage
from alerts.facts import ANSWERS, front_doors, outcome_words
from alerts.items import Item, language_name, language_tag, make_item, source_name
from alerts.wording import one_line, web_link
from pipeline.gloss import country_name, gloss, quantity_words
from pipeline.ports import State
from pipeline.records import Article, EngagementReport, Fetch, FramedSentence, Framing, Moment, Source, Story

RECENT = timedelta(days=7)
EVIDENCE = 600
"""Code points of one piece of evidence that are shown."""


@dataclass(frozen=True, slots=True)
class DayPage:
    """The stories of the newest day that has any; `known` are those known from first fetches only."""

    day: date | None
    new: tuple[Item, ...]
    known: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Coded:
    """One coded field with the exact words that it rests on ("" where the text is no longer kept)."""

    value: str
    words: str


@dataclass(frozen=True, slots=True)
class ReportView:
    """One engagement report; `words` is the sentence that names the act."""

    act: str
    words: str
    fields: tuple[Coded, ...]


@dataclass(frozen=True, slots=True)
class ArticleView:
    """One member of a story with everything that is known of it."""

    article: Article
    headline: str
    link: str | None
    lang: str
    language: str
    source: str
    moment: Moment
    copy_of: str | None
    revisions: tuple[tuple[int, datetime], ...]
    gloss: str
    framing: Framing | None
    sentences: tuple[FramedSentence, ...]
    reports: tuple[ReportView, ...]


@dataclass(frozen=True, slots=True)
class SourceView:
    """One source with how its newest request ended and when it last answered."""

    source: Source
    link: str | None
    languages: str
    country: str
    last: Fetch | None
    outcome: str
    answered: bool
    answered_at: datetime | None


def day_page(state: State, sources: Mapping[str, Source], now: datetime) -> DayPage:
    """The newest day's stories, most independent origins first."""
    stories = state.stories(since=now - RECENT) or state.stories()
    day = max((story.first_seen.date() for story in stories), default=None)
    todays = [story for story in stories if story.first_seen.date() == day]
    new, known = (_items(state, sources, todays, baseline) for baseline in (False, True))
    return DayPage(day, new, known)


def _items(state: State, sources: Mapping[str, Source], stories: Iterable[Story], baseline: bool) -> tuple[Item, ...]:
    coverages = (read_coverage(state, story) for story in stories if story.baseline == baseline)
    items = [make_item(coverage, sources) for coverage in coverages if coverage.articles]
    return tuple(sorted(items, key=lambda item: (-item.origins, item.story_id)))


def story_page(
    state: State, sources: Mapping[str, Source], story: Story
) -> tuple[Item | None, tuple[ArticleView, ...]]:
    """The story at a glance (None if it lost its articles), and its articles in order of time."""
    coverage = read_coverage(state, story)
    if not coverage.articles:
        return None, ()
    views = [_article(state, sources, a, coverage.framings.get(a.id), coverage.reports) for a in coverage.articles]
    return make_item(coverage, sources), tuple(views)


def _article(
    state: State,
    sources: Mapping[str, Source],
    article: Article,
    framing: Framing | None,
    reports: Mapping[str, tuple[EngagementReport, ...]],
) -> ArticleView:
    told = reports.get(article.id, ())
    text = coded_text(state, article) if told else ""
    return ArticleView(
        article=article,
        headline=one_line(article.headline),
        link=web_link(article.url),
        lang=language_tag(article),
        language=language_name(article.lang),
        source=source_name(article.source_id, sources),
        moment=moment(article),
        copy_of=article.copy_of,
        revisions=tuple((number, at) for number, _, at in state.revisions(article.id)),
        gloss=gloss(framing.framing if framing else None, told),
        framing=framing,
        sentences=tuple(s for s in framing.sentences if s.frame != "none") if framing else (),
        reports=tuple(_report(report, text) for report in told),
    )


def coded_text(state: State, article: Article) -> str:
    """The text that the reports cite: the one that the stage read, which a newer revision may have replaced since."""
    result = state.result(article.id, "engage")
    if result is None or result.fingerprint == article.text_id:
        return article.text
    kept = state.text(result.fingerprint)
    return kept[1] if kept else ""


def _report(report: EngagementReport, text: str) -> ReportView:
    def words(start: int, end: int) -> str:
        return one_line(text[start:end], EVIDENCE)

    fields = [
        *(Coded(f"{country_name(p.country)} ({_words(p.role)})", words(p.start, p.end)) for p in report.parties),
        *(Coded(f"{one_line(t.name)} (third party)", words(t.start, t.end)) for t in report.third_parties),
        *(Coded(f"{quantity_words(q)} ({_words(q.role)})", words(q.start, q.end)) for q in report.quantities),
    ]
    return ReportView(f"{_words(report.type)}, {_words(report.status)}", words(report.start, report.end), tuple(fields))


def _words(name: str) -> str:
    return name.replace("_", " ")


def source_views(state: State, sources: Mapping[str, Source]) -> tuple[SourceView, ...]:
    """Every source by name, with the end of its fetch log."""
    views = (_source(source, state.fetches(source_id=source.id)) for source in sources.values())
    return tuple(sorted(views, key=lambda view: (view.source.name, view.source.id)))


def _source(source: Source, fetches: Sequence[Fetch]) -> SourceView:
    doors = front_doors(fetches)
    last = doors[-1] if doors else None
    answered_at = max((fetch.at for fetch in doors if fetch.outcome in ANSWERS), default=None)
    return SourceView(
        source=source,
        link=web_link(source.home),
        languages=", ".join(language_name(tag.partition("-")[0]) for tag in source.languages),
        country="supranational" if source.country == "XX" else country_name(source.country),
        last=last,
        outcome=outcome_words(last) if last else "never asked",
        answered=last is not None and last.outcome in ANSWERS,
        answered_at=answered_at,
    )
