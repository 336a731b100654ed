"""The framing stage with heads made by hand: each reads one feature and says so."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.frame import (
    ARTICLE_FRAMES,
    FRAMES,
    KINDS,
    FrameHeads,
    article_features,
    counted,
    default_voice,
    frame_article,
    sentence_features,
    voice_features,
)
from pipeline.head import Head, Layer
from pipeline.lexicon import Lexicon
from pipeline.ports import Vectors
from pipeline.records import Framing, Voice
from pipeline.sentences import split
from pipeline.speaker import VOICES, Speaking


def head(name: str, labels: tuple[str, ...], width: int) -> Head:
    """A head that gives the label at place i the logit 10 times feature i, and all others none."""
    weights = np.zeros((len(labels), width), dtype=np.float32)
    for place in range(min(len(labels), width)):
        weights[place, place] = 10.0
    zero = np.zeros(width, dtype=np.float32)
    return Head(
        name, "1", "none", labels, (Layer(weights, np.zeros(len(labels), dtype=np.float32)),), zero, zero + 1, 1.0
    )


HEADS = FrameHeads(
    sentence=head("frame", FRAMES, 3),
    voice=Head(
        "voice", "1", "none", ("reporter", "expert"),
        (Layer(np.zeros((2, 3 + len(KINDS)), dtype=np.float32), np.asarray([1.0, 0.0], dtype=np.float32)),),
        np.zeros(3 + len(KINDS), dtype=np.float32),
        np.ones(3 + len(KINDS), dtype=np.float32), 1.0,
    ),
    article=head("framing", ARTICLE_FRAMES, 15),
)  # fmt: skip
NOBODY = Speaking(None, False, (0.0,) * len(VOICES), False, 0.0, None)
TEXT = "They thanked their friends. Critics fear control. It rained."
ROWS = np.eye(3, dtype=np.float32)


def framed(rows: Vectors = ROWS, kind: str | None = None, who: Speaking = NOBODY, heads: FrameHeads = HEADS) -> Framing:
    sentences = split(TEXT, "en")[: len(rows)]
    return frame_article(sentences, rows, [who] * len(sentences), np.zeros((1, 3), dtype=np.float32), heads, kind)


def test_a_framed_sentence_is_quoted_by_its_place_in_the_text() -> None:
    found = framed().sentences
    assert [(one.frame, TEXT[one.start : one.end]) for one in found] == [
        ("cooperation", "They thanked their friends."),
        ("influence", "Critics fear control."),
    ]
    assert all(one.text == TEXT[one.start : one.end] and one.probability > 0.9 for one in found)


def test_the_shares_are_of_the_framed_sentences() -> None:
    assert framed().shares == {"cooperation": 0.5, "influence": 0.5}
    assert framed(ROWS[2:]).shares == {"cooperation": 0.0, "influence": 0.0}


def test_a_sentence_of_two_frames_says_so() -> None:
    torn = np.asarray([[0.5, 0.48, 0.0]], dtype=np.float32)
    (found,) = framed(torn).sentences
    assert (found.frame, found.both) == ("cooperation", True)


def test_the_article_abstains_where_no_framing_is_likely_enough() -> None:
    nothing = np.zeros((0, 3), dtype=np.float32)
    article = Head(
        "framing", "1", "none", ARTICLE_FRAMES,
        (Layer(np.zeros((4, 15), dtype=np.float32), np.zeros(4, dtype=np.float32)),),
        np.zeros(15, dtype=np.float32), np.ones(15, dtype=np.float32), 1.0,
    )  # fmt: skip
    heads = FrameHeads(HEADS.sentence, HEADS.voice, article)
    found = frame_article([], nothing, [], np.zeros((1, 3), dtype=np.float32), heads, None)
    assert found.framing == "uncertain"
    assert sum(found.probabilities.values()) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
    ("kind", "voice"),
    [
        (None, "reporter"),
        ("private", "reporter"),
        ("prc_state_media", "prc_state_media"),
        ("prc_ministry", "prc_official"),
        ("ministry", "host_official"),
        ("ngo", "civil_society"),
        ("think_tank", "expert"),
    ],
)
def test_where_nobody_is_named_the_author_speaks(kind: str | None, voice: Voice) -> None:
    assert default_voice(kind) == voice
    assert {one.voice for one in framed(kind=kind).sentences} == {voice}


def test_the_rule_names_the_speaker_unless_the_head_is_sure() -> None:
    named = Speaking("company", False, NOBODY.cues, True, 0.5, None)
    assert {one.voice for one in framed(who=named).sentences} == {"reporter"}
    unsure = FrameHeads(HEADS.sentence, replace(HEADS.voice, temperature=10.0), HEADS.article)
    assert {one.voice for one in framed(who=named, heads=unsure).sentences} == {"company"}


def test_the_voice_head_is_told_the_kind_of_the_outlet() -> None:
    rows = voice_features(ROWS, "ngo")
    assert rows.shape == (3, 3 + len(KINDS))
    assert (rows[:, 3 + KINDS.index("ngo")] == 1).all()
    assert voice_features(ROWS, None)[:, 3:].sum() == 0


def test_an_article_without_sentences_reads_as_one_unframed() -> None:
    nothing = article_features(np.zeros((0, 3), dtype=np.float32), np.zeros(3, dtype=np.float32))
    unframed = article_features(np.asarray([[0, 0, 1]], dtype=np.float32), np.zeros(3, dtype=np.float32))
    assert np.array_equal(nothing, unframed)


def test_a_sentence_is_read_with_those_around_it() -> None:
    vectors = np.asarray([[1, 0], [0, 1], [0, 3]], dtype=np.float32)
    sentences = split(TEXT, "en")
    rows = sentence_features(vectors, sentences, [NOBODY] * 3, Lexicon([]), None)
    assert rows[:, :4].tolist() == [[0, 2, 1, 0], [0.5, 1.5, 0, 1], [0.5, 0.5, 0, 3]]
    alone = sentence_features(vectors[:1], sentences[:1], [NOBODY], Lexicon([]), None)
    assert alone[0, :4].tolist() == [0, 0, 1, 0]


def certain(cooperation: int, influence: int, none: int = 2) -> Vectors:
    return np.repeat(np.eye(3, dtype=np.float32), [cooperation, influence, none], axis=0)


@pytest.mark.parametrize(
    ("cooperation", "influence", "framing"),
    [(3, 0, "cooperation"), (5, 2, "cooperation"), (0, 4, "influence"), (2, 5, "influence"), (3, 6, "mixed"), (1, 1, "mixed"),
     (0, 0, "neutral")],
)  # fmt: skip
def test_sentences_are_counted_by_the_codebooks_third(cooperation: int, influence: int, framing: str) -> None:
    assert counted(certain(cooperation, influence)).tolist() == [float(frame == framing) for frame in ARTICLE_FRAMES]


def test_doubt_about_sentences_is_carried_into_the_count() -> None:
    doubtful = np.asarray([[0.5, 0.0, 0.5]], dtype=np.float32)
    likely = dict(zip(ARTICLE_FRAMES, counted(np.vstack([certain(0, 2), doubtful])), strict=True))
    assert likely == pytest.approx({"cooperation": 0.0, "influence": 0.5, "mixed": 0.5, "neutral": 0.0})
    thousand = np.full((1000, 3), 1 / 3, dtype=np.float32)
    assert counted(thousand).sum() == pytest.approx(1.0, abs=1e-4)
