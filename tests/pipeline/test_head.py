"""A fitted head is data: what was saved is what is read, and what cannot be read says so."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import ModelMissing
from pipeline.head import Head, Layer, load_head


def head(temperature: float = 1.0) -> Head:
    return Head(
        name="weather",
        version="weather-1",
        encoder="toy",
        labels=("sun", "rain"),
        layers=(Layer(np.asarray([[2.0, 0.0], [0.0, 2.0]], dtype=np.float32), np.zeros(2, dtype=np.float32)),),
        mean=np.asarray([1.0, 1.0], dtype=np.float32),
        scale=np.asarray([1.0, 1.0], dtype=np.float32),
        temperature=temperature,
    )


def test_probabilities_of_a_row_sum_to_one_and_follow_the_weights() -> None:
    found = head().probabilities(np.asarray([[3.0, 1.0], [1.0, 3.0], [1.0, 1.0]], dtype=np.float32))
    assert found.shape == (3, 2)
    assert found.sum(axis=1) == pytest.approx([1.0, 1.0, 1.0])
    assert found[0, 0] > 0.9
    assert found[1, 1] > 0.9
    assert found[2] == pytest.approx([0.5, 0.5])


def test_one_row_may_come_without_its_second_dimension() -> None:
    row = np.asarray([3.0, 1.0], dtype=np.float32)
    assert head().probability(row, "sun") == pytest.approx(1 - head().probability(row, "rain"))


def test_a_higher_temperature_makes_the_head_less_sure_but_not_of_another_mind() -> None:
    row = np.asarray([2.0, 1.0], dtype=np.float32)
    assert 0.5 < head(4.0).probability(row, "sun") < head(1.0).probability(row, "sun")


def test_very_large_features_do_not_overflow() -> None:
    found = head().probabilities(np.asarray([[1e6, -1e6]], dtype=np.float32))
    assert found[0] == pytest.approx([1.0, 0.0])


def test_a_saved_head_is_read_back_as_it_was(tmp_path: Path) -> None:
    kept = head(1.5)
    kept.save(tmp_path / "weather.npz")
    read = load_head(tmp_path / "weather.npz")
    assert (read.name, read.version, read.encoder) == ("weather", "weather-1", "toy")
    assert read.labels == ("sun", "rain")
    assert read.temperature == 1.5
    row = np.asarray([[0.25, 7.0]], dtype=np.float32)
    assert np.array_equal(read.probabilities(row), kept.probabilities(row))


def test_a_hidden_layer_lets_a_head_tell_what_no_line_can(tmp_path: Path) -> None:
    """One of two, but not both: the textbook case that a logistic regression cannot learn."""
    hidden = Layer(np.asarray([[1, 1], [1, 1]], dtype=np.float32), np.asarray([0, -1], dtype=np.float32))
    last = Layer(np.asarray([[20, -40], [0, 0]], dtype=np.float32), np.asarray([-10, 0], dtype=np.float32))
    zero = np.zeros(2, dtype=np.float32)
    kept = Head("either", "1", "toy", ("one", "not"), (hidden, last), zero, zero + 1, 1.0)
    kept.save(tmp_path / "either.npz")
    rows = np.asarray([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
    assert load_head(tmp_path / "either.npz").probabilities(rows)[:, 0].round() == pytest.approx([0, 1, 1, 0])


def test_vectors_of_another_width_are_refused_with_both_widths_named() -> None:
    with pytest.raises(ModelMissing, match=r"head weather was fitted on 2 features of toy, not on 3"):
        head().probabilities(np.zeros((1, 3), dtype=np.float32))


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04 cut short", b"\x93NUMPY"])
def test_a_broken_file_is_named_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.npz"
    path.write_bytes(content)
    with pytest.raises(ModelMissing, match=r"broken\.npz: .*refit with `python -m training\.fit`"):
        load_head(path)


def test_a_file_cut_short_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "cut.npz"
    head().save(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelMissing, match=r"cut\.npz"):
        load_head(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"nowhere\.npz"):
        load_head(tmp_path / "nowhere.npz")


def test_a_lone_array_is_no_head(tmp_path: Path) -> None:
    np.save(tmp_path / "lone.npy", np.zeros(3))
    with pytest.raises(ModelMissing, match=r"lone\.npy"):
        load_head(tmp_path / "lone.npy")


def test_a_file_without_all_its_members_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "partial.npz"
    np.savez(path, about=np.asarray(["weather", "1", "toy"]), labels=np.asarray(["sun"]))
    with pytest.raises(ModelMissing, match="weights"):
        load_head(path)


class _Trap:
    """Pickled, it would create a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def test_a_pickled_member_is_refused_and_never_run(tmp_path: Path) -> None:
    path, sprung = tmp_path / "pickled.npz", tmp_path / "sprung"
    trap = np.empty(3, dtype=object)
    trap[:] = _Trap(sprung)
    np.savez(path, about=trap)
    with pytest.raises(ModelMissing, match=r"pickled\.npz"):
        load_head(path)
    assert not sprung.exists()


def test_a_saved_head_holds_no_objects(tmp_path: Path) -> None:
    head().save(tmp_path / "weather.npz")
    with np.load(tmp_path / "weather.npz", allow_pickle=False) as kept:
        assert all(kept[name].dtype.kind in "Uf" for name in kept.files)
