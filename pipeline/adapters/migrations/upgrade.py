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
    found = version(connection)
    if found is None and sa.inspect(connection).get_table_names():
        raise StateError(f"{place}: it is a database of another program: give another data folder")
    try:
        known = found is None or script.get_revision(found) is not None
    except CommandError:
        known = False
    if not known:
        raise StateError(
            f"{place}: it was made by a newer version of beatwatch (schema {found}, this version knows"
            f" {script.get_current_head()}): install that version, or give another data folder"
        )
    return found == script.get_current_head()


def version(connection: sa.Connection) -> str | None:
    """The schema that the database has; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def to_head(connection: sa.Connection, place: str) -> None:
    """Apply what is missing, in the caller's transaction; a no-op if another process was faster."""
    if is_current(connection, place):
        return
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
