"""Contract of the state: leases, and the rounds that workers share."""

from collections.abc import Callable

from pipeline.adapters.state import SqlState
from tests.pipeline.adapters.desk import DAY1, DAY2, Desk, source


def test_one_holder_at_a_time_until_it_gives_the_lease_back(state: SqlState) -> None:
    assert state.acquire_leases(["a", "b"], "one", 60) == {"a", "b"}
    assert state.acquire_leases(["a"], "one", 60) == {"a"}
    assert state.acquire_leases(["a", "c"], "two", 60) == {"c"}
    assert (state.lease_holder("a"), state.lease_holder("c"), state.lease_holder("d")) == ("one", "two", None)
    state.release_leases({"a": 0}, "two")
    assert state.acquire_leases(["a"], "two", 60) == set()
    state.release_leases({"a": 0}, "one")
    assert state.acquire_leases(["a"], "two", 60) == {"a"}


def test_a_lease_ends_by_itself_and_is_prolonged(state: SqlState, pass_time: Callable[[float], None]) -> None:
    assert state.acquire_leases(["a"], "one", 10)
    assert state.acquire_leases(["a"], "one", 60)
    pass_time(30)
    assert not state.acquire_leases(["a"], "two", 60)
    pass_time(31)
    assert state.lease_holder("a") is None
    assert state.acquire_leases(["a"], "two", 60)
    assert not state.acquire_leases(["a"], "one", 60)


def test_what_is_given_back_with_a_rest_is_nobodys_until_it_is_over(
    state: SqlState, pass_time: Callable[[float], None]
) -> None:
    state.acquire_leases(["a"], "one", 60)
    state.release_leases({"a": 30}, "one")
    assert state.acquire_leases(["a"], "one", 60) == set()
    assert state.acquire_leases(["a"], "two", 60) == set()
    pass_time(31)
    assert state.acquire_leases(["a"], "two", 60) == {"a"}


def test_rounds_are_counted_once_however_many_runs_they_have(desk: Desk) -> None:
    state = desk.state
    first, second = state.begin_run("live", DAY1), state.begin_run("live", DAY1)
    state.join_round(second, first)
    assert not state.completed_round(first)
    state.end_run(second, "completed", {})
    assert state.completed_round(first)
    state.end_run(first, "completed", {})
    assert state.completed_runs("live") == 1
    alone = state.begin_run("live", DAY2)
    state.end_run(alone, "completed", {})
    assert state.completed_runs("live") == 2


def test_what_a_round_has_gathered(desk: Desk) -> None:
    state = desk.state
    state.register_sources([source("andina")])
    assert state.gathered(desk.run) == set()
    state.mark_gathered(desk.run, ["fijitimes"])
    state.mark_gathered(desk.run, ["fijitimes", "andina"])
    assert state.gathered(desk.run) == {"fijitimes", "andina"}
    assert state.gathered(state.begin_run("live", DAY2)) == set()
    state.end_run(desk.run, "completed", {})
    assert state.gathered(desk.run) == set()
