"""The search language: a documented subset of Lucene's (docs/search.md), read once into a tree for any engine.

luqum knows Lucene's grammar; what it accepts beyond the subset (fuzzy words, boosts, regular expressions, wildcards
inside words, comparisons) is refused with its place: an engine that ignored it would answer another question.
Words that stand side by side must all be found: the reader asks for few, exact answers.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias, get_args

from luqum import tree
from luqum.exceptions import ParseError
from luqum.thread import parse

from pipeline.errors import UsageError
from pipeline.normalise import tokens
from pipeline.records import ArticleFrame, EngagementType, Status, Voice

LONGEST = 2000  # characters of a query: a person writes a line
LARGEST = 100  # words and values of a query: each is a look-up
DEEPEST = 40  # nested parentheses: well below what engines and the interpreter's stack take


@dataclass(frozen=True, slots=True)
class Text:
    """Normalised tokens that follow each other; `prefix`: the last one is the beginning of a word."""

    tokens: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Equals:
    """A field (see `FIELDS`) has this value, or has it among its values."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Published:
    """Published in [since, until), UTC; None = open."""

    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds. With no parts: everything."""

    parts: "tuple[Node, ...]" = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Node"


Node: TypeAlias = Text | Equals | Published | AllOf | AnyOf | Not


def _one_of(*names: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value.lower() not in names:
            raise ValueError(f"one of {', '.join(names)}")
        return value.lower()

    return check


def _country(value: str) -> str:
    if not re.fullmatch("[A-Za-z]{2}", value):
        raise ValueError("a country's two letters (ISO 3166), as FJ")
    return value.upper()


FIELDS: Mapping[str, Callable[[str], str]] = {
    "lang": str.lower,
    "source": str.lower,
    "country": _country,
    "framing": _one_of(*get_args(ArticleFrame)),
    "story": str,
    "type": _one_of(*get_args(EngagementType)),
    "status": _one_of(*get_args(Status)),
    "frame": _one_of("cooperation", "influence"),
    "voice": _one_of(*get_args(Voice)),
}
"""Fields with exact values, each with the form in which its values are compared (`ValueError` says what it must be)."""


def parse_query(query: str) -> Node:
    """Read a query. Raises `UsageError` with the place (character, from 1) of the fault."""
    if not query.strip():
        return AllOf()
    if len(query) > LONGEST:
        raise UsageError(f"query: it is {len(query)} characters long: at most {LONGEST} are read")
    try:
        parsed = parse(query)
    except ParseError as error:
        raise _syntax_fault(str(error), query) from error
    node = _read(parsed, 0)
    if _size(node) > LARGEST:
        raise UsageError(f"query: it has {_size(node)} words and values: at most {LARGEST} are looked up")
    return node


def _size(node: Node) -> int:
    if isinstance(node, AllOf | AnyOf):
        return sum(map(_size, node.parts))
    return _size(node.part) if isinstance(node, Not) else 1


def _syntax_fault(message: str, query: str) -> UsageError:
    place = re.search(r"position (\d+)", message)
    if place is None:
        return UsageError(f"query: something is missing at its end (a word, or a closing parenthesis): {query}")
    at = int(place[1])
    if query[at] == '"':
        return UsageError(f"query, character {at + 1}: the quotation mark is not closed: {query}")
    return UsageError(f"query, character {at + 1}: {query[at:].split()[0]!r} cannot stand here: {query}")


def _fault(node: tree.Item, problem: str) -> UsageError:
    return UsageError(f"query, character {(node.pos or 0) + 1}: {problem}")


def _read(node: tree.Item, depth: int) -> Node:
    if depth > DEEPEST:
        raise _fault(node, f"parentheses are nested deeper than {DEEPEST}")
    if isinstance(node, tree.Word):
        return _word(node)
    if isinstance(node, tree.Phrase):
        return _text(node, _unescaped(node.value[1:-1]), prefix=False)
    if isinstance(node, tree.SearchField):
        return _field(node, depth)
    if isinstance(node, tree.Group | tree.Plus):
        return _read(node.children[0], depth + 1)
    if isinstance(node, tree.Not | tree.Prohibit):
        return Not(_read(node.children[0], depth + 1))
    if isinstance(node, tree.OrOperation):
        return AnyOf(tuple(_read(child, depth + 1) for child in node.children))
    if isinstance(node, tree.AndOperation | tree.UnknownOperation):
        return AllOf(tuple(_read(child, depth + 1) for child in node.children))
    raise _fault(node, f"{str(node).strip()!r} is not part of the search language (see docs/search.md)")


def _unescaped(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value)


def _word(node: tree.Word) -> Node:
    if node.value == "*":
        return AllOf()
    stem = node.value.removesuffix("*")
    if re.search(r"(?<!\\)[*?]", stem):
        raise _fault(node, f"{node.value!r}: a * may stand only at the end of a word")
    return _text(node, _unescaped(stem), prefix=stem != node.value and not stem.endswith("\\"))


def _text(node: tree.Item, value: str, *, prefix: bool) -> Text:
    found = tuple(token.text for token in tokens(value))
    if not found:
        raise _fault(node, f"{value!r} holds no letter or digit to look for")
    return Text(found, prefix)


def _field(node: tree.SearchField, depth: int) -> Node:
    if node.name == "published":
        return _published(node.expr)
    if node.name not in FIELDS:
        known = ", ".join((*FIELDS, "published"))
        raise _fault(node, f"there is no field {node.name!r}: fields are {known}; quote a word with a colon in it")
    return _values(node.name, node.expr, depth)


def _values(field: str, node: tree.Item, depth: int) -> Node:
    """One value, or several in parentheses."""
    if isinstance(node, tree.FieldGroup | tree.Group) and depth < DEEPEST:
        return _values(field, node.children[0], depth + 1)
    if isinstance(node, tree.OrOperation | tree.UnknownOperation | tree.AndOperation) and depth < DEEPEST:
        parts = tuple(_values(field, child, depth + 1) for child in node.children)
        return AnyOf(parts) if isinstance(node, tree.OrOperation) else AllOf(parts)
    if isinstance(node, tree.Phrase):
        return _equals(field, node, _unescaped(node.value[1:-1]))
    if isinstance(node, tree.Word) and not re.search(r"(?<!\\)[*?]", node.value):
        return _equals(field, node, _unescaped(node.value))
    raise _fault(node, f"{field}: takes exact values, as {field}:value or {field}:(one OR another)")


def _equals(field: str, node: tree.Item, value: str) -> Equals:
    try:
        return Equals(field, FIELDS[field](value))
    except ValueError as error:
        raise _fault(node, f"{field}: it is {error}, not {value!r}") from error


def filtered(filters: Mapping[str, str | Sequence[str]]) -> tuple[Node, ...]:
    """Conditions that a program gives beside the query, under the same names: each field's values are alternatives.
    Raises `UsageError`."""
    found: list[Node] = []
    for field, given in filters.items():
        if field not in FIELDS:
            raise UsageError(f"filter {field!r}: there is no such field: fields are {', '.join(FIELDS)}")
        try:
            values = [FIELDS[field](value) for value in ([given] if isinstance(given, str) else given)]
        except ValueError as error:
            raise UsageError(f"filter {field}: it is {error}, not {given!r}") from error
        found.append(AnyOf(tuple(Equals(field, value) for value in values)))
    return tuple(found)


def _published(node: tree.Item) -> Node:
    if isinstance(node, tree.Word | tree.Phrase):
        return Published(*_period(node))
    if isinstance(node, tree.Range):
        since, after_low = _period(node.low)
        before_high, until = _period(node.high)
        found = Published(since if node.include_low else after_low, until if node.include_high else before_high)
        if found.since and found.until and found.since >= found.until:
            raise _fault(node, "published: the range ends before it begins")
        return found
    raise _fault(
        node, "published: takes a date (2024-03-05, 2024-03 or 2024) or a range, as [2024-01-01 TO 2024-12-31]"
    )


def _period(node: tree.Item) -> tuple[datetime | None, datetime | None]:
    """The year, month or day that a date names, as [begin, end); (None, None) for *."""
    value = str(node).strip().strip('"')
    if value == "*":
        return None, None
    match = re.fullmatch(r"(\d{4})(?:-(\d\d?))?(?:-(\d\d?))?", value)
    try:
        if match is None:
            raise ValueError
        year, month, day = (int(part) if part else None for part in match.groups())
        begin = datetime(year or 0, month or 1, day or 1, tzinfo=UTC)
        return begin, _end(begin, month, day)
    except (ValueError, OverflowError):
        raise _fault(node, f"{value!r} is no date: write 2024-03-05, 2024-03, 2024 or *") from None


def _end(begin: datetime, month: int | None, day: int | None) -> datetime:
    if day:
        return begin + timedelta(days=1)
    if month:
        return (begin + timedelta(days=32)).replace(day=1)
    return begin.replace(year=begin.year + 1)


def words(node: Node) -> tuple[Text, ...]:
    """The words and phrases that an answer is to hold: what is scored and highlighted (nothing under NOT)."""
    if isinstance(node, Text):
        return (node,)
    if isinstance(node, AllOf | AnyOf):
        return tuple(dict.fromkeys(text for part in node.parts for text in words(part)))
    return ()
