"""Results of the stages on articles, and what is kept beside them: relevance, framing, engagement reports, vectors."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import sqlalchemy as sa

from pipeline.adapters.schema import articles, engagement_reports, quarantine, stage_results, texts, vectors
from pipeline.adapters.state.database import Database
from pipeline.adapters.state.due import due, keep_results
from pipeline.adapters.state.reporting import replace_reports, replace_sentences, report_of
from pipeline.adapters.state.rows import ARTICLE, article_of, quarantined_of, result_of
from pipeline.adapters.state.turning_away import taken_down
from pipeline.adapters.state.writing import Row, Writing, chunks
from pipeline.payloads import record
from pipeline.ports import Vectors
from pipeline.records import (
    BELOW_THE_LINE,
    Article,
    EngagementReport,
    Framing,
    KeptReport,
    Screening,
    Stage,
    StageResult,
)


class Results(Database):
    """Stage results of `pipeline.ports.State`."""

    def articles_due(self, stage: Stage, version: str, *, relevant_only: bool) -> Iterator[Article]:
        """Articles to work on, in order of (first seen, id)."""
        of_stage = (stage_results.c.key == articles.c.id) & (stage_results.c.stage == stage)
        query = ARTICLE.outerjoin(stage_results, of_stage).where(due(version, articles.c.text_id))
        query = query.where(texts.c.emptied_at.is_(None))  # what it was dropped by stays the last word
        if relevant_only:
            query = query.where(articles.c.relevant)
        return map(article_of, self.pages(query, (articles.c.first_seen, articles.c.id)))

    def save_results(self, results: Sequence[StageResult]) -> None:
        """Keep results; what they change of an article is queued with it."""
        with self.writing() as writing:
            keep_article_results(writing, results)

    def result(self, article_id: str, stage: Stage) -> StageResult | None:
        """The newest result of a stage."""
        query = sa.select(stage_results).where(stage_results.c.stage == stage, stage_results.c.key == article_id)
        with self.reading() as connection:
            row = connection.execute(query).first()
        return result_of(row) if row else None

    def results(self, stage: Stage) -> Iterator[StageResult]:
        """All results of a stage, by key."""
        query = sa.select(stage_results).where(stage_results.c.stage == stage)
        return map(result_of, self.pages(query, (stage_results.c.key,)))

    def _payload(self, article_id: str, stage: Stage) -> dict[str, object] | None:
        found = self.result(article_id, stage)
        return found.payload if found else None

    def screening(self, article_id: str) -> Screening | None:
        """The screening as a record."""
        payload = self._payload(article_id, "screen")
        return record(Screening, payload) if payload else None

    def framing(self, article_id: str) -> Framing | None:
        """The framing as a record."""
        payload = self._payload(article_id, "frame")
        return record(Framing, payload) if payload else None

    def engagement_reports(self, article_id: str) -> tuple[EngagementReport, ...]:
        """What the article reports."""
        query = sa.select(engagement_reports).where(engagement_reports.c.article_id == article_id)
        with self.reading() as connection:
            rows = connection.execute(query.order_by(engagement_reports.c.position))
            return tuple(report_of(row) for row in rows)

    def reports(self) -> Iterator[KeptReport]:
        """Reports of relevant articles, by id."""
        joined = sa.select(engagement_reports).join(articles, articles.c.id == engagement_reports.c.article_id)
        rows = self.pages(joined.where(articles.c.relevant), (engagement_reports.c.id,))
        return (KeptReport(row.id, row.article_id, row.text_id, report_of(row)) for row in rows)

    def save_vectors(self, model: str, vectors_: Mapping[str, Vectors]) -> None:
        """Keep vectors; the articles of their texts show them in the search index."""
        kept = [
            {"text_id": text_id, "model": model, "vector": np.ascontiguousarray(vector, "<f4").tobytes()}
            for text_id, vector in vectors_.items()
        ]
        with self.writing() as writing:
            there = writing.existing(
                texts, [{"id": row["text_id"]} for row in kept]
            )  # a text may be taken down meanwhile
            written = [
                row["text_id"] for row in writing.put(vectors, [row for row in kept if (row["text_id"],) in there])
            ]
            for chunk in chunks(written):
                of_texts = sa.select(articles.c.id).where(articles.c.text_id.in_(chunk))
                writing.changed_articles(writing.connection.scalars(of_texts))

    def vectors(self, model: str, text_ids: Iterable[str]) -> dict[str, Vectors]:
        """Kept vectors by text id."""
        found = {}
        query = sa.select(vectors.c.text_id, vectors.c.vector).where(vectors.c.model == model)
        with self.reading() as connection:
            for chunk in chunks(sorted(set(text_ids))):
                for text_id, blob in connection.execute(query.where(vectors.c.text_id.in_(chunk))):
                    found[text_id] = np.frombuffer(blob, "<f4").astype(np.float32)
        return found

    def quarantine(self) -> list[StageResult]:
        """What was given up, by stage and key."""
        with self.reading() as connection:
            rows = connection.execute(sa.select(quarantine).order_by(quarantine.c.stage, quarantine.c.key))
            return [quarantined_of(row) for row in rows]


def keep_article_results(writing: Writing, results: Sequence[StageResult]) -> None:
    """Write results of articles with what follows from each that changed.

    A failed try is no verdict: relevance, frame and reports of the article stay what they were until the next success.
    """
    gone = taken_down(writing.connection, [result.key for result in results])
    results = [result for result in results if result.key not in gone]
    before = keep_results(writing, results)
    changed = [result for result in results if (result.stage, result.key) in before]
    stored = writing.existing(articles, [{"id": result.key} for result in changed])
    verdicts = [result for result in changed if result.outcome != "transient" and (result.key,) in stored]
    coded: dict[str, Row] = {}
    for result in verdicts:
        coded.setdefault(result.key, {"id": result.key}).update(_columns(result))
        if result.stage == "engage":
            replace_reports(writing, result)
        elif result.stage == "frame":
            replace_sentences(writing, result)
    writing.put(articles, list(coded.values()))
    lost = [result for result in changed if (before[result.stage, result.key] or {}).get("payload")]
    writing.changed_articles({result.key for result in [*verdicts, *lost] if (result.key,) in stored})
    screened = {key: row for key, row in coded.items() if "relevant" in row}
    writing.withdrawn(
        "article", (key for key, row in screened.items() if stored[(key,)]["relevant"] and not row["relevant"])
    )
    near = {key for key in screened if stored[(key,)]["near_miss"] is not None}
    writing.withdrawn("dropped", (key for key in near if screened[key]["near_miss"] is None))


def _columns(result: StageResult) -> Row:
    """What a verdict sets in the article's own row, where lists of many articles read it."""
    payload = result.payload or {}
    if result.stage == "screen":
        missed = payload.get("reason") == BELOW_THE_LINE
        return {"relevant": payload.get("relevant") is True, "near_miss": payload.get("score") if missed else None}
    return {"framing": payload.get("framing")} if result.stage == "frame" else {}
