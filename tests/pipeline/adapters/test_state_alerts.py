"""Contract of the state: the mail outbox."""

from collections.abc import Callable
from dataclasses import replace

from pipeline.adapters.state import SqlState
from tests.pipeline.adapters.conftest import Dump
from tests.pipeline.adapters.desk import DAY1, DAY2, DAY3, message


def test_a_message_is_put_once_with_its_stories(state: SqlState, dump: Callable[[], Dump]) -> None:
    assert state.enqueue_message(message(), ["S1", "S2", "S1"])
    before = dump()
    assert not state.enqueue_message(message(subject="another"), ["S3"])
    assert dump() == before
    assert state.announced("daily") == {"S1", "S2"}
    assert state.announced("weekly") == set()
    assert state.messages() == [message()]


def test_a_story_announced_by_two_messages_belongs_to_the_first(state: SqlState) -> None:
    state.enqueue_message(message(), ["S1"])
    assert state.enqueue_message(message("m2", created_at=DAY2), ["S1", "S2"])
    assert state.announced("daily") == {"S1", "S2"}


def test_messages_oldest_first_by_what_is_left_to_do(state: SqlState) -> None:
    late, early = message("a", created_at=DAY2), message("b", created_at=DAY1)
    state.enqueue_message(late, [])
    state.enqueue_message(early, [])
    assert state.messages() == [early, late]
    state.mark_message("b", written_at=DAY2)
    assert state.messages(unwritten=True) == [late]
    assert [found.id for found in state.messages(unsent=True)] == ["b", "a"]
    state.mark_message("b", sent_at=DAY3)
    assert state.messages(unsent=True) == [late]
    assert state.messages()[0] == replace(early, written_at=DAY2, sent_at=DAY3)


def test_errors_count_attempts_and_end_with_success(state: SqlState) -> None:
    state.enqueue_message(message(), [])
    state.mark_message("m1", error="451 try later")
    state.mark_message("m1", error="451 try later")
    assert state.messages() == [replace(message(), attempts=2, error="451 try later")]
    state.mark_message("m1", sent_at=DAY2)
    assert state.messages() == [replace(message(), attempts=2, sent_at=DAY2)]


def test_marking_again_changes_nothing(state: SqlState, dump: Callable[[], Dump]) -> None:
    state.enqueue_message(message(), [])
    state.mark_message("m1", written_at=DAY2, sent_at=DAY3)
    before = dump()
    state.mark_message("m1", written_at=DAY2, sent_at=DAY3)
    state.mark_message("m1")
    assert dump() == before
