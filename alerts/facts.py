"""What a digest says of the run behind it: which sources answered. A day without news is only news if they did."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerts.items import source_name
from alerts.wording import one_line
from pipeline.records import Fetch, FetchOutcome, Source

ANSWERS = frozenset({FetchOutcome.FETCHED, FetchOutcome.UNCHANGED})


@dataclass(frozen=True, slots=True)
class RunFacts:
    """`now` is the run's clock; `silent` are the asked sources that did not answer, with why; `failure` ended it."""

    now: datetime
    asked: int = 0
    silent: tuple[tuple[str, str], ...] = ()
    table: Mapping[str, int] = field(default_factory=dict)
    failure: str | None = None

    @property
    def answered(self) -> int:
        """How many of the asked sources answered."""
        return self.asked - len(self.silent)


def facts_of_run(
    now: datetime, sources: Mapping[str, Source], fetches: Iterable[Fetch], table: Mapping[str, int]
) -> RunFacts:
    """The facts, from the run's rows of the fetch log (oldest first) and its table; `sources` are those it asked."""
    rows: dict[str, list[Fetch]] = {id_: [] for id_ in sources}
    for fetch in fetches:
        if fetch.source_id in rows:
            rows[fetch.source_id].append(fetch)
    silences = {id_: silence(of_source) for id_, of_source in sorted(rows.items())}
    silent = tuple((source_name(id_, sources), why) for id_, why in silences.items() if why)
    return RunFacts(now, len(sources), silent, {name: count for name, count in table.items() if count})


def facts_of_failure(now: datetime, reason: str) -> RunFacts:
    """The facts of a run that ended with `reason`: what its sources answered no longer matters."""
    return RunFacts(now, failure=one_line(reason, 500) or "no reason given")


def front_doors(fetches: Sequence[Fetch]) -> Sequence[Fetch]:
    """Fetches of feeds, sitemaps and lists, which bring what is new; all of them for a source without any.

    A source whose feed broke has not answered, even if pages known from before still do.
    """
    return [fetch for fetch in fetches if fetch.kind != "page"] or fetches


def silence(fetches: Sequence[Fetch]) -> str | None:
    """Why a source did not answer, for a person; None if it did."""
    doors = front_doors(fetches)
    if any(fetch.outcome in ANSWERS for fetch in doors):
        return None
    return outcome_words(doors[-1]) if doors else "not asked"


def outcome_words(fetch: Fetch) -> str:
    """An outcome in words: "refused by robots", "failed: 502 Bad Gateway"."""
    words = fetch.outcome.value.replace("_", " ")
    reason = one_line(fetch.reason or (f"status {fetch.status}" if fetch.status else ""), 160)
    return f"{words}: {reason}" if reason else words
