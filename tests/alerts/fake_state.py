"""A state in memory: the methods that alerts and the console read and write, and stories to put into it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

from pipeline.ports import State
from pipeline.records import (
    Article,
    EngagementReport,
    Fetch,
    FramedSentence,
    Framing,
    Message,
    Moment,
    Party,
    Quantity,
    Screening,
    Source,
    Stage,
    StageResult,
    Story,
)

NOW = datetime(2026, 10, 6, 6, tzinfo=UTC)


class FakeState:
    """What was put in, as `pipeline.ports.State` gives it out; `fail_on` names methods that die before they write."""

    def __init__(self) -> None:
        self.kept_stories: dict[str, Story] = {}
        self.redirects: dict[str, str] = {}
        self.kept_articles: dict[str, Article] = {}
        self.screenings: dict[str, Screening] = {}
        self.framings: dict[str, Framing] = {}
        self.reports: dict[str, tuple[EngagementReport, ...]] = {}
        self.results: dict[tuple[str, Stage], StageResult] = {}
        self.texts: dict[str, tuple[str, str]] = {}
        self.kept_revisions: dict[str, list[tuple[int, str, datetime]]] = {}
        self.log: list[Fetch] = []
        self.outbox: dict[str, Message] = {}
        self.told: dict[str, set[str]] = {}
        self.fail_on: set[str] = set()

    @property
    def port(self) -> State:
        """The fake where a `State` is asked for; methods that are missing here fail loudly."""
        return cast(State, self)

    # --- reading
    def stories(self, *, since: datetime | None = None) -> list[Story]:
        self._may_fail("stories")
        found = sorted(self.kept_stories.values(), key=lambda story: story.id)
        return [s for s in found if since is None or max(s.first_seen, s.last_published) >= since]

    def story(self, story_id: str) -> Story | None:
        return self.kept_stories.get(self.redirects.get(story_id, story_id))

    def articles(self, ids: Iterable[str] | None = None) -> Iterable[Article]:
        wanted = set(self.kept_articles if ids is None else ids)
        return iter(sorted((a for a in self.kept_articles.values() if a.id in wanted), key=lambda article: article.id))

    def screening(self, article_id: str) -> Screening | None:
        return self.screenings.get(article_id, Screening(True, 0.97, "head"))

    def framing(self, article_id: str) -> Framing | None:
        return self.framings.get(article_id)

    def engagement_reports(self, article_id: str) -> tuple[EngagementReport, ...]:
        return self.reports.get(article_id, ())

    def result(self, article_id: str, stage: Stage) -> StageResult | None:
        return self.results.get((article_id, stage))

    def text(self, text_id: str) -> tuple[str, str] | None:
        return self.texts.get(text_id)

    def revisions(self, article_id: str) -> list[tuple[int, str, datetime]]:
        article = self.kept_articles[article_id]
        return self.kept_revisions.get(article_id, [(1, article.text_id, article.first_seen)])

    def fetches(self, *, source_id: str | None = None) -> list[Fetch]:
        return [fetch for fetch in self.log if fetch.source_id == source_id]

    # --- alerts
    def announced(self, rule: str) -> set[str]:
        return set(self.told.get(rule, set()))

    def enqueue_message(self, message: Message, story_ids: Sequence[str]) -> bool:
        self._may_fail("enqueue_message")
        if message.id in self.outbox:
            return False
        self.outbox[message.id] = message
        self.told.setdefault(message.rule, set()).update(story_ids)
        return True

    def messages(self, *, unwritten: bool = False, unsent: bool = False) -> list[Message]:
        return [
            message
            for message in self.outbox.values()
            if not (unwritten and message.written_at) and not (unsent and message.sent_at)
        ]

    def mark_message(
        self,
        message_id: str,
        *,
        written_at: datetime | None = None,
        sent_at: datetime | None = None,
        error: str | None = None,
    ) -> None:
        self._may_fail("mark_message")
        message = self.outbox[message_id]
        if error:
            message = replace(message, error=error, attempts=message.attempts + 1)
        if written_at:
            message = replace(message, written_at=written_at)
        if sent_at:
            message = replace(message, sent_at=sent_at, error=None)
        self.outbox[message_id] = message

    def _may_fail(self, method: str) -> None:
        if method in self.fail_on:
            raise KilledError(method)

    # --- putting in
    def tell(self, story: Story, *members: Article) -> Story:
        """A story with its articles."""
        self.kept_stories[story.id] = story
        self.kept_articles |= {member.id: member for member in members}
        return story


class KilledError(Exception):
    """The process died here."""


def source(id_: str = "reef-times", name: str = "Reef Times", **more: object) -> Source:
    """An outlet."""
    made = Source(id_, name, f"https://{id_}.example.org/", "SB", ("en",), "private")
    return replace(made, **more)  # type: ignore[arg-type]


def article(id_: str = "a1", **more: object) -> Article:
    """One publication of the Reef Times."""
    made = Article(
        id=id_,
        url=f"https://reef-times.example.org/{id_}",
        source_id="reef-times",
        first_seen=NOW,
        published=Moment(datetime(2026, 10, 5, 9, 30, tzinfo=UTC), "page_metadata", "minute"),
        headline="Police to train 3,000 officers",
        text="China will train 3,000 officers. Critics fear for sovereignty.",
        text_id=f"text-{id_}",
        lang="en",
    )
    return replace(made, **more)  # type: ignore[arg-type]


def story_of(*members: Article, id_: str = "01K6TESTSTORY0000000000001", **more: object) -> Story:
    """The story of `members`, counted from them."""
    times = [member.time for member in members]
    made = Story(
        id=id_,
        headline=members[0].headline,
        founder=members[0].id,
        first_seen=members[0].first_seen,
        first_published=min(times),
        last_published=max(times),
        article_ids=tuple(member.id for member in members),
        languages=tuple(sorted({member.lang for member in members})),
        sources=tuple(sorted({member.source_id for member in members})),
        origins=sum(member.copy_of is None for member in members),
        copies=sum(member.copy_of is not None for member in members),
        framing={},
        countries=("SB",),
        baseline=False,
    )
    return replace(made, **more)  # type: ignore[arg-type]


COOPERATION = FramedSentence(0, 32, "China will train 3,000 officers.", "cooperation", False, "prc_official", 0.9)
INFLUENCE = FramedSentence(33, 62, "Critics fear for sovereignty.", "influence", False, "expert", 0.8)
MIXED = Framing(
    "mixed",
    {"cooperation": 0.1, "influence": 0.2, "mixed": 0.6, "neutral": 0.1},
    {"cooperation": 0.5, "influence": 0.5},
    (COOPERATION, INFLUENCE),
)
FRIENDLY = Framing("cooperation", {"cooperation": 0.9}, {"cooperation": 1.0, "influence": 0.0}, (COOPERATION,))
PLEDGE = EngagementReport(
    "training",
    "pledged",
    0,
    32,
    (Party("SB", "host", 0, 5),),
    (),
    (Quantity(3000, "officers", "to_train", "exact", 17, 31),),
)


def newsroom() -> FakeState:
    """One new story of one article that is framed as mixed and reports a pledge."""
    state = FakeState()
    first = article()
    state.tell(story_of(first), first)
    state.framings[first.id] = MIXED
    state.reports[first.id] = (PLEDGE,)
    return state


SOURCES = {"reef-times": source()}
