"""Bringing a database to the schema of this version, from inside the program: nobody has to run Alembic by hand."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from pipeline.errors import StateError

_HERE = Path(__file__).parent


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    return config


def is_current(connection: sa.Connection, place: str) -> bool:
    """Whether the database has this version's schema; raises `StateError` if a newer version made it."""
    script = ScriptDirectory.from_config(_config())
    found = revision_of(connection)
    if found is None and sa.inspect(connection).get_table_names():
        raise StateError(f"{place}: it is a database of another program: give another data folder")
    if found is not None and not is_known(found):
        raise StateError(
            f"{place}: it was made by a newer version of beatwatch (schema {found}, this version knows"
            f" {script.get_current_head()}): install that version, or give another data folder"
        )
    return found == script.get_current_head()


def revision_of(connection: sa.Connection) -> str | None:
    """The schema that the database has; None where it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def is_known(revision: str) -> bool:
    """Whether this version has a schema of this name."""
    try:
        return ScriptDirectory.from_config(_config()).get_revision(revision) is not None
    except CommandError:
        return False


def to(connection: sa.Connection, revision: str, place: str) -> None:
    """Make the tables of an earlier schema in an empty database, in the caller's transaction. Raises `StateError`."""
    if not is_known(revision):
        raise StateError(
            f"{place}: schema {revision!r} is unknown to this version of beatwatch: install the version of it"
        )
    _upgrade(connection, revision)


def to_head(connection: sa.Connection, place: str) -> None:
    """Apply what is missing, in the caller's transaction; a no-op if another process was faster."""
    if is_current(connection, place):
        return
    _upgrade(connection, "head")


def _upgrade(connection: sa.Connection, revision: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
