"""Leaving no trace of what the state has given up: records are cut out of the vault's files, files that are no longer
cited are deleted; the index follows, and neither database keeps a copy in its files.

Records are cited by their place in a file, so a file is never changed. A new one is made without the records, rows are
turned to it in one transaction, and the old one is deleted. Each step may be killed: the list in the state then says
what is left to do, and the next call does it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from crawlers.vault import cutting
from crawlers.vault.store import SUFFIX, VaultStore
from pipeline.errors import Permanent, SearchError
from pipeline.hold import SILENCE
from pipeline.index import catch_up
from pipeline.ports import Progress, SearchIndex, State

_GENERATION = re.compile(r"(.*?)(?:\.cut(\d+))?" + re.escape(SUFFIX))


@dataclass(frozen=True, slots=True)
class Cleared:
    """Records cut out, bytes that the vault is smaller, and files that a living worker still writes: their records wait
    for the next call."""

    records: int = 0
    bytes: int = 0
    waiting: tuple[str, ...] = ()


def clear_vault(state: State, vault: VaultStore, go_on: Callable[[], None], progress: Progress) -> Cleared:
    """Do what is listed. `go_on` is called before each step; it keeps the lease, or raises."""
    vault.sweep()
    _delete_waste(state, vault, go_on)
    due = state.vault_cuts()
    growing = {stored.name for stored in vault.names() if stored.growing} if due else set()
    records = saved = 0
    for done, (name, offsets) in enumerate(due.items(), start=1):
        go_on()
        if name not in growing:
            saved += _cut(state, vault, name, offsets, go_on)
            records += len(offsets)
            _delete_waste(state, vault, go_on)
        progress("vault", done, len(due))
    return Cleared(records, saved, tuple(sorted(growing & due.keys())))


def clear_index(state: State, index: SearchIndex, progress: Progress) -> list[str]:
    """Bring the index up, and have what was deleted overwritten; says in words what of that has to wait."""
    waits, whole = [], True
    try:
        catch_up(state, index, progress)
        whole = index.scrub()
    except SearchError as error:
        waits.append(f"{error}: what was removed is still found there until the next run brings the index up")
    if not (state.scrub() and whole):
        waits.append(
            "another process is reading the databases: what was removed is still in their logs on the disk until it ends;"
            " `beatwatch retain` cuts them off"
        )
    return waits


def growing_files(vault: VaultStore, names: set[str]) -> list[str]:
    """Those of the files that a living worker still writes."""
    return [stored.name for stored in vault.names() if stored.growing and stored.name in names]


def _delete_waste(state: State, vault: VaultStore, go_on: Callable[[], None]) -> None:
    for name in state.vault_waste():
        go_on()
        vault.delete(name)
        state.forget_waste(name)


def _cut(state: State, vault: VaultStore, name: str, offsets: list[int], go_on: Callable[[], None]) -> int:
    """Bytes saved. A file that is gone already has nothing left to cut."""
    try:
        with vault.read(name) as stream:
            found = list(cutting.records(stream))
    except Permanent:
        state.replace_vault_file(name, None, {})
        return 0
    kept = cutting.remaining(found, set(offsets))
    if not any(record.start for record in kept):  # nothing but the record that every file begins with
        state.replace_vault_file(name, None, {})
        return found[-1].end if found else 0
    new = _free_name(vault, name)
    state.plan_vault_file(new)
    with vault.read(name) as stream:
        vault.put_new(new, _telling(cutting.copied(stream, kept), go_on))
    state.replace_vault_file(name, new, cutting.moves(kept))
    return sum(record.end - record.start for record in found) - sum(record.end - record.start for record in kept)


def _telling(chunks: Iterable[bytes], go_on: Callable[[], None]) -> Iterator[bytes]:
    silent = 0
    for chunk in chunks:
        if (silent := silent + len(chunk)) > SILENCE:
            silent = 0
            go_on()
        yield chunk


def _free_name(vault: VaultStore, name: str) -> str:
    """The next generation: "a.warc.gz", "a.cut1.warc.gz", "a.cut2.warc.gz"."""
    parts = _GENERATION.fullmatch(name)
    stem, number = (parts[1], int(parts[2] or 0) + 1) if parts else (name, 1)
    while vault.size(new := f"{stem}.cut{number}{SUFFIX}") is not None:
        number += 1
    return new
