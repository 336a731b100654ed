"""The crawl: one Scrapy spider that follows a plan over all its sources.

Scrapy schedules, spaces, retries and decodes; this class decides what is asked next and what an answer means. It keeps
no state beyond one run and reads no clock but the one that it is given.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import takewhile

import scrapy
from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawlers.connect import location_of, one_by_name, pairs
from crawlers.errands import MOST_REDIRECTS, Answer, Errand, Errands, Memory
from crawlers.failures import answer_to
from crawlers.guard import HostRules, address_key, host_of, url_problem
from crawlers.handover import Handover
from crawlers.listing import Document, Listing, Oversize, Unreadable, plain
from crawlers.outcome import REDIRECTS, judge
from crawlers.vault.warc import Exchange
from crawlers.vault.writer import VaultWriter
from crawlers.waits import Waits
from crawlers.ways import Way, bare, looks_like_a_way, missing_spider, own_hosts, ways_in
from pipeline.errors import FailedRun
from pipeline.records import ArchiveRef, FeedEntry, FetchOutcome, GatherPlan, Known, Source

_WAYS_FIRST, _REVISITS_LAST = 10, -10  # priorities; pages have 0
logger = logging.getLogger(__name__)


class Crawl(scrapy.Spider):
    """Follows `plan`; bodies go to `vault`, finished rows to `handover`; `clock` stamps them (aware UTC)."""

    name = "beatwatch"

    def __init__(self, plan: GatherPlan, vault: VaultWriter, handover: Handover, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self.rules = HostRules(plan.host_map, plan.allow_hosts)
        self.waits = Waits(plan.waits, clock)
        self._plan, self._vault, self._handover, self._clock = plan, vault, handover, clock
        self._errands = Errands(handover.add, clock)
        self._memory = Memory(plan.known, plan.now)
        self._hosts = {source.id: own_hosts(source) for source in plan.sources}
        self._owners: dict[str, list[Source]] = {}
        for source in plan.sources:
            for host in self._hosts[source.id]:
                self._owners.setdefault(host, []).append(source)
        self._owing = {source.id: self._memory.owing(partial(self._owns, source)) for source in plan.sources}
        self._due = self._due_by_source()
        self._unread: Counter[str] = Counter()  # ways in on their way, by source
        self._answers: dict[str, Answer] = {}
        self._waiting: dict[str, list[Errand]] = {}

    # --- what is asked -------------------------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Request]:
        """Scrapy's interface: the first requests."""
        for source in self._plan.sources:
            for request in self._enter(source):
                yield request

    def _enter(self, source: Source) -> Iterator[Request]:
        if missing := missing_spider(source):
            lost = Errand(source.home, source, "list")
            if self._errands.add(lost):
                self._errands.settle(lost, Answer(outcome=FetchOutcome.FAILED, reason=missing))
        ways = ways_in(source, self._plan.size_cap)
        errands = [errand for url, way in ways if (errand := self._way_in(url, source, way))]
        for errand in errands:
            yield from self._go(errand, errand.url)
        if not errands:
            yield from self._return_to(source)

    def _way_in(self, url: str, source: Source, way: Way, parent: Errand | None = None) -> Errand | None:
        """The errand for a way in, taken on but not sent; None if it was named before."""
        known = self._memory.of(url)
        errand = Errand(url, source, way.kind, way=way, known=known, parent=parent, priority=_WAYS_FIRST)
        if not self._errands.add(errand):
            return None
        self._unread[source.id] += 1
        return errand

    def _return_to(self, source: Source) -> Iterator[Request]:
        """Pages of a source that must be asked again and that none of its ways in, now all read, has named.

        (If one had, its errand would carry what the feed says of the page.)"""
        for known in self._due[source.id]:
            errand = Errand(known.url, source, "page", known=known, priority=_REVISITS_LAST)
            if self._errands.add(errand):
                yield from self._go(errand, known.url)

    def _due_by_source(self) -> dict[str, list[Known]]:
        due: dict[str, list[Known]] = {source.id: [] for source in self._plan.sources}
        for known in self._memory.due():
            source = self._source_of(known.url)
            if source is not None and (known.revisit or not looks_like_a_way(known.url, source)):
                due[source.id].append(known)
        return due

    def _source_of(self, url: str) -> Source | None:
        """The source whose page this is: by host, and among editions on one host by the longest common path."""
        owners = self._owners.get(bare(host_of(url)), [])
        return max(owners, key=lambda source: _common(source.home, url), default=None)

    def _owns(self, source: Source, url: str) -> bool:
        return bare(host_of(url)) in self._hosts[source.id]

    def _named_page(self, entry: FeedEntry, parent: Errand) -> Errand | None:
        """The errand for an entry, taken on but not sent; None if it needs no asking."""
        if self._memory.settled(entry.url):
            return None
        errand = Errand(entry.url, parent.source, "page", entry, known=self._memory.of(entry.url), parent=parent)
        return errand if self._errands.add(errand) else None

    # --- one hop after the other ---------------------------------------------------------------------------------

    def _begin(self, errand: Errand) -> Iterator[Request]:
        """Send an errand that a way in named, if its address may be one of the source's at all."""
        host = host_of(errand.url)
        if host and not self._owns(errand.source, errand.url) and not url_problem(errand.url, self.rules):
            reason = f"{host} is no host of this source (its file may list it under `follow`)"
            yield from self._settle(errand, Answer(outcome=FetchOutcome.REFUSED_ADDRESS, reason=reason))
        else:
            yield from self._go(errand, errand.url)

    def _go(self, errand: Errand, url: str) -> Iterator[Request]:
        """Take an errand to `url`: with the answer that is there, behind those who wait for it, or as a request."""
        errand.hops.append(url)
        key = address_key(url)
        if key in self._answers:
            yield from self._arrive(errand, self._answers[key])
        elif key in self._waiting:
            self._waiting[key].append(errand)
        elif problem := url_problem(url, self.rules):
            self._answers[key] = Answer(outcome=FetchOutcome.REFUSED_ADDRESS, reason=problem)
            yield from self._arrive(errand, self._answers[key])
        elif self._plan.hosts and bare(host_of(url)) not in self._plan.hosts:
            reason = f"{bare(host_of(url))} may be asked by another worker: list it under `follow` in the source's file"
            self._answers[key] = Answer(outcome=FetchOutcome.POSTPONED, reason=reason)
            yield from self._arrive(errand, self._answers[key])
        else:
            self._waiting[key] = [errand]
            yield self._request(errand, url, key)

    def _request(self, errand: Errand, url: str, key: str) -> Request:
        return Request(
            key, callback=self._answered, errback=self._failed, cb_kwargs={"key": key}, dont_filter=True,
            headers=self._validators(errand, url), priority=errand.priority, meta={"download_slot": host_of(url)},
        )  # fmt: skip

    def _validators(self, errand: Errand, url: str) -> dict[str, str]:
        if errand.way is not None and self._owing[errand.source.id]:
            return {}
        return self._memory.validators(self._memory.of(url) or errand.known)

    def _arrive(self, errand: Errand, answer: Answer) -> Iterator[Request]:
        """An errand has an answer to its last hop: the end of it, or a redirect."""
        if answer.location is None:
            yield from self._settle(errand, answer)
            return
        seen = {address_key(hop) for hop in errand.hops}
        if address_key(answer.location) in seen:
            yield from self._end(errand, answer, FetchOutcome.FAILED, f"redirects in a circle, to {answer.location}")
        elif len(errand.hops) > MOST_REDIRECTS:
            yield from self._end(errand, answer, FetchOutcome.FAILED, f"more than {MOST_REDIRECTS} redirects")
        elif errand.kind == "page" and errand.known is None and self._memory.settled(answer.location):
            errand.hops.append(answer.location)
            yield from self._end(errand, answer, FetchOutcome.UNCHANGED, "leads to an address that is known")
        else:
            yield from self._go(errand, answer.location)

    def _end(self, errand: Errand, answer: Answer, outcome: FetchOutcome, reason: str) -> Iterator[Request]:
        yield from self._settle(errand, Answer(outcome=outcome, status=answer.status, reason=reason))

    def _settle(self, errand: Errand, answer: Answer) -> Iterator[Request]:
        self._errands.settle(errand, answer)
        if errand.way is not None:
            self._unread[errand.source.id] -= 1
            if self._unread[errand.source.id] == 0:
                yield from self._return_to(errand.source)

    # --- what an answer means ------------------------------------------------------------------------------------

    def _answered(self, response: Response, key: str) -> Iterator[Request]:
        waiting = self._waiting.pop(key)
        try:
            answer, found = self._understand(response, waiting[0])
        except FailedRun as error:  # the disk
            self._handover.fail(error)
        except Exception:
            logger.exception("%s could not be processed", response.url)
            answer, found = Answer(outcome=FetchOutcome.FAILED, reason="a fault of this program, see the log"), None
        self._answers[key] = answer
        named = self._take_on(found, waiting[0])
        for errand in waiting:
            yield from self._arrive(errand, answer)
        for errand in named:
            yield from self._begin(errand)

    def _take_on(self, found: Listing | None, parent: Errand) -> list[Errand]:
        """Errands for what a document names. Taken on before the document's own row can be recorded."""
        if found is None:
            return []
        assert parent.way is not None
        entries = found.entries if self._plan.pages else ()
        named = [self._named_page(entry, parent) for entry in entries]
        further = [self._way_in(url, parent.source, parent.way.further(), parent) for url in found.more]
        return [errand for errand in (*further, *named) if errand is not None]

    def _understand(self, response: Response, errand: Errand) -> tuple[Answer, Listing | None]:
        headers = one_by_name(response.headers)
        if response.status in REDIRECTS and (location := location_of(response)):
            return Answer(outcome=FetchOutcome.FAILED, status=response.status, location=location), None
        assert response.request is not None
        conditional = any(name in response.request.headers for name in ("If-None-Match", "If-Modified-Since"))
        outcome, reason = judge(response.status, headers, response.body, conditional=conditional)
        answer = self._described(response, headers, outcome, reason)
        if outcome is FetchOutcome.FETCHED:
            return self._read(response, headers, errand, answer)
        if outcome is FetchOutcome.UNCHANGED and errand.known is not None:
            etag, modified = answer.etag or errand.known.etag, answer.last_modified or errand.known.last_modified
            answer = replace(answer, etag=etag, last_modified=modified, size=None)
        return answer, None

    def _described(
        self, response: Response, headers: dict[str, str], outcome: FetchOutcome, reason: str | None
    ) -> Answer:
        limited = outcome is FetchOutcome.RATE_LIMITED
        kept = outcome in (FetchOutcome.FETCHED, FetchOutcome.UNCHANGED)
        return Answer(
            outcome=outcome, reason=reason, status=response.status, size=len(response.body),
            seconds=response.meta.get("seconds"), content_type=headers.get("content-type"),
            etag=headers.get("etag") if kept else None, last_modified=headers.get("last-modified") if kept else None,
            retry_at=self.waits.until(host_of(response.url)) if limited else None,
        )  # fmt: skip

    def _read(
        self, response: Response, headers: dict[str, str], errand: Errand, answer: Answer
    ) -> tuple[Answer, Listing | None]:
        """A whole body: read it if it is a way in, and archive it unless it is the one of last time."""
        found = None
        if errand.way is not None:
            try:
                found = errand.way.read(Document(response.url, response.body, headers), self._plan.since)
            except Unreadable as error:
                outcome = FetchOutcome.TOO_LARGE if isinstance(error, Oversize) else FetchOutcome.BROKEN
                return replace(answer, outcome=outcome, reason=plain(str(error), markup=False)), None
            answer = replace(answer, items=found.items, reason=found.note)
            if found.more:  # a 304 to this document would hide changes in those that it leads to
                answer = replace(answer, etag=None, last_modified=None)
        if hashlib.sha256(response.body).hexdigest() in self._last_hashes(errand):
            return replace(answer, outcome=FetchOutcome.UNCHANGED), found
        return replace(answer, archived=self._archive(response)), found

    def _last_hashes(self, errand: Errand) -> set[str]:
        known = (errand.known, self._memory.of(errand.hops[-1]))
        return {item.sha256 for item in known if item is not None and item.sha256}

    def _archive(self, response: Response) -> ArchiveRef:
        assert response.request is not None
        exchange = Exchange(
            url=response.url, at=self._clock(), request_headers=pairs(response.request.headers),
            status=response.status, headers=pairs(response.meta.get("received", response.headers)),
            body=response.body, ip=str(response.ip_address) if response.ip_address else None,
        )  # fmt: skip
        return self._vault.write(exchange)

    def _failed(self, failure: Failure) -> Iterator[Request]:
        key = failure.request.cb_kwargs["key"]  # type: ignore[attr-defined]
        answer = answer_to(failure.value)
        self._answers[key] = answer
        for errand in self._waiting.pop(key):
            yield from self._arrive(errand, answer)

    def closed(self, reason: str) -> None:
        """Scrapy's interface: the crawl is over; whatever has no row yet gets one."""
        self._errands.give_up(f"the crawl ended before an answer came ({reason})")


def _common(one: str, other: str) -> int:
    """How many characters two addresses have in common from the start."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
