"""`beatwatch extract`: the extraction stage alone over saved pages."""

import gzip
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from console.progress import progress_bars
from pipeline.errors import Permanent, UsageError
from pipeline.ports import Progress
from pipeline.records import ArchiveRef, Body, Extraction, Source, digest128

ANY_SOURCE = Source("any", "any", "http://localhost/", "XX", (), "private")
"""A saved page comes without a source: nothing is declared of it."""


@click.command("extract")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT.jsonl", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="a summary as JSON on stdout")
def command(folder: Path, target: Path, as_json: bool) -> int:
    """Extract headline, text, date, authors, agency and language of the pages in DIR (*.html, *.html.gz) into
    OUT.jsonl, one object a line, in order of the files' names. A page without an article has an empty text.
    """
    from pipeline.lines import write_lines

    pages = sorted(path for pattern in ("*.html", "*.html.gz") for path in folder.glob(pattern))
    if not pages:
        raise UsageError(f"{folder}: no *.html or *.html.gz in it")
    faults: list[str] = []
    with progress_bars() as progress:
        count = write_lines(target, _records(pages, faults, progress))
    summary = {"extracted": count, "failed": len(faults), "out": str(target)}
    click.echo(json.dumps(summary) if as_json else f"{count} pages, {len(faults)} failed: {target}")
    return 1 if faults else 0


def _records(pages: Sequence[Path], faults: list[str], progress: Progress) -> Iterator[dict[str, Any]]:
    from pipeline.extract import extract

    now = datetime.now(UTC)
    for done, path in enumerate(pages, start=1):
        found: Extraction | None = None
        try:
            content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            result = extract(_body(path, content, now), content, ANY_SOURCE)
            found = result if isinstance(result, Extraction) else None
        except (OSError, EOFError, gzip.BadGzipFile, Permanent) as error:
            faults.append(path.name)
            sys.stderr.write(f"beatwatch: {path}: {error}\n")
        yield _record(path, found)
        progress("extract", done, len(pages))


def _body(path: Path, content: bytes, now: datetime) -> Body:
    url = f"http://localhost/{path.name}"
    archived = ArchiveRef(path.name, 0, hashlib.sha256(content).hexdigest())
    return Body(digest128(url, archived.sha256), url, "any", archived, "text/html", now)


def _record(path: Path, found: Extraction | None) -> dict[str, Any]:
    if found is None:
        return {
            "file": path.name, "url": None, "headline": "", "text": "", "date": None, "date_from": None, "authors": [],
            "agency": None, "lang": "und",
        }  # fmt: skip
    own = None if found.canonical_url.startswith("http://localhost/") else found.canonical_url
    return {
        "file": path.name,
        "url": own,
        "headline": found.headline,
        "text": found.text,
        "date": found.published.at.isoformat() if found.published else None,
        "date_from": found.published.provenance if found.published else None,
        "authors": list(found.authors),
        "agency": found.agency,
        "lang": found.lang,
    }
