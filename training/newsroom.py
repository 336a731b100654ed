"""The newsroom's expected coding against what two real runs made of it: `beatwatch evaluate --set newsroom`.

Pages are met by their canonical address. A page that was not gathered, or was dropped, counts as coded "not relevant":
the figure is that of the whole way of an article, not of the heads alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from pipeline.ports import State
from pipeline.records import Article, EngagementReport, Framing
from sample.outlets import outlet_ids, read_outlet
from sample.pages import PageFile, read_pages
from sample.postings import postings
from training.scores import Table, b_cubed, counted
from training.verdicts import Verdict, framed_sentences, framing, relevance


@dataclass(frozen=True, slots=True)
class Compared:
    """One page with what was made of it."""

    name: str
    page: PageFile
    article: Article | None
    relevant: bool
    framing: Framing | None
    reports: tuple[EngagementReport, ...]
    story: str | None

    @property
    def event(self) -> str:
        """What stands and falls together: the event, or the page by itself."""
        return self.page.expected.event or self.name


def compare(state: State) -> list[Compared]:
    """Every page of the newsroom, in order of outlet and slug."""
    return [_compared(state, name, page, url) for name, page, url in _pages()]


def _pages() -> Iterator[tuple[str, PageFile, str]]:
    for outlet in outlet_ids():
        pages = read_pages(outlet)
        first, second = (postings(outlet, read_outlet(outlet), pages, day) for day in (1, 2))
        urls = {posting.first_headline: posting.url for posting in (*first, *second)}
        for slug, page in pages.items():
            yield f"{outlet}/{slug}", page, urls[page.headline]


def _compared(state: State, name: str, page: PageFile, url: str) -> Compared:
    article = state.article_by_url(url)
    screening = state.screening(article.id) if article else None
    if article is None or screening is None or not screening.relevant:
        return Compared(name, page, article, False, None, (), None)
    return Compared(
        name,
        page,
        article,
        True,
        state.framing(article.id),
        state.engagement_reports(article.id),
        state.story_of(article.id),
    )


def tables(pages: list[Compared]) -> list[Table]:
    """All figures."""
    verdicts = [_verdict(p) for p in pages]
    sentences, voiced = framed_sentences(verdicts)
    right = sum(one.gold == one.said for one in voiced)
    sentences.lines.append(f"voice right on {right} of these {len(voiced)}: {right / max(len(voiced), 1):.3f}")
    return [
        relevance(verdicts),
        framing(verdicts, "pages"),
        sentences,
        _stories(pages),
        _countries(pages),
        _numbers(pages),
        _types(pages),
    ]


def _verdict(p: Compared) -> Verdict:
    expected = p.page.expected
    name = p.name + ("" if p.article else " (not gathered)")
    framed = {sentence.text: (sentence.frame, sentence.voice) for sentence in expected.sentences}
    return Verdict(name, p.event, expected.relevant, expected.framing, framed, p.relevant, p.framing)


def _right(pages: Iterable[Compared]) -> list[Compared]:
    return [p for p in pages if p.page.expected.relevant]


def _stories(pages: list[Compared]) -> Table:
    told = [p for p in pages if p.page.expected.event]
    gold = {p.name: p.page.expected.event for p in told}
    said = {p.name: p.story or p.name for p in told}
    precision, recall, f1 = b_cubed(gold, said)
    lines = [
        f"B-cubed precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}  (n {len(told)}, events {len(set(gold.values()))})"
    ]
    lines += [
        f"{event}: {_spread(said, [p.name for p in told if p.page.expected.event == event])}"
        for event in sorted(map(str, set(gold.values())))
    ]
    return Table("stories", lines, {"precision": precision, "recall": recall, "f1": f1, "n": len(told)})


def _spread(said: Mapping[str, str], names: list[str]) -> str:
    stories = [said[name] for name in names]
    return f"{len(names)} pages in {len(set(stories))} stories"


def _countries(pages: list[Compared]) -> Table:
    pairs = [
        (set(p.page.expected.countries), {party.country for r in p.reports for party in r.parties})
        for p in _right(pages)
    ]
    return _sets("countries (parties)", pairs)


def _numbers(pages: list[Compared]) -> Table:
    pairs = []
    for p in _right(pages):
        gold = {(q.n, q.role) for e in p.page.expected.engagements for q in e.quantities if q.unit == "officers"}
        pairs.append((gold, {(q.n, q.role) for r in p.reports for q in r.quantities if q.unit == "officers"}))
    return _sets("officer numbers (number and role)", pairs)


def _types(pages: list[Compared]) -> Table:
    pairs = [({e.type for e in p.page.expected.engagements}, {r.type for r in p.reports}) for p in _right(pages)]
    return _sets("engagement types", pairs)


def _sets(title: str, pairs: Iterable[tuple[AbstractSet[object], AbstractSet[object]]]) -> Table:
    hit = said = gold = 0
    for expected, found in pairs:
        hit, said, gold = hit + len(expected & found), said + len(found), gold + len(expected)
    return counted(title, hit, said, gold)
