"""What is to go from the vault: records to cut out of their files, files to delete.

Both are rows, so that a kill forgets neither. A new file is written down as waste before it is made, and stops to be in
the very transaction in which rows begin to cite it and the old one becomes waste: whatever dies when, each file is either
cited or on the list.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

import sqlalchemy as sa

from pipeline.adapters.schema import bodies, fetches, vault_cuts, vault_waste
from pipeline.adapters.state.database import Database
from pipeline.adapters.state.writing import Row, Writing, chunks
from pipeline.errors import StateError

UNARCHIVED: Row = {"file": None, "offset": None, "sha256": None, "body_key": None}
"""What a row of the fetch log says of a body that is no longer kept."""


class Clearing(Database):
    """The vault's part of `pipeline.ports.State`."""

    def vault_cuts(self) -> dict[str, list[int]]:
        """Offsets of the records to cut out, by file."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        with self.reading() as connection:
            for file, offset in connection.execute(sa.select(vault_cuts).order_by(*vault_cuts.primary_key.columns)):
                found[file].append(offset)
        return dict(found)

    def vault_waste(self) -> list[str]:
        """Files to delete."""
        with self.reading() as connection:
            return list(connection.scalars(sa.select(vault_waste.c.file).order_by(vault_waste.c.file)))

    def plan_vault_file(self, file: str) -> None:
        """A new file is about to be made: waste until rows cite it."""
        with self.writing() as writing:
            writing.add(vault_waste, [{"file": file}])

    def replace_vault_file(self, file: str, new: str | None, moves: Mapping[int, int]) -> None:
        """Rows that cite `file` cite `new` from now on, at `moves`, and rows of the fetch log that cite what was cut out
        (an answer that several shared) cite nothing; its cuts are done and it is waste."""
        with self.writing() as writing:
            if new is not None:
                taken = writing.connection.execute(sa.delete(vault_waste).where(vault_waste.c.file == new))
                if taken.rowcount != 1:
                    raise StateError(f"{new}: another process cleared the vault meanwhile: run the command again")
                for table, key in ((bodies, bodies.c.key), (fetches, fetches.c.number)):
                    _move(writing, table, key, file, new, moves)
            writing.connection.execute(sa.update(fetches).where(fetches.c.file == file).values(UNARCHIVED))
            writing.connection.execute(sa.delete(vault_cuts).where(vault_cuts.c.file == file))
            writing.add(vault_waste, [{"file": file}])

    def forget_waste(self, file: str) -> None:
        """The file is deleted."""
        with self.writing() as writing:
            writing.connection.execute(sa.delete(vault_waste).where(vault_waste.c.file == file))


def _move(
    writing: Writing, table: sa.Table, key: "sa.Column[object]", file: str, new: str, moves: Mapping[int, int]
) -> None:
    citing = sa.select(key, table.c.offset).where(table.c.file == file)
    rows = [
        {"of": id_, "file": new, "to": moves[offset]}
        for id_, offset in writing.connection.execute(citing)
        if offset in moves
    ]
    if rows:
        moved = sa.update(table).where(key == sa.bindparam("of")).values(file=new, offset=sa.bindparam("to"))
        writing.connection.execute(moved, [{"of": row["of"], "to": row["to"]} for row in rows])


def remove_bodies(writing: Writing, keys: Collection[str]) -> None:
    """Bodies go: their rows, what the fetch log says of where they lie, and, by the list of cuts, their records."""
    for chunk in chunks(sorted(keys)):
        records = [
            sa.select(table.c.file, table.c.offset).where(column.in_(chunk), table.c.file.is_not(None))
            for table, column in ((bodies, bodies.c.key), (fetches, fetches.c.body_key))
        ]
        cut(writing, writing.connection.execute(sa.union(*records)))
        writing.connection.execute(sa.update(fetches).where(fetches.c.body_key.in_(chunk)).values(UNARCHIVED))
        writing.connection.execute(sa.delete(bodies).where(bodies.c.key.in_(chunk)))


def cut(writing: Writing, records: Iterable[tuple[str, int]]) -> None:
    """Put records, by file and offset, on the list."""
    writing.add(vault_cuts, [{"file": file, "offset": offset} for file, offset in records])
