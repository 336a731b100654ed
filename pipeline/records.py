"""What the stages hand to each other: one frozen record for each phase.

A later stage adds a record that carries the id of what it speaks of; it never adds a field to an earlier record
(one mutable article that every stage writes into is how peers lose track of what is known, since when and from whom).
Times are timezone-aware UTC. Offsets count Unicode code points, end exclusive.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

OutletKind = Literal[
    "prc_state_media", "state_media", "public", "private", "wire", "ministry", "prc_ministry", "ngo", "think_tank"
]
Provenance = Literal["feed", "page_metadata", "page_text", "address", "first_seen"]
Precision = Literal["second", "minute", "day", "month", "year"]
FetchKind = Literal["feed", "sitemap", "list", "page"]
Frame = Literal["cooperation", "influence", "none"]
ArticleFrame = Literal["cooperation", "influence", "mixed", "neutral", "uncertain"]
Voice = Literal[
    "prc_official", "prc_state_media", "host_official", "host_opposition", "third_official", "international_body",
    "company", "expert", "civil_society", "citizen", "reporter",
]  # fmt: skip
EngagementType = Literal[
    "training", "advisers", "equipment", "facility", "agreement", "joint_patrol", "exercise", "liaison_or_station",
    "joint_operation", "information_sharing", "extradition_or_repatriation", "legal_assistance", "forum", "visit",
    "peacekeeping", "wanted_notice", "repression_act", "countermeasure", "other",
]  # fmt: skip
Status = Literal["proposed", "pledged", "agreed", "under_way", "delivered", "suspended", "ended", "denied", "alleged"]
Role = Literal["host", "attending", "origin", "transit", "nationality_only", "protesting"]
Unit = Literal["officers", "trainings", "countries", "delegations", "persons", "items", "stations", "money", "unknown"]
QuantityRole = Literal["trained", "to_train", "sent", "repatriated", "arrested", "donated", "attending", "other"]
Qualifier = Literal["exact", "about", "nearly", "at_least", "at_most"]
Stage = Literal["extract", "identify", "screen", "embed", "cluster", "frame", "engage", "index"]
DocumentKind = Literal["article", "story", "engagement", "sentence", "dropped", "source", "fetch"]
"""What the search index holds: the last three are of the gathering: near misses of the screen, sources, the fetch log."""
BELOW_THE_LINE = "below the line"
"""The reason of a screening whose article passed the lexical look and was dropped by its score."""


def digest128(*parts: str) -> str:
    """First 128 bits, as 32 hex digits, of SHA-256 over `parts` joined by NUL (no part may be confused with two)."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Moment:
    """A time with where it was read and how exact it is."""

    at: datetime
    provenance: Provenance
    precision: Precision = "second"


# --- sources ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of links: CSS selectors for the items' links and, if there are more pages, for the next one."""

    url: str
    links: str
    next: str | None = None
    pages: int = 3


@dataclass(frozen=True, slots=True)
class PageRules:
    """CSS selectors of one layout of a source's article pages; `valid_until` dates a layout that was replaced."""

    headline: str | None = None
    body: str | None = None
    date: str | None = None
    author: str | None = None
    agency: str | None = None
    remove: tuple[str, ...] = ()
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a healthy source brings: items a day, and the share of articles that carry a date and an author."""

    items_per_day: float | None = None
    dated: float | None = None
    authored: float | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One outlet or language edition, as its YAML file declares it (the file's name is the id)."""

    id: str
    name: str
    home: str
    country: str  # ISO 3166 alpha-2 of where it is published; "XX" for supranational
    languages: tuple[str, ...]  # BCP 47, main one first
    kind: OutletKind
    owner: str | None = None
    feeds: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    lists: tuple[ListPage, ...] = ()
    spider: str | None = None  # name of a Scrapy spider under crawlers/spiders
    timezone: str = "UTC"  # of dates that name no zone
    delay: float = 5.0  # seconds between two requests to one host
    every: Literal["day", "hour"] = "day"  # "hour": the hourly run asks it as well
    follow: tuple[str, ...] = ()  # further hosts on which its articles live
    baseline_at: datetime | None = None  # what is dated after this is new even on the first fetch
    rules: tuple[PageRules, ...] = ()
    expect: Expectation = field(default_factory=Expectation)
    verified: bool = False  # the addresses were fetched by `beatwatch sources check`
    notes: str | None = None
    rules_fingerprint: str = ""  # hash of what extraction uses of this file


# --- gather, archive -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """What a feed, sitemap or list said of an address before it was fetched."""

    url: str
    source_id: str
    via: str  # the feed, sitemap or list page that named it
    title: str | None = None
    published: Moment | None = None
    authors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ArchiveRef:
    """Where a body lies in the vault: WARC file (relative), offset of its record, hex SHA-256 of the body."""

    file: str
    offset: int
    sha256: str


class FetchOutcome(StrEnum):
    """How one request ended. Only FETCHED has a body in the vault."""

    FETCHED = "fetched"
    UNCHANGED = "unchanged"  # 304, or the same body as last time
    GONE = "gone"  # 404 or 410
    REFUSED_BY_ROBOTS = "refused_by_robots"
    ROBOTS_UNREACHABLE = "robots_unreachable"
    REFUSED_ADDRESS = "refused_address"  # the address guard
    RATE_LIMITED = "rate_limited"  # 429 or 503 with Retry-After
    POSTPONED = "postponed"  # the host asked to wait and the time is not up
    BLOCKED = "blocked"  # 401, 403, 451
    CHALLENGE = "challenge"  # a challenge or consent page with status 200
    TOO_LARGE = "too_large"
    TIMED_OUT = "timed_out"
    BROKEN = "broken"  # a feed or sitemap that cannot be read
    FAILED = "failed"  # everything else: DNS, TLS, reset, 5xx, redirect loop


@dataclass(frozen=True, slots=True)
class Fetch:
    """One row of the fetch log: what was asked, what came, and why it was not more."""

    url: str  # as it was asked for
    source_id: str
    kind: FetchKind
    at: datetime
    outcome: FetchOutcome
    status: int | None = None
    reason: str | None = None  # one line for a person
    final_url: str | None = None  # after redirects
    redirects: tuple[str, ...] = ()  # every hop's address, in order, without the first and the last
    archived: ArchiveRef | None = None
    size: int | None = None  # bytes after decompression
    seconds: float | None = None
    content_type: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    retry_at: datetime | None = None
    items: int | None = None  # links found in a feed, sitemap or list
    entry: FeedEntry | None = None  # for pages: what named the address


@dataclass(frozen=True, slots=True)
class Known:
    """What the state remembers of an address, for conditional requests and for not asking again."""

    url: str
    etag: str | None
    last_modified: str | None
    sha256: str | None  # of the last body
    at: datetime
    outcome: FetchOutcome
    revisit: bool = False  # ask again although it is known (a relevant article whose edits matter)


@dataclass(frozen=True, slots=True)
class GatherPlan:
    """Everything that one crawl needs to know; the crawl itself has no state and no clock of its own."""

    run_id: str
    now: datetime  # stamped on every fetch; None of the machine's time is used where a sample day fixes it
    fixed_clock: bool  # True: every record is stamped `now`
    sources: tuple[Source, ...]
    known: tuple[Known, ...] = ()
    waits: tuple[tuple[str, datetime], ...] = ()  # host, not before
    since: datetime | None = None  # leave entries dated before this
    host_map: tuple[
        tuple[str, str], ...
    ] = ()  # host pattern ("*.newsroom.test"), "127.0.0.1:port"; the guard allows them
    allow_hosts: tuple[str, ...] = ()  # hosts that the operator lets through the address guard
    user_agent: str = "beatwatch"
    size_cap: int = 15_000_000  # bytes after decompression
    time_cap: float = 20.0  # seconds a fetch
    hosts: tuple[str, ...] = ()  # without "www.": leave all others to other workers; none = ask whatever leads on
    lease_seconds: float | None = None  # the crawl must end when it was not told for half of them that they are held
    pages: bool = True  # False: read feeds, sitemaps and lists alone, to see whether they answer


# --- extract, identify -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Body:
    """One archived body of one address: what extraction reads. `key` = digest128(url, body hash)."""

    key: str
    url: str  # final address
    source_id: str
    archived: ArchiveRef
    content_type: str | None
    fetched_at: datetime
    entry: FeedEntry | None = None


@dataclass(frozen=True, slots=True)
class Extraction:
    """What a page says of itself. `text_id` = digest128(headline, text)."""

    body_key: str
    url: str
    canonical_url: str
    headline: str
    text: str
    text_id: str
    lang: str  # ISO 639-1, else 639-3, else "und"
    published: Moment | None
    authors: tuple[str, ...] = ()
    agency: str | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """One publication at one canonical address, with its current revision. `id` = digest128(canonical_url)."""

    id: str
    url: str
    source_id: str
    first_seen: datetime
    published: Moment | None
    headline: str
    text: str
    text_id: str
    lang: str
    authors: tuple[str, ...] = ()
    agency: str | None = None
    revision: int = 1  # 1 is the first text seen
    copy_of: str | None = None  # id of the article whose text this reprints
    vanished_at: datetime | None = None

    @property
    def time(self) -> datetime:
        """The best known time of publication; first seen where none is known."""
        return self.published.at if self.published else self.first_seen


@dataclass(frozen=True, slots=True)
class Identity:
    """The decision of the identify stage on one extraction; "taken_down": the article was, and is not taken in again."""

    article_id: str
    text_id: str
    outcome: Literal["new", "revision", "unchanged", "taken_down"]
    copy_of: str | None = None


# --- screen, cluster, frame, engage ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Screening:
    """Relevance by the codebook: `reason` says which step decided, `score` is 0..1."""

    relevant: bool
    score: float
    reason: str
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoryDecision:
    """Where an article went: it opened `story_id`, or was attached to it because of `nearest` with `score`."""

    article_id: str
    action: Literal["open", "attach"]
    story_id: str
    score: float = 0.0
    nearest: str | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """Two stories turned out to be one: `story_id` lives on as a redirect to `into`."""

    story_id: str
    into: str
    score: float


@dataclass(frozen=True, slots=True)
class FramedSentence:
    """A sentence that carries a frame: the unit of evidence."""

    start: int
    end: int
    text: str
    frame: Frame
    both: bool
    voice: Voice
    probability: float


@dataclass(frozen=True, slots=True)
class Framing:
    """Frame of an article. `probabilities` over cooperation, influence, mixed, neutral; `shares` of framed sentences."""

    framing: ArticleFrame
    probabilities: dict[str, float]
    shares: dict[str, float]
    sentences: tuple[FramedSentence, ...]


@dataclass(frozen=True, slots=True)
class Party:
    """A country that takes part, with the words that say so."""

    country: str
    role: Role
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ThirdParty:
    """An organisation that takes part (Interpol, UN, a regional body)."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with what it counts and the words that say so."""

    n: float
    unit: Unit
    role: QuantityRole
    qualifier: Qualifier
    start: int
    end: int
    period: str | None = None
    cumulative: bool = False
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class EngagementReport:
    """One act or promise as one article reports it."""

    type: EngagementType
    status: Status
    start: int
    end: int
    parties: tuple[Party, ...] = ()
    third_parties: tuple[ThirdParty, ...] = ()
    quantities: tuple[Quantity, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptReport:
    """A report as the state keeps it: under its id, with the article and the text that its offsets are of."""

    id: str
    article_id: str
    text_id: str
    report: EngagementReport


@dataclass(frozen=True, slots=True)
class StageResult:
    """How one input of one stage ended: exactly one of these for each.

    `key` is a body key (extract), an article id or, of what the search index refused, "kind:id"; `fingerprint`
    identifies the input that was read.
    `payload` is the record as plain JSON values, None unless `outcome` is "record".
    """

    key: str
    stage: Stage
    version: str
    fingerprint: str
    outcome: Literal["record", "reject", "permanent", "transient"]
    reason: str | None = None
    payload: dict[str, object] | None = None


# --- stories, alerts, search -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Story:
    """An event and its immediate follow-up."""

    id: str
    headline: str
    founder: str  # article id
    first_seen: datetime
    first_published: datetime
    last_published: datetime
    article_ids: tuple[str, ...]
    languages: tuple[str, ...]
    sources: tuple[str, ...]
    origins: int  # independent texts: articles that are no copies
    copies: int
    framing: dict[str, int]  # article frames counted
    countries: tuple[str, ...]
    baseline: bool  # known only from sources' first fetches: never announced as new
    row_version: int = 1


@dataclass(frozen=True, slots=True)
class Message:
    """A mail in the outbox: `id` is its Message-ID without angle brackets, `eml` its bytes."""

    id: str
    rule: str
    subject: str
    recipients: tuple[str, ...]
    eml: bytes
    created_at: datetime
    written_at: datetime | None = None
    sent_at: datetime | None = None
    attempts: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Takedown:
    """The tombstone of an article that was taken down: what it was, why, by whom and when."""

    article_id: str
    url: str  # its canonical address
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Removal:
    """What a takedown took away and what it left: `copies` are other articles of the same text, `mails` messages that
    announced its story (of which `withdrawn` were not sent yet and never will be)."""

    takedown: Takedown
    bodies: int
    texts: int
    reports: int
    stories_ended: tuple[str, ...]
    stories_changed: tuple[str, ...]
    copies: tuple[str, ...]
    mails: tuple[str, ...]
    withdrawn: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SearchDocument:
    """What the search index holds of one article, story, sentence ...: plain values of `fields`, made anew from the state."""

    kind: DocumentKind
    id: str
    row_version: int
    deleted: bool = False
    fields: dict[str, object] = field(default_factory=dict)
    vector: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A document that the search index can never hold as it is, and why."""

    kind: DocumentKind
    id: str
    row_version: int
    reason: str


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One answer: the document, its score and its highlighted passages ([[...]] round the matched words)."""

    document: SearchDocument
    score: float
    highlights: tuple[str, ...] = ()
