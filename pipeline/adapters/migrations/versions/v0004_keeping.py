"""What is no longer kept: takedowns, emptied texts, withdrawn mails, and what is still to go from the vault."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "takedowns",
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_takedowns")),
    )
    op.create_table(
        "takedown_addresses",
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["takedowns.article_id"], name=op.f("fk_takedown_addresses_article_id_takedowns")
        ),
        sa.PrimaryKeyConstraint("url_key", name=op.f("pk_takedown_addresses")),
    )
    op.create_index(op.f("ix_takedown_addresses_article_id"), "takedown_addresses", ["article_id"], unique=False)
    op.create_table(
        "vault_cuts",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("offset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("file", "offset", name=op.f("pk_vault_cuts")),
    )
    op.create_table(
        "vault_waste",
        sa.Column("file", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("file", name=op.f("pk_vault_waste")),
    )
    op.create_index(op.f("ix_bodies_file"), "bodies", ["file"], unique=False)
    op.create_index(op.f("ix_fetches_file"), "fetches", ["file"], unique=False)
    op.add_column("texts", sa.Column("emptied_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("messages", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
