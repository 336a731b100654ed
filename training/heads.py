"""Heads from labelled rows: logistic regressions and small networks, their out-of-fold probabilities, their calibration.

Folds are split by event. Fitting is deterministic: the same rows give the same numbers.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.neural_network import MLPClassifier

from pipeline.head import Head, Layer
from pipeline.ports import Vectors

FOLDS = 8
VERSION = "1"
SIGN_WEIGHT = 3.0
"""How much more a sign of the lexicon weighs than one of the many dimensions of an embedding, before fitting. Chosen of
1, 3, 6 on out-of-fold accuracy: 3 is best or equal for frame and voice."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Rows (n, d) with labels (none where they are unlabelled) and events.

    The last `signs` features are weighed up by `SIGN_WEIGHT`.
    """

    rows: Vectors
    labels: tuple[str, ...]
    events: tuple[str, ...]
    signs: int = 0

    def part(self, places: NDArray[np.int64]) -> "Labelled":
        """The rows at `places`."""
        labels, events = (tuple(values[i] for i in places) for values in (self.labels, self.events))
        return Labelled(self.rows[places], labels, events, self.signs)


@dataclass(frozen=True, slots=True)
class Logistic:
    """Multinomial logistic regression with balanced classes; `strength` is scikit-learn's C."""

    strength: float

    def layers(self, rows: Vectors, labels: Sequence[str], classes: Sequence[str]) -> tuple[Layer, ...]:
        """One layer to the logits of `classes`; a class that no row has gets none."""
        model = LogisticRegression(C=self.strength, max_iter=2000, class_weight="balanced", tol=1e-6)
        model.fit(rows, list(labels))
        return (_last(model.coef_, model.intercept_, model.classes_, classes),)


@dataclass(frozen=True, slots=True)
class Networks:
    """`count` networks of one hidden layer, averaged in their logits, which is one network `count` times as wide."""

    width: int = 64
    decay: float = 4.0
    epochs: int = 40
    count: int = 4
    rate: float = 5e-4

    def layers(self, rows: Vectors, labels: Sequence[str], classes: Sequence[str]) -> tuple[Layer, ...]:
        """A rectified layer of `count` x `width` units and one to the logits of `classes`."""
        models = []
        for seed in range(self.count):
            model = MLPClassifier(
                (self.width,), alpha=self.decay, max_iter=self.epochs, learning_rate_init=self.rate, random_state=seed
            )
            with warnings.catch_warnings():  # stopped early on purpose
                warnings.simplefilter("ignore", ConvergenceWarning)
                models.append(model.fit(rows, list(labels)))
        hidden = Layer(
            np.vstack([m.coefs_[0].T for m in models]).astype(np.float32),
            np.concatenate([m.intercepts_[0] for m in models]).astype(np.float32),
        )
        weights = np.hstack([m.coefs_[1].T for m in models]) / self.count
        bias = np.mean([m.intercepts_[1] for m in models], axis=0)
        return hidden, _last(weights, bias, models[0].classes_, classes)


Learner = Logistic | Networks


@dataclass(frozen=True, slots=True)
class Fitted:
    """A head fitted on all rows, and what heads that had not seen a row's event make of it: calibrated (n, k)."""

    head: Head
    out_of_fold: Vectors
    unlabelled: Vectors
    """The same for the rows that came without labels, (m, k)."""


def fit_head(
    name: str,
    data: Labelled,
    classes: Sequence[str],
    encoder: str,
    learner: Learner,
    unlabelled: Labelled | None = None,
) -> Fitted:
    """Fit on `data`. `unlabelled` rows teach nothing; they belong to events of `data` and are read out of fold as well."""
    present = tuple(c for c in classes if c in set(data.labels))
    also = unlabelled or Labelled(data.rows[:0], (), ())
    logits, others = (np.zeros((len(part.rows), len(present)), dtype=np.float64) for part in (data, also))
    for train, test in GroupKFold(FOLDS).split(data.rows, groups=data.events):
        head = _fit(name, data.part(train), present, encoder, learner, 1.0)
        logits[test] = _logs(head, data.rows[test])
        unseen = {data.events[i] for i in test}
        places = [i for i, event in enumerate(also.events) if event in unseen]
        others[places] = _logs(head, also.rows[places])
    temperature = _temperature(logits, data.labels, present)
    head = _fit(name, data, present, encoder, learner, temperature)
    return Fitted(head, _calibrated(logits, temperature), _calibrated(others, temperature))


def _logs(head: Head, rows: Vectors) -> NDArray[np.float64]:
    return np.log(np.maximum(head.probabilities(rows).astype(np.float64), 1e-9))


def _calibrated(logits: NDArray[np.float64], temperature: float) -> Vectors:
    scaled = np.exp(logits / temperature)
    return np.asarray(scaled / scaled.sum(axis=1, keepdims=True), dtype=np.float32)


def _fit(
    name: str, data: Labelled, classes: tuple[str, ...], encoder: str, learner: Learner, temperature: float
) -> Head:
    mean, scale = data.rows.mean(axis=0), data.rows.std(axis=0) + 1e-3
    scale[data.rows.shape[1] - data.signs :] /= SIGN_WEIGHT
    layers = learner.layers((data.rows - mean) / scale, data.labels, classes)
    return Head(name, VERSION, encoder, classes, layers, mean.astype(np.float32), scale.astype(np.float32), temperature)


def _last(
    weights: NDArray[np.float64], bias: NDArray[np.float64], fitted: Sequence[str], classes: Sequence[str]
) -> Layer:
    """The last layer with a row for each of `classes`; one that was not seen is never chosen."""
    known = list(fitted)
    if len(known) == 2:  # scikit-learn keeps one row for two classes
        weights, bias = np.vstack([-weights / 2, weights / 2]), np.concatenate([-bias / 2, bias / 2])
    rows = [weights[known.index(c)] if c in known else np.zeros(weights.shape[1]) for c in classes]
    biases = [bias[known.index(c)] if c in known else -20.0 for c in classes]
    return Layer(np.asarray(rows, dtype=np.float32), np.asarray(biases, dtype=np.float32))


def _temperature(logits: NDArray[np.float64], labels: Sequence[str], classes: Sequence[str]) -> float:
    gold = np.asarray([classes.index(label) for label in labels])

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        normal = scaled - np.log(np.exp(scaled - scaled.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True))
        normal -= scaled.max(axis=1, keepdims=True)
        return -float(normal[np.arange(len(gold)), gold].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 3.0), method="bounded").x))
