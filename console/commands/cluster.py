"""`beatwatch cluster`: the story stage alone over any records."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from dateutil import parser as iso_parser

from console.progress import progress_bars
from pipeline.lines import Line, read_lines, write_lines
from pipeline.ports import Progress

ENCODED = 256
"""Records whose vectors are made at a time."""


@click.command("cluster")
@click.argument("source", metavar="IN.jsonl", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT.jsonl", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="a summary as JSON on stdout")
def command(source: Path, target: Path, as_json: bool) -> int:
    """Group the records of IN.jsonl (`id`, `time` in ISO 8601, `headline` or `title`, optionally `text` and `lang`)
    into stories, in time order, ties in input order. OUT.jsonl holds, in the input's order, `id`, `story` (decided when
    the record arrived, never changed by later ones) and `final_story` (after delayed merges).
    """
    faults: list[int] = []

    def bad(number: int, problem: str) -> None:
        faults.append(number)
        sys.stderr.write(f"beatwatch: {source}:{number}: {problem}; skipped\n")

    lines = list(read_lines(source, check, bad))
    with progress_bars() as progress:
        count = write_lines(target, stories(lines, progress))
    summary = {"clustered": count, "skipped": len(faults), "out": str(target)}
    click.echo(json.dumps(summary) if as_json else f"{count} records, {len(faults)} skipped: {target}")
    return 1 if faults else 0


def check(record: Mapping[str, Any]) -> str | None:
    """What is wrong with a record, None if it can be clustered."""
    if not isinstance(record.get("headline") or record.get("title"), str):
        return "no `headline` or `title`"
    try:
        iso_parser.isoparse(record["time"])
    except (KeyError, TypeError, ValueError):
        return "no `time` in ISO 8601"
    return None


def stories(lines: Sequence[Line], progress: Progress) -> Iterator[dict[str, Any]]:
    """One object for each record, in order."""
    from pipeline import cluster as clustering
    from pipeline.cluster import Candidate, Memory
    from pipeline.coding import Text
    from pipeline.language import detect, primary
    from pipeline.screen import LEAD, joined
    from pipeline.wiring import build_coder

    coder = build_coder()
    memory, decisions = Memory(centres=coder.knowledge.centres), {}
    order = sorted(range(len(lines)), key=lambda i: (_time(lines[i].record), i))
    for start in range(0, len(order), ENCODED):
        places = order[start : start + ENCODED]
        records = [lines[i].record for i in places]
        texts = [Text(r.get("headline") or r["title"], r.get("text") or "", "") for r in records]
        vectors = coder.vectors(texts)
        for record, text, vector in zip(records, texts, vectors, strict=True):
            lang = primary(record["lang"]) if record.get("lang") else detect(joined(text.headline, text.text)[:LEAD])
            known = Text(text.headline, text.text, _two_letters(lang))
            countries, numbers = coder.specifics(known)
            time = _time(record)
            kind = "lead" if text.text else "headline"
            candidate = Candidate(record["id"], time, time, known.lang, vector, kind, countries, numbers)  # type: ignore[arg-type]
            decisions[record["id"]] = clustering.place(candidate, memory)
        progress("cluster", start + len(places), len(order))
    final = clustering.final_stories(list(decisions.values()), clustering.settle(memory))
    for line in lines:
        name = line.record["id"]
        yield {"id": name, "story": decisions[name].story_id, "final_story": final[name]}


def _time(record: Mapping[str, Any]) -> datetime:
    time: datetime = iso_parser.isoparse(record["time"])
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _two_letters(lang: str) -> str:
    """ISO 639-3 codes of the languages that have a two-letter code, e.g. "eng" -> "en"."""
    from babel import Locale
    from babel.core import UnknownLocaleError

    if len(lang) != 3:
        return lang
    try:
        return Locale.parse(lang).language
    except (UnknownLocaleError, ValueError):
        return lang
