"""Book-keeping of a crawl: every named address is one errand and ends in exactly one row of the fetch log.

An errand follows redirects; what one request brought is an `Answer`, kept by address, so that an address which is both
named by a feed and reached through a redirect is fetched once and answered twice. A way in is recorded after everything
that it named: if the crawl is killed in between, the way in counts as not read, and the next run sees its entries again
instead of a 304.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crawlers.guard import address_key
from crawlers.ways import Way
from pipeline.records import ArchiveRef, FeedEntry, Fetch, FetchKind, FetchOutcome, Known, Source

MOST_REDIRECTS = 5
# A page that ended so is asked again while a way in still names it. The others are settled: it was read, is gone, or a
# rule (robots.txt, the guard, its size) keeps it out.
MAY_PASS = frozenset({
    FetchOutcome.FAILED, FetchOutcome.TIMED_OUT, FetchOutcome.RATE_LIMITED, FetchOutcome.POSTPONED,
    FetchOutcome.ROBOTS_UNREACHABLE, FetchOutcome.BLOCKED, FetchOutcome.CHALLENGE, FetchOutcome.BROKEN,
})  # fmt: skip
_PUT_OFF = frozenset({FetchOutcome.RATE_LIMITED, FetchOutcome.POSTPONED})
_OWED_FOR = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one request brought: a redirect (`location`) or the end of an errand, with the values of its row."""

    outcome: FetchOutcome
    status: int | None = None
    reason: str | None = None
    archived: ArchiveRef | None = None
    size: int | None = None
    seconds: float | None = None
    content_type: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    retry_at: datetime | None = None
    items: int | None = None
    location: str | None = None


@dataclass(slots=True, eq=False)
class Errand:
    """One named address on its way to its row."""

    url: str
    source: Source
    kind: FetchKind
    entry: FeedEntry | None = None
    way: Way | None = None  # how it is read; None for pages
    known: Known | None = None
    parent: "Errand | None" = None  # the way in that named it
    priority: int = 0
    hops: list[str] = field(default_factory=list)
    children: int = 0  # named by it and not yet recorded
    answer: Answer | None = None
    at: datetime | None = None

    def row(self) -> Fetch:
        """The errand's row. It must have its answer."""
        assert self.answer is not None
        assert self.at is not None
        answer, moved = self.answer, len(self.hops) > 1
        return Fetch(
            url=self.url, source_id=self.source.id, kind=self.kind, at=self.at, outcome=answer.outcome,
            status=answer.status, reason=answer.reason, final_url=self.hops[-1] if moved else None,
            redirects=tuple(self.hops[1:-1]), archived=answer.archived, size=answer.size, seconds=answer.seconds,
            content_type=answer.content_type, etag=answer.etag, last_modified=answer.last_modified,
            retry_at=answer.retry_at, items=answer.items, entry=self.entry,
        )  # fmt: skip


class Errands:
    """All errands of a crawl. `record` takes finished rows, `clock` gives the time that is stamped on them."""

    def __init__(self, record: Callable[[Fetch], None], clock: Callable[[], datetime]) -> None:
        self._record, self._clock = record, clock
        self._named: set[str] = set()
        self._open: dict[str, Errand] = {}

    def add(self, errand: Errand) -> bool:
        """Take an errand on; False if its address was named before in this crawl."""
        key = address_key(errand.url)
        if key in self._named:
            return False
        self._named.add(key)
        self._open[key] = errand
        if errand.parent is not None:
            errand.parent.children += 1
        return True

    def settle(self, errand: Errand, answer: Answer) -> None:
        """Give an errand its answer; its row is recorded as soon as the rows of all that it named are."""
        if errand.answer is None:
            errand.answer, errand.at = answer, self._clock()
            self._finish(errand)

    def _finish(self, errand: Errand) -> None:
        if errand.answer is None or errand.children:
            return
        del self._open[address_key(errand.url)]
        self._record(errand.row())
        if errand.parent is not None:
            errand.parent.children -= 1
            self._finish(errand.parent)

    def give_up(self, reason: str) -> None:
        """End every errand that is still open as failed, ways in too, so that the next run reads them again."""
        for errand in list(self._open.values()):
            errand.answer, errand.at = Answer(outcome=FetchOutcome.FAILED, reason=reason), self._clock()
        for errand in sorted(self._open.values(), key=lambda errand: errand.way is not None):
            self._record(errand.row())
        self._open.clear()


class Memory:
    """What the state remembers (`GatherPlan.known`), asked by address."""

    def __init__(self, known: tuple[Known, ...], now: datetime) -> None:
        self._known = {address_key(item.url): item for item in known}
        self._now = now

    def of(self, url: str) -> Known | None:
        """What is known of an address."""
        return self._known.get(address_key(url))

    def settled(self, url: str) -> bool:
        """Whether a page needs no asking: known, not to be revisited, and not failed in a way that may pass."""
        known = self.of(url)
        return known is not None and not known.revisit and known.outcome not in MAY_PASS

    def validators(self, known: Known | None) -> dict[str, str]:
        """Headers of a conditional request. None after a failure: a 304 would heal nothing."""
        if known is None or known.outcome not in (FetchOutcome.FETCHED, FetchOutcome.UNCHANGED):
            return {}
        headers = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
        return {name: value for name, value in headers.items() if value}

    def owing(self, mine: Callable[[str], bool]) -> bool:
        """Whether addresses of a source failed lately and may succeed now: then its ways in are asked whole, because
        a 304 would not name those addresses again."""
        return any(
            item.outcome in MAY_PASS and self._now - item.at <= _OWED_FOR and mine(item.url)
            for item in self._known.values()
        )

    def due(self) -> Iterator[Known]:
        """Addresses to ask although nothing may name them now: to be revisited, or put off at a host's wish."""
        for item in self._known.values():
            if item.revisit or item.outcome in _PUT_OFF:
                yield item
