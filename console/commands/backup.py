"""`beatwatch backup`: one file that holds everything."""

import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click

from console.options import data_option, json_option
from console.output import answer, count
from console.progress import progress_bars
from pipeline.errors import UsageError
from pipeline.wiring import back_up, data_path


@dataclass(frozen=True, slots=True)
class Backup:
    """What was written: rows by table, files and bytes of the archive of pages. `missing` are files that rows cite and
    the archive does not have."""

    file: str
    made_at: datetime
    schema: str
    rows: dict[str, int]
    vault_files: int
    vault_bytes: int
    missing: tuple[str, ...]


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@data_option
@json_option
def command(file: Path, data: Path | None, as_json: bool) -> None:
    """Write the state and the archive of pages into one file, as they are now; a run may go on meanwhile.

    FILE appears whole and checked, or not at all; `-` writes to stdout, unchecked. The same file can be restored on
    either database. The search index is not in it: `beatwatch restore` makes it anew. Needs room in FILE's folder for
    the packed state beside the file.
    """
    piped = str(file) == "-"
    if piped and (as_json or sys.stdout.isatty()):
        raise UsageError("-: the backup itself goes to stdout: send it into a file or a pipe, without --json")
    with progress_bars(quiet=as_json) as progress:
        manifest = back_up(data_path(data), None if piped else file, progress)
    for name in manifest.missing:
        click.echo(f"beatwatch: {name}: rows cite it, but the archive does not have it: not in the backup", err=True)
    size = sum(member.size for member in manifest.vault)
    rows = {member.name: member.rows for member in manifest.tables}
    head = manifest.head
    made = Backup(str(file), head.made_at, head.schema, rows, len(manifest.vault), size, manifest.missing)
    if as_json:
        answer(made)
    else:
        click.echo(summary(made), err=piped)


def summary(made: Backup) -> str:
    """One line for people."""
    pages = f"{count(made.vault_files, 'archive file')} of {made.vault_bytes / 1e6:.1f} MB"
    return f"{made.file}: {count(sum(made.rows.values()), 'row')} of the state, {pages}"
