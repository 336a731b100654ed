"""Figures of quality with their intervals and confusion: accuracy, macro F1, and B-cubed for stories.

Intervals are percentile bootstraps over events (1,000 draws, fixed seed): articles of one event stand and fall together,
so drawing single articles would make every figure look surer than it is.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

DRAWS = 1000


@dataclass(frozen=True, slots=True)
class Table:
    """A titled block of lines for a person; `figures` for a program."""

    title: str
    lines: list[str]
    figures: dict[str, float] = field(default_factory=dict)

    def text(self) -> str:
        """Title and lines."""
        return "\n".join([self.title, *("  " + line for line in self.lines)])


def accuracy(gold: Sequence[str], said: Sequence[str]) -> float:
    """Share of equal pairs; 0 for none."""
    return sum(a == b for a, b in zip(gold, said, strict=True)) / max(len(gold), 1)


def f1(gold: Sequence[str], said: Sequence[str], label: str) -> float:
    """F1 of one label."""
    hit = sum(a == b == label for a, b in zip(gold, said, strict=True))
    return 2 * hit / max(sum(a == label for a in gold) + sum(b == label for b in said), 1)


def macro_f1(gold: Sequence[str], said: Sequence[str]) -> float:
    """Mean F1 over the labels that occur in `gold`."""
    labels = sorted(set(gold))
    return sum(f1(gold, said, label) for label in labels) / max(len(labels), 1)


def interval(
    score: Callable[[Sequence[str], Sequence[str]], float],
    gold: Sequence[str],
    said: Sequence[str],
    events: Sequence[str],
) -> tuple[float, float]:
    """95 % bootstrap interval of a score over events."""
    places: dict[str, list[int]] = defaultdict(list)
    for i, event in enumerate(events):
        places[event].append(i)
    groups, random = list(places.values()), np.random.default_rng(7)
    draws = []
    for _ in range(DRAWS):
        drawn = [i for g in random.integers(0, len(groups), len(groups)) for i in groups[g]]
        draws.append(score([gold[i] for i in drawn], [said[i] for i in drawn]))
    return float(np.percentile(draws, 2.5)), float(np.percentile(draws, 97.5))


def report(title: str, gold: Sequence[str], said: Sequence[str], events: Sequence[str]) -> Table:
    """Accuracy and macro F1 with intervals, F1 of each label, and the confusion (rows: gold)."""
    if not gold:
        return Table(title, ["nothing to compare"])
    right, macro = accuracy(gold, said), macro_f1(gold, said)
    low, high = interval(accuracy, gold, said, events)
    macro_low, macro_high = interval(macro_f1, gold, said, events)
    labels = sorted(set(gold) | set(said))
    counts = Counter(zip(gold, said, strict=True))
    width = max(map(len, labels))
    lines = [
        f"n {len(gold)}, events {len(set(events))}",
        f"accuracy {right:.3f} [{low:.3f}, {high:.3f}]   macro F1 {macro:.3f} [{macro_low:.3f}, {macro_high:.3f}]",
        "confusion (rows: coded by hand)  " + "  ".join(labels),
    ]
    for label in labels:
        row = "  ".join(str(counts[label, other]).rjust(len(other)) for other in labels)
        lines.append(f"{label.rjust(width)}  {row}   F1 {f1(gold, said, label):.3f}")
    return Table(
        title, lines, {"accuracy": right, "accuracy_low": low, "accuracy_high": high, "macro_f1": macro, "n": len(gold)}
    )


def b_cubed(gold: Mapping[str, Hashable], said: Mapping[str, Hashable]) -> tuple[float, float, float]:
    """(precision, recall, F1) of a clustering of the keys of `gold` (Bagga and Baldwin 1998)."""
    in_gold, in_said = defaultdict(set), defaultdict(set)
    for key, cluster in gold.items():
        in_gold[cluster].add(key)
        in_said[said[key]].add(key)
    precision = recall = 0.0
    for key, cluster in gold.items():
        ours, theirs = in_said[said[key]], in_gold[cluster]
        shared = len(ours & theirs)
        precision += shared / len(ours)
        recall += shared / len(theirs)
    precision, recall = precision / max(len(gold), 1), recall / max(len(gold), 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def counted(title: str, hit: int, said: int, gold: int) -> Table:
    """Precision, recall and F1 from counts."""
    precision, recall = hit / max(said, 1), hit / max(gold, 1)
    f1_ = 2 * hit / max(said + gold, 1)
    line = f"precision {precision:.3f}, recall {recall:.3f}, F1 {f1_:.3f}  (right {hit}, found {said}, coded by hand {gold})"
    return Table(title, [line], {"precision": precision, "recall": recall, "f1": f1_, "n": gold})
