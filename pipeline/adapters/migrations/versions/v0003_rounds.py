"""Rounds: runs of several workers that share their sources, and which of these were asked."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Each earlier run was a round by itself."""
    op.add_column("runs", sa.Column("round_id", sa.Text(), nullable=True))
    op.create_index(op.f("ix_runs_round_id"), "runs", ["round_id"], unique=False)
    op.execute("UPDATE runs SET round_id = id")
    op.create_table(
        "gathered",
        sa.Column("round_id", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["runs.id"], name=op.f("fk_gathered_round_id_runs")),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_gathered_source_id_sources")),
        sa.PrimaryKeyConstraint("round_id", "source_id", name=op.f("pk_gathered")),
    )
