"""Coded engagements with the exact words that they rest on, cut from the text that the coder read."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from alerts.wording import one_line
from console.story_pages import EVIDENCE
from pipeline.gloss import country_name, quantity_words
from pipeline.ports import State
from pipeline.records import (
    Article,
    EngagementReport,
    EngagementType,
    Party,
    Qualifier,
    Quantity,
    QuantityRole,
    Role,
    Status,
    ThirdParty,
    Unit,
)

Words = Callable[[int, int], str]
"""The words of a span; "" where the text is no longer kept."""


@dataclass(frozen=True, slots=True)
class QuotedParty(Party):
    """A party with its words."""

    words: str


@dataclass(frozen=True, slots=True)
class QuotedThirdParty(ThirdParty):
    """An organisation with its words."""

    words: str


@dataclass(frozen=True, slots=True)
class QuotedQuantity(Quantity):
    """A number with its words."""

    words: str = ""


@dataclass(frozen=True, slots=True)
class QuotedReport:
    """One engagement report; `words` is the sentence that names the act."""

    type: EngagementType
    status: Status
    start: int
    end: int
    words: str
    parties: tuple[QuotedParty, ...]
    third_parties: tuple[QuotedThirdParty, ...]
    quantities: tuple[QuotedQuantity, ...]


@dataclass(frozen=True, slots=True)
class CodedQuantity:
    """A number without its place in a text; `words` say it in English, made from the coded fields alone."""

    n: float
    unit: Unit
    role: QuantityRole
    qualifier: Qualifier
    period: str | None
    cumulative: bool
    currency: str | None
    words: str


def coded(quantity: Quantity) -> CodedQuantity:
    """What is coded of a number."""
    fields = {name: getattr(quantity, name) for name in CodedQuantity.__slots__ if name != "words"}
    return CodedQuantity(**fields, words=number_words(quantity))


def quoted(report: EngagementReport, words: Words) -> QuotedReport:
    """The report with its words."""
    return QuotedReport(
        report.type,
        report.status,
        report.start,
        report.end,
        words(report.start, report.end),
        tuple(QuotedParty(**asdict(p), words=words(p.start, p.end)) for p in report.parties),
        tuple(QuotedThirdParty(**asdict(p), words=words(p.start, p.end)) for p in report.third_parties),
        tuple(QuotedQuantity(**asdict(q), words=words(q.start, q.end)) for q in report.quantities),
    )


def words_of(state: State, article: Article, text_id: str) -> Words:
    """Cuts words out of the text that was coded, which a newer revision of the article may have replaced since."""
    kept = (article.headline, article.text) if text_id == article.text_id else state.text(text_id)
    text = kept[1] if kept else ""
    return lambda start, end: one_line(text[start:end], EVIDENCE)


def party_words(country: str, role: Role) -> str:
    """ "Solomon Islands (host)"."""
    return f"{country_name(country)} ({role.replace('_', ' ')})"


def number_words(quantity: Quantity) -> str:
    """ "at least 2,700 officers (trained)"."""
    role = "" if quantity.role == "other" else f" ({quantity.role.replace('_', ' ')})"
    return quantity_words(quantity) + role
