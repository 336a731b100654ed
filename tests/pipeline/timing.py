"""Does the time grow with the input and no faster? A ratio of two runs; what the machine does beside it hardly matters."""

import time
from collections.abc import Callable

MORE = 16
LINEAR = 80.0
"""Sixteen times the input takes about 16 times as long if the work is linear and 256 times if it is quadratic."""


def seconds(work: Callable[[], object], runs: int = 3) -> float:
    """Processor time of the best of a few runs."""
    best = float("inf")
    for _ in range(runs):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def growth(work: Callable[[int], object], size: int) -> float:
    """How many times longer `MORE` times the input takes."""
    return seconds(lambda: work(MORE * size)) / max(seconds(lambda: work(size)), 1e-4)
