"""Framed sentences by their text: a text that goes looks for what cites it."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index(op.f("ix_framed_sentences_text_id"), "framed_sentences", ["text_id"], unique=False)
