"""Fit the heads: `python -m training.fit`. Deterministic: the same examples give the same numbers, to the last bit.

Every figure printed comes from folds split by event (no event is in both training and test), with a 95 % interval by
bootstrap over events. The article head is fitted on out-of-fold sentence probabilities, so that it learns to read a
sentence head that has not seen the article. Temperatures are fitted on out-of-fold logits.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline import screen as screening
from pipeline.adapters.encoders import SentenceEncoder
from pipeline.coding import Coder, Text
from pipeline.frame import (
    ARTICLE_FRAMES,
    FRAMES,
    SIGN_COUNT,
    VOICE_SIGN_COUNT,
    FrameHeads,
    article_features,
    sentence_features,
    voice_features,
)
from pipeline.head import Head, Layer
from pipeline.knowledge import FITTED, Knowledge, codebook_version, load_gazetteer, load_lexicon
from pipeline.ports import Vectors
from pipeline.sentences import Sentence
from pipeline.speaker import VOICES, speakers
from training.examples import ArticleExample, Examples, load_examples
from training.heads import Fitted, Labelled, Logistic, Networks, fit_head
from training.scores import Table, report


def relevance_data(examples: Examples, coder: Coder) -> tuple[Labelled, list[ArticleExample]]:
    """Rows of the articles that pass the lexical look, and those articles."""
    texts = [(a, Text(a.headline, a.text, a.lang, a.outlet_kind)) for a in examples.articles]
    looked = [(a, t, screening.look(t.headline, t.text, coder.knowledge.lexicon)) for a, t in texts]
    passing = [(a, t, look) for a, t, look in looked if look.passes]
    rows = coder.relevance_rows([t for _, t, _ in passing], [look for _, _, look in passing])
    labels = tuple("relevant" if a.relevant else "other" for a, _, _ in passing)
    data = Labelled(np.stack(rows), labels, tuple(a.event for a, _, _ in passing), screening.SIGN_COUNT)
    return data, [a for a, _, _ in passing]


@dataclass(frozen=True, slots=True)
class SentenceRows:
    """All labelled sentences: of articles first (in order), then single ones, then the headlines of relevant articles."""

    rows: Vectors
    voice_rows: Vectors
    frames: tuple[str, ...]
    voices: tuple[str, ...]
    events: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]  # of each relevant article
    headlines: Vectors


def sentence_data(examples: Examples, coder: Coder, encoder: SentenceEncoder) -> SentenceRows:
    """Features of every labelled sentence, with the speakers carried through the articles."""
    relevant = [a for a in examples.articles if a.relevant]
    texts = [s for a in relevant for s, _, _ in a.sentences] + [s.text for s in examples.sentences]
    vectors = encoder.encode(texts + [a.headline for a in relevant])
    lexicon, parts, spans, at = coder.knowledge.lexicon, [], [], 0
    kinds: list[str | None] = []
    for article in relevant:
        sentences = [Sentence(0, len(s), s) for s, _, _ in article.sentences]
        part = vectors[at : at + len(sentences)]
        parts.append(sentence_features(part, sentences, speakers(sentences, lexicon), lexicon, article.outlet_kind))
        kinds.append(article.outlet_kind)
        spans.append((at, at + len(sentences)))
        at += len(sentences)
    for example in examples.sentences:
        alone = [Sentence(0, len(example.text), example.text)]
        parts.append(sentence_features(vectors[at : at + 1], alone, speakers(alone, lexicon), lexicon, None))
        kinds.append(None)
        at += 1
    heads = []
    for i, article in enumerate(relevant):
        alone = [Sentence(0, len(article.headline), article.headline)]
        row = vectors[len(texts) + i : len(texts) + i + 1]
        heads.append(sentence_features(row, alone, speakers(alone, lexicon), lexicon, article.outlet_kind))
    frames = [f for a in relevant for _, f, _ in a.sentences] + [s.frame for s in examples.sentences]
    voices = [v for a in relevant for _, _, v in a.sentences] + [s.voice for s in examples.sentences]
    events = [a.event for a in relevant for _ in a.sentences] + [s.event for s in examples.sentences]
    told = [voice_features(part, kind) for part, kind in zip(parts, kinds, strict=True)]
    return SentenceRows(
        np.vstack(parts), np.vstack(told), tuple(frames), tuple(voices), tuple(events), tuple(spans), np.vstack(heads)
    )


def centres(examples: Examples, encoder: SentenceEncoder) -> dict[str, Vectors]:
    """Mean vectors by "kind:language", and over all languages ("kind:*"), for languages with ten articles or more."""
    leads = [screening.joined(a.headline, a.text)[: screening.LEAD] for a in examples.articles]
    texts = {"lead": leads, "headline": [f"{a.headline}\n" for a in examples.articles]}
    langs = [a.lang for a in examples.articles]
    means: dict[str, Vectors] = {}
    for kind, written in texts.items():
        vectors = encoder.encode(written)
        means[f"{kind}:*"] = vectors.mean(axis=0)
        for lang in sorted(set(langs)):
            mine = vectors[[i for i, other in enumerate(langs) if other == lang]]
            if len(mine) >= 10:
                means[f"{kind}:{lang}"] = mine.mean(axis=0)
    return means


def fit(folder: Path) -> list[Table]:
    """Fit everything, write it to `folder`, return the tables of the out-of-fold figures."""
    examples, encoder = load_examples(), SentenceEncoder()
    coder = Coder(bare_knowledge(), encoder)
    tables = []

    data, passing = relevance_data(examples, coder)
    relevance = fit_head("relevance", data, ("relevant", "other"), encoder.model, Logistic(0.003))
    tables.append(_report("relevance (of what passes the look)", relevance, data))
    missed = [a.id for a in examples.articles if a.relevant and a not in passing]
    tables.append(
        Table("relevant articles dropped by the lexical look", [f"{len(missed)}: {', '.join(missed) or 'none'}"])
    )

    relevant = [a for a in examples.articles if a.relevant]
    events = tuple(a.event for a in relevant)
    rows = sentence_data(examples, coder, encoder)
    frame_data = Labelled(rows.rows, rows.frames, rows.events, SIGN_COUNT)
    headlines = Labelled(rows.headlines, (), events)
    frame = fit_head("frame", frame_data, FRAMES, encoder.model, Networks(), headlines)
    tables.append(_report("sentence frame", frame, frame_data))
    voice_data = Labelled(rows.voice_rows, rows.voices, rows.events, VOICE_SIGN_COUNT)
    voice = fit_head("voice", voice_data, VOICES, encoder.model, Networks())
    tables.append(_report("sentence voice", voice, voice_data))

    article_rows = [
        article_features(frame.out_of_fold[start:end], headline)
        for (start, end), headline in zip(rows.spans, frame.unlabelled, strict=True)
    ]
    article_data = Labelled(np.stack(article_rows), tuple(str(a.framing) for a in relevant), events)
    framing = fit_head("framing", article_data, ARTICLE_FRAMES, encoder.model, Logistic(0.1))
    tables.append(_report("article framing", framing, article_data))

    folder.mkdir(parents=True, exist_ok=True)
    for fitted in (relevance, frame, voice, framing):
        fitted.head.save(folder / f"{fitted.head.name}.npz")
    np.savez(folder / "centres.npz", **centres(examples, encoder))  # type: ignore[arg-type]
    return tables


def bare_knowledge() -> Knowledge:
    """What is known before anything is fitted; its heads are never asked."""
    nothing = np.zeros((1, 1), dtype=np.float32)
    head = Head("none", "0", "none", ("none",), (Layer(nothing, nothing[0]),), nothing[0], nothing[0] + 1, 1.0)
    frames = FrameHeads(head, head, head)
    return Knowledge(load_lexicon(), load_gazetteer(), head, 0.5, frames, {}, codebook_version())


def _report(title: str, fitted: Fitted, data: Labelled) -> Table:
    chosen = tuple(fitted.head.labels[i] for i in fitted.out_of_fold.argmax(axis=1))
    return report(title, data.labels, chosen, data.events)


def main() -> None:
    """Fit, write, print."""
    parser = argparse.ArgumentParser(description="Fit the heads from training/examples and print out-of-fold figures.")
    parser.add_argument("--out", type=Path, default=FITTED, help="folder for the fitted artefacts")
    for table in fit(parser.parse_args().out):
        print(table.text(), end="\n\n")


if __name__ == "__main__":
    main()
