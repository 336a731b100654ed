"""Which story an article belongs to: decided online, once, in order of (first seen, article id).

A story is the running mean of its members' vectors with its time span and the countries and numbers that its members
name. A new article is compared with every story open in its window: cosine to the mean, less a cost for each day of
distance, more or less for agreeing or contradicting specifics (sibling events of one week look alike to an embedding:
two closures of stations in two countries are told apart by the countries). Vectors are centred on the mean of their
language, since an encoder pulls texts of one language, and of one subject, together; the mean starts from a fitted one
and follows what is seen, so that any beat is told apart by what differs in it. Headlines are compared with headlines,
leads with leads. Pure: the memory is passed in, a decision comes back; nothing is read or written.

Rejected: k-nearest member votes (one wrong member drags a story on), HDBSCAN over a window (decisions would change
under the reader's eyes; delayed merges are enough).
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import numpy as np

from pipeline.ports import Vectors
from pipeline.records import Merge, StoryDecision

VERSION = "cluster-1"
PRIOR = 30
"""Texts that the fitted centre of a language counts as."""
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class Rules:
    """Where the lines lie. Cosines are of centred unit vectors; costs are in cosine.

    Chosen on the labelled reports of `training/examples/stories` (leads) and on public headlines with story labels.
    """

    attach_leads: float = 0.2
    attach_headlines: float = 0.42
    merge: float = 0.4
    day_cost: float = 0.04
    window: timedelta = timedelta(days=12)
    agree: float = 0.1
    contradict: float = 0.2


@dataclass(frozen=True, slots=True)
class Candidate:
    """What clustering reads of one article. `kind` says what the vector stands for."""

    id: str
    time: datetime
    first_seen: datetime
    lang: str
    vector: Vectors
    kind: Literal["lead", "headline"]
    countries: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    copy_of: str | None = None


@dataclass(slots=True)
class Sum:
    """A running sum of raw vectors."""

    total: Vectors
    count: int = 0

    def add(self, vector: Vectors, count: int = 1) -> None:
        """Take vectors in."""
        self.total = self.total + vector
        self.count += count


@dataclass(slots=True)
class Centre:
    """The mean of one language and kind: a fitted one that counts as `PRIOR` texts, moved by what is seen.

    It is moved in steps of a tenth of its count, so that stories' means need not be made anew for every article.
    """

    prior: Vectors
    seen: Sum
    current: Vectors
    due: int = 8

    def add(self, vector: Vectors) -> bool:
        """Take a text in; True if the centre moved."""
        self.seen.add(vector)
        if self.seen.count < self.due:
            return False
        mean = (self.prior * PRIOR + self.seen.total) / (PRIOR + self.seen.count)
        self.current = np.asarray(mean, dtype=np.float32)
        self.due = self.seen.count + max(4, (PRIOR + self.seen.count) // 10)
        return True


@dataclass(slots=True)
class OpenStory:
    """One story as the memory holds it, its vectors as raw sums by (kind, language)."""

    id: str
    first: datetime
    last: datetime
    members: list[str] = field(default_factory=list)
    sums: dict[tuple[str, str], Sum] = field(default_factory=dict)
    countries: Counter[str] = field(default_factory=Counter)
    numbers: Counter[str] = field(default_factory=Counter)

    def add(self, article: Candidate) -> None:
        """Take a member in."""
        self.members.append(article.id)
        self.first, self.last = min(self.first, article.time), max(self.last, article.time)
        key = (article.kind, article.lang)
        self.sums.setdefault(key, Sum(np.zeros_like(article.vector))).add(article.vector)
        self.countries.update(article.countries)
        self.numbers.update(article.numbers)


class Memory:
    """Open stories by id. `centres` maps "kind:language" to fitted means; what is missing takes "kind:*", else nothing."""

    def __init__(self, rules: Rules | None = None, centres: Mapping[str, Vectors] | None = None) -> None:
        self.rules = rules or Rules()
        self.stories: dict[str, OpenStory] = {}
        self.story_of: dict[str, str] = {}
        self._fitted = centres or {}
        self._centres: dict[tuple[str, str], Centre] = {}
        self._means: dict[tuple[str, str], Vectors | None] = {}

    def unit(self, article: Candidate) -> Vectors:
        """The article's vector, centred, of length 1."""
        return _unit(article.vector - self._centre(article.kind, article.lang, article.vector).current)

    def _centre(self, kind: str, lang: str, like: Vectors) -> Centre:
        if (kind, lang) not in self._centres:
            prior = self._fitted.get(f"{kind}:{lang}", self._fitted.get(f"{kind}:*"))
            start = np.zeros_like(like) if prior is None else prior
            self._centres[kind, lang] = Centre(start, Sum(np.zeros_like(like)), start)
        return self._centres[kind, lang]

    def mean(self, story: OpenStory, kind: str) -> Vectors | None:
        """Unit mean of a story's centred vectors of one kind, None if it has none."""
        key = (story.id, kind)
        if key not in self._means:
            parts = [
                total.total - total.count * self._centre(kind, lang, total.total).current
                for (of, lang), total in story.sums.items()
                if of == kind
            ]
            self._means[key] = _unit(np.sum(parts, axis=0)) if parts else None
        return self._means[key]

    def open_at(self, time: datetime) -> list[OpenStory]:
        """Stories whose span lies within the window of `time`."""
        reach = self.rules.window
        return [s for s in self.stories.values() if s.first - reach <= time <= s.last + reach]

    def apply(self, article: Candidate, decision: StoryDecision) -> None:
        """Take a decision (made now or read from the state) into the memory."""
        story = self.stories.get(decision.story_id)
        if story is None:
            story = self.stories[decision.story_id] = OpenStory(decision.story_id, article.time, article.time)
        story.add(article)
        self.story_of[article.id] = decision.story_id
        if self._centre(article.kind, article.lang, article.vector).add(article.vector):
            self._means = {key: mean for key, mean in self._means.items() if key[1] != article.kind}
        self._means.pop((story.id, article.kind), None)

    def join(self, merge: Merge) -> None:
        """Carry a merge out."""
        gone, kept = self.stories.pop(merge.story_id), self.stories[merge.into]
        kept.members += gone.members
        kept.first, kept.last = min(kept.first, gone.first), max(kept.last, gone.last)
        kept.countries.update(gone.countries)
        kept.numbers.update(gone.numbers)
        for key, total in gone.sums.items():
            kept.sums.setdefault(key, Sum(np.zeros_like(total.total))).add(total.total, total.count)
        self.story_of.update(dict.fromkeys(gone.members, merge.into))
        self._means = {key: mean for key, mean in self._means.items() if key[0] not in (merge.into, merge.story_id)}


def _unit(vector: Vectors) -> Vectors:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), dtype=np.float32)


def story_id(article_id: str, first_seen: datetime) -> str:
    """ULID layout: 48 bits of the founder's first-seen time in milliseconds, 80 bits of a hash of its id."""
    value = int(first_seen.timestamp() * 1000) << 80
    value |= int.from_bytes(hashlib.sha256(article_id.encode()).digest()[:10])
    return "".join(_CROCKFORD[(value >> shift) & 31] for shift in range(125, -1, -5))


def decide(article: Candidate, memory: Memory) -> StoryDecision:
    """Attach to the best story over the line, else open one. A copy goes where its original is."""
    if article.copy_of and (home := memory.story_of.get(article.copy_of)):
        return StoryDecision(article.id, "attach", home, 1.0, article.copy_of)
    rules = memory.rules
    line = rules.attach_leads if article.kind == "lead" else rules.attach_headlines
    best, score = _best(article, memory)
    if best is not None and score >= line:
        return StoryDecision(article.id, "attach", best.id, round(score, 4), best.members[0])
    return StoryDecision(article.id, "open", story_id(article.id, article.first_seen), round(max(score, 0.0), 4))


def place(article: Candidate, memory: Memory) -> StoryDecision:
    """Decide on one article and take the decision into the memory: one step of the online stage."""
    decision = decide(article, memory)
    memory.apply(article, decision)
    return decision


def _best(article: Candidate, memory: Memory) -> tuple[OpenStory | None, float]:
    known = [(s, memory.mean(s, article.kind)) for s in memory.open_at(article.time)]
    stories = [story for story, mean in known if mean is not None]
    if not stories:
        return None, 0.0
    cosines = np.stack([mean for _, mean in known if mean is not None]) @ memory.unit(article)
    scores = [float(c) + specifics(article, s, memory.rules) for c, s in zip(cosines, stories, strict=True)]
    place = int(np.argmax(scores))
    return stories[place], scores[place]


def specifics(article: Candidate, story: OpenStory, rules: Rules) -> float:
    """What time, countries and numbers add to the cosine."""
    days = max((story.first - article.time).total_seconds(), (article.time - story.last).total_seconds(), 0.0) / 86400
    score = -rules.day_cost * days
    if article.countries and story.countries:
        shared = article.countries & story.countries.keys()
        score += rules.agree if shared else -rules.contradict
    if article.numbers & story.numbers.keys():
        score += rules.agree
    return score


def merges(memory: Memory, touched: Iterable[str]) -> list[Merge]:
    """Delayed merges: pairs of open stories, one of them touched lately, whose means have come together.

    The older story (smaller id) lives on. Each story is merged once in a call; call again for chains.
    """
    found: list[Merge] = []
    gone: set[str] = set()
    for name in sorted(set(touched) & memory.stories.keys()):
        story = memory.stories[name]
        others = [s for s in memory.open_at(story.first) if s.id != name and s.id not in gone]
        scored = [(pair_score(story, other, memory), other.id) for other in others]
        if name in gone or not scored:
            continue
        score, other = max(scored, key=lambda pair: (pair[0], pair[1]))
        if score >= memory.rules.merge:
            older, newer = sorted((name, other))
            gone.add(newer)
            found.append(Merge(newer, older, round(score, 4)))
    return found


def settle(memory: Memory, touched: Iterable[str] | None = None) -> list[Merge]:
    """Merge until nothing more comes together, in the memory too; `touched` defaults to all stories."""
    due, done = set(memory.stories if touched is None else touched), []
    while found := merges(memory, due):
        for merge in found:
            if merge.story_id in memory.stories and merge.into in memory.stories:
                memory.join(merge)
                done.append(merge)
        due = {merge.into for merge in found}
    return done


def pair_score(one: OpenStory, other: OpenStory, memory: Memory) -> float:
    """Cosine of the means (of the kind in which they are nearest), less the cost of distance and contradiction."""
    kinds = {kind for kind, _ in one.sums} & {kind for kind, _ in other.sums}
    pairs = [(memory.mean(one, kind), memory.mean(other, kind)) for kind in kinds]
    cosines = [float(a @ b) for a, b in pairs if a is not None and b is not None]
    if not cosines:
        return 0.0
    rules = memory.rules
    days = max((other.first - one.last).total_seconds(), (one.first - other.last).total_seconds(), 0.0) / 86400
    contradict = one.countries and other.countries and not (one.countries.keys() & other.countries.keys())
    return max(cosines) - rules.day_cost * days - (rules.contradict if contradict else 0.0)


def final_stories(first: Sequence[StoryDecision], merged: Sequence[Merge]) -> dict[str, str]:
    """Article id to the story it is in after all merges."""
    into = {merge.story_id: merge.into for merge in merged}

    def end(name: str) -> str:
        while name in into:
            name = into[name]
        return name

    return {decision.article_id: end(decision.story_id) for decision in first}
