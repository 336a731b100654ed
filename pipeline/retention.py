"""Rules of retention: for how many days what is no evidence is kept. Without a rule everything is kept for ever.

Days are counted back from the newest completed run and not from the machine's clock: a clock that runs wrong takes
nothing away. Everything happens in small batches, each a transaction that looks again at what it takes; a kill costs a
batch, and a second call finds nothing to do.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TypeVar

from pipeline.errors import DataFolderError
from pipeline.ports import Progress, State
from pipeline.records import Message

BATCH = 500
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rules:
    """Days; None keeps for ever."""

    dropped_pages: int | None = None
    fetch_log: int | None = None
    mails: int | None = None


@dataclass(frozen=True, slots=True)
class Retained:
    """What was taken away, or, of a dry run, would be: pages and texts that the screen had dropped, rows of the fetch
    log, mails."""

    pages: int = 0
    texts: int = 0
    fetches: int = 0
    mails: int = 0


def retain(state: State, mail_folder: Path, rules: Rules, progress: Progress, *, dry_run: bool) -> Retained:
    """Apply the rules to the state and the mail folder; what goes from the vault is listed for `clear_vault`."""
    now = state.newest_run()
    if now is None:
        return Retained()
    pages = texts = fetches = mails = 0
    if (before := _before(now, rules.dropped_pages)) is not None:
        due = state.dropped_bodies(before)
        pages = _each(due, lambda keys: state.remove_dropped_bodies(keys, before), "pages", progress, dry_run)
        ids = state.dropped_texts(before)
        texts = _each(ids, lambda some: state.empty_dropped_texts(some, before, now), "texts", progress, dry_run)
    if (before_log := _before(now, rules.fetch_log)) is not None:
        rows = state.superseded_fetches(before_log)
        fetches = _each(rows, lambda some: state.remove_fetches(some, before_log), "fetch log", progress, dry_run)
    if (before_mail := _before(now, rules.mails)) is not None:
        old = [mail.id for mail in state.messages() if mail.created_at < before_mail and _kept(mail, mail_folder)]
        mails = _each(iter(old), lambda some: _remove_mails(state, mail_folder, some, now), "mails", progress, dry_run)
    return Retained(pages, texts, fetches, mails)


def _before(now: datetime, days: int | None) -> datetime | None:
    return None if days is None else now - timedelta(days=days)


def _each(due: Iterator[T], act: Callable[[Sequence[T]], int], stage: str, progress: Progress, dry_run: bool) -> int:
    if dry_run:
        return sum(1 for _ in due)
    done = 0
    for batch in _batches(due):
        done += act(batch)
        progress(stage, done, None)
    return done


def _batches(due: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(due, BATCH)):
        yield batch


def _kept(mail: Message, folder: Path) -> bool:
    """In the state, or as a file here: the workers of a database each have a folder of their own."""
    return mail.written_at is not None and bool(mail.eml or (folder / f"{mail.id}.eml").exists())


def _remove_mails(state: State, folder: Path, ids: Iterable[str], now: datetime) -> int:
    """The files first: a kill in between leaves rows that still name them."""
    given = list(ids)
    for id_ in given:
        try:
            (folder / f"{id_}.eml").unlink(missing_ok=True)
        except OSError as error:
            raise DataFolderError(f"{folder / id_}.eml: cannot be deleted: {error.strerror}") from error
    state.empty_messages(given, now)
    return len(given)
