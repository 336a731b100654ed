"""Heads learn from labelled rows, are judged on events they have not seen, and come out the same each time."""

import numpy as np
import pytest

from training.heads import Labelled, Learner, Logistic, Networks, fit_head

SMALL = Networks(width=16, decay=0.01, epochs=100, count=2, rate=0.02)


def circles(count: int = 160) -> Labelled:
    """Points within and around a circle, four to an event: no line parts them."""
    source = np.random.default_rng(0)
    rows = source.uniform(-1, 1, (count, 2)).astype(np.float32)
    labels = tuple("in" if np.hypot(x, y) < 0.7 else "out" for x, y in rows)
    return Labelled(rows, labels, tuple(f"event-{i // 4}" for i in range(count)))


def accuracy(data: Labelled, learner: Learner) -> float:
    fitted = fit_head("circles", data, ("in", "out"), "toy", learner)
    chosen = [fitted.head.labels[i] for i in fitted.out_of_fold.argmax(axis=1)]
    return float(np.mean([one == label for one, label in zip(chosen, data.labels, strict=True)]))


def test_networks_learn_what_a_line_cannot_tell() -> None:
    assert accuracy(circles(), SMALL) > 0.8 > accuracy(circles(), Logistic(1.0))


@pytest.mark.parametrize("learner", [Logistic(1.0), SMALL])
def test_the_same_rows_give_the_same_head_to_the_last_bit(learner: Learner) -> None:
    once, again = (fit_head("circles", circles(), ("in", "out"), "toy", learner).head for _ in range(2))
    for layer, other in zip(once.layers, again.layers, strict=True):
        assert np.array_equal(layer.weights, other.weights)
    assert once.temperature == again.temperature


@pytest.mark.parametrize("learner", [Logistic(1.0), SMALL])
def test_what_an_event_alone_teaches_is_not_known_out_of_fold(learner: Learner) -> None:
    """Each event has a feature of its own that gives its label away; a head that has not seen it cannot use that."""
    source = np.random.default_rng(1)
    labels = tuple(source.choice(["in", "out"], 40).repeat(4))
    rows = np.eye(40, dtype=np.float32).repeat(4, axis=0)
    data = Labelled(rows, labels, tuple(f"event-{i // 4}" for i in range(160)))
    fitted = fit_head("own", data, ("in", "out"), "toy", learner, Labelled(rows[::4], (), data.events[::4]))
    gold = np.asarray([fitted.head.labels.index(label) for label in labels])
    assert (fitted.head.probabilities(rows).argmax(axis=1) == gold).all()
    assert (fitted.out_of_fold.argmax(axis=1) == gold).mean() < 0.7
    assert fitted.unlabelled == pytest.approx(fitted.out_of_fold[::4], abs=1e-6)


def test_a_class_that_no_row_has_is_not_among_the_labels() -> None:
    fitted = fit_head("circles", circles(), ("in", "out", "beside"), "toy", Logistic(1.0))
    assert fitted.head.labels == ("in", "out")


def test_networks_are_one_network_of_the_mean_logits() -> None:
    data = circles()
    hidden, last = SMALL.layers(data.rows, data.labels, ("out", "in"))
    assert hidden.weights.shape == (32, 2)
    assert last.weights.shape[1] == 32
