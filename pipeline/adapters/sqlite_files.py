"""What our SQLite files have in common, the state's and the search index's.

WAL lets readers read beside the one writer. Commits are synced: they are batched, a few dozen a run, so an fsync each costs
nothing that a run feels, while without it a power cut may take back the last ones, and with them that a mail was already
sent. Deleted rows are overwritten: what was taken down is not to be found in a file's free pages.
"""

import sqlite3

BUSY_SECONDS = 30  # how long a writer waits for another; batches take well under a second


def set_up(connection: sqlite3.Connection) -> None:
    """The settings that this module's docstring gives."""
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")


def cut_log(connection: sqlite3.Connection) -> bool:
    """Write the log, which still has deleted rows, into the file and cut it off; False where another process is reading
    from it just now."""
    (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy
