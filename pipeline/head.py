"""Fitted heads: logistic regressions and networks with one hidden layer, as data (npz), applied with numpy alone.

A head holds the standardisation of its features, its layers, its labels and a temperature that calibrates its
probabilities; it names the encoder whose vectors it was fitted on, so that a head never reads another model's vectors.
No pickle: a fitted artefact must not be able to run code.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ModelMissing
from pipeline.ports import Vectors

UNREADABLE = (OSError, EOFError, KeyError, TypeError, ValueError, BadZipFile)
"""What numpy raises on a file that is missing, cut short, of another kind or pickled."""


@dataclass(frozen=True, slots=True)
class Layer:
    """`weights` (out, in) and `bias` (out)."""

    weights: Vectors
    bias: Vectors


@dataclass(frozen=True, slots=True)
class Head:
    """`labels` (k), `layers` from d features to k logits, `mean` and `scale` (d), `temperature` > 0."""

    name: str
    version: str
    encoder: str
    labels: tuple[str, ...]
    layers: tuple[Layer, ...]
    mean: Vectors
    scale: Vectors
    temperature: float

    def probabilities(self, rows: Vectors) -> Vectors:
        """(n, d) -> (n, k), rows summing to 1, in the order of `labels`."""
        rows = np.atleast_2d(rows)
        if rows.shape[1] != len(self.mean):
            raise ModelMissing(
                f"head {self.name} was fitted on {len(self.mean)} features of {self.encoder}, not on"
                f" {rows.shape[1]}; refit it with `python -m training.fit` or set the encoder back"
            )
        values = (rows - self.mean) / self.scale
        for layer in self.layers[:-1]:
            values = np.maximum(values @ layer.weights.T + layer.bias, 0)
        logits = (values @ self.layers[-1].weights.T + self.layers[-1].bias) / self.temperature
        logits -= logits.max(axis=1, keepdims=True)
        exponents = np.exp(logits)
        return np.asarray(exponents / exponents.sum(axis=1, keepdims=True), dtype=np.float32)

    def probability(self, row: Vectors, label: str) -> float:
        """Of one label for one row."""
        return float(self.probabilities(row)[0][self.labels.index(label)])

    def save(self, path: Path) -> None:
        """Write as npz with fixed order of members; the same head gives the same arrays."""
        # Half precision is finer than what a fit is certain of, and halves a megabyte of hidden layer.
        layers: dict[str, NDArray[np.floating[Any]]] = {}
        layers |= {f"weights{i}": layer.weights.astype(np.float16) for i, layer in enumerate(self.layers)}
        layers |= {f"bias{i}": layer.bias for i, layer in enumerate(self.layers)}
        np.savez(
            path, labels=np.asarray(self.labels), mean=self.mean, scale=self.scale, temperature=np.asarray(self.temperature),
            about=np.asarray([self.name, self.version, self.encoder]), **layers,  # type: ignore[arg-type]
        )  # fmt: skip


def load_head(path: Path) -> Head:
    """Read a fitted head; raises `ModelMissing` with the file and what to do."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            name, version, encoder = (str(value) for value in kept["about"])
            count = max(1, sum(member.startswith("weights") for member in kept.files))
            layers = tuple(Layer(kept[f"weights{i}"].astype(np.float32), kept[f"bias{i}"]) for i in range(count))
            labels = tuple(str(label) for label in kept["labels"])
            return Head(name, version, encoder, labels, layers, kept["mean"], kept["scale"], float(kept["temperature"]))
    except UNREADABLE as error:
        raise ModelMissing(
            f"{path}: the fitted head cannot be read ({error}); restore it or refit with `python -m training.fit`"
        ) from error
