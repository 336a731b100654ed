"""`beatwatch retain`: take away what the rules of retention no longer keep."""

from dataclasses import dataclass
from pathlib import Path

import click

from console.options import data_option, json_option
from console.output import answer, count, say
from console.progress import progress_bars
from pipeline.retention import Retained, Rules
from pipeline.wiring import data_path, keep_to_rules


@dataclass(frozen=True, slots=True)
class Retention:
    """What was taken away by which rules (days, null: keep for ever); of a dry run what would be. `records` and `bytes`
    went from the archive; `waiting` are its files that a worker still writes."""

    dry_run: bool
    rules: Rules
    removed: Retained
    records: int
    bytes: int
    waiting: tuple[str, ...]


@click.command("retain")
@click.option("--dry-run", is_flag=True, help="say what would go, and change nothing")
@data_option
@json_option
def command(dry_run: bool, data: Path | None, as_json: bool) -> None:
    """Take away what the settings `keep_dropped_pages`, `keep_fetch_log` and `keep_mails` no longer keep; by default
    everything is kept.

    Days are counted back from the newest run. Texts and pages of relevant articles never go; of a dropped one address,
    headline, score and reason stay for `beatwatch trace`. It also finishes what an interrupted takedown left in the
    archive. No run, backup or takedown may go on meanwhile.
    """
    with progress_bars(quiet=as_json) as progress:
        rules, removed, cleared, waits = keep_to_rules(data_path(data), progress, dry_run=dry_run)
    for wait in waits:
        click.echo(f"beatwatch: {wait}", err=True)
    done = Retention(dry_run, rules, removed, cleared.records, cleared.bytes, cleared.waiting)
    if as_json:
        answer(done)
    else:
        show(done)


def show(done: Retention) -> None:
    """A line for each rule."""
    removed, verb = done.removed, "would go" if done.dry_run else "gone"
    pages = f"{count(removed.pages, 'page')} and {count(removed.texts, 'text')}"
    for name, days, what in (
        ("dropped pages", done.rules.dropped_pages, pages),
        ("fetch log", done.rules.fetch_log, count(removed.fetches, "row")),
        ("mails", done.rules.mails, count(removed.mails, "mail")),
    ):
        say(f"{name}: " + ("kept for ever" if days is None else f"{what} older than {days} days {verb}"))
    if not done.dry_run:
        say(f"archive: {count(done.records, 'record')} cut out, {done.bytes / 1e6:.1f} MB")
    for name in done.waiting:
        say((f"{name}: a worker still writes it: run `beatwatch retain` again when its run has ended", "yellow"))
