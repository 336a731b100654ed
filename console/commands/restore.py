"""`beatwatch restore`: a backup into an empty place."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click

from console.options import data_option, json_option
from console.output import answer, count, say
from console.progress import progress_bars
from pipeline.wiring import data_path, restore


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back: rows of the state, files of the archive, documents of the new search index (null with
    --no-index)."""

    file: str
    made_at: datetime
    data: str
    rows: int
    vault_files: int
    missing: tuple[str, ...]
    documents: int | None


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--no-index", is_flag=True, help="leave the search index empty; `beatwatch reindex` fills it")
@data_option
@json_option
def command(file: Path, no_index: bool, data: Path | None, as_json: bool) -> None:
    """Bring a backup into an empty data folder, with the database and the vault that the settings name.

    Every byte of FILE is checked before anything is written. A place that holds something is left alone. If it is
    interrupted no other command works there; give the same command again. Backups of earlier versions are brought up to
    this one's schema. At the end the search index is built anew.
    """
    path = data_path(data)
    with progress_bars(quiet=as_json) as progress:
        manifest, documents = restore(file, path, progress, indexed=not no_index)
    rows, files = sum(member.rows for member in manifest.tables), len(manifest.vault)
    done = Restored(str(file), manifest.head.made_at, str(path), rows, files, manifest.missing, documents)
    if as_json:
        answer(done)
    else:
        show(done)


def show(done: Restored) -> None:
    """What was done, and what is left to do."""
    index = "" if done.documents is None else f", {count(done.documents, 'document')} indexed"
    say(f"{done.data}: {count(done.rows, 'row')}, {count(done.vault_files, 'archive file')}{index}")
    for name in done.missing:
        say((f"{name}: was missing from the archive when the backup was made", "yellow"))
    if done.documents is None:
        say(f"next: beatwatch reindex --data {done.data}")
