"""One English line that says what an article reports, for readers who do not read its language.

The line is made from coded fields alone: it holds no word of the article, hence no name of a person, and cannot say
more than the coder found. A machine translation of the headline was rejected: it reads well where it is wrong.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from babel import Locale

from pipeline.records import ArticleFrame, EngagementReport, EngagementType, Qualifier, Quantity, Role, Status, Unit

CLAUSES = 4
"""Acts named in one line; the rest is counted."""
COUNTRIES = 8
"""Countries named for one role; the rest is counted."""


@dataclass(frozen=True, slots=True)
class _Verb:
    """What China does in an act of one type: `thing` where nothing is counted, `counted` round a number of `units`."""

    base: str
    past: str
    doing: str
    thing: str
    counted: str = ""
    units: frozenset[Unit] = frozenset()


_HEADS: frozenset[Unit] = frozenset({"officers", "persons"})
_VERBS: dict[EngagementType, _Verb] = {
    "training": _Verb("train", "trained", "training", "foreign police", "{}", _HEADS),
    "advisers": _Verb("send", "sent", "sending", "police advisers", "{} as advisers", _HEADS),
    "equipment": _Verb(
        "supply", "supplied", "supplying", "police equipment", "{} of police equipment", frozenset({"items"})
    ),
    "facility": _Verb("build", "built", "building", "a police facility"),
    "agreement": _Verb("conclude", "concluded", "concluding", "a police agreement"),
    "joint_patrol": _Verb("hold", "held", "holding", "joint patrols"),
    "exercise": _Verb("hold", "held", "holding", "a joint exercise"),
    "liaison_or_station": _Verb(
        "run", "ran", "running", "a liaison post or station abroad", "{} abroad", frozenset({"stations"})
    ),
    "joint_operation": _Verb("run", "ran", "running", "a joint operation"),
    "information_sharing": _Verb("share", "shared", "sharing", "police information"),
    "extradition_or_repatriation": _Verb("have", "had", "having", "persons returned", "{} returned", _HEADS),
    "legal_assistance": _Verb("exchange", "exchanged", "exchanging", "legal assistance"),
    "forum": _Verb("hold", "held", "holding", "a security forum"),
    "visit": _Verb("exchange", "exchanged", "exchanging", "police visits"),
    "peacekeeping": _Verb("send", "sent", "sending", "peacekeeping police", "{} as peacekeepers", _HEADS),
    "repression_act": _Verb("carry out", "carried out", "carrying out", "repression abroad"),
}
"""Types that are missing here (countermeasures, wanted notices) are not always China's doing: they stay nouns."""
_FORMS: dict[Status, str] = {
    "proposed": "proposes to {0.base}", "pledged": "pledges to {0.base}", "agreed": "agrees to {0.base}",
    "under_way": "is {0.doing}", "delivered": "{0.past}", "suspended": "suspended {0.doing}",
    "ended": "ended {0.doing}", "denied": "denies {0.doing}", "alleged": "is alleged to {0.base}",
}  # fmt: skip
_ROLES: dict[Role, str] = {
    "host": "host", "attending": "attending", "origin": "from", "transit": "through",
    "nationality_only": "nationals of", "protesting": "protesting",
}  # fmt: skip
_QUALIFIERS: dict[Qualifier, str] = {
    "exact": "", "about": "about ", "nearly": "nearly ", "at_least": "at least ", "at_most": "at most ",
}  # fmt: skip


@cache
def country_name(code: str) -> str:
    """English short name of an ISO 3166 alpha-2 country; an unknown code stands for itself."""
    name: str = Locale("en").territories.get(code, code)
    return name.partition(" (")[0] if name.endswith(")") else name


def gloss(framing: ArticleFrame | None, reports: Sequence[EngagementReport]) -> str:
    """The line for one article; "" where neither a frame nor an act is coded."""
    if not reports:
        return f"No engagement coded; framing: {framing}" if framing else ""
    parts = [_acts(reports), *_parties(reports)]
    line = "; ".join(part for part in parts if part)
    return line[0].upper() + line[1:]


def quantity_words(quantity: Quantity, *, unit: bool = True) -> str:
    """A number as the codebook holds it: "at least 2,700 officers", "USD 5,000,000", "680 persons in total"."""
    number = f"{_QUALIFIERS[quantity.qualifier]}{_number(quantity.n)}"
    total = " in total" if quantity.cumulative else ""
    match quantity.unit:
        case "money":
            return f"{quantity.currency or 'currency unknown:'} {number}{total}"
        case "unknown":
            return f"{number} of an unknown unit{total}"
        case name:
            return f"{number} {_singular(name) if quantity.n == 1 else name}{total}" if unit else f"{number}{total}"


def _number(n: float) -> str:
    return f"{n:,.0f}" if n == int(n) else f"{n:,.2f}".rstrip("0")


def _singular(unit: Unit) -> str:
    return "country" if unit == "countries" else unit.removesuffix("s")


def _acts(reports: Sequence[EngagementReport]) -> str:
    """China's acts as one sentence, then what is not its doing."""
    named, rest = reports[:CLAUSES], len(reports) - CLAUSES
    done = [report for report in named if report.type in _VERBS]
    sentence = "China " + ", ".join(_clauses(done)) if done else ""
    nouns = [_noun(report) for report in named if report.type not in _VERBS]
    more = [f"{rest} more {'act' if rest == 1 else 'acts'}"] if rest > 0 else []
    return "; ".join(part for part in [sentence, *nouns, *more] if part)


def _clauses(reports: Sequence[EngagementReport]) -> Iterable[str]:
    """A counted unit is named once: "trained 2,700 officers, pledges to train 3,000"."""
    said: tuple[EngagementType, Unit] | None = None
    for report in reports:
        verb = _VERBS[report.type]
        counted = next((q for q in report.quantities if q.unit in verb.units and q.role != "attending"), None)
        thing = verb.thing
        if counted:
            thing = verb.counted.format(quantity_words(counted, unit=(report.type, counted.unit) != said))
        said = (report.type, counted.unit) if counted else None
        yield f"{_form(report, verb)} {thing}{_in_brackets(q for q in report.quantities if q is not counted)}"


def _form(report: EngagementReport, verb: _Verb) -> str:
    if report.type == "agreement" and report.status == "agreed":
        return verb.past  # an agreement that is agreed is concluded
    return _FORMS[report.status].format(verb)


def _noun(report: EngagementReport) -> str:
    return f"{report.type.replace('_', ' ')}: {report.status.replace('_', ' ')}{_in_brackets(report.quantities)}"


def _in_brackets(quantities: Iterable[Quantity]) -> str:
    words = [quantity_words(q) + ("" if q.role == "other" else f" {q.role.replace('_', ' ')}") for q in quantities]
    return f" ({', '.join(words[:3])})" if words else ""


def _parties(reports: Sequence[EngagementReport]) -> Iterable[str]:
    """Countries by role, each once, under the first role of the codebook's order that it has; then organisations."""
    roles: dict[str, set[Role]] = {}
    for party in (party for report in reports for party in report.parties):
        roles.setdefault(country_name(party.country), set()).add(party.role)
    for role, words in _ROLES.items():
        names = sorted(name for name, has in roles.items() if next(r for r in _ROLES if r in has) == role)
        if names:
            yield f"{'hosts' if words == 'host' and len(names) > 1 else words}: {_few(names)}"
    third = sorted({third.name for report in reports for third in report.third_parties})
    if third:
        yield f"third parties: {_few(third)}"


def _few(names: Sequence[str]) -> str:
    rest = len(names) - COUNTRIES
    return ", ".join(names[:COUNTRIES]) + (f" and {rest} more" if rest > 0 else "")
