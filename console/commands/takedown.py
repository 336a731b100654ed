"""`beatwatch takedown`: remove an article for good."""

import getpass
import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from alerts.wording import one_line
from console.options import data_option, json_option
from console.output import answer, count, say
from console.progress import progress_bars
from pipeline.errors import UsageError, VaultError
from pipeline.ports import Progress, State
from pipeline.records import Article, Removal, Takedown
from pipeline.wiring import Upkeep, data_path, upkeep


@dataclass(frozen=True, slots=True)
class TakenDown:
    """The tombstone; what went (null if it was taken down before); records cut out of the archive; its files that a
    worker still writes; changes that the search index does not have yet."""

    takedown: Takedown
    removal: Removal | None
    records: int
    waiting: tuple[str, ...]
    index_lag: int


@click.command("takedown")
@click.argument("address", metavar="ADDRESS|ARTICLE_ID")
@click.option("--reason", required=True, help="why; it is kept, and `beatwatch trace` tells it")
@click.option("--by", default=None, metavar="NAME", help="who decided it (default: the user who runs this)")
@click.option("--yes", is_flag=True, help="do not ask")
@data_option
@json_option
def command(address: str, reason: str, by: str | None, yes: bool, data: Path | None, as_json: bool) -> None:
    """Remove an article with its texts, codes, engagement reports, vectors and archived pages, for good.

    A tombstone with address, reason, name and time stays; the article is not taken in again from any address that led
    to it. Its story is told by the others or ends. Other articles of the same text and mails about the story are named
    and stay: decide on each. They are named before pages are cut out of the archive (with --json on stderr, too), since
    a second call does not know them. Earlier backups are not reached. No run, backup or retention may go on meanwhile;
    if it is interrupted, give it again.
    """
    from pipeline.clearing import clear_vault

    if not reason.strip():
        raise UsageError("--reason: say why in a few words; it is all that will be left")
    with upkeep(data_path(data)) as kept:
        takedown, removal = _decide(kept, address, one_line(reason, 1000), by or _user(), yes)
        left = _left(removal, kept.folder.mail) if removal else []
        if as_json:
            click.echo("".join(f"beatwatch: {line}\n" for line in left), nl=False, err=True)
        else:
            show_removed(takedown, removal, left)
        with progress_bars(quiet=as_json) as progress:
            cleared = clear_vault(kept.state, kept.vault, kept.go_on, progress)
            lag = _index_lag(kept, progress)
        done = TakenDown(takedown, removal, cleared.records, cleared.waiting, lag)
    if as_json:
        answer(done)
    else:
        show_cleared(done)


def _user() -> str:
    """Who runs this; raises `UsageError` where the system has no name for the number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError) as error:
        raise UsageError("--by: say who decided it: this user has no name here") from error


def _decide(kept: Upkeep, address: str, reason: str, by: str, yes: bool) -> tuple[Takedown, Removal | None]:
    """Take it down, unless it was; raises `UsageError` where nobody says yes."""
    from crawlers.guard import address_key
    from pipeline.clearing import growing_files

    before = kept.state.takedown(address) or kept.state.takedown(address_key(address))
    if before is not None:
        return before, None
    article = _wanted(kept.state, address)
    if article is None:
        raise UsageError(f"{address}: no article has this address or id (`beatwatch trace` says what is known of it)")
    growing = growing_files(kept.vault, {ref.file for ref in kept.state.archived_bodies(article.id)})
    if growing:
        raise VaultError(
            f"{growing[0]}: a run still writes this file, which holds a page of the article: wait until it ends"
        )
    if not yes:
        _ask(article)
    removal = kept.state.take_down(article.id, reason=reason, by=by, at=datetime.now(UTC))
    return removal.takedown, removal


def _wanted(state: State, address: str) -> Article | None:
    from crawlers.guard import address_key

    by_id = state.article(address) if re.fullmatch("[0-9a-f]{32}", address) else None
    return by_id or state.article_by_url(address) or state.article_by_url(address_key(address))


def _ask(article: Article) -> None:
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to be asked: say --yes to take the article down for good")
    click.echo(f"{article.url}\n{one_line(article.headline)}\nfirst seen {article.first_seen:%Y-%m-%d}", err=True)
    click.confirm("Remove it for good?", abort=True, err=True)


def _index_lag(kept: Upkeep, progress: Progress) -> int:
    """Bring the index up; what it does not take now it gets with the next run."""
    from pipeline.clearing import clear_index

    for wait in clear_index(kept.state, kept.index, progress):
        click.echo(f"beatwatch: {wait}", err=True)
    return kept.state.outbox_size()


def _left(removal: Removal, mail: Path) -> list[str]:
    """What a person has to decide on, a line each."""
    lines = [f"kept: article {id_} has the same text: decide whether to take it down too" for id_ in removal.copies]
    for id_ in removal.mails:
        state = "it was not sent and will not be" if id_ in removal.withdrawn else "it was sent"
        lines.append(f"kept: mail {id_} may quote it ({state})")
    files = (mail / f"{id_}.eml" for id_ in removal.mails)
    return lines + [f"kept: {file}" for file in files if file.exists()]


def show_removed(told: Takedown, removal: Removal | None, left: list[str]) -> None:
    """What went, and what a person has to decide on."""
    if removal is None:
        say(f"{told.url}: taken down before, on {told.at:%Y-%m-%d %H:%M UTC} by {told.by}: {told.reason}")
        return
    went = (count(removal.bodies, "page"), count(removal.texts, "text"), count(removal.reports, "report"))
    say(f"{told.url}: taken down, with {', '.join(went)}")
    for story in removal.stories_ended:
        say(f"story {story}: it had no other article and is gone")
    for story in removal.stories_changed:
        say(f"story {story}: told by its other articles")
    for line in left:
        say((line, "yellow"))


def show_cleared(done: TakenDown) -> None:
    """What became of the archive."""
    say(f"archive: {count(done.records, 'record')} cut out")
    for name in done.waiting:
        say((f"archive: {name}: a worker still writes it: run `beatwatch retain` when its run has ended", "yellow"))
