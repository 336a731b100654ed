"""The labelled reports for story clustering, and the figure of the story stage on them, on which its rules were tuned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic.dataclasses import dataclass as checked

from pipeline import cluster as clustering
from pipeline.cluster import Candidate, Memory, Rules
from pipeline.coding import Coder, Text
from training.examples import FOLDER, load_lines
from training.scores import Table, b_cubed


@checked(frozen=True)
class Report:
    """One report of an event; reports of one `event` are one story."""

    id: str
    event: str
    lang: str
    time: datetime
    headline: str
    text: str
    kind: str


def load_reports(folder: Path = FOLDER / "stories") -> list[Report]:
    """All reports in time order, ties by id; raises `ConfigError` with file and line."""
    return sorted(load_lines(folder, Report), key=lambda report: (report.time, report.id))


@dataclass(frozen=True, slots=True)
class Prepared:
    """Reports with what clustering reads of them."""

    reports: tuple[Report, ...]
    candidates: tuple[Candidate, ...]


def prepare(reports: Sequence[Report], coder: Coder) -> Prepared:
    """Vectors and specifics, once for all rules that are tried."""
    texts = [Text(report.headline, report.text, report.lang) for report in reports]
    vectors = coder.vectors(texts)
    candidates = []
    for report, text, vector in zip(reports, texts, vectors, strict=True):
        countries, numbers = coder.specifics(text)
        candidates.append(
            Candidate(report.id, report.time, report.time, report.lang, vector, "lead", countries, numbers)
        )
    return Prepared(tuple(reports), tuple(candidates))


def told(prepared: Prepared, coder: Coder, rules: Rules | None = None) -> tuple[dict[str, str], dict[str, str]]:
    """(story at arrival, final story) of each report."""
    memory = Memory(rules, coder.knowledge.centres)
    decisions = [clustering.place(candidate, memory) for candidate in prepared.candidates]
    first = {decision.article_id: decision.story_id for decision in decisions}
    return first, clustering.final_stories(decisions, clustering.settle(memory))


def table(coder: Coder) -> Table:
    """B-cubed of the story stage on the labelled reports, at arrival and after delayed merges."""
    prepared = prepare(load_reports(), coder)
    gold = {report.id: report.event for report in prepared.reports}
    first, final = told(prepared, coder)
    lines, figures = [], {}
    for name, said in (("at arrival", first), ("after merges", final)):
        precision, recall, f1 = b_cubed(gold, said)
        lines.append(f"{name}: B-cubed precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}")
        figures[f"f1 {name}"] = f1
    return Table(f"stories ({len(gold)} labelled reports, {len(set(gold.values()))} events)", lines, figures)
