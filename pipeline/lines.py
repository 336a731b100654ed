"""JSON lines in and out: every bad line is told by its number, the rest goes on."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError


@dataclass(frozen=True, slots=True)
class Line:
    """One good line: its number (1-based) and its object."""

    number: int
    record: Mapping[str, Any]


def read_lines(
    path: Path, check: Callable[[Mapping[str, Any]], str | None], bad: Callable[[int, str], None]
) -> Iterator[Line]:
    """Good lines in order; `check` returns what is wrong with an object or None, `bad(number, problem)` is told the rest.

    Empty lines are skipped. An id that was seen before is bad. Raises `UsageError` if the file cannot be read.
    """
    seen: set[str] = set()
    for number, raw in enumerate(_raw_lines(path), start=1):
        if not raw.strip():
            continue
        try:
            record = json.loads(raw.decode("utf-8-sig" if number == 1 else "utf-8"))
        except (ValueError, RecursionError) as error:
            bad(number, f"not JSON in UTF-8: {str(error)[:100]}")
            continue
        problem = _identified(record, seen) or check(record)
        if problem:
            bad(number, problem)
        else:
            seen.add(record["id"])
            yield Line(number, record)


def _raw_lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from file
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error


def _identified(record: object, seen: set[str]) -> str | None:
    if not isinstance(record, dict):
        return "not a JSON object"
    name = record.get("id")
    if not isinstance(name, str) or not name:
        return "no `id` (a non-empty string)"
    return f"`id` {name!r} was used before" if name in seen else None


def write_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> int:
    """Write one object a line (to a draft that is then moved in place); returns how many."""
    draft, count = path.with_name(path.name + ".part"), 0
    try:
        with draft.open("w", encoding="utf-8") as file:
            for record in records:
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
                count += 1
        draft.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
    return count
