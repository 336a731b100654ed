"""Fitted heads: multinomial logistic regression as data (npz), applied with numpy alone.

A head holds the standardisation of its features, its weights, its labels and a temperature that calibrates its
probabilities; it names the encoder whose vectors it was fitted on, so that a head never reads another model's vectors.
No pickle: a fitted artefact must not be able to run code.
"""

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from pipeline.errors import ModelMissing
from pipeline.ports import Vectors

UNREADABLE = (OSError, EOFError, KeyError, TypeError, ValueError, BadZipFile)
"""What numpy raises on a file that is missing, cut short, of another kind or pickled."""


@dataclass(frozen=True, slots=True)
class Head:
    """`labels` (k), `weights` (k, d), `bias` (k), `mean` and `scale` (d), `temperature` > 0."""

    name: str
    version: str
    encoder: str
    labels: tuple[str, ...]
    weights: Vectors
    bias: Vectors
    mean: Vectors
    scale: Vectors
    temperature: float

    def probabilities(self, rows: Vectors) -> Vectors:
        """(n, d) -> (n, k), rows summing to 1, in the order of `labels`."""
        rows = np.atleast_2d(rows)
        if rows.shape[1] != self.weights.shape[1]:
            raise ModelMissing(
                f"head {self.name} was fitted on {self.weights.shape[1]} features of {self.encoder}, not on"
                f" {rows.shape[1]}; refit it with `python -m training.fit` or set the encoder back"
            )
        logits = ((rows - self.mean) / self.scale) @ self.weights.T + self.bias
        logits = logits / self.temperature
        logits -= logits.max(axis=1, keepdims=True)
        exponents = np.exp(logits)
        return np.asarray(exponents / exponents.sum(axis=1, keepdims=True), dtype=np.float32)

    def probability(self, row: Vectors, label: str) -> float:
        """Of one label for one row."""
        return float(self.probabilities(row)[0][self.labels.index(label)])

    def save(self, path: Path) -> None:
        """Write as npz with fixed order of members; the same head gives the same arrays."""
        np.savez(
            path, labels=np.asarray(self.labels), weights=self.weights, bias=self.bias, mean=self.mean,
            scale=self.scale, temperature=np.asarray(self.temperature), about=np.asarray([self.name, self.version, self.encoder]),
        )  # fmt: skip


def load_head(path: Path) -> Head:
    """Read a fitted head; raises `ModelMissing` with the file and what to do."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            name, version, encoder = (str(value) for value in kept["about"])
            return Head(
                name, version, encoder, tuple(str(label) for label in kept["labels"]), kept["weights"], kept["bias"],
                kept["mean"], kept["scale"], float(kept["temperature"]),
            )  # fmt: skip
    except UNREADABLE as error:
        raise ModelMissing(
            f"{path}: the fitted head cannot be read ({error}); restore it or refit with `python -m training.fit`"
        ) from error
