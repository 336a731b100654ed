"""Which results count: the rule by which work is due, the same for bodies and articles.

Work is due when there is no result of this version for this input, or when it failed transiently and has tries left.
Failed tries are the one thing that a repeated call does count.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from pipeline.adapters.schema import quarantine, stage_results
from pipeline.adapters.state.rows import quarantined_row, result_row
from pipeline.adapters.state.writing import Row, Writing
from pipeline.records import StageResult

TRIES = 10  # transient failures in a row before an input is given up, until its version or its text changes


def due(version: str, fingerprint: "sa.ColumnElement[Any]") -> "sa.ColumnElement[bool]":
    """Over an outer join with `stage_results`: is there work to do?"""
    result = stage_results.c
    again = (result.outcome == "transient") & (result.attempts < TRIES)
    return sa.or_(result.key.is_(None), result.version != version, result.fingerprint != fingerprint, again)


def keep_results(writing: Writing, results: Sequence[StageResult]) -> dict[tuple[str, str], Row | None]:
    """Insert or replace results. Returns what stood before, by (stage, key), for each that changed."""
    latest = {(result.stage, result.key): result for result in results}
    rows = [result_row(result) for result in latest.values()]
    stored = writing.existing(stage_results, rows)
    for row in rows:
        row["attempts"] = _attempts(row, stored.get((row["stage"], row["key"])))
    written = writing.put(stage_results, rows)
    _settle_quarantine(writing, [(latest[row["stage"], row["key"]], row["attempts"]) for row in written])
    changed = {(row["stage"], row["key"]): stored.get((row["stage"], row["key"])) for row in written}
    return {key: before for key, before in changed.items() if before is None or not _same(before, latest[key])}


def _attempts(row: Row, before: Row | None) -> int:
    if row["outcome"] != "transient":
        return 0
    goes_on = before and all(before[name] == row[name] for name in ("version", "fingerprint", "outcome"))
    return 1 + (before["attempts"] if goes_on and before else 0)


def _same(before: Row, result: StageResult) -> bool:
    return all(before[name] == value for name, value in result_row(result).items())


def _settle_quarantine(writing: Writing, tried: Sequence[tuple[StageResult, int]]) -> None:
    """Given up: permanent errors and the last transient one. Whatever came after that takes its input out again."""
    given_up = [r for r, tries in tried if r.outcome == "permanent" or (r.outcome == "transient" and tries >= TRIES)]
    writing.put(quarantine, [quarantined_row(result) for result in given_up])
    freed = [result for result, _ in tried if result not in given_up]
    for stage, key in writing.existing(quarantine, [quarantined_row(result) for result in freed]):
        writing.connection.execute(sa.delete(quarantine).where(quarantine.c.stage == stage, quarantine.c.key == key))
