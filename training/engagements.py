"""How well the engagement stage codes the labelled examples: types, statuses, quantities and countries, also by language.

The stage is made of rules, nothing in it is fitted, so every article counts; the rules were written with these examples
in sight, and the figures of the sample newsroom are the ones to trust. Sets are compared within an article: a type, or a
type with its status, counts once however many rows carry it.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass as checked

from pipeline.engage import engage
from pipeline.errors import ConfigError
from pipeline.knowledge import load_gazetteer, load_lexicon
from pipeline.records import EngagementReport, EngagementType, Qualifier, QuantityRole, Role, Status, Unit
from pipeline.sentences import split
from training.examples import FOLDER, ArticleExample, load_examples, load_lines
from training.scores import Table, counted

_STRICT = ConfigDict(extra="forbid")


@checked(frozen=True, config=_STRICT)
class ExpectedQuantity:
    """A number as it was coded by hand."""

    n: float
    unit: Unit
    role: QuantityRole
    qualifier: Qualifier
    period: str | None = None
    currency: str | None = None
    cumulative: bool = False


@checked(frozen=True, config=_STRICT)
class ExpectedEngagement:
    """One act as it was coded by hand."""

    type: EngagementType
    status: Status
    countries: dict[str, Role]
    third_parties: tuple[str, ...] = ()
    quantities: tuple[ExpectedQuantity, ...] = Field(default=())


@checked(frozen=True, config=_STRICT)
class CodedArticle:
    """The acts of one labelled article."""

    article: str
    engagements: tuple[ExpectedEngagement, ...]


@dataclass(frozen=True, slots=True)
class Coded:
    """An article with what it was coded as and what the stage made of it."""

    example: ArticleExample
    expected: tuple[ExpectedEngagement, ...]
    found: tuple[EngagementReport, ...]


Sets = tuple[set[Hashable], set[Hashable]]
Compare = Callable[[Coded], Sets]


def code(folder: Path = FOLDER) -> list[Coded]:
    """Every article that has its acts coded, in order of id; raises `ConfigError` for one that is not there."""
    examples = {example.id: example for example in load_examples(folder).articles}
    lexicon, gazetteer = load_lexicon(), load_gazetteer()
    coded = []
    for line in sorted(load_lines(folder / "engagements", CodedArticle), key=lambda line: line.article):
        example = examples.get(line.article)
        if example is None:
            raise ConfigError(str(folder / "engagements"), line.article, "there is no such article under articles/")
        sentences = split(example.text, example.lang)
        found = engage(example.headline, sentences, example.lang, lexicon, gazetteer)
        coded.append(Coded(example, line.engagements, found))
    return coded


def tables(coded: Sequence[Coded]) -> list[Table]:
    """All figures."""
    placed = [one for one in coded if any(act.countries for act in one.expected)]
    return [
        _by_language("engagements: types", coded, _types),
        _by_language("engagements: types with status", coded, _statuses),
        _by_language("engagements: quantities (number, unit, role)", coded, _quantities),
        _table("engagements: quantities (number, unit)", coded, _numbers),
        _table("engagements: countries (articles with real ones)", placed, _countries),
    ]


def _types(one: Coded) -> Sets:
    return {act.type for act in one.expected}, {report.type for report in one.found}


def _statuses(one: Coded) -> Sets:
    return {(act.type, act.status) for act in one.expected}, {(report.type, report.status) for report in one.found}


def _quantities(one: Coded) -> Sets:
    return (
        {(q.n, q.unit, q.role) for act in one.expected for q in act.quantities},
        {(q.n, q.unit, q.role) for report in one.found for q in report.quantities},
    )


def _numbers(one: Coded) -> Sets:
    return (
        {(q.n, q.unit) for act in one.expected for q in act.quantities},
        {(q.n, q.unit) for report in one.found for q in report.quantities},
    )


def _countries(one: Coded) -> Sets:
    return (
        {country for act in one.expected for country in act.countries},
        {party.country for report in one.found for party in report.parties},
    )


def _by_language(title: str, coded: Sequence[Coded], compare: Compare) -> Table:
    """One line for all languages and one for each."""
    table = _table(title, coded, compare)
    for lang in sorted({one.example.lang for one in coded}):
        own = _table(title, [one for one in coded if one.example.lang == lang], compare)
        table.lines.append(f"{lang}: {own.lines[0]}")
        table.figures[f"f1_{lang}"] = own.figures["f1"]
    return table


def _table(title: str, coded: Sequence[Coded], compare: Compare) -> Table:
    pairs = [compare(one) for one in coded]
    hit = sum(len(expected & found) for expected, found in pairs)
    said, gold = sum(len(found) for _, found in pairs), sum(len(expected) for expected, _ in pairs)
    return counted(title, hit, said, gold)
