"""One whole run: the stages in order, each over the work that is due, shared with other workers (`pipeline.rounds`).

The loop does the I/O; stages are pure. Work is committed in small batches, and what is due is asked from the state, so a
killed run goes on where it stopped and a second run over the same day finds nothing to do. Each stage finishes before
the next begins: clustering must see a day's articles in order of (first seen, id), whatever was killed when.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Literal, TypeVar

from pipeline import cluster as clustering
from pipeline import extract as extraction
from pipeline import identify as identity
from pipeline import screen as screening
from pipeline.cluster import Candidate, Memory
from pipeline.coding import BATCH, Coder, Text, author_kind
from pipeline.engage import VERSION as ENGAGE_VERSION
from pipeline.errors import Permanent, SearchError, StateError
from pipeline.extract import extract, unread
from pipeline.frame import VERSION as FRAME_VERSION
from pipeline.identify import Originals, identify
from pipeline.index import catch_up
from pipeline.payloads import plain, reports_payload
from pipeline.ports import Alerter, Gatherer, Progress, SearchIndex, State, Vault, Vectors
from pipeline.records import (
    Article,
    Body,
    Extraction,
    GatherPlan,
    Identity,
    Source,
    Stage,
    StageResult,
    StoryDecision,
)
from pipeline.rounds import LEASE_SECONDS, Holding, Round, Share, shares
from pipeline.table import ASKED, READ, RELEVANT, SCREENED, RunTable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Engines:
    """What a run works with; the wiring builds them."""

    state: State
    index: SearchIndex
    gatherer: Gatherer
    vault: Vault
    coder: Coder
    alerter: Alerter


@dataclass(frozen=True, slots=True)
class Order:
    """What to run: which sources, at which time, and what the crawl may do."""

    kind: Literal["sample", "live"]
    now: datetime
    fixed_clock: bool
    sources: tuple[Source, ...]
    since: datetime | None = None
    host_map: tuple[tuple[str, str], ...] = ()
    allow_hosts: tuple[str, ...] = ()
    user_agent: str = "beatwatch"
    worker: str = field(default_factory=lambda: secrets.token_hex(8))
    """Whose leases these are: the same after a restart, another in every data folder."""
    workers: int = 1
    """How many share the sources."""
    lane: str = "daily"
    """Runs over the same sources that begin together are one round; the hourly one is another."""
    called: datetime | None = None
    """When another worker's run called this one to share its sources; none = it began by itself."""
    lease_seconds: float = LEASE_SECONDS


class Run:
    """One run over one state. `table` is filled as it goes."""

    def __init__(self, engines: Engines, order: Order, progress: Progress) -> None:
        self.table = RunTable()
        self._engines, self._state, self._order, self._show = engines, engines.state, order, progress
        self._sources = {source.id: source for source in order.sources}
        self._coder = engines.coder
        self._asked = 0
        self._holding = Holding(engines.state, order.worker, order.lease_seconds)

    def execute(self) -> RunTable:
        """Everything in order. A failure is noted in the state and mailed before it is raised again."""
        if self._order.called and (newest := self._state.newest_run()) and newest >= self._order.called:
            self.table.notes.append("the run that called this one was completed before it began")
            return self.table
        self._state.register_sources(self._order.sources)
        run_id = self._state.begin_run(self._order.kind, self._order.now)
        try:
            self._take_part(run_id)
        except Exception as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            with suppress(StateError):  # where the state is what failed, its own reason is told
                self._state.end_run(run_id, "failed", self.table.counts, reason)
                self._engines.alerter.announce_failure(self._order.now, reason)
            raise
        return self.table

    def _take_part(self, run_id: str) -> None:
        """Gather a share with the other workers of the round, if there are any, and do the rest if none of them has."""
        order = self._order
        lane = f"{order.kind}:{order.lane}"
        joined = Round(self._state, lane, run_id, order.worker, order.workers, order.lease_seconds)
        self._holding = joined
        self._gather(run_id, joined)
        with joined.coding():
            if joined.completed():
                self.table.notes.append("another worker has coded, indexed and told what this round brought")
            else:
                self._count_asked(joined.id)
                self._work_through(self._baseline())
                self.table.count("mails", self._engines.alerter.announce(joined.id, order.now, self.table.counts))
            self._state.end_run(run_id, "completed", self.table.counts)
        joined.close()

    def recode(self) -> RunTable:
        """Work through what this version of the stages has not read. Nothing is gathered, nobody is told, and no story
        that comes of it counts as new."""
        with self._holding.coding():
            self._work_through(lambda _: True)
        return self.table

    def _work_through(self, baseline: Callable[[Article], bool]) -> None:
        self._read_bodies()
        self._screen()
        self._embed()
        self._cluster(baseline)
        self._code()
        self._index()

    def _progress(self, stage: str, done: int, total: int | None) -> None:
        self._holding.hold()
        self._show(stage, done, total)

    # --- gather, archive

    def _gather(self, run_id: str, joined: Round) -> None:
        """Ask share after share, until nothing is left, here or with another worker."""
        sources = self._order.sources
        whole = shares(sources, {source.id: self._engines.gatherer.hosts(source) for source in sources})
        while left := joined.left(whole):
            with joined.taken(left, len(whole)) as mine:
                if mine:
                    self._crawl(run_id, mine)
            if not mine:
                self._show("wait for another worker", len(whole) - len(left), len(whole))
                joined.wait()

    def _count_asked(self, round_id: str) -> None:
        """By all workers of the round, and by those that were killed."""
        notes, self.table = self.table.notes, RunTable()
        self.table.notes += notes
        self.table.take(self._state.fetches(round_id=round_id))
        self.table.count("vanished pages", self.table.counts[f"{ASKED}: gone"])

    def _crawl(self, run_id: str, mine: Sequence[Share]) -> None:
        order, state = self._order, self._state
        sources = tuple(source for share in mine for source in share.sources)
        alone = order.workers == 1
        plan = GatherPlan(
            run_id=run_id, now=order.now, fixed_clock=order.fixed_clock, sources=sources,
            known=tuple(state.known_addresses([source.id for source in sources], order.now)),
            waits=tuple(sorted(state.host_waits(order.now).items())), since=order.since, host_map=order.host_map,
            hosts=() if alone else tuple(sorted({host for share in mine for host in share.hosts})),
            allow_hosts=order.allow_hosts, user_agent=order.user_agent, lease_seconds=order.lease_seconds,
        )  # fmt: skip
        batches = self._engines.gatherer.gather(plan, self._holding.hold)
        with closing(batches):  # type: ignore[type-var]
            for batch in batches:
                state.record_fetches(run_id, batch)
                self.table.take(batch)
                if any(fetch.archived for fetch in batch):
                    self._coder.prepare()
                self._asked += len(batch)
                self._show("gather", self._asked, None)

    # --- extract, identify

    def _read_bodies(self) -> None:
        due = sorted(self._state.bodies_due(extraction.VERSION), key=self._origin_first)
        originals = self._originals(min(body.fetched_at for body in due)) if due else Originals()
        for done, bodies in _batches(due, BATCH):
            results = [(body, self._extracted(body)) for body in bodies]
            seen = {result.body_key: body.fetched_at for body, result in results if isinstance(result, Extraction)}

            def decide(found: Extraction, seen: Mapping[str, datetime] = seen) -> Identity:
                known = self._state.article_by_url(found.canonical_url)
                return identify(found, known, originals, seen[found.body_key])

            identities = self._state.save_extractions(extraction.VERSION, results, decide)
            self._count_read([result for _, result in results], identities)
            self._progress("extract", done, len(due))

    def _origin_first(self, body: Body) -> tuple[bool, datetime, datetime, str]:
        """Wires before their customers, then by the feed's date: a text's origin should be seen before its copies."""
        wire = body.source_id in self._sources and self._sources[body.source_id].kind == "wire"
        dated = body.entry.published.at if body.entry and body.entry.published else body.fetched_at
        return not wire, body.fetched_at, dated, body.key

    def _originals(self, earliest: datetime) -> Originals:
        """The originals that a page fetched from `earliest` on may be a copy of."""
        originals = Originals()
        for article in self._state.articles(since=earliest - identity.WINDOW):
            if article.copy_of is None:
                originals.add(article.id, article.text, article.time)
        return originals

    def _extracted(self, body: Body) -> Extraction | StageResult:
        source = self._sources.get(body.source_id)
        if source is None:
            return unread(body, "reject", "its source is not in this run's catalogue")
        try:
            return extract(body, self._engines.vault.read(body.archived), source)
        except Permanent as error:
            return unread(body, "permanent", str(error))

    def _count_read(self, results: Sequence[Extraction | StageResult], identities: Sequence[Identity]) -> None:
        self.table.count(READ, len(results))
        for result in results:
            if isinstance(result, StageResult):
                self.table.count(f"{READ}: {'quarantined' if result.outcome == 'permanent' else result.reason}")
        for one in identities:
            self.table.count(f"{READ}: {_OUTCOMES[one.outcome]}")

    # --- screen, embed, cluster

    def _screen(self) -> None:
        def work(articles: Sequence[Article]) -> list[StageResult]:
            found = self._coder.screen([self._text(article) for article in articles])
            for screened in found:
                self.table.count(SCREENED)
                self.table.count(f"{SCREENED}: {RELEVANT if screened.relevant else screened.reason}")
            pairs = zip(articles, found, strict=True)
            return [_result(article, "screen", screening.VERSION, plain(record)) for article, record in pairs]

        self._each("screen", screening.VERSION, work, relevant_only=False)

    def _embed(self) -> None:
        def work(articles: Sequence[Article]) -> list[StageResult]:
            vectors = self._coder.vectors([self._text(article) for article in articles])
            self._state.save_vectors(self._coder.model, dict(zip((a.text_id for a in articles), vectors, strict=True)))
            return [_result(article, "embed", self._coder.model, {"model": self._coder.model}) for article in articles]

        self._each("embed", self._coder.model, work, relevant_only=True)

    def _cluster(self, baseline: Callable[[Article], bool]) -> None:
        due = list(self._state.articles_due("cluster", clustering.VERSION, relevant_only=True))
        if not due:
            return
        memory = self._memory(min(article.time for article in due))
        before = set(memory.stories)
        vectors = self._state.vectors(self._coder.model, (article.text_id for article in due))
        touched: set[str] = set()
        for done, articles in _batches(due, BATCH):
            decisions = [self._placed(article, vectors[article.text_id], memory) for article in articles]
            self._state.save_decisions(decisions, clustering.VERSION, baseline=baseline)
            touched.update(decision.story_id for decision in decisions)
            self._count_placed(articles)
            self._progress("cluster", done, len(due))
        merged = clustering.settle(memory, touched)
        self._state.save_merges(merged)
        gone = {merge.story_id for merge in merged}
        self.table.count("stories", len(touched - gone))
        self.table.count("new stories", len(touched - before - gone))
        self.table.count("merged stories", len(merged))

    def _placed(self, article: Article, vector: Vectors, memory: Memory) -> StoryDecision:
        """Decide on one article; a revised article stays where it is."""
        home = self._state.story_of(article.id)
        if home is not None:
            return StoryDecision(article.id, "attach", home, 1.0, article.id)
        candidate = self._candidate(article, vector)
        return clustering.place(candidate, memory)

    def _memory(self, earliest: datetime) -> Memory:
        """Stories that may still take articles dated from `earliest` on, read from the state."""
        memory = Memory(centres=self._coder.knowledge.centres)
        story_of = {
            name: s.id for s in self._state.stories(since=earliest - memory.rules.window) for name in s.article_ids
        }
        members = sorted(self._state.articles(story_of), key=lambda article: (article.first_seen, article.id))
        vectors = self._state.vectors(self._coder.model, (article.text_id for article in members))
        for article in members:
            if article.text_id in vectors:
                decision = StoryDecision(article.id, "attach", story_of[article.id])
                memory.apply(self._candidate(article, vectors[article.text_id]), decision)
        return memory

    def _candidate(self, article: Article, vector: Vectors) -> Candidate:
        countries, numbers = self._coder.specifics(self._text(article))
        return Candidate(
            article.id,
            article.time,
            article.first_seen,
            article.lang,
            vector,
            "lead",
            countries,
            numbers,
            article.copy_of,
        )

    def _baseline(self) -> Callable[[Article], bool]:
        lines = self._state.baselines()
        return lambda article: article.source_id in lines and article.time <= lines[article.source_id]

    def _count_placed(self, articles: Sequence[Article]) -> None:
        self.table.count(RELEVANT, len(articles))
        for article in articles:
            self.table.count(f"{RELEVANT}: {'copies' if article.copy_of else 'origins'}")

    # --- frame, engage

    def _code(self) -> None:
        def frame(articles: Sequence[Article]) -> list[StageResult]:
            framings = self._coder.frame([self._text(article) for article in articles])
            pairs = zip(articles, framings, strict=True)
            return [_result(article, "frame", FRAME_VERSION, plain(framing)) for article, framing in pairs]

        def engage(articles: Sequence[Article]) -> list[StageResult]:
            found = [self._coder.engage(self._text(article)) for article in articles]
            self.table.count("engagement reports", sum(map(len, found)))
            pairs = zip(articles, found, strict=True)
            return [_result(article, "engage", ENGAGE_VERSION, reports_payload(reports)) for article, reports in pairs]

        self._each("frame", FRAME_VERSION, frame, relevant_only=True)
        self._each("engage", ENGAGE_VERSION, engage, relevant_only=True)

    # --- index

    def _index(self) -> None:
        """Bring the index up to date; where it fails, the run goes on and the outbox keeps what is due."""
        try:
            catch_up(self._state, self._engines.index, self._progress)
        except SearchError as error:
            waiting = self._state.outbox_size()
            lag = f"{waiting} change{'' if waiting == 1 else 's'}"
            self.table.notes.append(f"the search index lags by {lag}: {error}; the next run brings it up")
        self.table.count("waiting for the index", self._state.outbox_size())

    # --- what the stages share

    def _text(self, article: Article) -> Text:
        source = self._sources.get(article.source_id)
        kind = author_kind(source.kind if source else None, article.agency)
        return Text(article.headline, article.text, article.lang, kind)

    def _each(
        self, stage: Stage, version: str, work: Callable[[Sequence[Article]], list[StageResult]], *, relevant_only: bool
    ) -> None:
        due = list(self._state.articles_due(stage, version, relevant_only=relevant_only))
        for done, articles in _batches(due, BATCH):
            self._state.save_results(work(articles))
            self._progress(stage, done, len(due))


_OUTCOMES = {
    "new": "new articles", "revision": "revisions", "unchanged": "same text again", "taken_down": "taken down before",
}  # fmt: skip


def _result(article: Article, stage: Stage, version: str, payload: dict[str, object]) -> StageResult:
    return StageResult(article.id, stage, version, article.text_id, "record", None, payload)


def _batches(items: Iterable[T], size: int) -> Iterator[tuple[int, list[T]]]:
    """(items done after this batch, batch)."""
    iterator, done = iter(items), 0
    while batch := list(islice(iterator, size)):
        done += len(batch)
        yield done, batch
