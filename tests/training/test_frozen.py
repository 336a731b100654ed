"""The frozen test stays apart from what is fitted, and every figure of it is printed."""

import pytest

from pipeline.records import FramedSentence, Framing
from training.engagements import CodedArticle
from training.examples import load_articles, load_examples, load_lines
from training.frozen import FOLDER, Judged, tables


def test_no_event_and_no_sentence_is_both_fitted_and_frozen() -> None:
    examples, frozen = load_examples(), load_articles(FOLDER)
    fitted = {one.event for one in examples.articles} | {one.event for one in examples.sentences}
    assert not {one.event for one in frozen} & fitted
    seen = {text for one in examples.articles for text, _, _ in one.sentences} | {s.text for s in examples.sentences}
    assert not {text for one in frozen for text, _, _ in one.sentences} & seen


def test_every_relevant_frozen_article_has_its_acts_coded() -> None:
    coded = {line.article for line in load_lines(FOLDER / "engagements", CodedArticle)}
    assert coded == {one.id for one in load_articles(FOLDER) if one.relevant}


def test_a_relevant_article_that_was_dropped_counts_against_every_figure() -> None:
    dropped = [Judged(one, None, ()) for one in load_articles(FOLDER)]
    figures = {table.title.split(" (")[0]: table.figures for table in tables(dropped)}
    assert figures["framed sentences"]["recall"] == 0
    assert figures["engagements: types"]["recall"] == 0
    assert figures["relevance"]["accuracy"] == pytest.approx(
        sum(not one.example.relevant for one in dropped) / len(dropped)
    )


def test_a_sentence_is_right_if_its_words_and_its_frame_are() -> None:
    example = next(one for one in load_articles(FOLDER) if any(frame == "influence" for _, frame, _ in one.sentences))
    text, frame, voice = next(sentence for sentence in example.sentences if sentence[1] == "influence")
    sentence = FramedSentence(0, len(text), text, frame, False, voice, 0.9)
    framing = Framing("influence", {"influence": 1.0}, {"cooperation": 0.0, "influence": 1.0}, (sentence,))
    figures = {table.title.split(" (")[0]: table.figures for table in tables([Judged(example, framing, ())])}
    assert figures["framed sentences"]["precision"] == 1
    assert figures["voice of these sentences"]["accuracy"] == 1
