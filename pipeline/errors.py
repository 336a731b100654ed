"""The one error tree. A message says what happened, to what, and what to do about it.

    BeatwatchError
    ├── UsageError            wrong command line, setting or file given by a person (exit 2)
    │   └── ConfigError       a YAML or JSON file that does not hold what it must: file, line, field
    ├── FailedRun             the run cannot go on (exit 1)
    │   ├── DataFolderBusy    another run holds the data folder
    │   ├── DataFolderError   the data folder cannot be read or written
    │   ├── VaultError        the archive of pages cannot be reached, read or written
    │   ├── DiskFull          less free space than the disk guard allows, or a full store
    │   ├── BackupError       a backup cannot be written, read or restored
    │   ├── ModelMissing      a packaged or named model cannot be loaded
    │   ├── StateError        the database failed
    │   ├── SearchError       the search index failed (a run goes on without it)
    │   └── KibanaError       Kibana cannot be reached, or refuses what we bring
    ├── Permanent             one input can never be processed: quarantine
    └── Transient             one input failed now and may succeed later: retried

Adapters map the exceptions of their libraries to these; stages raise only `Permanent` and `Transient`.
"""


class BeatwatchError(Exception):
    """Root of every error that this project raises on purpose."""


class UsageError(BeatwatchError):
    """A person gave something that cannot be used; the message says what to give instead."""


class ConfigError(UsageError):
    """A configuration file does not hold what it must.

    `where` is "file:line" (line 1-based) or the file alone, `field` the dotted path of the value.
    """

    def __init__(self, where: str, field: str, problem: str) -> None:
        self.where, self.field, self.problem = where, field, problem
        super().__init__(f"{where}: {field}: {problem}" if field else f"{where}: {problem}")


class FailedRun(BeatwatchError):
    """The run cannot go on; what was committed stays, the next run takes it up."""


class DataFolderBusy(FailedRun):
    """Another run holds the data folder; the message names it."""


class DataFolderError(FailedRun):
    """The data folder cannot be created, read or written."""


class VaultError(FailedRun):
    """The archive of pages cannot be reached, read or written."""


class DiskFull(FailedRun):
    """Less space is free than the disk guard asks for, or the archive's store is full."""


class BackupError(FailedRun):
    """A backup cannot be written, read or restored."""


class ModelMissing(FailedRun):
    """An encoder or a fitted head cannot be loaded."""


class StateError(FailedRun):
    """The database failed; the transaction was rolled back."""


class SearchError(FailedRun):
    """The search index failed; its outbox keeps what is to be written."""


class KibanaError(FailedRun):
    """Kibana cannot be reached, or refuses what is brought to it; what it took stays."""


class Permanent(BeatwatchError):
    """This input can never be processed as it is; it goes to quarantine with this reason."""


class Transient(BeatwatchError):
    """This input failed now and may succeed on a later try."""
