"""Is this a new article, a revision or the same text again; and whose text does it reprint?

Texts are compared by the shingles that they share: a copy contains most of the other text's shingles or is mostly
contained in it (reprints cut the end and change the headline, so containment finds what a symmetric measure misses).
The origin is whichever the run shows first; it shows wires before their customers. Copies are only looked for within a
month of each other: boilerplate recurs, news does not.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zlib import crc32

from pipeline.records import Article, Extraction, Identity, digest128
from pipeline.terms import edgeless, fold

VERSION = "identify-1"
CONTAINED = 0.6
"""Share of the smaller text's shingles that must stand in the other one."""
LEAST = 25
"""Shingles below which a text is too short to be told a copy."""
WINDOW = timedelta(days=30)
WORDS, CHARACTERS = 4, 7
"""Length of a shingle in words, or in characters for scripts without spaces."""
SAMPLE = 4
"""One in so many shingles is indexed; candidates are then compared whole."""


@dataclass(slots=True)
class Originals:
    """The texts that may be copied, by article id; only originals are kept."""

    _shingles: dict[str, frozenset[int]] = field(default_factory=dict)
    _times: dict[str, datetime] = field(default_factory=dict)
    _index: dict[int, list[str]] = field(default_factory=dict)

    def add(self, article_id: str, text: str, time: datetime) -> None:
        """Make a text known as an original."""
        if article_id in self._shingles:
            self.remove(article_id)
        self._shingles[article_id] = shingles(text)
        self._times[article_id] = time
        for shingle in self._sampled(article_id):
            self._index.setdefault(shingle, []).append(article_id)

    def remove(self, article_id: str) -> None:
        """Forget a text that was replaced."""
        for shingle in self._sampled(article_id):
            self._index[shingle].remove(article_id)
        del self._shingles[article_id], self._times[article_id]

    def _sampled(self, article_id: str) -> Iterable[int]:
        return (shingle for shingle in self._shingles[article_id] if shingle % SAMPLE == 0)

    def origin(self, article_id: str, text: str, time: datetime) -> str | None:
        """The article that `text` reprints, the one with most in common; None for an original."""
        mine = shingles(text)
        if len(mine) < LEAST:
            return None
        met = Counter(
            other
            for shingle in mine
            if shingle % SAMPLE == 0
            for other in self._index.get(shingle, ())
            if other != article_id
        )
        best: tuple[float, str] | None = None
        for other, _ in met.most_common(5):
            theirs = self._shingles[other]
            share = len(mine & theirs) / min(len(mine), len(theirs))
            if len(theirs) >= LEAST and share >= CONTAINED and abs(self._times[other] - time) <= WINDOW:
                best = max(best or (0.0, ""), (share, other))
        return best[1] if best else None


def shingles(text: str) -> frozenset[int]:
    """Hashes of runs of words, or of characters where words have no spaces. Case, script and punctuation do not count."""
    folded = fold(text)
    letters = [c for c in folded if c.isalnum()]
    if letters and sum(map(edgeless, letters)) > len(letters) / 2:
        units, length = letters, CHARACTERS
    else:
        units, length = "".join(c if c.isalnum() else " " for c in folded).split(), WORDS
    return frozenset(crc32(" ".join(units[i : i + length]).encode()) for i in range(len(units) - length + 1))


def identify(extraction: Extraction, known: Article | None, originals: Originals, seen: datetime) -> Identity:
    """Decide on one extraction; `known` is the article at its canonical address, if there is one."""
    article_id = known.id if known else digest128(extraction.canonical_url)
    if known and known.text_id == extraction.text_id:
        return Identity(article_id, extraction.text_id, "unchanged", known.copy_of)
    time = extraction.published.at if extraction.published else (known.first_seen if known else seen)
    copy_of = originals.origin(article_id, extraction.text, time)
    if copy_of is None:
        originals.add(article_id, extraction.text, time)
    return Identity(article_id, extraction.text_id, "revision" if known else "new", copy_of)
