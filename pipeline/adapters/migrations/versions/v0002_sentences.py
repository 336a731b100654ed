"""Framed sentences as rows, near misses of the screen, versions of sources: what the search index shows beside articles."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from pipeline.records import BELOW_THE_LINE, digest128

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_CHUNK = 500


def upgrade() -> None:
    """Apply, and fill from the results that are there."""
    op.create_table(
        "framed_sentences",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.Column("text_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("frame", sa.Text(), nullable=False),
        sa.Column("both", sa.Boolean(), nullable=False),
        sa.Column("voice", sa.Text(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_framed_sentences_article_id_articles")),
        sa.ForeignKeyConstraint(["text_id"], ["texts.id"], name=op.f("fk_framed_sentences_text_id_texts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_framed_sentences")),
    )
    op.create_index(
        op.f("ix_framed_sentences_article_id_position"), "framed_sentences", ["article_id", "position"], unique=False
    )
    op.add_column("articles", sa.Column("near_miss", sa.Double(), nullable=True))
    op.add_column("sources", sa.Column("row_version", sa.BigInteger(), server_default="0", nullable=False))
    _fill(op.get_bind())


def _fill(connection: sa.Connection) -> None:
    """Row by row from the payloads, which this migration reads by itself: later versions may shape them anew."""
    results = sa.table(
        "stage_results", sa.column("stage"), sa.column("key"), sa.column("fingerprint"), sa.column("payload", sa.JSON)
    )
    kept = sa.select(results.c.key, results.c.fingerprint, results.c.payload).where(results.c.payload.is_not(None))
    articles = sa.table("articles", sa.column("id"), sa.column("near_miss"))
    screened = connection.execute(kept.where(results.c.stage == "screen")).all()
    for row in screened:
        if row.payload["reason"] == BELOW_THE_LINE:
            missed = sa.update(articles).where(articles.c.id == row.key)
            connection.execute(missed.values(near_miss=row.payload["score"]))
    sentences = sa.table(
        "framed_sentences",
        *(sa.column(name) for name in ("id", "article_id", "text_id", "position", "start", "end", "frame", "both", "voice",
                                       "probability")),
    )  # fmt: skip
    framed = connection.execute(kept.where(results.c.stage == "frame")).all()
    rows = [row for result in framed for row in _sentences(result.key, result.fingerprint, result.payload["sentences"])]
    for start in range(0, len(rows), _CHUNK):
        connection.execute(sa.insert(sentences), rows[start : start + _CHUNK])


def _sentences(article_id: str, text_id: str, found: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for position, sentence in enumerate(found):
        place = {"article_id": article_id, "text_id": text_id, "position": position}
        told = {name: sentence[name] for name in ("start", "end", "frame", "both", "voice", "probability")}
        yield {"id": digest128(article_id, text_id, f"{sentence['start']}-{sentence['end']}"), **place, **told}
