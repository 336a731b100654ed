"""How a plan goes to the child and rows come back: one JSON document a line, checked on arrival.

The records themselves are the schema (pydantic reads the dataclasses): a field added to one cannot be forgotten here.
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter

from pipeline.errors import BeatwatchError, DataFolderError, DiskFull, FailedRun, VaultError
from pipeline.records import Fetch, GatherPlan

NOT_HELD = 3
"""Exit status of a child that was not told in time that its hosts are still held."""
FailureKind = Literal["DiskFull", "DataFolderError", "VaultError", "FailedRun"]
_ERRORS: dict[FailureKind, type[FailedRun]] = {
    "DiskFull": DiskFull, "DataFolderError": DataFolderError, "VaultError": VaultError, "FailedRun": FailedRun
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Handed:
    """One line from the child: rows whose bodies are synced, the end of the crawl, or why it cannot go on."""

    rows: tuple[Fetch, ...] = ()
    done: bool = False
    failure: FailureKind | None = None
    message: str = ""

    def error(self) -> FailedRun | None:
        """The failure as the exception that the parent raises."""
        return _ERRORS[self.failure](self.message) if self.failure else None


_PLAN: TypeAdapter[GatherPlan] = TypeAdapter(GatherPlan)
_HANDED: TypeAdapter[Handed] = TypeAdapter(Handed)


def plan_line(plan: GatherPlan) -> bytes:
    """A plan as one line."""
    return _PLAN.dump_json(plan) + b"\n"


def read_plan(line: bytes) -> GatherPlan:
    """The plan of a line. Raises `ValueError`."""
    return _PLAN.validate_json(line)


def handed_line(handed: Handed) -> bytes:
    """A message as one line."""
    return _HANDED.dump_json(handed) + b"\n"


def read_handed(line: bytes) -> Handed:
    """The message of a line. Raises `ValueError`, for instance for a line that a kill cut short."""
    return _HANDED.validate_json(line)


def failure_of(error: BeatwatchError) -> Handed:
    """The message that makes the parent raise `error`."""
    kinds: tuple[FailureKind, ...] = ("DiskFull", "DataFolderError", "VaultError")
    kind: FailureKind = next((kind for kind in kinds if isinstance(error, _ERRORS[kind])), "FailedRun")
    return Handed(failure=kind, message=str(error))
