"""Fit the heads: `python -m training.fit`. Deterministic: the same examples give the same numbers, to the last bit.

Every figure printed comes from folds split by event (no event is in both training and test), with a 95 % interval by
bootstrap over events. The article head is fitted on out-of-fold sentence probabilities, so that it learns to read a
sentence head that has not seen the article. Temperatures are fitted on out-of-fold logits.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

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
from pipeline.head import Head
from pipeline.knowledge import FITTED, Knowledge, codebook_version, load_gazetteer, load_lexicon
from pipeline.ports import Vectors
from pipeline.sentences import Sentence
from pipeline.speaker import VOICES, speakers
from training.examples import ArticleExample, Examples, load_examples
from training.scores import Table, report

FOLDS = 8
VERSION = "1"
SIGN_WEIGHT = 3.0
"""How much more a sign of the lexicon weighs than one of the many dimensions of an embedding, before fitting. Chosen of
1, 3, 6 on out-of-fold accuracy: 3 is best or equal for frame and voice."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Rows (n, d) with labels and groups (events)."""

    rows: Vectors
    labels: tuple[str, ...]
    events: tuple[str, ...]


def fit_head(
    name: str, data: Labelled, classes: Sequence[str], encoder: str, strength: float, signs: int = 0
) -> tuple[Head, Vectors]:
    """A head fitted on all of `data`, and its calibrated out-of-fold probabilities (n, k) in the order of `classes`.

    The last `signs` features are weighed up by `SIGN_WEIGHT`.
    """
    present = tuple(c for c in classes if c in set(data.labels))
    logits = np.zeros((len(data.labels), len(present)), dtype=np.float64)
    for train, test in GroupKFold(FOLDS).split(data.rows, groups=data.events):
        head = _fit(name, data.rows[train], [data.labels[i] for i in train], present, encoder, strength, signs, 1.0)
        logits[test] = np.log(np.maximum(head.probabilities(data.rows[test]), 1e-9))
    temperature = _temperature(logits, data.labels, present)
    head = _fit(name, data.rows, data.labels, present, encoder, strength, signs, temperature)
    scaled = np.exp(logits / temperature)
    return head, np.asarray(scaled / scaled.sum(axis=1, keepdims=True), dtype=np.float32)


def _fit(
    name: str, rows: Vectors, labels: Sequence[str], classes: Sequence[str], encoder: str, strength: float, signs: int,
    temperature: float,
) -> Head:  # fmt: skip
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-3
    scale[rows.shape[1] - signs :] /= SIGN_WEIGHT
    model = LogisticRegression(C=strength, max_iter=2000, class_weight="balanced", tol=1e-6)
    model.fit((rows - mean) / scale, list(labels))
    order = [list(model.classes_).index(c) if c in model.classes_ else -1 for c in classes]
    weights, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # scikit-learn keeps one row for two classes
        weights, bias = np.vstack([-weights / 2, weights / 2]), np.concatenate([-bias / 2, bias / 2])
    kept = np.asarray([weights[i] if i >= 0 else np.zeros(rows.shape[1]) for i in order], dtype=np.float32)
    biases = np.asarray([bias[i] if i >= 0 else -20.0 for i in order], dtype=np.float32)
    return Head(
        name,
        VERSION,
        encoder,
        tuple(classes),
        kept,
        biases,
        mean.astype(np.float32),
        scale.astype(np.float32),
        temperature,
    )


def _temperature(logits: NDArray[np.float64], labels: Sequence[str], classes: Sequence[str]) -> float:
    gold = np.asarray([classes.index(label) for label in labels])

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        normal = scaled - np.log(np.exp(scaled - scaled.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True))
        normal -= scaled.max(axis=1, keepdims=True)
        return -float(normal[np.arange(len(gold)), gold].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 3.0), method="bounded").x))


def relevance_data(examples: Examples, coder: Coder) -> tuple[Labelled, list[ArticleExample]]:
    """Rows of the articles that pass the lexical look, and those articles."""
    texts = [(a, Text(a.headline, a.text, a.lang, a.outlet_kind)) for a in examples.articles]
    looked = [(a, t, screening.look(t.headline, t.text, coder.knowledge.lexicon)) for a, t in texts]
    passing = [(a, t, look) for a, t, look in looked if look.passes]
    rows = coder.relevance_rows([t for _, t, _ in passing], [look for _, _, look in passing])
    labels = tuple("relevant" if a.relevant else "other" for a, _, _ in passing)
    return Labelled(np.stack(rows), labels, tuple(a.event for a, _, _ in passing)), [a for a, _, _ in passing]


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
    relevance, probabilities = fit_head(
        "relevance", data, ("relevant", "other"), encoder.model, 0.003, screening.SIGN_COUNT
    )
    tables.append(
        report("relevance (of what passes the look)", data.labels, _best(probabilities, relevance.labels), data.events)
    )
    missed = [a.id for a in examples.articles if a.relevant and a not in passing]
    tables.append(
        Table("relevant articles dropped by the lexical look", [f"{len(missed)}: {', '.join(missed) or 'none'}"])
    )

    rows = sentence_data(examples, coder, encoder)
    frame, frame_out = fit_head(
        "frame", Labelled(rows.rows, rows.frames, rows.events), FRAMES, encoder.model, 0.003, SIGN_COUNT
    )
    tables.append(report("sentence frame", rows.frames, _best(frame_out, frame.labels), rows.events))
    voice, voice_out = fit_head(
        "voice", Labelled(rows.voice_rows, rows.voices, rows.events), VOICES, encoder.model, 0.003, VOICE_SIGN_COUNT
    )
    tables.append(report("sentence voice", rows.voices, _best(voice_out, voice.labels), rows.events))

    relevant = [a for a in examples.articles if a.relevant]
    headline_out = frame.probabilities(rows.headlines)
    article_rows = np.stack([article_features(frame_out[a:b], headline_out[i]) for i, (a, b) in enumerate(rows.spans)])
    article_data = Labelled(article_rows, tuple(str(a.framing) for a in relevant), tuple(a.event for a in relevant))
    framing, framing_out = fit_head("framing", article_data, ARTICLE_FRAMES, encoder.model, 0.1)
    tables.append(
        report("article framing", article_data.labels, _best(framing_out, framing.labels), article_data.events)
    )

    folder.mkdir(parents=True, exist_ok=True)
    for head in (relevance, frame, voice, framing):
        head.save(folder / f"{head.name}.npz")
    np.savez(folder / "centres.npz", **centres(examples, encoder))  # type: ignore[arg-type]
    return tables


def bare_knowledge() -> Knowledge:
    """What is known before anything is fitted; its heads are never asked."""
    nothing = np.zeros((1, 1), dtype=np.float32)
    head = Head("none", "0", "none", ("none",), nothing, nothing[0], nothing[0], nothing[0] + 1, 1.0)
    frames = FrameHeads(head, head, head)
    return Knowledge(load_lexicon(), load_gazetteer(), head, 0.5, frames, {}, codebook_version())


def _best(probabilities: Vectors, labels: Sequence[str]) -> tuple[str, ...]:
    return tuple(labels[i] for i in probabilities.argmax(axis=1))


def main() -> None:
    """Fit, write, print."""
    parser = argparse.ArgumentParser(description="Fit the heads from training/examples and print out-of-fold figures.")
    parser.add_argument("--out", type=Path, default=FITTED, help="folder for the fitted artefacts")
    for table in fit(parser.parse_args().out):
        print(table.text(), end="\n\n")


if __name__ == "__main__":
    main()
