"""The first schema: sources and fetches, articles and their revisions, results, stories, alerts, search outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "engagements",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("chain_id", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Text(), nullable=True),
        sa.Column("part_of", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("coded_by", sa.Text(), nullable=False),
        sa.Column("first_reported", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_reported", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["engagements.id"], name=op.f("fk_engagements_parent_id_engagements")),
        sa.ForeignKeyConstraint(["part_of"], ["engagements.id"], name=op.f("fk_engagements_part_of_engagements")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagements")),
    )
    op.create_index(op.f("ix_engagements_chain_id"), "engagements", ["chain_id"], unique=False)
    op.create_index(op.f("ix_engagements_parent_id"), "engagements", ["parent_id"], unique=False)
    op.create_index(op.f("ix_engagements_part_of"), "engagements", ["part_of"], unique=False)
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("eml", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index(op.f("ix_messages_created_at_id"), "messages", ["created_at", "id"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("stage", "key", name=op.f("pk_quarantine")),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_table(
        "search_outbox",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("row_version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", name=op.f("pk_search_outbox")),
    )
    op.create_table(
        "sources",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("rules_fingerprint", sa.Text(), nullable=False),
        sa.Column("baseline_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_fetch_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
    )
    op.create_table(
        "stage_results",
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("stage", "key", name=op.f("pk_stage_results")),
    )
    op.create_table(
        "texts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_texts")),
    )
    op.create_table(
        "tombstones",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("row_version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", name=op.f("pk_tombstones")),
    )
    op.create_table(
        "addresses",
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_addresses_source_id_sources")),
        sa.PrimaryKeyConstraint("source_id", "url_key", name=op.f("pk_addresses")),
    )
    op.create_index(op.f("ix_addresses_url_key"), "addresses", ["url_key"], unique=False)
    op.create_table(
        "announced",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("story_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_announced_message_id_messages")),
        sa.PrimaryKeyConstraint("rule", "story_id", name=op.f("pk_announced")),
    )
    op.create_index(op.f("ix_announced_message_id"), "announced", ["message_id"], unique=False)
    op.create_table(
        "articles",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_from", sa.Text(), nullable=True),
        sa.Column("published_precision", sa.Text(), nullable=True),
        sa.Column("text_id", sa.Text(), nullable=False),
        sa.Column("lang", sa.Text(), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("copy_of", sa.Text(), nullable=True),
        sa.Column("vanished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("relevant", sa.Boolean(), nullable=True),
        sa.Column("framing", sa.Text(), nullable=True),
        sa.Column("row_version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["copy_of"], ["articles.id"], name=op.f("fk_articles_copy_of_articles")),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_articles_source_id_sources")),
        sa.ForeignKeyConstraint(["text_id"], ["texts.id"], name=op.f("fk_articles_text_id_texts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
    )
    op.create_index(op.f("ix_articles_copy_of"), "articles", ["copy_of"], unique=False)
    op.create_index(op.f("ix_articles_first_seen_id"), "articles", ["first_seen", "id"], unique=False)
    op.create_index(op.f("ix_articles_source_id"), "articles", ["source_id"], unique=False)
    op.create_index(op.f("ix_articles_text_id"), "articles", ["text_id"], unique=False)
    op.create_table(
        "bodies",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_bodies_source_id_sources")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_bodies")),
    )
    op.create_index(op.f("ix_bodies_fetched_at_key"), "bodies", ["fetched_at", "key"], unique=False)
    op.create_table(
        "fetches",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("final_url", sa.Text(), nullable=True),
        sa.Column("final_url_key", sa.Text(), nullable=True),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("redirects", sa.JSON(), nullable=False),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("offset", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("items", sa.Integer(), nullable=True),
        sa.Column("entry", sa.JSON(), nullable=True),
        sa.Column("body_key", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_fetches_run_id_runs")),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_fetches_source_id_sources")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_fetches")),
        sa.UniqueConstraint("key", name=op.f("uq_fetches_key")),
    )
    op.create_index(op.f("ix_fetches_body_key"), "fetches", ["body_key"], unique=False)
    op.create_index(op.f("ix_fetches_final_url_key"), "fetches", ["final_url_key"], unique=False)
    op.create_index(op.f("ix_fetches_retry_at"), "fetches", ["retry_at"], unique=False)
    op.create_index(op.f("ix_fetches_run_id"), "fetches", ["run_id"], unique=False)
    op.create_index(op.f("ix_fetches_source_id_at"), "fetches", ["source_id", "at"], unique=False)
    op.create_index(op.f("ix_fetches_url_key"), "fetches", ["url_key"], unique=False)
    op.create_table(
        "vectors",
        sa.Column("text_id", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["text_id"], ["texts.id"], name=op.f("fk_vectors_text_id_texts")),
        sa.PrimaryKeyConstraint("text_id", "model", name=op.f("pk_vectors")),
    )
    op.create_table(
        "article_addresses",
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_article_addresses_article_id_articles")),
        sa.PrimaryKeyConstraint("url_key", name=op.f("pk_article_addresses")),
    )
    op.create_index(op.f("ix_article_addresses_article_id"), "article_addresses", ["article_id"], unique=False)
    op.create_table(
        "constraints",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.Column("other_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_constraints_article_id_articles")),
        sa.ForeignKeyConstraint(["other_id"], ["articles.id"], name=op.f("fk_constraints_other_id_articles")),
        sa.PrimaryKeyConstraint("article_id", "other_id", name=op.f("pk_constraints")),
    )
    op.create_table(
        "engagement_reports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.Column("text_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("parties", sa.JSON(), nullable=False),
        sa.Column("third_parties", sa.JSON(), nullable=False),
        sa.Column("quantities", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_engagement_reports_article_id_articles")
        ),
        sa.ForeignKeyConstraint(["text_id"], ["texts.id"], name=op.f("fk_engagement_reports_text_id_texts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagement_reports")),
    )
    op.create_index(
        op.f("ix_engagement_reports_article_id_position"),
        "engagement_reports",
        ["article_id", "position"],
        unique=False,
    )
    op.create_index(op.f("ix_engagement_reports_text_id"), "engagement_reports", ["text_id"], unique=False)
    op.create_table(
        "reviews",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.Column("text_id", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("coder", sa.Text(), nullable=False),
        sa.Column("verdict", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_reviews_article_id_articles")),
        sa.ForeignKeyConstraint(["text_id"], ["texts.id"], name=op.f("fk_reviews_text_id_texts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
    )
    op.create_index(op.f("ix_reviews_article_id_stage"), "reviews", ["article_id", "stage"], unique=False)
    op.create_table(
        "revisions",
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body_key", sa.Text(), nullable=False),
        sa.Column("text_id", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_revisions_article_id_articles")),
        sa.ForeignKeyConstraint(["text_id"], ["texts.id"], name=op.f("fk_revisions_text_id_texts")),
        sa.PrimaryKeyConstraint("article_id", "number", name=op.f("pk_revisions")),
    )
    op.create_index(op.f("ix_revisions_body_key"), "revisions", ["body_key"], unique=False)
    op.create_index(op.f("ix_revisions_text_id"), "revisions", ["text_id"], unique=False)
    op.create_table(
        "stories",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("founder", sa.Text(), nullable=False),
        sa.Column("baseline", sa.Boolean(), nullable=False),
        sa.Column("redirect_to", sa.Text(), nullable=True),
        sa.Column("row_version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["founder"], ["articles.id"], name=op.f("fk_stories_founder_articles")),
        sa.ForeignKeyConstraint(["redirect_to"], ["stories.id"], name=op.f("fk_stories_redirect_to_stories")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stories")),
    )
    op.create_index(op.f("ix_stories_redirect_to"), "stories", ["redirect_to"], unique=False)
    op.create_table(
        "engagement_members",
        sa.Column("report_id", sa.Text(), nullable=False),
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["engagement_id"], ["engagements.id"], name=op.f("fk_engagement_members_engagement_id_engagements")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["engagement_reports.id"],
            name=op.f("fk_engagement_members_report_id_engagement_reports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_engagement_members")),
    )
    op.create_index(op.f("ix_engagement_members_engagement_id"), "engagement_members", ["engagement_id"], unique=False)
    op.create_table(
        "story_members",
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.Column("story_id", sa.Text(), nullable=False),
        sa.Column("baseline", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_story_members_article_id_articles")),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name=op.f("fk_story_members_story_id_stories")),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_story_members")),
    )
    op.create_index(op.f("ix_story_members_story_id"), "story_members", ["story_id"], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_index(op.f("ix_story_members_story_id"), table_name="story_members")
    op.drop_table("story_members")
    op.drop_index(op.f("ix_engagement_members_engagement_id"), table_name="engagement_members")
    op.drop_table("engagement_members")
    op.drop_index(op.f("ix_stories_redirect_to"), table_name="stories")
    op.drop_table("stories")
    op.drop_index(op.f("ix_revisions_text_id"), table_name="revisions")
    op.drop_index(op.f("ix_revisions_body_key"), table_name="revisions")
    op.drop_table("revisions")
    op.drop_index(op.f("ix_reviews_article_id_stage"), table_name="reviews")
    op.drop_table("reviews")
    op.drop_index(op.f("ix_engagement_reports_text_id"), table_name="engagement_reports")
    op.drop_index(op.f("ix_engagement_reports_article_id_position"), table_name="engagement_reports")
    op.drop_table("engagement_reports")
    op.drop_table("constraints")
    op.drop_index(op.f("ix_article_addresses_article_id"), table_name="article_addresses")
    op.drop_table("article_addresses")
    op.drop_table("vectors")
    op.drop_index(op.f("ix_fetches_url_key"), table_name="fetches")
    op.drop_index(op.f("ix_fetches_source_id_at"), table_name="fetches")
    op.drop_index(op.f("ix_fetches_run_id"), table_name="fetches")
    op.drop_index(op.f("ix_fetches_retry_at"), table_name="fetches")
    op.drop_index(op.f("ix_fetches_final_url_key"), table_name="fetches")
    op.drop_index(op.f("ix_fetches_body_key"), table_name="fetches")
    op.drop_table("fetches")
    op.drop_index(op.f("ix_bodies_fetched_at_key"), table_name="bodies")
    op.drop_table("bodies")
    op.drop_index(op.f("ix_articles_text_id"), table_name="articles")
    op.drop_index(op.f("ix_articles_source_id"), table_name="articles")
    op.drop_index(op.f("ix_articles_first_seen_id"), table_name="articles")
    op.drop_index(op.f("ix_articles_copy_of"), table_name="articles")
    op.drop_table("articles")
    op.drop_index(op.f("ix_announced_message_id"), table_name="announced")
    op.drop_table("announced")
    op.drop_index(op.f("ix_addresses_url_key"), table_name="addresses")
    op.drop_table("addresses")
    op.drop_table("tombstones")
    op.drop_table("texts")
    op.drop_table("stage_results")
    op.drop_table("sources")
    op.drop_table("search_outbox")
    op.drop_table("runs")
    op.drop_table("quarantine")
    op.drop_index(op.f("ix_messages_created_at_id"), table_name="messages")
    op.drop_table("messages")
    op.drop_table("leases")
    op.drop_index(op.f("ix_engagements_part_of"), table_name="engagements")
    op.drop_index(op.f("ix_engagements_parent_id"), table_name="engagements")
    op.drop_index(op.f("ix_engagements_chain_id"), table_name="engagements")
    op.drop_table("engagements")
