"""`beatwatch watch`: failed and late runs, mailed to the operators."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.options import data_option, json_option
from console.output import answer, say
from pipeline.errors import DataFolderError, FailedRun, UsageError
from pipeline.settings import Settings, load_settings
from pipeline.wiring import data_path, mail_server

if TYPE_CHECKING:
    from flows.watch import Told, Trouble

PATIENCE = 3  # looks without an answer of the server before it is told: it may be starting anew


@dataclass(frozen=True, slots=True)
class ToldTrouble:
    """One thing that the operators were told: `kind` is failed, crashed, late, hangs or server."""

    kind: str
    what: str
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Watched:
    """What one look found that was news."""

    told: tuple[ToldTrouble, ...]


@click.command("watch")
@click.option("--once", is_flag=True, help="look once and end")
@click.option(
    "--every",
    type=click.IntRange(5, 3600),
    default=60,
    show_default=True,
    metavar="N",
    help="seconds between two looks",
)
@data_option
@json_option
def command(once: bool, every: int, data: Path | None, as_json: bool) -> None:
    """Mail the addresses of the setting `operators` when a scheduled run failed, did not begin in time or never ends.

    Asks the Prefect server that PREFECT_API_URL names; that it does not answer is mailed too. Each trouble is told once.
    Keep it running beside the workers, not within one.
    """
    from flows.watch import Told, check_address

    settings = load_settings()
    if not settings.operators or settings.smtp_host is None:
        raise UsageError("nobody would be told: set `operators` and `smtp_host` (docs/settings.md)")
    check_address()
    folder = data_path(data, "live", settings)
    folder.mkdir(parents=True, exist_ok=True)
    watch = _Watch(settings, Told.open(folder / "watched.json", datetime.now(UTC)), once)
    while True:
        found = watch.look(datetime.now(UTC))
        _show(found, as_json, always=once)
        if once:
            return
        time.sleep(every)


class _Watch:
    """Looks, tells, and remembers what was told. Where that cannot be written it goes on with what it has in mind: if
    it ended, whoever started it anew would tell everything again. With `once` that is so at every call, so it tells
    nothing where it cannot write."""

    def __init__(self, settings: Settings, told: "Told", once: bool) -> None:
        self._settings, self._told, self._once = settings, told, once
        self._silent = 0

    def look(self, now: datetime) -> "list[Trouble]":
        """What was news. What could not be mailed stays news. With `once` raises `DataFolderError` before it mails, and
        `FailedRun` where it could not."""
        from alerts.smtp import DeliveryFailed

        news = self._told.untold(self._found(now))
        if not news:
            return []
        if self._once:
            self._told.keep([])
        try:
            self._mail(news, now)
        except DeliveryFailed as error:
            if self._once:
                raise FailedRun(f"{error}; nobody was told: {'; '.join(one.line() for one in news)}") from error
            click.echo(f"beatwatch: {error}; it is tried again", err=True)
            return []
        with self._writing():
            self._told.keep(news)
        return news

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except DataFolderError as error:
            click.echo(f"beatwatch: {error}: what was told is told again if this is started anew", err=True)

    def _found(self, now: datetime) -> "list[Trouble]":
        from flows.watch import ServerAway, Trouble, troubles

        try:
            found = troubles(now, timedelta(minutes=self._settings.late_minutes))
        except ServerAway as error:
            self._silent += 1
            if self._silent < PATIENCE and not self._once:
                return []
            return [Trouble("server", "server", "the Prefect server", now, str(error))]
        self._silent = 0
        with self._writing():
            self._told.forget("server")
        return found

    def _mail(self, news: "list[Trouble]", now: datetime) -> None:
        from email.message import EmailMessage
        from email.utils import format_datetime, make_msgid

        from alerts.smtp import deliver
        from pipeline.records import Message

        server = mail_server(self._settings)
        assert server is not None  # asked when the command began
        mail = EmailMessage()
        mail["Subject"] = news[0].line()[:120] if len(news) == 1 else f"beatwatch: {len(news)} runs need attention"
        mail["From"], mail["To"] = self._settings.mail_from, ", ".join(self._settings.operators)
        mail["Date"], mail["Message-ID"] = format_datetime(now), make_msgid(domain="beatwatch")
        mail.set_content("\n".join(f"- {one.line()}" for one in news) + "\n")
        deliver(server, Message(mail["Message-ID"].strip("<>"), "operators", mail["Subject"], self._settings.operators,
                                mail.as_bytes(), now))  # fmt: skip


def _show(news: "list[Trouble]", as_json: bool, *, always: bool) -> None:
    if as_json and (news or always):
        answer(Watched(tuple(ToldTrouble(one.kind, one.what, one.since, one.reason) for one in news)))
    elif not as_json:
        for one in news:
            say(f"told {one.line()}")
        if always and not news:
            say("nothing new to tell")
