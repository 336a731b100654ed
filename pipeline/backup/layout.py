"""What a backup's manifest says, and the names of its members."""

from dataclasses import dataclass
from datetime import datetime

FORMAT = 1
HEAD, MANIFEST = "beatwatch-backup.json", "manifest.json"


@dataclass(frozen=True, slots=True)
class Head:
    """What a backup begins with. `schema` is the state's."""

    format: int
    made_at: datetime
    schema: str


@dataclass(frozen=True, slots=True)
class Member:
    """One table (with its rows) or one file of the archive: bytes in the backup, and their SHA-256 in hex."""

    name: str
    size: int
    sha256: str
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `missing` are files that rows cite and the archive does not have."""

    head: Head
    tables: tuple[Member, ...]
    vault: tuple[Member, ...]
    missing: tuple[str, ...]

    def members(self) -> dict[str, Member]:
        """By their names in the tar file, in order."""
        tables = {table_place(member.name): member for member in self.tables}
        return tables | {vault_place(member.name): member for member in self.vault}


def table_place(name: str) -> str:
    """Where a table's rows lie."""
    return f"state/{name}.jsonl.gz"


def vault_place(name: str) -> str:
    """Where a file of the archive lies."""
    return f"vault/{name}"
