"""`beatwatch alerts`: the outbox of digests."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import click

from alerts.wording import one_line
from console.options import data_option, json_option
from console.output import answer, count, listed, moment, screen, table
from pipeline.records import Message
from pipeline.wiring import data_path, opened_state


@dataclass(frozen=True, slots=True)
class LoggedMessage:
    """A mail and how far it came: `waiting` in the outbox, `written` as a file, `sent`; an `error` of the last try
    stays until a later one succeeds. A sample run sends nothing. `file` is its .eml, if it is there."""

    id: str
    rule: str
    subject: str
    recipients: tuple[str, ...]
    status: Literal["waiting", "written", "sent", "error"]
    created_at: datetime
    written_at: datetime | None
    sent_at: datetime | None
    attempts: int
    error: str | None
    file: str | None


@dataclass(frozen=True, slots=True)
class Outbox:
    """Messages, newest first."""

    messages: tuple[LoggedMessage, ...]


@click.group("alerts")
def command() -> None:
    """What was mailed by the rules of config/watch.yml."""


@command.command("log")
@data_option
@json_option
def log(data: Path | None, as_json: bool) -> None:
    """List the messages of the outbox, newest first: written as a file, sent, or the error of the last try."""
    path = data_path(data)
    with opened_state(path) as state:
        found = Outbox(tuple(_logged(message, path) for message in reversed(state.messages())))
    if as_json:
        answer(found)
    else:
        show(found)


def _logged(message: Message, path: Path) -> LoggedMessage:
    file = path / "mail" / f"{message.id}.eml"
    return LoggedMessage(
        message.id, message.rule, message.subject, message.recipients, _status(message), message.created_at,
        message.written_at, message.sent_at, message.attempts, message.error, str(file) if file.exists() else None,
    )  # fmt: skip


def _status(message: Message) -> Literal["waiting", "written", "sent", "error"]:
    if message.error:
        return "error"
    return "sent" if message.sent_at else "written" if message.written_at else "waiting"


def show(found: Outbox) -> None:
    """A table for a person."""
    columns = ("made", "rule", "status", "tries", "subject", "to", "error", "file")
    drawn = table(count(len(found.messages), "message"), *columns, right=("tries",))
    for message in found.messages:
        drawn.add_row(
            moment(message.created_at), message.rule, message.status, str(message.attempts), one_line(message.subject),
            listed(message.recipients), one_line(message.error or "-"), message.file or "-",
        )  # fmt: skip
    screen().print(drawn)
