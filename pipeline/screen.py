"""Is this article about the beat? A lexical look at every page, then a fitted head on those that pass.

The look is cheap (one automaton) and wide: a page goes on if it names the Chinese side and law enforcement close to each
other, or a body that is both at once. Of what passes, the head decides on the embedding of the article's beginning, the
embedding of the passages where both sides meet, and counts of the lexicon's signs. Recall is the look's duty, precision
the head's; both leave their score on every page they drop.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.head import Head
from pipeline.lexicon import Lexicon
from pipeline.ports import Vectors
from pipeline.reading import PRC, TYPES, Read, triggers
from pipeline.records import BELOW_THE_LINE, Screening
from pipeline.sentences import Sentence
from pipeline.terms import Hit

VERSION = "screen-1"
NEAR = 300
"""Code points between a Chinese and a law-enforcement term that still count as one passage: about two sentences."""
LEAD = 700
"""Code points of headline and text that stand for the article in its embedding."""
FOCUS = 4
"""At most so many meeting sentences make the focus passage."""
SIGNS = ("china", "prc_bodies", "police", "foreign", "military", "domestic", "other_world")
SIGN_COUNT = len(SIGNS) + 2 + 2 * 8 + 2 + len(TYPES) + 3
"""How many features after the two embeddings are counts of signs: those of the look, then those of the sentences."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the lexical pass saw: whether the page goes on, a score 0..1 for the trace, and where both sides meet."""

    passes: bool
    score: float
    terms: tuple[str, ...]
    signs: tuple[
        float, ...
    ]  # hits per 1,000 code points for each of SIGNS, then meetings, headline meetings, countries
    meetings: tuple[int, ...]  # offsets (headline + newline + text) of police terms near a Chinese one


def joined(headline: str, text: str) -> str:
    """What the screen reads: the headline is a line of its own in front."""
    return f"{headline}\n{text}"


def look(headline: str, text: str, lexicon: Lexicon) -> Look:
    """The lexical pass over one page."""
    whole = joined(headline, text)
    hits = lexicon.screen_hits(whole)
    by_sign: dict[str, list[Hit]] = {sign: [] for sign in SIGNS}
    for hit in hits:
        by_sign[hit.label[0]].append(hit)
    meetings = _meetings(by_sign)
    scale = 1000 / max(len(whole), 400)
    counts = [len({(h.start, h.end) for h in by_sign[sign]}) * scale for sign in SIGNS]
    in_headline = sum(at <= len(headline) for at in meetings)
    signs = (*counts, len(meetings) * scale, float(in_headline > 0))
    score = min(1.0, (len(meetings) + 2 * len(by_sign["prc_bodies"])) / 8)
    terms = tuple(sorted({h.term.lower() for sign in ("china", "prc_bodies", "police") for h in by_sign[sign]}))
    return Look(bool(meetings), score, terms, signs, meetings)


def _meetings(by_sign: dict[str, list[Hit]]) -> tuple[int, ...]:
    chinese = sorted(hit.start for hit in by_sign["china"])
    near = {hit.start for hit in by_sign["police"] if _close(chinese, hit.start)}
    return tuple(sorted(near | {hit.start for hit in by_sign["prc_bodies"]}))


def _close(starts: list[int], at: int) -> bool:
    place = bisect_left(starts, at)
    return any(abs(starts[i] - at) <= NEAR for i in (place - 1, place) if 0 <= i < len(starts))


def passages(headline: str, text: str, sentences: list[Sentence], seen: Look) -> tuple[str, str]:
    """(lead, focus): the two texts whose embeddings the head reads."""
    lead = joined(headline, text)[:LEAD]
    shift = len(headline) + 1
    met = [s for s in sentences if any(s.start <= at - shift < s.end for at in seen.meetings)]
    best = sorted(met, key=lambda s: -sum(s.start <= at - shift < s.end for at in seen.meetings))[:FOCUS]
    focus = " ".join(s.text for s in sorted(best, key=lambda s: s.start))
    return lead, focus or lead


def features(lead: Vectors, focus: Vectors, seen: Look, reads: Sequence[Read]) -> Vectors:
    """(2d + signs,) float32: what the relevance head reads of one article; `reads` are headline and sentences."""
    signs = np.asarray([*np.log1p(seen.signs), *_sentence_signs(reads)], dtype=np.float32)
    return np.concatenate([lead, focus, signs]).astype(np.float32)


def _sentence_signs(reads: Sequence[Read]) -> list[float]:
    """How often both sides, others and armies meet in one sentence, what the headline holds, and which acts are named
    where both sides meet: what tells near misses, which share the beat's words but not its sentences."""
    both = [read for read in reads if read.chinese and read.policing]
    counts = [
        len(both),
        sum(read.foreign for read in both),
        sum(read.policing and not read.chinese for read in reads),
        sum(read.chinese and not read.policing for read in reads),
        sum(read.chinese and bool(read.hits.get("military")) for read in reads),
        sum(bool(read.hits.get("military")) for read in reads),
        sum(bool(read.hits.get("prc_bodies")) for read in reads),
        sum(any(place.country in ("HK", "MO") for place in read.places) for read in reads),
    ]
    acts = Counter(name for read in both for name in triggers(read))
    abroad = len({place.country for read in reads for place in read.places} - PRC)
    shares = [count / max(len(reads), 1) for count in counts]
    headline = [float(reads[0].chinese), float(reads[0].policing), float(reads[0] in both)] if reads else [0.0] * 3
    logs = np.log1p([*counts, sum(acts.values()), abroad, *(acts[name] for name in TYPES)])
    return [*map(float, logs), *shares, *headline]


def judge(row: Vectors, seen: Look, head: Head, threshold: float) -> Screening:
    """The head's decision on an article that passed the look."""
    score = head.probability(row, "relevant")
    relevant = score >= threshold
    return Screening(relevant, round(score, 4), "head" if relevant else BELOW_THE_LINE, seen.terms[:20])


def dropped(seen: Look) -> Screening:
    """The screening of a page that the lexical look does not pass on."""
    return Screening(False, round(seen.score / 10, 4), "no Chinese law enforcement in it", seen.terms[:20])
