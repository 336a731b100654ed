"""Which flow runs need a person: those that failed, that did not begin in time, or that never end.

Asked from outside the workers and the server's own automations, because a worker that is down is what makes runs late,
and a server that is down tells nobody.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from pipeline.errors import DataFolderError, Transient, UsageError

Kind = Literal["failed", "crashed", "late", "hangs", "server"]

LOOK_BACK = timedelta(days=7)
MOST = 200
HANGS_AFTER = timedelta(hours=12)
"""Longer than one try may take (`flows.runs`): its process was killed and nobody told the server, or it was tried again
and again, which a person should know as well."""
HOURLY = "hourly"
"""The flow whose runs may wait: one that had to asks nothing when its turn comes (`flows.runs`)."""
_KINDS: Mapping[str, Kind] = {"FAILED": "failed", "CRASHED": "crashed", "RUNNING": "hangs"}


class ServerAway(Transient):
    """The Prefect server does not answer."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One flow run that needs a person, or the server; `since` when it is so, `reason` as the server has it."""

    id: str
    kind: Kind
    what: str
    since: datetime
    reason: str = ""

    def line(self) -> str:
        """For a person."""
        words = {"late": "did not begin at its time", "hangs": "has not ended", "server": "does not answer"}
        told = f"{self.what} {words.get(self.kind, self.kind)} ({self.since:%-d %B %Y, %H:%M} UTC)"
        return f"{told}: {self.reason}" if self.reason else told


def check_address() -> None:
    """Raises `UsageError` where PREFECT_API_URL names no server: Prefect would start an empty one of its own, in which
    nothing ever fails."""
    from prefect.settings import PREFECT_API_URL

    if not PREFECT_API_URL.value():
        raise UsageError("no Prefect server is named: set PREFECT_API_URL=http://host:4200/api")


def troubles(now: datetime, late: timedelta) -> list[Trouble]:
    """What the server at PREFECT_API_URL knows of the last days, oldest first. Hourly runs are late only where for the
    span of `late` no run was at work for which they would have had to wait. Raises `ServerAway`."""
    from httpx import HTTPError
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.sorting import FlowRunSort
    from prefect.exceptions import PrefectException

    try:
        with get_client(sync_client=True) as client:
            found = [
                run
                for which in _filters(now, late)
                for run in client.read_flow_runs(
                    flow_run_filter=which, sort=FlowRunSort.EXPECTED_START_TIME_DESC, limit=MOST
                )
            ]
            flows = {run.flow_id: client.read_flow(run.flow_id).name for run in found}
            busy = any(client.read_flow_runs(flow_run_filter=which, limit=1) for which in _at_work(now, late))
    except (HTTPError, PrefectException, OSError, RuntimeError) as error:
        raise ServerAway(f"the Prefect server does not answer: {str(error) or type(error).__name__}") from error
    told = (_trouble(run, flows[run.flow_id]) for run in found if not (busy and _waits(run, flows[run.flow_id])))
    return sorted(told, key=lambda one: (one.since, one.id))


def _filters(now: datetime, late: timedelta) -> list[Any]:
    from prefect.client.schemas.filters import (
        FlowRunFilter,
        FlowRunFilterExpectedStartTime,
        FlowRunFilterStartTime,
        FlowRunFilterState,
        FlowRunFilterStateName,
        FlowRunFilterStateType,
    )
    from prefect.client.schemas.objects import StateType

    def of_type(*types: StateType) -> FlowRunFilterState:
        return FlowRunFilterState(type=FlowRunFilterStateType(any_=list(types)))

    waiting = FlowRunFilterState(
        type=FlowRunFilterStateType(any_=[StateType.SCHEDULED, StateType.PENDING]),
        name=FlowRunFilterStateName(not_any_=["AwaitingRetry", "AwaitingConcurrencySlot"]),
    )
    begin = FlowRunFilterExpectedStartTime(after_=now - LOOK_BACK, before_=now - late)
    return [
        FlowRunFilter(state=of_type(StateType.FAILED, StateType.CRASHED)),
        FlowRunFilter(state=waiting, expected_start_time=begin),
        FlowRunFilter(
            state=of_type(StateType.RUNNING),
            start_time=FlowRunFilterStartTime(after_=now - LOOK_BACK, before_=now - HANGS_AFTER),
        ),
    ]


def _at_work(now: datetime, late: timedelta) -> list[Any]:
    """Runs that a worker has under way, and those that ended so short ago that it may not have begun another yet."""
    from prefect.client.schemas.filters import (
        FlowRunFilter,
        FlowRunFilterEndTime,
        FlowRunFilterStartTime,
        FlowRunFilterState,
        FlowRunFilterStateType,
    )
    from prefect.client.schemas.objects import StateType

    running = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING]))
    return [
        FlowRunFilter(state=running, start_time=FlowRunFilterStartTime(after_=now - HANGS_AFTER)),
        FlowRunFilter(
            start_time=FlowRunFilterStartTime(is_null_=False), end_time=FlowRunFilterEndTime(after_=now - late)
        ),
    ]


def _waits(run: Any, flow: str) -> bool:
    return flow == HOURLY and run.state_type.value not in _KINDS


def _trouble(run: Any, flow: str) -> Trouble:
    kind = _KINDS.get(run.state_type.value, "late")
    since = {"late": run.expected_start_time, "hangs": run.start_time}.get(kind) or run.state.timestamp
    reason = run.state.message or ""
    return Trouble(str(run.id), kind, f"{flow} ({run.name})", since, " ".join(reason.split())[:500])


@dataclass(slots=True)
class Told:
    """What the operators were told already, kept in a file; what failed before the first look is not told."""

    path: Path
    began: datetime
    ids: dict[str, str]

    @classmethod
    def open(cls, path: Path, now: datetime) -> "Told":
        """From the file, or from now on. Raises `DataFolderError`."""
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            return cls(path, datetime.fromisoformat(kept["began"]), dict(kept["ids"]))
        except FileNotFoundError:
            begun = cls(path, now, {})
            begun.keep([])
            return begun
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataFolderError(f"{path}: cannot be read: {error}: delete it to begin anew") from error

    def untold(self, found: Iterable[Trouble]) -> list[Trouble]:
        """Of the troubles those that are news: what is so now, and what failed since the first look."""
        failed = ("failed", "crashed")
        now = (one for one in found if one.since >= self.began or one.kind not in failed)
        return [one for one in now if self.ids.get(one.id) != one.kind]

    def keep(self, told: Iterable[Trouble]) -> None:
        """Note that the operators know."""
        self.ids |= {one.id: one.kind for one in told}
        self._write()

    def forget(self, id_: str) -> None:
        """It is over: if it comes again, it is news."""
        if self.ids.pop(id_, None) is not None:
            self._write()

    def _write(self) -> None:
        try:
            beside = self.path.with_suffix(".new")
            beside.write_text(json.dumps({"began": self.began.isoformat(), "ids": self.ids}), encoding="utf-8")
            beside.replace(self.path)
        except OSError as error:
            raise DataFolderError(f"{self.path}: cannot be written: {error.strerror}") from error
