"""What the run loop needs from outside, as Protocols: who implements them, which errors they raise.

All methods are called from one thread. Times go in and come out as aware UTC. Every method that writes is one
transaction: after a crash it happened wholly or not at all, and calling it again with the same input changes nothing
(row versions, outbox rows and times included; the tries of a transient result and the attempts of a message are counts,
and each call counts). Adapters raise `StateError`, `SearchError`, `VaultError`,
`DataFolderError` or `ModelMissing`, never an exception of a library.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.records import (
    ArchiveRef,
    Article,
    Body,
    DocumentKind,
    EngagementReport,
    Extraction,
    Fetch,
    Framing,
    GatherPlan,
    Identity,
    KeptReport,
    Known,
    Merge,
    Message,
    Refusal,
    Removal,
    Screening,
    SearchDocument,
    SearchHit,
    Source,
    Stage,
    StageResult,
    Story,
    StoryDecision,
    Takedown,
)

Vectors = NDArray[np.float32]


class Gatherer(Protocol):
    """The network in (`crawlers`)."""

    def hosts(self, source: Source) -> frozenset[str]:
        """The hosts that are asked for a source."""
        ...

    def gather(self, plan: GatherPlan, hold: Callable[[], None]) -> Iterator[list[Fetch]]:
        """Fetch what `plan` names; yield batches whose bodies are already synced to the vault.

        `hold` is called every few seconds; what it raises ends the crawl, and where it is not called in time the crawl
        ends by itself (`GatherPlan.lease_seconds`). A failing source is a `Fetch` with its outcome, never an exception.
        Raises `FailedRun` if the crawl itself cannot run or dies. Closing the iterator ends the crawl.
        """
        ...


class Vault(Protocol):
    """The archive of fetched bodies."""

    def read(self, ref: ArchiveRef) -> bytes:
        """The decoded body; raises `Permanent` if it is missing or its hash differs, `VaultError` if it cannot be read."""
        ...


class Encoder(Protocol):
    """Texts to unit vectors of one model."""

    @property
    def model(self) -> str:
        """Name and version under which vectors are kept, e.g. "use-multilingual-v3/1"."""
        ...

    def prepare(self) -> None:
        """Begin to load the model in the background, while there is other work to wait for."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(len(texts), d) float32 rows of length 1. Raises `ModelMissing` when the model cannot be loaded."""
        ...


class Snapshot(Protocol):
    """The state as it was at one moment, for a backup."""

    @property
    def revision(self) -> str:
        """The schema that its rows are of."""
        ...

    def tables(self) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
        """Each table's name and rows as plain JSON values, referenced tables first; one after the other."""
        ...

    def cited(self) -> dict[str, int]:
        """Names of the vault's files that rows cite, each with the offset of the last record that is cited."""
        ...


class State(Protocol):
    """The system of record (SQL)."""

    def schema(self) -> str:
        """The version of the schema."""
        ...

    def scrub(self) -> bool:
        """Leave nothing of deleted rows in files of our own. False while another process that is reading keeps some of
        it: it goes with the next call, or when the last process closes the database."""
        ...

    # --- runs
    def begin_run(self, kind: Literal["sample", "live"], now: datetime) -> str:
        """A new run's id (ULID text)."""
        ...

    def end_run(
        self, run_id: str, outcome: Literal["completed", "failed"], table: Mapping[str, int], reason: str | None = None
    ) -> None:
        """Close the run with its table of counts; a completed one completes its round, which forgets what it gathered."""
        ...

    def join_round(self, run_id: str, round_id: str) -> None:
        """Let the run share its sources with those of the round; each run begins as a round by itself."""
        ...

    def completed_round(self, round_id: str) -> bool:
        """Whether a run of the round was completed: everything of it was gathered, coded and told."""
        ...

    def gathered(self, round_id: str) -> set[str]:
        """Ids of the sources that runs of this round have asked to the end."""
        ...

    def mark_gathered(self, round_id: str, source_ids: Sequence[str]) -> None:
        """Note that these sources were asked to the end."""
        ...

    def completed_runs(self, kind: Literal["sample", "live"]) -> int:
        """How many rounds of this kind were completed in this state."""
        ...

    def newest_run(self) -> datetime | None:
        """The time of the newest completed run; None before the first."""
        ...

    # --- gathering
    def register_sources(self, sources: Sequence[Source]) -> None:
        """Make the sources known (insert, or update what their files say). Rows of other sources stay."""
        ...

    def sources(self) -> list[Source]:
        """Every source that was ever registered, as its file last said, ordered by id."""
        ...

    def known_addresses(self, source_ids: Sequence[str], now: datetime) -> list[Known]:
        """Every address asked before for these sources, newest fetch each, with `revisit` set on the addresses of
        relevant, not vanished articles first seen in the 30 days before `now` and not fetched at `now` already."""
        ...

    def host_waits(self, now: datetime) -> dict[str, datetime]:
        """Hosts that asked to wait beyond `now` (from the newest 429 or 503 with `retry_at` of each host)."""
        ...

    def record_fetches(self, run_id: str, batch: Sequence[Fetch]) -> None:
        """Append to the fetch log; make a `Body` (create-only by key) of each fetched page; note a source's first
        fetch (the first that brought something); set `vanished_at` of articles whose address answers GONE, clear it
        when a body comes again or is confirmed. A body that its article no longer shows is due for extraction again
        when the publisher goes back to it."""
        ...

    def fetches(
        self, *, url: str | None = None, source_id: str | None = None, round_id: str | None = None
    ) -> list[Fetch]:
        """Rows of the fetch log, oldest first; `url` matches the asked and the final address."""
        ...

    def baselines(self) -> dict[str, datetime]:
        """For each source fetched before: `baseline_at` of its file, else the time of its first fetch."""
        ...

    # --- extract, identify
    def bodies_due(self, version: str) -> Iterator[Body]:
        """Bodies with no extract result of this version and of the source's present rules, ordered by
        (fetched_at, key). A transient result is due again, ten times at most."""
        ...

    def body(self, key: str) -> Body | None:
        """One body by its key."""
        ...

    def save_extractions(
        self,
        version: str,
        done: Sequence[tuple[Body, Extraction | StageResult]],
        identify: Callable[[Extraction], Identity],
    ) -> list[Identity]:
        """In one transaction, in order: keep each result; for an `Extraction`, let `identify` decide and write its
        article, revision and text (a text that evidence cites is never changed). A revision keeps the article's id and
        first_seen; an older body never replaces the text of a newer one, and a body that is read again by new rules
        mends the text of its revision and adds none. Returns the identities, in order, with the outcomes as they came
        about. `identify` may ask this state: it sees what the call has written so far."""
        ...

    def article(self, article_id: str) -> Article | None:
        """The current revision of an article."""
        ...

    def article_by_url(self, url: str) -> Article | None:
        """By canonical address or any address that led to it."""
        ...

    def addresses(self, article_id: str) -> list[str]:
        """Every address that led to an article, its canonical one included, in order."""
        ...

    def articles(self, ids: Iterable[str] | None = None, *, since: datetime | None = None) -> Iterator[Article]:
        """Articles by id, or all, or all first seen at `since` or later; ordered by id."""
        ...

    def text(self, text_id: str) -> tuple[str, str] | None:
        """(headline, text) of a kept text."""
        ...

    def revisions(self, article_id: str) -> list[tuple[int, str, datetime]]:
        """(number, text id, first seen), oldest first."""
        ...

    # --- results of the later stages, keyed by article; fingerprint = what the stage read
    def articles_due(self, stage: Stage, version: str, *, relevant_only: bool) -> Iterator[Article]:
        """Articles whose current text has no result of this stage with this version and with `text_id` as fingerprint,
        ordered by (first_seen, id). `relevant_only`: only those whose screening says relevant."""
        ...

    def save_results(self, results: Sequence[StageResult]) -> None:
        """Insert or replace results of screen, frame, engage or embed for (article, stage); queue their articles (and
        the stories of those) for the search index where something changed. A `permanent` result also goes to
        quarantine. Payloads are those of `pipeline.payloads`; that of "embed" may name the `model`, else its version is
        taken for it. A `transient` result is no verdict: relevance, frame and reports stay those of the last success.
        """
        ...

    def result(self, article_id: str, stage: Stage) -> StageResult | None:
        """The newest result of a stage for an article."""
        ...

    def results(self, stage: Stage) -> Iterator[StageResult]:
        """All newest results of a stage, ordered by article id."""
        ...

    def screening(self, article_id: str) -> Screening | None:
        """The screening as a record."""
        ...

    def framing(self, article_id: str) -> Framing | None:
        """The framing as a record, None if not framed."""
        ...

    def engagement_reports(self, article_id: str) -> tuple[EngagementReport, ...]:
        """What the article reports."""
        ...

    def reports(self) -> Iterator[KeptReport]:
        """The reports of all relevant articles, ordered by id."""
        ...

    def save_vectors(self, model: str, vectors: Mapping[str, Vectors]) -> None:
        """Keep vectors by text id."""
        ...

    def vectors(self, model: str, text_ids: Iterable[str]) -> dict[str, Vectors]:
        """Kept vectors by text id; unknown ids are left out."""
        ...

    def quarantine(self) -> list[StageResult]:
        """What can never be processed, with reasons, and what failed ten times."""
        ...

    # --- stories
    def save_decisions(
        self, decisions: Sequence[StoryDecision], version: str, *, baseline: Callable[[Article], bool]
    ) -> None:
        """Write memberships and stories; an article that moved leaves its old story. `baseline(article)` says whether
        it is known only from a source's first fetch; a story is baseline while all its members are. A decision for a
        story that was merged goes to the one that it became. Each decision is kept as the article's "cluster" result.
        """
        ...

    def save_merges(self, merges: Sequence[Merge]) -> None:
        """Move members, leave redirects (a redirect to a redirect is resolved), queue for the index."""
        ...

    def story(self, story_id: str) -> Story | None:
        """A story by its id or a redirect's; None if unknown."""
        ...

    def stories(self, *, since: datetime | None = None) -> list[Story]:
        """Stories (no redirects) ordered by id; `since`: last_published or first_seen not before it."""
        ...

    def story_of(self, article_id: str) -> str | None:
        """The id of the story of an article."""
        ...

    def constraints(self) -> list[tuple[Literal["must", "cannot"], str, str]]:
        """Analysts' must-links and cannot-links between articles."""
        ...

    def constrain(self, kind: Literal["must", "cannot"], article_id: str, other_id: str) -> None:
        """Keep an analyst's must-link or cannot-link; the later word on a pair replaces the earlier one."""
        ...

    # --- alerts
    def announced(self, rule: str) -> set[str]:
        """Ids of stories that this rule has already put into a message, and of those that they were merged into."""
        ...

    def enqueue_message(self, message: Message, story_ids: Sequence[str]) -> bool:
        """Put a message and its stories into the outbox, in one transaction; False (nothing written) if its id is
        there."""
        ...

    def messages(self, *, unwritten: bool = False, unsent: bool = False) -> list[Message]:
        """Messages, oldest first."""
        ...

    def mark_message(
        self,
        message_id: str,
        *,
        written_at: datetime | None = None,
        sent_at: datetime | None = None,
        error: str | None = None,
    ) -> None:
        """Note what happened to a message; `error` counts an attempt."""
        ...

    # --- search outbox
    def claim_outbox(self, limit: int) -> list[tuple[str, str]]:
        """Up to `limit` (kind, id) rows to index. They stay until `settle_outbox`."""
        ...

    def settle_outbox(self, rows: Sequence[tuple[str, str, int]], refused: Sequence[Refusal] = ()) -> None:
        """Delete the rows (kind, id) to which no change came after the row_version that was indexed. What the index
        refused goes to quarantine, and leaves it when it is indexed after all."""
        ...

    def outbox_size(self) -> int:
        """How many rows wait for the index."""
        ...

    def documents(self) -> Iterator[tuple[DocumentKind, str]]:
        """(kind, id) of everything that the index is to hold, tombstones included, by kind and id."""
        ...

    def document_counts(self) -> Mapping[DocumentKind, int]:
        """How many documents of each kind an index of the whole state holds."""
        ...

    def set_aside(self, refused: Sequence[Refusal]) -> None:
        """Put into quarantine what the index refused; take out of it what it did not, when it was built anew."""
        ...

    def search_document(self, kind: str, id: str) -> SearchDocument:
        """The document as the state has it now (`deleted` where it is gone, redirected or irrelevant)."""
        ...

    # --- leases
    def acquire_leases(self, names: Iterable[str], holder: str, seconds: float) -> set[str]:
        """Take or prolong leases by the database's clock; returns the names of those that `holder` has now, the others
        are another's."""
        ...

    def lease_holder(self, name: str) -> str | None:
        """Who holds a lease now."""
        ...

    def release_leases(self, names: Mapping[str, float], holder: str) -> None:
        """Give leases back; each can be taken again when its rest (seconds) is over."""
        ...

    # --- takedowns
    def take_down(self, article_id: str, *, reason: str, by: str, at: datetime) -> Removal:
        """Take an article away with its texts, codes, reports, vectors and bodies; leave a tombstone. Its records in the
        vault go onto the list of cuts; stories are told by their other articles or end; the first of its copies becomes
        an original; mails about its story that were not sent are withdrawn; the index is told by the outbox. From then
        on nothing writes about it: its addresses count as known, its pages are turned away (an identity "taken_down"),
        results, vectors and decisions about it are dropped. Raises `StateError` if there is no such article."""
        ...

    def takedown(self, wanted: str) -> Takedown | None:
        """The tombstone by the article's id or any address that led to it."""
        ...

    def addresses_taken_down(self, article_id: str) -> list[str]:
        """Every address that leads to what was taken down, in order."""
        ...

    def archived_bodies(self, article_id: str) -> list[ArchiveRef]:
        """Where an article's bodies lie in the vault."""
        ...

    # --- retention
    def dropped_bodies(self, before: datetime) -> Iterator[str]:
        """Keys of the bodies of dropped articles whose newest body was fetched before; dropped: not relevant, in no
        story, without reports and reviews."""
        ...

    def remove_dropped_bodies(self, keys: Sequence[str], before: datetime) -> int:
        """Remove those that are still such; their records go onto the list of cuts. Returns how many."""
        ...

    def dropped_texts(self, before: datetime) -> Iterator[str]:
        """Ids of the texts that no other articles than such show, or showed in a revision."""
        ...

    def empty_dropped_texts(self, ids: Sequence[str], before: datetime, now: datetime) -> int:
        """Empty those that are still such; headlines stay, and the articles are not screened again. Returns how many."""
        ...

    def superseded_fetches(self, before: datetime) -> Iterator[int]:
        """Rows of the fetch log, by number, that brought no kept body and have a later row about their address."""
        ...

    def remove_fetches(self, numbers: Sequence[int], before: datetime) -> int:
        """Remove those that are still such; what they cite in the vault goes onto the list of cuts. Returns how many."""
        ...

    def empty_messages(self, ids: Sequence[str], now: datetime) -> None:
        """Empty the bytes of messages; those not sent are withdrawn."""
        ...

    # --- what is to go from the vault
    def vault_cuts(self) -> dict[str, list[int]]:
        """Offsets of the records to cut out, by file."""
        ...

    def vault_waste(self) -> list[str]:
        """Files to delete."""
        ...

    def plan_vault_file(self, file: str) -> None:
        """Write a file down as waste before it is made."""
        ...

    def replace_vault_file(self, file: str, new: str | None, moves: Mapping[int, int]) -> None:
        """Let every row that cites `file` cite `new` (planned before), at the new offsets; `file` is waste then and its
        cuts are done. Raises `StateError` where `new` is no longer planned."""
        ...

    def forget_waste(self, file: str) -> None:
        """A file was deleted."""
        ...

    # --- backup
    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """The state as it is when the block begins, whatever is written until it ends."""
        ...

    def close(self) -> None:
        """Release connections."""
        ...


class SearchIndex(Protocol):
    """The derived index: the kinds of `DocumentKind`. The embedded one leaves the fetch log to the state, beside it."""

    @property
    def kinds(self) -> Collection[DocumentKind]:
        """The kinds that it holds; documents of others are taken and left out."""
        ...

    def write(self, documents: Sequence[SearchDocument]) -> Sequence[Refusal]:
        """Insert, replace or delete; a document with an older row_version than the stored one is ignored. Returns those
        that it can never hold as they are; all others are written."""
        ...

    def rebuild(self, batches: Iterable[Sequence[SearchDocument]]) -> Sequence[Refusal]:
        """Put an index of just these documents in the place of the present one, which answers until then. Where
        `batches` raises, the present one stays. Returns what it can never hold."""
        ...

    def refresh(self) -> None:
        """Make everything written visible to `search`."""
        ...

    def scrub(self) -> bool:
        """As `State.scrub`, for deleted documents."""
        ...

    def search(
        self,
        query: str,
        *,
        kind: DocumentKind = "article",
        filters: Mapping[str, str | Sequence[str]] | None = None,
        sort: Literal["score", "time", "-time", "id"] = "score",
        limit: int = 20,
        after: str | None = None,
    ) -> tuple[list[SearchHit], str | None]:
        """Answers and the cursor of the next page. `query` is the documented subset of Lucene's language ("" matches
        all). `filters` are fields of that language beside the query; a field's values are alternatives. Raises
        `UsageError` for a query that cannot be read, with the place of the fault."""
        ...

    def counts(
        self,
        query: str,
        by: str,
        *,
        kind: DocumentKind = "article",
        filters: Mapping[str, str | Sequence[str]] | None = None,
    ) -> dict[str, int]:
        """How many answers have each value of a field, or were published in each "year", "month" or "day"; ordered by
        value. Raises `UsageError` as `search` does."""
        ...

    def nearest(
        self, vector: Sequence[float], *, kind: Literal["article", "story"] = "article", limit: int = 10
    ) -> list[SearchHit]:
        """Documents by cosine, best first."""
        ...

    def count(self, kind: DocumentKind) -> int:
        """Documents that are not deleted."""
        ...

    def close(self) -> None:
        """Release connections."""
        ...


class Alerter(Protocol):
    """What tells people (`alerts`)."""

    def announce(self, round_id: str, now: datetime, table: Mapping[str, int]) -> int:
        """Put what is new into the outbox and deliver it; returns how many messages were made. Never repeats one."""
        ...

    def announce_failure(self, now: datetime, reason: str) -> None:
        """Tell that the run failed, with its reason."""
        ...


class Progress(Protocol):
    """Where long work says how far it is."""

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """`done` of `total` items of a stage; total None where it is not known yet."""
        ...
