"""The real packaged model behind the encoder, and what the encoder adds to it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from pipeline.adapters.encoders import SentenceEncoder
from pipeline.errors import ModelMissing

pytestmark = pytest.mark.model

TEXTS = ["Police of both countries met.", "两国警方举行会谈。", "Bread is dearer again."]


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    loaded = SentenceEncoder()
    loaded.prepare()
    loaded.prepare()
    return loaded


def test_rows_are_unit_vectors_in_the_order_of_the_texts(encoder: SentenceEncoder) -> None:
    rows = encoder.encode(TEXTS)
    assert rows.shape == (3, 896)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert rows[0] @ rows[1] > rows[0] @ rows[2]
    assert np.array_equal(encoder.encode(TEXTS[::-1]), rows[::-1])


def test_no_text_is_no_row_of_the_same_width(encoder: SentenceEncoder) -> None:
    assert encoder.encode([]).shape == (0, 896)


def test_a_text_is_read_once(encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    model = encoder._ready()
    encode = model.encode

    def listened(texts: Sequence[str], **options: Any) -> Any:
        asked.extend(texts)
        return encode(texts, **options)

    monkeypatch.setattr(model, "encode", listened)
    encoder.encode(["A new text.", "A new text.", "Another one."])
    encoder.encode(["Another one.", "A third one."])
    assert asked == ["A new text.", "Another one.", "A third one."]


def test_a_model_that_is_not_there_is_told_when_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    encoder = SentenceEncoder("nobody/no-such-model")
    encoder.prepare()
    with pytest.raises(ModelMissing, match="nobody/no-such-model"):
        encoder.encode(TEXTS)
