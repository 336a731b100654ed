"""One line of `beatwatch doctor`, and how a check comes to one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pipeline.errors import BeatwatchError

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`found` is what is there or what is wrong, `advice` what to do about it. With `warn` everything works, and still
    somebody should know; with `fail` something does not work."""

    name: str
    level: Level
    found: str
    advice: str | None = None


def examine(name: str, advice: str, look: Callable[[], str]) -> Finding:
    """Run one check; an error of ours is its finding."""
    try:
        return Finding(name, "ok", look())
    except BeatwatchError as error:
        return failed(name, error, advice)


def failed(name: str, error: BeatwatchError, advice: str) -> Finding:
    """What an error of ours says, on one line."""
    return Finding(name, "fail", "; ".join(str(error).splitlines()), advice)
