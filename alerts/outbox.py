"""Messages on their way: into the outbox of the state, out as files, out by mail.

Three steps, each of which may be killed and repeated. Enqueueing is create-only and marks its stories in the same
transaction: no story is lost between "found" and "told", none is told twice. A file is written once: its name is the
message id, and it appears whole or not at all. Mail is at least once, as SMTP has no way to ask whether a message was
taken: it can come twice only if the process dies between the server's acceptance and our commit, and then with the same
Message-ID.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

from alerts.coverage import Coverage, read_coverage
from alerts.digest import is_new, make_digest, unannounced
from alerts.facts import RunFacts
from alerts.render import KIND_HEADER, render
from alerts.rules import WatchRule
from alerts.smtp import DeliveryFailed, SmtpSettings, deliver
from pipeline.errors import DataFolderError
from pipeline.ports import State
from pipeline.records import Message, Source

RECENT = timedelta(days=14)
"""How far back new stories are looked for: longer than any outage that an operator lets pass, short enough that a rule
added today does not mail a year."""


def enqueue(
    state: State,
    rules: Sequence[WatchRule],
    facts: RunFacts,
    sources: Mapping[str, Source],
    sender: str,
    *,
    quiet: bool = False,
) -> tuple[Message, ...]:
    """Put what each rule has to say after a run into the outbox; returns the messages that are new there. `quiet`: as if
    each rule were quiet."""
    announced = {rule.id: state.announced(rule.id) for rule in rules}
    news = () if facts.failure is not None else _news(state, announced.values(), facts.now)
    queued = []
    for rule in rules:
        digest = make_digest(rule, unannounced(rule, announced[rule.id], news), facts, sources)
        if digest.kind == "nothing_new" and (quiet or rule.quiet or _told_today(state, rule, facts.now.date())):
            continue
        message = render(digest, rule.to, sender)
        if state.enqueue_message(message, [item.story_id for item in digest.items]):
            queued.append(message)
    return tuple(queued)


def _news(state: State, announced: Iterable[set[str]], now: datetime) -> tuple[Coverage, ...]:
    """Coverage of the recent stories that at least one rule may still announce."""
    known = list(announced)
    stories = state.stories(since=now - RECENT)
    return tuple(read_coverage(state, story) for story in stories if any(is_new(story, ids) for ids in known))


def _told_today(state: State, rule: WatchRule, day: date) -> bool:
    """Whether a run of this day had something to tell by this rule: a later one without news then keeps silent."""
    told = (message for message in state.messages() if message.rule == rule.id and message.created_at.date() == day)
    return any(message_from_bytes(message.eml)[KIND_HEADER] != "failed" for message in told)


# --- files -----------------------------------------------------------------------------------------------------


def write_files(state: State, mail_folder: Path, clock: Callable[[], datetime]) -> int:
    """Write each message that was not yet, as `<message id>.eml`; returns how many. Raises `DataFolderError`."""
    waiting = state.messages(unwritten=True)
    written = 0
    for message in waiting:
        written += _write_once(mail_folder, message)
        state.mark_message(message.id, written_at=clock())
    return written


def write_again(state: State, mail_folder: Path) -> int:
    """Write the files of the messages that were written already, when the folder was lost and the state was not; each
    gets its time back, by which the newest is known. Returns how many. Raises `DataFolderError`."""
    written = [message for message in state.messages() if message.written_at is not None and message.eml]
    for message in written:
        if Path(message.id).name != message.id:
            raise DataFolderError(f"{message.id!r}: no message of ours has this id: nothing is written under its name")
        _write_once(mail_folder, message)
        at = (message.written_at or message.created_at).timestamp()
        os.utime(mail_folder / f"{message.id}.eml", (at, at))
    return len(written)


def _write_once(folder: Path, message: Message) -> bool:
    """False if the file is there: an earlier run wrote it whole and died before it could say so."""
    path = folder / f"{message.id}.eml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists():
            return False
        _write_whole(path, message.eml)
    except OSError as error:
        raise DataFolderError(f"{path}: cannot be written: {error.strerror or error}; it is tried again") from error
    return True


def _write_whole(path: Path, content: bytes) -> None:
    """Beside it, synced, then renamed; the folder is synced too, or a power cut may take the name back."""
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    with suppress(PermissionError):  # folders cannot be opened on Windows
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


# --- mail ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sending:
    """How one round of sending ended, in messages. `withheld`: of a run that mails nobody."""

    sent: int = 0
    failed: int = 0
    withheld: int = 0


def send(state: State, settings: SmtpSettings, clock: Callable[[], datetime], *, deliver_mail: bool) -> Sending:
    """Try every unsent message once; a failure is kept on its message and tried again in the next run.

    `deliver_mail` is False for sample runs: no connection is made and nothing is marked.
    """
    waiting = state.messages(unsent=True)
    if not deliver_mail:
        return Sending(withheld=len(waiting))
    sent = sum(_send_one(state, settings, message, clock) for message in waiting)
    return Sending(sent, len(waiting) - sent)


def _send_one(state: State, settings: SmtpSettings, message: Message, clock: Callable[[], datetime]) -> bool:
    """Whether the server took it. If it refused some of several recipients, that is noted once the rest is safe: the
    message is not sent again, since those who have it would get it twice."""
    try:
        refused = deliver(settings, message)
    except DeliveryFailed as failure:
        state.mark_message(message.id, error=str(failure))
        return False
    state.mark_message(message.id, sent_at=clock())
    if refused:
        state.mark_message(message.id, error=refused)
    return True
