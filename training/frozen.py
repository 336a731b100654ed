"""The frozen test: what the shipped heads and rules make of articles that nothing was fitted on (`training/frozen/`).

They are coded as the product codes them: text joined from the sentences, split again, screened, framed, engagements read.
A relevant article that the screen drops has no framing and no acts, which counts against those figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.coding import Coder, Text
from pipeline.records import EngagementReport, Framing
from training.engagements import Coded, CodedArticle
from training.engagements import tables as engagement_tables
from training.examples import ArticleExample, load_articles, load_lines
from training.scores import Table, counted, report

FOLDER = Path(__file__).parent / "frozen"


@dataclass(frozen=True, slots=True)
class Judged:
    """One frozen article and what the product said of it; `framing` is None where the screen dropped it."""

    example: ArticleExample
    framing: Framing | None
    reports: tuple[EngagementReport, ...]


def judge(coder: Coder, folder: Path = FOLDER) -> list[Judged]:
    """Code every article of the folder."""
    examples = load_articles(folder)
    texts = [Text(a.headline, a.text, a.lang, a.outlet_kind) for a in examples]
    kept = [i for i, screened in enumerate(coder.screen(texts)) if screened.relevant]
    framings = dict(zip(kept, coder.frame([texts[i] for i in kept]), strict=True))
    return [
        Judged(example, framings.get(i), coder.engage(texts[i]) if i in framings else ())
        for i, example in enumerate(examples)
    ]


def tables(judged: Sequence[Judged], folder: Path = FOLDER) -> list[Table]:
    """All figures."""
    return [
        _relevance(judged),
        _framing(judged),
        *_sentences(judged),
        *engagement_tables(_coded(judged, folder)),
    ]


def _relevance(judged: Sequence[Judged]) -> Table:
    gold = ["relevant" if one.example.relevant else "other" for one in judged]
    said = ["relevant" if one.framing else "other" for one in judged]
    table = report("relevance", gold, said, [one.example.event for one in judged])
    missed = [one.example.id for one in judged if one.example.relevant and not one.framing]
    kept = [one.example.id for one in judged if one.framing and not one.example.relevant]
    table.lines.extend([f"missed: {', '.join(missed) or 'none'}", f"wrongly kept: {', '.join(kept) or 'none'}"])
    return table


def _framing(judged: Sequence[Judged]) -> Table:
    kept = [(one.example, one.framing) for one in judged if one.example.relevant and one.framing]
    gold = [str(example.framing) for example, _ in kept]
    said = [framing.framing for _, framing in kept]
    return report("article framing (relevant articles that were kept)", gold, said, [e.event for e, _ in kept])


def _sentences(judged: Sequence[Judged]) -> list[Table]:
    """Framed sentences met by their words, and the voice of those that are right."""
    gold = {
        (one.example.id, text): (frame, voice)
        for one in judged
        if one.example.relevant
        for text, frame, voice in one.example.sentences
        if frame != "none"
    }
    said = {
        (one.example.id, sentence.text): (sentence.frame, sentence.voice)
        for one in judged
        if one.example.relevant and one.framing
        for sentence in one.framing.sentences
    }
    right = [key for key, (frame, _) in gold.items() if key in said and said[key][0] == frame]
    event = {one.example.id: one.example.event for one in judged}
    return [
        counted("framed sentences (same sentence, same frame)", len(right), len(said), len(gold)),
        report(
            "voice of these sentences",
            [gold[key][1] for key in right],
            [said[key][1] for key in right],
            [event[article] for article, _ in right],
        ),
    ]


def _coded(judged: Sequence[Judged], folder: Path) -> list[Coded]:
    expected = {line.article: line.engagements for line in load_lines(folder / "engagements", CodedArticle)}
    return [Coded(one.example, expected[one.example.id], one.reports) for one in judged if one.example.id in expected]
