"""What commands write on stdout: tables for people, JSON for programs.

On a terminal tables have colours and wrap; elsewhere they are plain columns, as wide as they need to be, so that `grep`
and `less` see whole lines. Nothing that came from outside is read as markup.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Literal

import click
from babel.dates import format_date, format_datetime
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.wording import one_line
from pipeline.payloads import plain

WIDEST = 10_000
"""Columns where stdout is no terminal: more than any line has."""
STYLES = {"cooperation": "green", "influence": "red", "mixed": "yellow", "neutral": "dim", "uncertain": "dim"}


def screen() -> Console:
    """stdout for people."""
    return Console(width=None if sys.stdout.isatty() else WIDEST, markup=False, emoji=False, highlight=False)


def say(*parts: str | Text | tuple[str, str], indent: int = 0) -> None:
    """One line for people, of words and (words, style) pairs. It is never broken, so that addresses stay whole."""
    screen().print(Text.assemble(" " * indent, *parts), soft_wrap=True)


def table(title: str, *columns: str, right: Iterable[str] = (), whole: Iterable[str] = ()) -> Table:
    """An empty table; the columns in `right` hold numbers, those in `whole` ids, which are never broken."""
    box = SIMPLE_HEAD if sys.stdout.isatty() else None
    made = Table(title=Text(title, style="bold"), title_justify="left", box=box, pad_edge=False)
    for name in columns:
        justify: Literal["left", "right"] = "right" if name in right else "left"
        made.add_column(name, justify=justify, overflow="fold", no_wrap=name in whole)
    return made


def answer(record: object) -> None:
    """A record as one JSON document on stdout."""
    click.echo(json.dumps(plain(record), ensure_ascii=not _unicode()))


def _unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def count(number: int, one: str, many: str | None = None) -> str:
    """ "1 story", "2 stories"."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed(values: Sequence[str], most: int = 6) -> str:
    """Values with commas, the rest counted; "-" for none."""
    rest = len(values) - most
    return (", ".join(map(one_line, values[:most])) + (f" and {rest} more" if rest > 0 else "")) or "-"


def framed(words: str, frame: str | None) -> tuple[str, str]:
    """Words in the colour of a frame."""
    return words, STYLES.get(frame or "", "")


def moment(at: datetime | None) -> str:
    """A time for people; "-" for none."""
    return format_datetime(at, "d MMM y, HH:mm 'UTC'", locale="en") if at else "-"


def day(at: date) -> str:
    """A day for people."""
    return format_date(at, "d MMM y", locale="en")
