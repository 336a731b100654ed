"""Engagement reports as rows: one act or promise in one text of one article, under an id that re-coding keeps.

The id hangs on what was read (article, text, type, place in the text), so a review of a report stays with it when the
coder's version changes, and leaves it when the words are others.
"""

from collections import Counter
from collections.abc import Sequence

import sqlalchemy as sa

from pipeline.adapters.schema import engagement_reports, tombstones
from pipeline.adapters.state.rows import AnyRow
from pipeline.adapters.state.writing import Row, Writing
from pipeline.payloads import plain, record, reports
from pipeline.records import EngagementReport, StageResult, digest128


def replace_reports(writing: Writing, result: StageResult) -> None:
    """Make what an engage result found the reports of its article; its fingerprint is the text that was read."""
    article_id = result.key
    rows = _rows(article_id, result.fingerprint, reports(result.payload) if result.payload else ())
    of_article = engagement_reports.c.article_id == article_id
    before = set(writing.connection.scalars(sa.select(engagement_reports.c.id).where(of_article)))
    gone = before - {row["id"] for row in rows}
    for report_id in sorted(gone):
        writing.connection.execute(sa.delete(engagement_reports).where(engagement_reports.c.id == report_id))
    writing.gone_reports(dict.fromkeys(sorted(gone), article_id))
    writing.put(engagement_reports, rows)
    for row in rows:
        again = (tombstones.c.kind == "engagement") & (tombstones.c.id == row["id"])
        writing.connection.execute(sa.delete(tombstones).where(again))


def _rows(article_id: str, text_id: str, found: Sequence[EngagementReport]) -> list[Row]:
    rows: list[Row] = []
    seen: Counter[tuple[str, int, int]] = Counter()
    for position, report in enumerate(found):
        place = (report.type, report.start, report.end)
        seen[place] += 1  # two acts of one type in one clause: told apart by their order
        id_ = digest128(article_id, text_id, report.type, f"{report.start}-{report.end}", str(seen[place]))
        rows.append({"id": id_, "article_id": article_id, "text_id": text_id, "position": position, **plain(report)})
    return rows


def report_of(row: AnyRow) -> EngagementReport:
    """From a row of `engagement_reports`."""
    names = ("type", "status", "start", "end", "parties", "third_parties", "quantities")
    return record(EngagementReport, {name: getattr(row, name) for name in names})
