"""What the run loop calls when it is done: `pipeline.ports.Alerter` over outbox, files and mail server."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alerts.facts import RunFacts, facts_of_failure, facts_of_run
from alerts.outbox import enqueue, send, write_files
from alerts.rules import WatchRule
from alerts.smtp import SmtpSettings
from pipeline.errors import BeatwatchError
from pipeline.ports import State
from pipeline.records import Message, Source

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MailAlerter:
    """Tells what is new by `rules`: as files under `mail_folder`, and by mail if there is a server.

    `sources` are those that the run asks. `deliver_mail` is False for sample runs, which mail nobody. `clock` dates
    what was written and sent; the mails themselves are dated by the run. `quiet`: say nothing where nothing is new.
    """

    state: State
    rules: Sequence[WatchRule]
    sources: Mapping[str, Source]
    mail_folder: Path
    sender: str
    clock: Callable[[], datetime]
    smtp: SmtpSettings | None = None
    deliver_mail: bool = False
    quiet: bool = False

    def announce(self, round_id: str, now: datetime, table: Mapping[str, int]) -> int:
        """Put what is new into the outbox and deliver it; returns how many messages were made.

        A mail server that refuses is a warning and not a failed run: its messages wait in the outbox.
        """
        return len(self._tell(facts_of_run(now, self.sources, self.state.fetches(round_id=round_id), table)))

    def announce_failure(self, now: datetime, reason: str) -> None:
        """Tell that the run failed. Raises nothing of ours: the failure itself must reach the caller, not this one."""
        try:
            self._tell(facts_of_failure(now, reason))
        except BeatwatchError as error:
            _log.warning("the failed run could not be announced: %s", error)

    def _tell(self, facts: RunFacts) -> tuple[Message, ...]:
        queued = enqueue(self.state, self.rules, facts, self.sources, self.sender, quiet=self.quiet)
        write_files(self.state, self.mail_folder, self.clock)
        if self.smtp is not None:
            sending = send(self.state, self.smtp, self.clock, deliver_mail=self.deliver_mail)
            if sending.failed:
                _log.warning("%d mails could not be sent; `beatwatch alerts log` says why", sending.failed)
        return queued
