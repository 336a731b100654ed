"""The table at the end of a run: counts whose rows add up, and the words for them.

Every page that was asked for, and every page that was read, is in exactly one row. `problems` is the check; a run whose
table does not add up has a fault in our own structure, and a test runs it over every sample run.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.records import Fetch, FetchOutcome

ASKED = "pages asked for"
READ = "pages read"
SCREENED = "articles screened"
RELEVANT = "relevant"


@dataclass(slots=True)
class RunTable:
    """Counts of one run by row. Rows of one group start with its name and a colon and add up to the group's row."""

    counts: Counter[str] = field(default_factory=Counter)
    answered: set[str] = field(default_factory=set)
    silent: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)  # what went wrong without failing the run, a line each

    def count(self, row: str, n: int = 1) -> None:
        """Add to a row."""
        self.counts[row] += n

    def take(self, batch: Iterable[Fetch]) -> None:
        """Count rows of the fetch log; a source has answered when one of its feeds, sitemaps or lists did."""
        for fetch in batch:
            if fetch.kind == "page":
                self.count(ASKED)
                self.count(f"{ASKED}: {fetch.outcome.value.replace('_', ' ')}")
            elif fetch.outcome in (FetchOutcome.FETCHED, FetchOutcome.UNCHANGED):
                self.answered.add(fetch.source_id)
            else:
                self.silent[fetch.source_id] = fetch.reason or fetch.outcome.value.replace("_", " ")

    def problems(self) -> list[str]:
        """Groups whose rows do not add up to their total; empty if all is well."""
        return [
            f"{group}: {self.counts[group]} is not the sum {total}"
            for group in (ASKED, READ, SCREENED, RELEVANT)
            if (total := _sum(self.counts, group)) != self.counts[group]
        ]

    def rows(self) -> list[tuple[str, int]]:
        """(row, count) in the order of an article's way; parts are indented under their group."""
        found: list[tuple[str, int]] = []
        for group in (ASKED, READ, SCREENED, RELEVANT):
            found.append((group, self.counts[group]))
            parts = sorted((n, row) for row, n in self.counts.items() if row.startswith(f"{group}: ") and n)
            found += [("  " + row.split(": ", 1)[1], n) for n, row in reversed(parts)]
        rest = (
            "stories",
            "new stories",
            "merged stories",
            "engagement reports",
            "vanished pages",
            "mails",
            "waiting for the index",
        )
        return found + [(row, self.counts[row]) for row in rest]


def _sum(counts: Mapping[str, int], group: str) -> int:
    return sum(n for row, n in counts.items() if row.startswith(f"{group}: "))
