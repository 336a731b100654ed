"""The mail outbox: messages and the stories that they announce, written together or not at all."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from pipeline.adapters.schema import announced, messages, stories
from pipeline.adapters.state.database import Database
from pipeline.adapters.state.rows import message_of, message_row
from pipeline.adapters.state.writing import Row
from pipeline.records import Message


class Alerts(Database):
    """Messages of `pipeline.ports.State`."""

    def announced(self, rule: str) -> set[str]:
        """Stories that the rule announced, and what they became: a merge makes nothing new."""
        living = sa.select(announced.c.story_id, stories.c.redirect_to)
        joined = living.outerjoin(stories, stories.c.id == announced.c.story_id).where(announced.c.rule == rule)
        with self.reading() as connection:
            return {id_ for row in connection.execute(joined) for id_ in row if id_}

    def enqueue_message(self, message: Message, story_ids: Sequence[str]) -> bool:
        """Put a message into the outbox, once."""
        told = [{"rule": message.rule, "story_id": id_, "message_id": message.id} for id_ in story_ids]
        with self.writing() as writing:
            if not writing.add(messages, [message_row(message)]):
                return False
            writing.add(announced, told)
        return True

    def messages(self, *, unwritten: bool = False, unsent: bool = False) -> list[Message]:
        """Messages, oldest first."""
        query = sa.select(messages).order_by(messages.c.created_at, messages.c.id)
        if unwritten:
            query = query.where(messages.c.written_at.is_(None), messages.c.withdrawn_at.is_(None))
        if unsent:
            query = query.where(messages.c.sent_at.is_(None), messages.c.withdrawn_at.is_(None))
        with self.reading() as connection:
            return [message_of(row) for row in connection.execute(query)]

    def mark_message(
        self,
        message_id: str,
        *,
        written_at: datetime | None = None,
        sent_at: datetime | None = None,
        error: str | None = None,
    ) -> None:
        """Note what happened to a message. Each error is one more attempt; what was sent has no error any more."""
        happened: Row = {}
        if written_at is not None:
            happened["written_at"] = written_at
        if error is not None:
            happened |= {"error": error, "attempts": messages.c.attempts + 1}
        if sent_at is not None:
            happened |= {"sent_at": sent_at, "error": None}
        if happened:
            with self.writing() as writing:
                writing.connection.execute(sa.update(messages).where(messages.c.id == message_id).values(happened))
