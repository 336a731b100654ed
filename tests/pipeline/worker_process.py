"""One worker of a round as a process of its own, for tests: `python -m tests.pipeline.worker_process ORDER.json`.

Everything is real but the coder, which finds nothing relevant (the model would only make the test slow), and the mails.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import cast

from crawlers.gatherer import ScrapyGatherer
from crawlers.vault.place import FolderPlace, open_store
from crawlers.vault.reader import VaultReader
from pipeline.adapters.search_sqlite import SqliteIndex
from pipeline.adapters.state import SqlState
from pipeline.coding import Coder, Text
from pipeline.records import Screening
from pipeline.run import Engines, Order, Run
from pipeline.wiring import catalogue


class Dismissive:
    """A coder to whom no article is relevant."""

    model = "none"

    def prepare(self) -> None:
        """There is no model to load."""

    def screen(self, texts: Sequence[Text]) -> list[Screening]:
        """Drop all."""
        return [Screening(False, 0.0, "terms") for _ in texts]


class Teller:
    """Notes on stdout that it was asked to tell."""

    def announce(self, round_id: str, now: datetime, table: Mapping[str, int]) -> int:
        """One line."""
        print("told", json.dumps(table), flush=True)
        return 0

    def announce_failure(self, now: datetime, reason: str) -> None:
        """One line."""
        print("failed", reason, flush=True)


def main() -> None:
    """Run once as the order in the file says, when a line comes: workers begin together however long their imports take."""
    print("ready", flush=True)
    sys.stdin.readline()
    told = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    data = Path(told["data"])
    data.mkdir(parents=True)
    sources = tuple(replace(source, delay=told["delay"]) for source in catalogue("sample"))
    place = FolderPlace(Path(told["vault"]), create=True)
    state, index = SqlState.open(told["database"]), SqliteIndex.open(data / "search.db")
    engines = Engines(
        state,
        index,
        ScrapyGatherer(data, vault=place, floor_mb=1),
        VaultReader(open_store(place)),
        cast(Coder, Dismissive()),
        Teller(),
    )
    order = Order(
        "sample", datetime.fromisoformat(told["now"]), True, sources, host_map=tuple(map(tuple, told["host_map"])),
        user_agent=told["name"], worker=told["name"], workers=told["workers"], lease_seconds=told["lease_seconds"],
    )  # fmt: skip
    Run(engines, order, lambda *_: None).execute()
    index.close()
    state.close()


if __name__ == "__main__":
    main()
