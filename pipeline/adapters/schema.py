"""The tables of the system of record, for SQLite and PostgreSQL alike (SQLAlchemy Core; no ORM, since the records of
`pipeline.records` are the objects and a second set of mutable ones would only be copied into them).

What keeps both engines possible: JSON through `sa.JSON`, times through `UtcTime`, words through `Words`; no index over
an address or a text itself (PostgreSQL refuses index rows beyond 2.7 kB), only over its 128-bit digest (`*_key`). Times
of the database's own clock (leases) are seconds since 1970, the one form that both engines compute and compare alike.
"""

from datetime import UTC, datetime

import sqlalchemy as sa


class UtcTime(sa.TypeDecorator[datetime]):
    """An aware UTC time. A naive one is refused: whoever made it did not know its zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        """To UTC; SQLite keeps the digits alone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without zone cannot be stored: {value.isoformat()}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        """Aware again; PostgreSQL answers in the session's zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(sa.TypeDecorator[str]):
    """Text from outside. NUL (PostgreSQL) and lone surrogates (both) cannot be stored: each becomes U+FFFD, one for
    one, so that offsets of evidence still hold."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: sa.Dialect) -> str | None:
        """The text as a database can hold it."""
        if value is None:
            return None
        value = value.replace("\0", "\ufffd")
        try:
            value.encode()
        except UnicodeEncodeError:
            value = "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in value)
        return value


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id(name: str = "id", *, key: bool = False, refers: str | None = None, null: bool = False) -> sa.Column[str]:
    """A column of ids (digests, ULIDs, names of sources and rules): part of the key, or a reference, or neither."""
    reference = [sa.ForeignKey(refers)] if refers else []
    return sa.Column(name, sa.Text, *reference, primary_key=key, nullable=null and not key)


# --- runs, gathering -------------------------------------------------------------------------------------------

runs = sa.Table(
    "runs",
    metadata,
    _id(key=True),
    sa.Column("kind", sa.Text, nullable=False),
    _id("round_id", null=True),  # the first run of those that share their sources; itself, if alone
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("outcome", sa.Text),  # none while it runs, and for ever if it was killed
    sa.Column("reason", Words),
    sa.Column("counts", sa.JSON(none_as_null=True)),
    sa.Index(None, "round_id"),
)

sources = sa.Table(
    "sources",
    metadata,
    _id(key=True),
    sa.Column("facts", sa.JSON(none_as_null=True), nullable=False),  # the file's `Source`
    sa.Column("rules_fingerprint", sa.Text, nullable=False),
    sa.Column("baseline_at", UtcTime),
    sa.Column("first_fetch_at", UtcTime),
    sa.Column("row_version", sa.BigInteger, nullable=False, server_default="0"),
)

gathered = sa.Table(
    "gathered",  # sources that a worker of the round has asked to the end
    metadata,
    _id("round_id", key=True, refers="runs.id"),
    _id("source_id", key=True, refers="sources.id"),
)

fetches = sa.Table(
    "fetches",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),  # digest of run and row: a repeated batch adds nothing
    _id("run_id", refers="runs.id"),
    _id("source_id", refers="sources.id"),
    sa.Column("url", Words, nullable=False),
    sa.Column("url_key", sa.Text, nullable=False),
    sa.Column("final_url", Words),
    sa.Column("final_url_key", sa.Text),
    sa.Column("host", Words, nullable=False),  # that answered
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("reason", Words),
    sa.Column("redirects", sa.JSON(none_as_null=True), nullable=False),
    sa.Column("file", sa.Text),
    sa.Column("offset", sa.BigInteger),
    sa.Column("sha256", sa.Text),
    sa.Column("size", sa.BigInteger),
    sa.Column("seconds", sa.Double),
    sa.Column("content_type", Words),
    sa.Column("etag", Words),
    sa.Column("last_modified", Words),
    sa.Column("retry_at", UtcTime),
    sa.Column("items", sa.Integer),
    sa.Column("entry", sa.JSON(none_as_null=True)),
    _id("body_key", null=True),
    sa.Index(None, "url_key"),
    sa.Index(None, "final_url_key"),
    sa.Index(None, "source_id", "at"),
    sa.Index(None, "run_id"),
    sa.Index(None, "retry_at"),
    sa.Index(None, "body_key"),
    sa.Index(None, "file"),
)

addresses = sa.Table(
    "addresses",  # the newest fetch of each address, for each source that asked for it
    metadata,
    _id("source_id", key=True, refers="sources.id"),
    _id("url_key", key=True),
    sa.Column("url", Words, nullable=False),
    sa.Column("etag", Words),
    sa.Column("last_modified", Words),
    sa.Column("sha256", sa.Text),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Index(None, "url_key"),
)

bodies = sa.Table(
    "bodies",
    metadata,
    _id("key", key=True),
    sa.Column("url", Words, nullable=False),
    _id("source_id", refers="sources.id"),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("offset", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("content_type", Words),
    sa.Column("fetched_at", UtcTime, nullable=False),
    sa.Column("entry", sa.JSON(none_as_null=True)),
    sa.Index(None, "fetched_at", "key"),
    sa.Index(None, "file"),
)

# --- articles --------------------------------------------------------------------------------------------------

texts = sa.Table(
    "texts",  # not changed while evidence cites them: retention empties uncited ones, a takedown takes the evidence too
    metadata,
    _id(key=True),
    sa.Column("headline", Words, nullable=False),
    sa.Column("text", Words, nullable=False),
    sa.Column("emptied_at", UtcTime),  # by a rule of retention: no evidence cites it
)

articles = sa.Table(
    "articles",
    metadata,
    _id(key=True),
    sa.Column("url", Words, nullable=False),
    _id("source_id", refers="sources.id"),
    sa.Column("first_seen", UtcTime, nullable=False),
    sa.Column("published_at", UtcTime),
    sa.Column("published_from", sa.Text),
    sa.Column("published_precision", sa.Text),
    _id("text_id", refers="texts.id"),
    sa.Column("lang", sa.Text, nullable=False),
    sa.Column("authors", sa.JSON(none_as_null=True), nullable=False),
    sa.Column("agency", Words),
    sa.Column("revision", sa.Integer, nullable=False),
    _id("copy_of", refers="articles.id", null=True),
    sa.Column("vanished_at", UtcTime),
    sa.Column("body_at", UtcTime, nullable=False),  # when the newest body was fetched that this article is read from
    sa.Column("relevant", sa.Boolean),  # of the newest screening; none before the first
    sa.Column("near_miss", sa.Double),  # the score that was below the line; none where anything else decided
    sa.Column("framing", sa.Text),  # of the newest framing
    sa.Column("row_version", sa.BigInteger, nullable=False),
    sa.Index(None, "first_seen", "id"),
    sa.Index(None, "source_id"),
    sa.Index(None, "text_id"),
    sa.Index(None, "copy_of"),
)

article_addresses = sa.Table(
    "article_addresses",  # every address that led to an article, its canonical one included
    metadata,
    _id("url_key", key=True),
    sa.Column("url", Words, nullable=False),
    _id("article_id", refers="articles.id"),
    sa.Column("at", UtcTime, nullable=False),  # of the body that said so: the newest wins
    sa.Index(None, "article_id"),
)

revisions = sa.Table(
    "revisions",
    metadata,
    _id("article_id", key=True, refers="articles.id"),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    _id("body_key"),  # the newest body that shows this revision: re-read, it may mend the text, never add a revision
    _id("text_id", refers="texts.id"),
    sa.Column("first_seen", UtcTime, nullable=False),
    sa.Index(None, "body_key"),
    sa.Index(None, "text_id"),
)

# --- results ---------------------------------------------------------------------------------------------------

stage_results = sa.Table(
    "stage_results",
    metadata,
    _id("stage", key=True),
    _id("key", key=True),  # of a body (extract) or an article
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("reason", Words),
    sa.Column("payload", sa.JSON(none_as_null=True)),
    sa.Column("attempts", sa.Integer, nullable=False),  # how often in a row it failed transiently
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    _id("stage", key=True),
    _id("key", key=True),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("reason", Words),
)

vectors = sa.Table(
    "vectors",
    metadata,
    _id("text_id", key=True, refers="texts.id"),
    _id("model", key=True),
    sa.Column("vector", sa.LargeBinary, nullable=False),  # float32, little-endian
)

engagement_reports = sa.Table(
    "engagement_reports",  # one act or promise as one article's text reports it
    metadata,
    _id(key=True),
    _id("article_id", refers="articles.id"),
    _id("text_id", refers="texts.id"),
    sa.Column("position", sa.Integer, nullable=False),  # among the article's reports
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("end", sa.Integer, nullable=False),
    sa.Column("parties", sa.JSON(none_as_null=True), nullable=False),
    sa.Column("third_parties", sa.JSON(none_as_null=True), nullable=False),
    sa.Column("quantities", sa.JSON(none_as_null=True), nullable=False),
    sa.Index(None, "article_id", "position"),
    sa.Index(None, "text_id"),
)

framed_sentences = sa.Table(
    "framed_sentences",  # the sentences of an article that carry a frame: the newest framing, one a row
    metadata,
    _id(key=True),
    _id("article_id", refers="articles.id"),
    _id("text_id", refers="texts.id"),
    sa.Column("position", sa.Integer, nullable=False),  # among the article's framed sentences
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("end", sa.Integer, nullable=False),
    sa.Column("frame", sa.Text, nullable=False),
    sa.Column("both", sa.Boolean, nullable=False),
    sa.Column("voice", sa.Text, nullable=False),
    sa.Column("probability", sa.Double, nullable=False),
    sa.Index(None, "article_id", "position"),
    sa.Index(None, "text_id"),
)

engagements = sa.Table(
    "engagements",  # resolved over articles: a pledge, its agreement and its delivery are three rows of one chain
    metadata,
    _id(key=True),
    _id("chain_id"),
    _id("parent_id", refers="engagements.id", null=True),
    _id("part_of", refers="engagements.id", null=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("coded_by", sa.Text, nullable=False),  # "machine" or "confirmed"
    sa.Column("first_reported", UtcTime, nullable=False),
    sa.Column("last_reported", UtcTime, nullable=False),
    sa.Column("row_version", sa.BigInteger, nullable=False),
    sa.Index(None, "chain_id"),
    sa.Index(None, "parent_id"),
    sa.Index(None, "part_of"),
)

engagement_members = sa.Table(
    "engagement_members",
    metadata,
    sa.Column("report_id", sa.ForeignKey("engagement_reports.id", ondelete="CASCADE"), primary_key=True),
    _id("engagement_id", refers="engagements.id"),
    sa.Index(None, "engagement_id"),
)

# --- stories ---------------------------------------------------------------------------------------------------

stories = sa.Table(
    "stories",
    metadata,
    _id(key=True),
    _id("founder", refers="articles.id"),
    sa.Column("baseline", sa.Boolean, nullable=False),
    _id("redirect_to", refers="stories.id", null=True),  # always a living story: one hop
    sa.Column("row_version", sa.BigInteger, nullable=False),
    sa.Index(None, "redirect_to"),
)

story_members = sa.Table(
    "story_members",
    metadata,
    _id("article_id", key=True, refers="articles.id"),
    _id("story_id", refers="stories.id"),
    sa.Column("baseline", sa.Boolean, nullable=False),
    sa.Index(None, "story_id"),
)

constraints = sa.Table(
    "constraints",
    metadata,
    sa.Column("kind", sa.Text, nullable=False),  # "must" or "cannot"
    _id("article_id", key=True, refers="articles.id"),
    _id("other_id", key=True, refers="articles.id"),
)

reviews = sa.Table(
    "reviews",  # what a coder said of a coded value
    metadata,
    _id(key=True),
    _id("article_id", refers="articles.id"),
    _id("text_id", refers="texts.id"),
    _id("stage"),
    _id("subject", null=True),  # of several values of one stage, which: the id of an engagement report
    sa.Column("coder", Words, nullable=False),
    sa.Column("verdict", sa.JSON(none_as_null=True), nullable=False),
    sa.Column("note", Words),
    sa.Column("at", UtcTime, nullable=False),
    sa.Index(None, "article_id", "stage"),
)

# --- alerts, search, leases ------------------------------------------------------------------------------------

messages = sa.Table(
    "messages",
    metadata,
    _id(key=True),
    _id("rule"),
    sa.Column("subject", Words, nullable=False),
    sa.Column("recipients", sa.JSON(none_as_null=True), nullable=False),
    sa.Column("eml", sa.LargeBinary, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("written_at", UtcTime),
    sa.Column("sent_at", UtcTime),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("error", Words),
    sa.Column("withdrawn_at", UtcTime),  # no longer to be written or sent
    sa.Index(None, "created_at", "id"),
)

announced = sa.Table(
    "announced",
    metadata,
    _id("rule", key=True),
    _id("story_id", key=True),
    _id("message_id", refers="messages.id"),
    sa.Index(None, "message_id"),
)

search_outbox = sa.Table(
    "search_outbox",  # the version is that of the change: a row is settled only if no later change came
    metadata,
    _id("kind", key=True),
    _id("id", key=True),
    sa.Column("row_version", sa.BigInteger, nullable=False),
)

tombstones = sa.Table(
    "tombstones",  # documents whose rows are gone
    metadata,
    _id("kind", key=True),
    _id("id", key=True),
    sa.Column("row_version", sa.BigInteger, nullable=False),
)

leases = sa.Table(
    "leases",
    metadata,
    _id("name", key=True),
    _id("holder"),
    sa.Column("until", sa.Double, nullable=False),  # seconds since 1970, by the database's clock
)

# --- what is no longer kept ------------------------------------------------------------------------------------

takedowns = sa.Table(
    "takedowns",  # the tombstone of an article: its row, text, codes and pages are gone and stay away
    metadata,
    _id("article_id", key=True),
    sa.Column("url", Words, nullable=False),
    sa.Column("reason", Words, nullable=False),
    sa.Column("by", Words, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)

takedown_addresses = sa.Table(
    "takedown_addresses",  # every address that led to it, or does: none is asked again
    metadata,
    _id("url_key", key=True),
    sa.Column("url", Words, nullable=False),
    _id("article_id", refers="takedowns.article_id"),
    sa.Index(None, "article_id"),
)

vault_cuts = sa.Table(
    "vault_cuts",  # records that no row cites any more and that are to be cut out of their file
    metadata,
    _id("file", key=True),
    sa.Column("offset", sa.BigInteger, primary_key=True, autoincrement=False),
)

vault_waste = sa.Table(
    "vault_waste",  # files to delete: replaced ones, and new ones until rows cite them
    metadata,
    _id("file", key=True),
)
