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
from training.scores import Table, report
from training.verdicts import Verdict, framed_sentences, framing, relevance

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
    verdicts = [_verdict(one) for one in judged]
    sentences, voiced = framed_sentences(verdicts)
    voices = report(
        "voice of these sentences",
        [one.gold for one in voiced],
        [one.said for one in voiced],
        [one.event for one in voiced],
    )
    return [
        relevance(verdicts),
        framing(verdicts, "articles"),
        sentences,
        voices,
        *engagement_tables(_coded(judged, folder)),
    ]


def _verdict(one: Judged) -> Verdict:
    example = one.example
    framed = {text: (frame, voice) for text, frame, voice in example.sentences if frame != "none"}
    kept = one.framing is not None
    return Verdict(example.id, example.event, example.relevant, example.framing, framed, kept, one.framing)


def _coded(judged: Sequence[Judged], folder: Path) -> list[Coded]:
    expected = {line.article: line.engagements for line in load_lines(folder / "engagements", CodedArticle)}
    return [Coded(one.example, expected[one.example.id], one.reports) for one in judged if one.example.id in expected]
