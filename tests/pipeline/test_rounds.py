"""What workers share: which sources go together, who has which hosts, who codes; and two real ones over one database."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pipeline.adapters import schema
from pipeline.adapters.state import SqlState
from pipeline.errors import StateError
from pipeline.hold import CODING_LEASE
from pipeline.records import Source
from pipeline.rounds import Round, shares
from sample.newsroom import Access, Newsroom
from tests.pipeline.adapters.desk import DAY1, DAY2, Desk, source
from tests.servers import postgres_database


def sources(*names: str, **fields: Any) -> tuple[Source, ...]:
    """Sources by their names."""
    return tuple(source(name, **fields) for name in names)


def part(desk: Desk, worker: str, *, workers: int = 2, seconds: float = 60) -> Round:
    """A worker's part in the round of the live runs."""
    return Round(desk.state, "live", desk.state.begin_run("live", DAY1), worker, workers, seconds)


def test_sources_that_have_a_host_in_common_are_one_share() -> None:
    hosts = {"a": {"a.test", "cdn.test"}, "b": {"b.test"}, "c": {"c.test", "b.test"}, "d": {"d.test"}}
    hosts["e"] = {"cdn.test", "c.test"}
    found = shares(sources(*"abcde"), {name: frozenset(names) for name, names in hosts.items()})
    assert sorted(sorted(share.ids) for share in found) == [["a", "b", "c", "e"], ["d"]]
    assert shares((), {}) == []


def test_the_spacing_of_a_share_is_its_most_careful_sources() -> None:
    hosts = {name: frozenset({"a.test"}) for name in "ab"}
    (share,) = shares((source("a", delay=2.0), source("b", delay=7.0)), hosts)
    assert share.rest == 7.0


@pytest.fixture
def whole(desk: Desk) -> Sequence[Any]:
    """Eight shares of one source each."""
    eight = sources(*"abcdefgh", delay=0)
    desk.state.register_sources(eight)
    return shares(eight, {one.id: frozenset({f"{one.id}.test"}) for one in eight})


def test_who_begins_while_another_is_at_work_joins_its_round(desk: Desk) -> None:
    one, two = part(desk, "one"), part(desk, "two")
    assert two.id == one.id
    two.close()
    assert part(desk, "three").id != one.id


def test_each_worker_takes_its_part_and_nothing_twice(desk: Desk, whole: Sequence[Any]) -> None:
    one, two = part(desk, "one"), part(desk, "two")
    with one.taken(one.left(whole), 8) as first, two.taken(two.left(whole), 8) as second:
        assert [share.ids for share in first] == [["a"], ["b"]]
        assert [share.ids for share in second] == [["c"], ["d"], ["e"], ["f"], ["g"], ["h"]]
        with part(desk, "three").taken(whole, 8) as none:
            assert none == []
    assert one.left(whole) == []


def test_a_share_that_could_not_be_asked_to_the_end_is_left(desk: Desk, whole: Sequence[Any]) -> None:
    one, two = part(desk, "one"), part(desk, "two")
    with pytest.raises(KeyboardInterrupt), one.taken(one.left(whole), 8):
        raise KeyboardInterrupt
    assert len(two.left(whole)) == 8
    with two.taken(two.left(whole), 8) as mine:
        assert [share.ids for share in mine] == [["a"], ["b"]]


def test_a_worker_alone_takes_all_at_once(desk: Desk, whole: Sequence[Any]) -> None:
    alone = part(desk, "alone", workers=1)
    with alone.taken(alone.left(whole), 8) as mine:
        assert len(mine) == 8


def test_after_a_restart_a_worker_has_its_hosts_at_once_and_another_waits(desk: Desk, whole: Sequence[Any]) -> None:
    killed = part(desk, "one", workers=1, seconds=60)
    held = killed.taken(whole, 8)
    held.__enter__()  # and never comes back
    with part(desk, "two", workers=1).taken(whole, 8) as none:
        assert none == []
    with part(desk, "one", workers=1).taken(whole, 8) as again:
        assert len(again) == 8


def test_who_was_silent_for_too_long_is_told_that_another_took_over(
    desk: Desk, whole: Sequence[Any], pass_time: Callable[[float], None]
) -> None:
    slow, quick = part(desk, "slow", workers=1), part(desk, "quick", workers=1)
    late, taken_over = slow.taken(whole, 8), quick.taken(whole, 8)
    late.__enter__()
    pass_time(61)
    assert len(taken_over.__enter__()) == 8
    with pytest.raises(StateError, match=r"another worker took over host:a\.test"):
        slow.hold()
    assert len(quick.left(whole)) == 8


def test_who_codes_and_was_silent_for_too_long_is_told_too(desk: Desk, pass_time: Callable[[float], None]) -> None:
    one, two = part(desk, "one"), part(desk, "two")
    with one.coding():
        pass_time(61)
        with two.coding(), pytest.raises(StateError, match="another worker took over coding"):
            one.hold()


def test_what_is_prolonged_stays(desk: Desk, whole: Sequence[Any], pass_time: Callable[[float], None]) -> None:
    steady, other = part(desk, "steady", workers=1), part(desk, "other", workers=1)
    with steady.taken(whole, 8):
        for _ in range(3):
            pass_time(50)
            steady.hold()
        with other.taken(whole, 8) as none:
            assert none == []


def test_one_worker_codes_and_the_next_finds_it_done(desk: Desk) -> None:
    state = desk.state
    run_id = state.begin_run("live", DAY2)
    one, two = Round(state, "live", run_id, "one", 2, 60), part(desk, "two")
    with one.coding():
        assert not one.completed()
        assert state.acquire_leases([CODING_LEASE], "two", 60) == set()
        state.end_run(run_id, "completed", {})
    with two.coding():
        assert two.completed()


def test_who_looks_after_the_round_was_completed_finds_nothing_left(desk: Desk, whole: Sequence[Any]) -> None:
    run_id = desk.state.begin_run("live", DAY1)
    quick, late = Round(desk.state, "live", run_id, "quick", 1, 60), part(desk, "late")
    with quick.taken(quick.left(whole), 8):
        assert late.left(whole) == list(whole)
    desk.state.end_run(run_id, "completed", {})
    assert late.left(whole) == []


def test_where_the_coding_worker_failed_the_next_codes(desk: Desk) -> None:
    one, two = part(desk, "one"), part(desk, "two")
    with pytest.raises(StateError), one.coding():
        raise StateError("out of luck")
    with two.coding():
        assert not two.completed()


# --- two processes, one PostgreSQL, one newsroom

DELAY, LEASE = 0.25, 10.0


@dataclass(frozen=True)
class Gathered:
    """What was asked, (host, path) and how often, and what the state then held: articles by id with their texts, bodies."""

    asked: Counter[tuple[str, str]]
    articles: list[tuple[str, str]]
    bodies: int


@dataclass
class Pair:
    """Workers over one database, and the newsroom's access log."""

    folder: Path
    database: str
    newsroom: Newsroom
    log: list[Access]
    workers: int = 2
    processes: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    def begin(self, *names: str) -> None:
        """Workers that begin together, when all are ready."""
        for name in names:
            order = self.folder / f"{name}.json"
            told = {
                "name": name, "database": self.database, "data": str(self.folder / name),
                "vault": str(self.folder / "vault"), "now": self.newsroom.now.isoformat(),
                "host_map": self.newsroom.host_map, "delay": DELAY, "workers": self.workers, "lease_seconds": LEASE,
            }  # fmt: skip
            order.write_text(json.dumps(told), encoding="utf-8")
            command = [sys.executable, "-m", "tests.pipeline.worker_process", str(order)]
            pipe = subprocess.PIPE
            self.processes[name] = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        begun = [self.processes[name] for name in names]
        assert [_line(process) for process in begun] == ["ready\n"] * len(names)
        for process in begun:
            print("begin", file=process.stdin, flush=True)

    def kill(self, name: str) -> None:
        """As a machine that loses its power."""
        os.kill(self.processes[name].pid, signal.SIGKILL)
        self.processes[name].wait()

    def end(self, name: str) -> str:
        """What it printed, when it has ended well."""
        out, err = self.processes[name].communicate(timeout=240)
        assert self.processes[name].returncode == 0, err
        return out

    def asked(self, *names: str) -> list[Access]:
        """What these workers asked, robots.txt left out (each crawl reads it for itself)."""
        return [access for access in self.log if access.user_agent in names and access.path != "/robots.txt"]

    def held(self, name: str) -> dict[str, float]:
        """The hosts that a worker has, and until when (seconds since 1970)."""
        leases = schema.leases
        engine = sa.create_engine(self.database)
        with engine.connect() as connection:
            found = connection.execute(sa.select(leases.c.name, leases.c.until).where(leases.c.holder == name)).all()
        engine.dispose()
        return {lease.removeprefix("host:"): until for lease, until in found if lease.startswith("host:")}

    def gathered(self, *names: str) -> Gathered:
        """What all of them did."""
        asked = Counter((access.host, access.path) for access in self.asked(*names))
        with closing(SqlState.open(self.database)) as state:
            assert state.completed_runs("sample") == 1
            assert not state.quarantine()
            articles = sorted((article.id, article.text) for article in state.articles())
            with state.snapshot() as snapshot:
                bodies = next(len(list(rows)) for table, rows in snapshot.tables() if table == "bodies")
        return Gathered(asked, articles, bodies)


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


@contextmanager
def at_work(folder: Path, workers: int) -> Iterator[Pair]:
    """A database, a newsroom and no workers yet."""
    log: list[Access] = []
    with postgres_database() as database, Newsroom(day=1, on_access=log.append) as newsroom:
        made = Pair(folder, database.render_as_string(hide_password=False), newsroom, log, workers)
        try:
            yield made
        finally:
            for process in made.processes.values():
                process.kill()
                process.communicate()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Where two workers are at work."""
    with at_work(tmp_path, workers=2) as made:
        yield made


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Gathered:
    """What one worker by itself does."""
    with at_work(tmp_path_factory.mktemp("alone"), workers=1) as single:
        single.begin("alone")
        single.end("alone")
        found = single.gathered("alone")
    assert len(found.articles) > 100
    return found


@pytest.mark.server
@pytest.mark.timeout(400)
def test_two_workers_ask_every_page_once_and_none_the_hosts_of_the_other(pair: Pair, alone: Gathered) -> None:
    pair.begin("one", "two")
    told = pair.end("one"), pair.end("two")
    asked = pair.asked("one", "two")
    assert {access.user_agent for access in asked} == {"one", "two"}
    who = {(access.host, access.user_agent) for access in asked}
    assert len(who) == len({host for host, _ in who})
    assert sum(out.startswith("told") for out in told) == 1
    assert pair.gathered("one", "two") == alone


@pytest.mark.server
@pytest.mark.timeout(400)
def test_a_killed_workers_hosts_are_taken_over_after_their_lease(pair: Pair, alone: Gathered) -> None:
    pair.begin("one", "two")
    while len(pair.asked("one")) < 8:  # of its first share, all of whose hosts it still has
        assert pair.processes["one"].poll() is None
        time.sleep(0.02)
    pair.kill("one")
    held = pair.held("one")
    assert {access.host for access in pair.asked("one")} <= held.keys()
    assert pair.end("two").startswith("told")
    taken_over = [access for access in pair.asked("two") if access.host in held]
    assert taken_over
    assert [access for access in taken_over if access.at.timestamp() < held[access.host]] == []
    found = pair.gathered("one", "two")
    assert found == replace(alone, asked=found.asked)
    assert found.asked.keys() == alone.asked.keys()
    twice = found.asked - alone.asked
    assert sum(twice.values()) <= 60  # what was asked and not yet committed when it was killed, and ways in
