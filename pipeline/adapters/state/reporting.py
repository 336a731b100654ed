"""What an article's text holds, as rows: acts and promises, and the sentences that carry a frame, under ids that re-coding
keeps.

The id hangs on what was read (article, text, place in the text, of a report its type), so a review stays with it when the
coder's version changes, and leaves it when the words are others.
"""

from collections import Counter
from collections.abc import Sequence

import sqlalchemy as sa

from pipeline.adapters.schema import tombstones
from pipeline.adapters.state.rows import AnyRow
from pipeline.adapters.state.writing import PARTS, Row, Writing
from pipeline.payloads import plain, record, reports
from pipeline.records import DocumentKind, EngagementReport, Framing, StageResult, digest128


def replace_reports(writing: Writing, result: StageResult) -> None:
    """Make what an engage result found the reports of its article; its fingerprint is the text that was read."""
    found = reports(result.payload) if result.payload else ()
    _replace(writing, "engagement", result.key, _report_rows(result.key, result.fingerprint, found))


def replace_sentences(writing: Writing, result: StageResult) -> None:
    """Make what a frame result found the framed sentences of its article."""
    rows = sentence_rows(result.key, result.fingerprint, record(Framing, result.payload)) if result.payload else []
    _replace(writing, "sentence", result.key, rows)


def _replace(writing: Writing, kind: DocumentKind, article_id: str, rows: Sequence[Row]) -> None:
    table = PARTS[kind]
    of_article = table.c.article_id == article_id
    before = set(writing.connection.scalars(sa.select(table.c.id).where(of_article)))
    gone = before - {row["id"] for row in rows}
    for part in sorted(gone):
        writing.connection.execute(sa.delete(table).where(table.c.id == part))
    writing.gone_parts(kind, dict.fromkeys(sorted(gone), article_id))
    writing.put(table, rows)
    for row in rows:
        again = (tombstones.c.kind == kind) & (tombstones.c.id == row["id"])
        writing.connection.execute(sa.delete(tombstones).where(again))


def _report_rows(article_id: str, text_id: str, found: Sequence[EngagementReport]) -> list[Row]:
    rows: list[Row] = []
    seen: Counter[tuple[str, int, int]] = Counter()
    for position, report in enumerate(found):
        place = (report.type, report.start, report.end)
        seen[place] += 1  # two acts of one type in one clause: told apart by their order
        id_ = digest128(article_id, text_id, report.type, f"{report.start}-{report.end}", str(seen[place]))
        rows.append({"id": id_, "article_id": article_id, "text_id": text_id, "position": position, **plain(report)})
    return rows


def sentence_rows(article_id: str, text_id: str, framing: Framing) -> list[Row]:
    """The rows of `framed_sentences`. The words are not repeated: they are the text's, from start to end."""
    return [
        {
            "id": digest128(article_id, text_id, f"{sentence.start}-{sentence.end}"),
            "article_id": article_id,
            "text_id": text_id,
            "position": position,
            **{name: value for name, value in plain(sentence).items() if name != "text"},
        }
        for position, sentence in enumerate(framing.sentences)
    ]


def report_of(row: AnyRow) -> EngagementReport:
    """From a row of `engagement_reports`."""
    names = ("type", "status", "start", "end", "parties", "third_parties", "quantities")
    return record(EngagementReport, {name: getattr(row, name) for name in names})
