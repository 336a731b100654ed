"""A newsroom in few words: what a test of the state begins with."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from pipeline.payloads import plain, reports_payload
from pipeline.ports import State
from pipeline.records import (
    BELOW_THE_LINE,
    ArchiveRef,
    Article,
    Body,
    EngagementReport,
    Extraction,
    Fetch,
    FetchOutcome,
    FramedSentence,
    Framing,
    Identity,
    Message,
    Moment,
    Party,
    Screening,
    Source,
    Stage,
    StageResult,
    StoryDecision,
    digest128,
)

DAY = timedelta(days=1)
DAY1 = datetime(2026, 10, 5, 6, tzinfo=UTC)
DAY2 = DAY1 + DAY
DAY3 = DAY2 + DAY
URL = "http://fijitimes.press.test/news/1"


def source(id_: str = "fijitimes", **fields: Any) -> Source:
    """A source; its home is http://<id>.press.test/."""
    values = {"name": id_.title(), "home": f"http://{id_}.press.test/", "country": "FJ", "languages": ("en",)}
    return Source(**({"id": id_, "kind": "private", "rules_fingerprint": "rules-1"} | values | fields))


def fetch(url: str = URL, at: datetime = DAY1, body: str | None = "one", **fields: Any) -> Fetch:
    """A fetched page; with `body=None` one that brought nothing."""
    values: dict[str, Any] = {"source_id": "fijitimes", "kind": "page", "outcome": FetchOutcome.FETCHED, "status": 200}
    if body is not None:
        values |= {"archived": ArchiveRef("a.warc.gz", 0, digest128(body) * 2), "size": len(body)}
    return Fetch(url=url, at=at, **(values | fields))


def gone(url: str = URL, at: datetime = DAY1) -> Fetch:
    """A page that answers 404."""
    return fetch(url, at, None, outcome=FetchOutcome.GONE, status=404)


def extraction(body: Body, text: str = "Police of both countries met.", **fields: Any) -> Extraction:
    """What a page says; its canonical address is the body's."""
    headline = fields.pop("headline", "Police meet")
    values: dict[str, Any] = {"url": body.url, "canonical_url": body.url, "lang": "en", "published": None}
    key = {"body_key": body.key, "text_id": digest128(headline, text)}
    return Extraction(**({**key, "headline": headline, "text": text} | values | fields))


def message(id_: str = "m1", **fields: Any) -> Message:
    """A mail of the rule "daily"."""
    values: dict[str, Any] = {"rule": "daily", "subject": "Two stories", "recipients": ("desk@press.test",)}
    values |= {"eml": b"Subject: Two stories\r\n\r\n", "created_at": DAY1}
    return Message(**({"id": id_} | values | fields))


REPORT = EngagementReport("training", "pledged", 0, 6, (Party("FJ", "host", 0, 6),))


class Desk:
    """Acts on a state as the run loop does."""

    def __init__(self, state: State) -> None:
        self.state = state
        state.register_sources([source()])
        self.run = state.begin_run("live", DAY1)

    def fetch(self, *batch: Fetch) -> None:
        """Record fetches."""
        self.state.record_fetches(self.run, batch)

    def identify(self, read: Extraction) -> Identity:
        """The identify stage in short: the canonical address, and whether the text differs."""
        article_id = digest128(read.canonical_url)
        stored = self.state.article(article_id)
        if stored is None:
            return Identity(article_id, read.text_id, "new")
        return Identity(article_id, read.text_id, "unchanged" if stored.text_id == read.text_id else "revision")

    def extract(self, text: str, *, version: str = "1", **fields: Any) -> list[Identity]:
        """Extract every body that is due, all with one text."""
        done = [(body, extraction(body, text, **fields)) for body in self.state.bodies_due(version)]
        return self.state.save_extractions(version, done, self.identify)

    def article(self, number: int = 1, at: datetime = DAY1, text: str | None = None, **fields: Any) -> Article:
        """A new article of its own address and text, fetched at `at`."""
        url = f"http://fijitimes.press.test/news/{number}"
        self.fetch(fetch(url, at, f"page {number}"))
        fields = {"headline": f"Headline {number}", **fields}
        self.extract(text or f"Officers of part {number} were trained.", **fields)
        found = self.state.article_by_url(url)
        assert found is not None
        return found

    def result(self, article: Article, stage: Stage, payload: dict[str, object] | None, **fields: Any) -> StageResult:
        """A result of a stage on the article's text; not yet saved."""
        values: dict[str, Any] = {"version": "1", "fingerprint": article.text_id, "outcome": "record"} | fields
        return StageResult(key=article.id, stage=stage, payload=payload, **values)

    def screen(self, *articles: Article, relevant: bool = True, **fields: Any) -> None:
        """Screen articles."""
        verdict = plain(Screening(relevant, 0.9 if relevant else 0.1, "terms"))
        self.state.save_results([self.result(article, "screen", verdict, **fields) for article in articles])

    def miss(self, article: Article, **fields: Any) -> None:
        """Screen an article that the score drops."""
        verdict = plain(Screening(False, 0.4, BELOW_THE_LINE))
        self.state.save_results([self.result(article, "screen", verdict, **fields)])

    def frame(self, article: Article, frame: Any = "mixed", sentences: int = 1) -> Framing:
        """Frame an article."""
        sentence = FramedSentence(0, 6, article.text[:6], "cooperation", False, "expert", 0.8)
        framing = Framing(frame, {frame: 0.8}, {"cooperation": 1.0, "influence": 0.0}, (sentence,) * sentences)
        self.state.save_results([self.result(article, "frame", plain(framing))])
        return framing

    def engage(self, article: Article, *found: EngagementReport, **fields: Any) -> None:
        """Save what an article reports."""
        self.state.save_results([self.result(article, "engage", reports_payload(found), **fields)])

    def embed(self, article: Article, vector: Sequence[float], model: str = "use/1") -> None:
        """Embed an article."""
        self.state.save_vectors(model, {article.text_id: np.asarray(vector, np.float32)})
        self.state.save_results([self.result(article, "embed", {"model": model})])

    def story(self, story_id: str, *articles: Article, baseline: bool = False) -> None:
        """Open a story with the first article and attach the others."""
        first, *others = articles
        decisions = [StoryDecision(first.id, "open", story_id)]
        decisions += [StoryDecision(article.id, "attach", story_id, 0.7, first.id) for article in others]
        self.state.save_decisions(decisions, "1", baseline=lambda _: baseline)

    def settle(self) -> None:
        """Index everything that waits, into nowhere."""
        rows = self.state.claim_outbox(1000)
        documents = [self.state.search_document(kind, id_) for kind, id_ in rows]
        self.state.settle_outbox([(document.kind, document.id, document.row_version) for document in documents])

    def waiting(self) -> set[tuple[str, str]]:
        """What waits for the index, beside the sources and the fetch log, which each fetch changes."""
        return {row for row in self.state.claim_outbox(1000) if row[0] not in ("source", "fetch")}

    def versions(self, *kind_ids: tuple[str, str]) -> list[int]:
        """Row versions as documents show them."""
        return [self.state.search_document(kind, id_).row_version for kind, id_ in kind_ids]


def published(at: datetime) -> Moment:
    """As a feed says it."""
    return Moment(at, "feed")
