"""The answers of the commands that build plain objects themselves, as records, for their schemas."""

from dataclasses import dataclass

from pipeline.records import ArticleFrame, EngagementReport, FramedSentence, Provenance


@dataclass(frozen=True, slots=True)
class RunAnswer:
    """`beatwatch run --json`: `counts` by row of the run's table, `silent` sources with why."""

    now: str
    data: str
    sources: int
    answered: int
    silent: dict[str, str]
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class ReindexAnswer:
    """`beatwatch reindex --json`: `documents` that the new index was made of, `refused` ones that it cannot hold."""

    documents: int
    refused: int


@dataclass(frozen=True, slots=True)
class ReprocessAnswer:
    """`beatwatch reprocess --json`: `counts` by row of the table."""

    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class CodeAnswer:
    """`beatwatch code --json`."""

    coded: int
    skipped: int
    out: str


@dataclass(frozen=True, slots=True)
class CodedLine:
    """A line of `beatwatch code`; offsets count Unicode code points of the `text` that was given, end exclusive."""

    id: str
    lang: str
    relevant: bool
    relevance: float
    story: str | None
    copy_of: str | None
    framing: ArticleFrame | None
    probabilities: dict[str, float]
    shares: dict[str, float]
    sentences: tuple[FramedSentence, ...]
    engagements: tuple[EngagementReport, ...]
    countries: tuple[str, ...]
    gloss: str
    codebook: str
    models: dict[str, str]


@dataclass(frozen=True, slots=True)
class ExtractAnswer:
    """`beatwatch extract --json`."""

    extracted: int
    failed: int
    out: str


@dataclass(frozen=True, slots=True)
class ExtractedLine:
    """A line of `beatwatch extract`; `date_from` says where the date was read."""

    file: str
    url: str | None
    headline: str
    text: str
    date: str | None
    date_from: Provenance | None
    authors: tuple[str, ...]
    agency: str | None
    lang: str


@dataclass(frozen=True, slots=True)
class ClusterAnswer:
    """`beatwatch cluster --json`."""

    clustered: int
    skipped: int
    out: str


@dataclass(frozen=True, slots=True)
class ClusteredLine:
    """A line of `beatwatch cluster`: the story at arrival, and after delayed merges."""

    id: str
    story: str
    final_story: str


@dataclass(frozen=True, slots=True)
class EvaluateAnswer:
    """`beatwatch evaluate --json`: figures by table and name."""

    set: str
    figures: dict[str, dict[str, float | None]]
