"""One story as a reader sees it in a digest or on the console's first page: pure, from its coverage.

Copies of a text are counted but neither framed nor quoted again: an agency's text must not outweigh a reporter's
because forty papers carried it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from babel import Locale

from alerts.coverage import Coverage, moment
from alerts.wording import one_line, web_link
from pipeline.gloss import country_name, gloss, quantity_words
from pipeline.records import (
    Article,
    ArticleFrame,
    EngagementReport,
    EngagementType,
    Frame,
    FramedSentence,
    Framing,
    Moment,
    Quantity,
    Source,
    Status,
    Voice,
)  # fmt: skip

QUOTES = 3
_NAMING: frozenset[EngagementType] = frozenset({"repression_act", "wanted_notice"})
"""Acts whose evidence names their targets; the codebook keeps those names out of mails."""


@dataclass(frozen=True, slots=True)
class FramingBar:
    """Shares (sum 1) of the framed origins. `texts` counts those, `undecided` the ones where the coder abstains."""

    cooperation: float
    influence: float
    neutral: float
    undecided: int
    texts: int

    @property
    def percent(self) -> tuple[int, int, int]:
        """Whole per cent that add up to 100 (or to 0 where no text is decided)."""
        if self.texts == self.undecided:
            return 0, 0, 0
        cooperation = round(self.cooperation * 100)
        influence = min(100 - cooperation, round(self.influence * 100))
        return cooperation, influence, 100 - cooperation - influence


@dataclass(frozen=True, slots=True)
class Quote:
    """A framed sentence with the way to it. `both`: it carries the other frame too. `lang` is "" if unknown."""

    text: str
    frame: Frame
    both: bool
    voice: Voice
    source: str
    link: str | None
    lang: str


@dataclass(frozen=True, slots=True)
class EngagementLine:
    """Acts of one type and status over the story: each number with the count of origins that give it, none averaged."""

    type: EngagementType
    status: Status
    quantities: tuple[tuple[str, int], ...]
    countries: tuple[str, ...]
    origins: int

    @property
    def words(self) -> str:
        """The line in English."""
        numbers = " / ".join(f"{words} ({_texts(count)})" for words, count in self.quantities)
        parts = [numbers or _texts(self.origins), ", ".join(self.countries)]
        label = f"{self.type.replace('_', ' ')}, {self.status.replace('_', ' ')}"
        return f"{label}: {'; '.join(part for part in parts if part)}"


@dataclass(frozen=True, slots=True)
class Item:
    """One story, ready to be shown: every foreign word is one clean line, every link http or https."""

    story_id: str
    headline: str
    lang: str
    link: str | None
    gloss: str
    bar: FramingBar
    frames: tuple[tuple[ArticleFrame, int], ...]
    countries: tuple[str, ...]
    sources: tuple[tuple[str, str | None], ...]
    languages: tuple[str, ...]
    origins: int
    copies: int
    first: Moment
    last: Moment
    quotes: tuple[Quote, ...]
    engagements: tuple[EngagementLine, ...]

    @property
    def contested(self) -> bool:
        """Whether an origin is framed as influence or mixed."""
        return any(frame in ("influence", "mixed") for frame, _ in self.frames)


def make_item(coverage: Coverage, sources: Mapping[str, Source]) -> Item:
    """The story with its evidence. A story without any article cannot be shown and is a `ValueError`."""
    story, origins = coverage.story, coverage.origins
    if not coverage.articles:
        raise ValueError(f"story {story.id} has no articles")
    shown = _headline_article(coverage)
    framings = [coverage.framings[article.id] for article in origins if article.id in coverage.framings]
    return Item(
        story.id, one_line(story.headline), language_tag(shown), web_link(shown.url), _gloss(coverage),
        framing_bar(framings), _frames(framings), tuple(sorted(map(country_name, story.countries))),
        tuple(_sources(coverage.articles, sources)), tuple(sorted(map(language_name, story.languages))),
        story.origins, story.copies, moment(coverage.articles[0]), moment(coverage.articles[-1]),
        _quotes(coverage, sources), _engagement_lines(coverage),
    )  # fmt: skip


def source_name(source_id: str, sources: Mapping[str, Source]) -> str:
    """The outlet's name; its id where its file is gone."""
    return one_line(sources[source_id].name if source_id in sources else source_id)


def language_tag(article: Article) -> str:
    """The language for a `lang` attribute, "" where it is undetermined."""
    return "" if article.lang == "und" else article.lang


def language_name(code: str) -> str:
    """English name of a language; an unknown code stands for itself."""
    name: str = Locale("en").languages.get(code, code)
    return name


def framing_bar(framings: Sequence[Framing]) -> FramingBar:
    """Each text weighs 1: its frame, or for a mixed one the shares of its framed sentences (else half and half)."""
    decided = [framing for framing in framings if framing.framing != "uncertain"]
    cooperation = sum(_cooperation(framing) for framing in decided)
    neutral = sum(framing.framing == "neutral" for framing in decided)
    total = max(len(decided), 1)
    influence = len(decided) - cooperation - neutral
    undecided = len(framings) - len(decided)
    return FramingBar(cooperation / total, influence / total, neutral / total, undecided, len(framings))


def _cooperation(framing: Framing) -> float:
    if framing.framing != "mixed":
        return float(framing.framing == "cooperation")
    cooperation, influence = (framing.shares.get(name, 0.0) for name in ("cooperation", "influence"))
    return cooperation / (cooperation + influence) if cooperation + influence else 0.5


def _texts(count: int) -> str:
    return f"{count} {'text' if count == 1 else 'texts'}"


def _headline_article(coverage: Coverage) -> Article:
    """The article that the story's headline is from; else its founder; else its first."""
    story, articles = coverage.story, coverage.articles
    ranked = sorted(articles, key=lambda article: (article.headline != story.headline, article.id != story.founder))
    return ranked[0]


def _gloss(coverage: Coverage) -> str:
    """Of the origin that reports most: numbers of two articles are not put into one sentence."""
    best = max(coverage.origins or coverage.articles, key=lambda article: _weight(coverage.reports.get(article.id, ())))
    framing = coverage.framings.get(best.id)
    return gloss(framing.framing if framing else None, coverage.reports.get(best.id, ()))


def _weight(reports: Sequence[EngagementReport]) -> tuple[int, int]:
    return sum(len(report.quantities) for report in reports), len(reports)


def _frames(framings: Iterable[Framing]) -> tuple[tuple[ArticleFrame, int], ...]:
    coded = [framing.framing for framing in framings]
    order: tuple[ArticleFrame, ...] = ("cooperation", "influence", "mixed", "neutral", "uncertain")
    return tuple((frame, coded.count(frame)) for frame in order if frame in coded)


def _sources(articles: Iterable[Article], sources: Mapping[str, Source]) -> Iterable[tuple[str, str | None]]:
    """Each outlet once, with its first article."""
    first: dict[str, Article] = {}
    for article in articles:
        first.setdefault(article.source_id, article)
    return [(source_name(id_, sources), web_link(article.url)) for id_, article in first.items()]


# --- evidence --------------------------------------------------------------------------------------------------


def _quotes(coverage: Coverage, sources: Mapping[str, Source]) -> tuple[Quote, ...]:
    """The surest sentence of each frame, then those whose voices were not heard yet."""
    left = sorted(_quotable(coverage), key=lambda pair: -pair[1].probability)
    chosen: list[tuple[Article, FramedSentence]] = []
    while left and len(chosen) < QUOTES:
        frames = {sentence.frame for _, sentence in chosen}
        voices = {sentence.voice for _, sentence in chosen}
        best = min(left, key=lambda pair: (pair[1].frame in frames, pair[1].voice in voices))
        chosen.append(best)
        left = [pair for pair in left if one_line(pair[1].text) != one_line(best[1].text)]
    return tuple(_quote(article, sentence, sources) for article, sentence in chosen)


def _quotable(coverage: Coverage) -> Iterable[tuple[Article, FramedSentence]]:
    for article in coverage.origins:
        spans = [span for report in coverage.reports.get(article.id, ()) for span in _naming_spans(report)]
        for sentence in coverage.framings[article.id].sentences if article.id in coverage.framings else ():
            overlaps = any(start < sentence.end and sentence.start < end for start, end in spans)
            if sentence.frame != "none" and not overlaps:
                yield article, sentence


def _naming_spans(report: EngagementReport) -> Iterable[tuple[int, int]]:
    """Where a report of an act against persons has its evidence."""
    if report.type in _NAMING:
        yield report.start, report.end
        yield from ((party.start, party.end) for party in report.parties)
        yield from ((quantity.start, quantity.end) for quantity in report.quantities)


def _quote(article: Article, sentence: FramedSentence, sources: Mapping[str, Source]) -> Quote:
    source = source_name(article.source_id, sources)
    return Quote(
        one_line(sentence.text), sentence.frame, sentence.both, sentence.voice, source, web_link(article.url),
        language_tag(article),
    )  # fmt: skip


def _engagement_lines(coverage: Coverage) -> tuple[EngagementLine, ...]:
    """One line for each type and status, in the order in which the story's origins report them."""
    rows: dict[tuple[EngagementType, Status], list[tuple[str, EngagementReport]]] = {}
    for article in coverage.origins:
        for report in coverage.reports.get(article.id, ()):
            rows.setdefault((report.type, report.status), []).append((article.id, report))
    return tuple(_line(type_, status, reports) for (type_, status), reports in rows.items())


def _line(type_: EngagementType, status: Status, reports: Sequence[tuple[str, EngagementReport]]) -> EngagementLine:
    """`reports` with the article each is from; a number said twice by one article is one text's number."""
    said: dict[str, set[str]] = {}
    for article, report in reports:
        for quantity in report.quantities:
            said.setdefault(_said(quantity), set()).add(article)
    countries = {country_name(party.country) for _, report in reports for party in report.parties}
    counts = tuple((words, len(articles)) for words, articles in said.items())
    return EngagementLine(type_, status, counts, tuple(sorted(countries)), len({article for article, _ in reports}))


def _said(quantity: Quantity) -> str:
    role = "" if quantity.role == "other" else f" {quantity.role.replace('_', ' ')}"
    return quantity_words(quantity) + role + (f" ({one_line(quantity.period)})" if quantity.period else "")
