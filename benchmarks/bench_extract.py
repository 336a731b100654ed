"""Extraction beside bare trafilatura on the same pages in one run: F1 of the text, and the share of its speed that is kept.

The pages are those of the shared data (`BEATWATCH_SHARED`, else ../shared): public pages with their article bodies.
F1 is that benchmark's: mean precision and mean recall of runs of four words.
"""

import gzip
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import trafilatura

from pipeline.extract import extract
from pipeline.records import ArchiveRef, Body, Extraction, Source

SHARED = Path(os.environ.get("BEATWATCH_SHARED", Path(__file__).parents[2] / "shared")) / "data" / "extraction"
SOURCE = Source("bench", "bench", "http://localhost/", "XX", (), "private")


def ours(content: bytes, url: str) -> str:
    """The extraction stage."""
    body = Body("key", url, "bench", ArchiveRef("", 0, ""), "text/html", datetime(2026, 1, 1, tzinfo=UTC))
    found = extract(body, content, SOURCE)
    return found.text if isinstance(found, Extraction) else ""


def bare(content: bytes, url: str) -> str:
    """trafilatura alone, with the same options."""
    return trafilatura.extract(content, url=url, fast=True, include_comments=False, include_tables=False) or ""


def runs(text: str) -> Counter[tuple[str, ...]]:
    """Runs of four words with their counts."""
    words = re.findall(r"\w+", text)
    return Counter(tuple(words[i : i + 4]) for i in range(max(len(words) - 3, 1))) if words else Counter()


def measure(reader: Callable[[bytes, str], str], pages: list[tuple[bytes, str, str]]) -> tuple[float, float]:
    """(F1, pages a second)."""
    start, precision, recall = time.perf_counter(), [], []
    texts = [reader(content, url) for content, url, _ in pages]
    seconds = time.perf_counter() - start
    for text, (_, _, gold) in zip(texts, pages, strict=True):
        found, wanted = runs(text), runs(gold)
        shared = sum((found & wanted).values())
        if found:
            precision.append(shared / sum(found.values()))
        recall.append(shared / max(sum(wanted.values()), 1))
    p, r = sum(precision) / max(len(precision), 1), sum(recall) / max(len(recall), 1)
    return 2 * p * r / max(p + r, 1e-9), len(pages) / seconds


def main() -> None:
    """Print both and their ratio."""
    if not SHARED.is_dir():
        sys.exit(f"{SHARED}: the shared pages are not here; set BEATWATCH_SHARED")
    truth = json.loads((SHARED / "ground-truth.json").read_text(encoding="utf-8"))
    pages = [
        (gzip.decompress((SHARED / "html" / f"{name}.html.gz").read_bytes()), page["url"], page["articleBody"])
        for name, page in sorted(truth.items())
    ]
    (our_f1, our_speed), (bare_f1, bare_speed) = measure(ours, pages), measure(bare, pages)
    print(f"{len(pages)} pages   beatwatch F1 {our_f1:.3f}, trafilatura F1 {bare_f1:.3f}")
    print(
        f"speed: {our_speed:.1f} pages/s, {our_speed / bare_speed:.2f} of bare trafilatura (with metadata, dates, language)"
    )


if __name__ == "__main__":
    main()
