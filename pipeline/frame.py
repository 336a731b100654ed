"""How a text frames the beat: each sentence with its frame, voice and place; the article as a whole, with abstention.

Two heads read each sentence (frame and voice) from its embedding, the mean one of the sentences around it, the lexicon's
signs and who speaks; a third reads the article from its sentences. The article head abstains ("uncertain") where its best
probability is under the line.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.head import Head
from pipeline.lexicon import Lexicon
from pipeline.ports import Vectors
from pipeline.records import ArticleFrame, Frame, FramedSentence, Framing, OutletKind, Voice
from pipeline.sentences import Sentence
from pipeline.speaker import VOICES, Speaking

VERSION = "frame-2"
FRAMES: tuple[Frame, ...] = ("cooperation", "influence", "none")
SIGN_COUNT = 3 + 3 * len(VOICES) + 2 + 3
"""How many features after the embedding are signs."""
SURE = 0.6
"""Probability above which the voice head is believed over the rule that names the speaker; 0.5 to 0.7 are alike."""
ARTICLE_FRAMES = ("cooperation", "influence", "mixed", "neutral")
KINDS: tuple[OutletKind, ...] = (
    "prc_state_media", "state_media", "public", "private", "wire", "ministry", "prc_ministry", "ngo", "think_tank",
)  # fmt: skip
VOICE_SIGN_COUNT = SIGN_COUNT + len(KINDS)
"""The same for the voice head, which is also told the kind of the outlet."""
MOST = 200
"""Sentences whose counts are followed: time grows with the cube."""
PRC_KINDS = frozenset({"prc_state_media", "prc_ministry"})

_AUTHORS: dict[str, Voice] = {
    "prc_state_media": "prc_state_media", "prc_ministry": "prc_official", "ministry": "host_official", "ngo": "civil_society",
    "think_tank": "expert",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FrameHeads:
    """The three fitted heads and the line under which an article is left to a person."""

    sentence: Head
    voice: Head
    article: Head
    abstain: float = 0.45


def sentence_features(
    vectors: Vectors, sentences: Sequence[Sentence], speaking: Sequence[Speaking], lexicon: Lexicon, kind: str | None
) -> Vectors:
    """(n, 2 d + signs) float32: what the frame and voice heads read of the sentences of one text."""
    signs = [_signs(s.text, who, lexicon, kind) for s, who in zip(sentences, speaking, strict=True)]
    signed = np.asarray(signs, dtype=np.float32).reshape(len(signs), -1)
    return np.hstack([_around(vectors), vectors, signed]).astype(np.float32)


def _around(vectors: Vectors) -> Vectors:
    """The mean vector of all other sentences; nothing around a sentence that stands alone."""
    others = max(len(vectors) - 1, 1)
    return np.asarray((vectors.sum(axis=0) - vectors) / others if len(vectors) > 1 else np.zeros_like(vectors))


def _signs(text: str, who: Speaking, lexicon: Lexicon, kind: str | None) -> list[float]:
    found = {"cooperation": 0, "influence": 0, "negation": 0}
    for hit in lexicon.coding_hits(text):
        if hit.label[0] == "frames":
            found[hit.label[1]] += 1
    ruled = [float(who.voice == voice) for voice in VOICES]
    carried = [float(who.carried == voice) for voice in VOICES]
    outlet = [float(kind in PRC_KINDS), float(kind == "ngo"), float(kind in ("ministry", "state_media"))]
    counts = [float(np.log1p(count)) for count in found.values()]
    return [*counts, *who.cues, *ruled, *carried, float(who.attributed), who.quoted, *outlet]


def voice_features(rows: Vectors, kind: str | None) -> Vectors:
    """(n, d + signs + kinds): what the voice head reads, sentence features and which kind of outlet wrote them.

    Who tells a ministry's release or an NGO's report is told by its kind alone; the frame head does not gain by it.
    """
    told = np.asarray([float(kind == known) for known in KINDS], dtype=np.float32)
    return np.hstack([rows, np.tile(told, (len(rows), 1))])


def article_features(probabilities: Vectors, headline_frames: Vectors) -> Vectors:
    """(15,) float32 from the sentences' probabilities over FRAMES (n, 3) and the headline's (3,)."""
    if len(probabilities) == 0:
        probabilities = np.asarray([[0.0, 0.0, 1.0]], dtype=np.float32)
    sums, top = probabilities.sum(axis=0), probabilities.max(axis=0)
    best = probabilities.argmax(axis=1)
    counts = [float((best == 0).sum()), float((best == 1).sum())]
    framed = max(sum(counts), 1.0)
    weaker = min(counts) / framed
    row = [
        *np.log1p(sums),
        top[0],
        top[1],
        counts[0] / framed,
        counts[1] / framed,
        weaker,
        sums[0] / max(sums[0] + sums[1], 1e-6),
        *np.log(np.maximum(counted(probabilities), 1e-3)),
    ]
    return np.asarray([*row, headline_frames[0], headline_frames[1]], dtype=np.float32)


def counted(probabilities: Vectors) -> Vectors:
    """(4,): how likely the codebook's count makes an article each of ARTICLE_FRAMES, sentences taken as independent.

    All counts of both frames are followed exactly (a Poisson binomial in two dimensions); mixed is where the weaker frame
    has at least a third of the framed sentences. Of a very long text its `MOST` likeliest framed sentences are counted.
    """
    probabilities = probabilities[np.argsort(probabilities[:, FRAMES.index("none")], kind="stable")[:MOST]]
    size = len(probabilities) + 1
    likely = np.zeros((size, size))
    likely[0, 0] = 1.0
    for cooperation, influence, none in probabilities:
        following = likely * none
        following[1:, :] += likely[:-1, :] * cooperation
        following[:, 1:] += likely[:, :-1] * influence
        likely = following
    ours, theirs = np.indices((size, size))
    framed, weaker = ours + theirs, np.minimum(ours, theirs)
    mixed = (framed > 0) & (3 * weaker >= framed)
    places = ((ours > theirs) & ~mixed, (theirs > ours) & ~mixed, mixed, framed == 0)
    return np.asarray([likely[place].sum() for place in places], dtype=np.float32)


def default_voice(kind: str | None) -> Voice:
    """Who speaks where nobody is named: whoever wrote the text."""
    return _AUTHORS.get(kind or "", "reporter")


def frame_article(
    sentences: Sequence[Sentence], rows: Vectors, speaking: Sequence[Speaking], headline_row: Vectors, heads: FrameHeads,
    kind: str | None,
) -> Framing:  # fmt: skip
    """Code one relevant article. `rows` are `sentence_features` of its sentences, `headline_row` (d,) of its headline."""
    frames = heads.sentence.probabilities(rows) if len(rows) else np.zeros((0, 3), dtype=np.float32)
    voices = (
        heads.voice.probabilities(voice_features(rows, kind))
        if len(rows)
        else np.zeros((0, len(VOICES)), dtype=np.float32)
    )
    framed = tuple(
        _framed(s, frames[i], _voice(speaking[i], voices[i], heads.voice, kind))
        for i, s in enumerate(sentences)
        if frames[i].argmax() != FRAMES.index("none")
    )
    article = heads.article.probabilities(article_features(frames, heads.sentence.probabilities(headline_row)[0]))[0]
    by_frame = dict(zip(heads.article.labels, map(float, article), strict=True))
    probabilities = {name: round(by_frame.get(name, 0.0), 4) for name in ARTICLE_FRAMES}
    best = max(probabilities, key=lambda name: probabilities[name])
    framing: ArticleFrame = best if probabilities[best] >= heads.abstain else "uncertain"  # type: ignore[assignment]
    return Framing(framing, probabilities, shares(framed), framed)


def _framed(sentence: Sentence, probabilities: Vectors, voice: Voice) -> FramedSentence:
    place = int(probabilities.argmax())
    other = float(min(probabilities[0], probabilities[1]))
    return FramedSentence(
        sentence.start,
        sentence.end,
        sentence.text,
        FRAMES[place],
        other >= 0.3,
        voice,
        round(float(probabilities[place]), 4),
    )


def _voice(who: Speaking, probabilities: Vectors, head: Head, kind: str | None) -> Voice:
    """The rule's unless the head is sure; else the head's, the author's own voice where that says reporter."""
    if who.voice is not None and probabilities.max() <= SURE:
        return who.voice
    voice: Voice = head.labels[int(probabilities.argmax())]  # type: ignore[assignment]
    return default_voice(kind) if voice in ("reporter", "prc_state_media") and who.voice is None else voice


def shares(framed: Sequence[FramedSentence]) -> dict[str, float]:
    """Shares of both frames among the framed sentences; 0 where there are none."""
    total = max(len(framed), 1)
    return {name: round(sum(s.frame == name for s in framed) / total, 4) for name in ("cooperation", "influence")}
