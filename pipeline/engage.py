"""What was promised, agreed and delivered: engagement reports with evidence, read off the sentences by the lexicon.

Sentence by sentence: which acts are told (`pipeline.acts`), how far each has come (`pipeline.status`), how many of what
(`pipeline.quantities`), and who takes part (`pipeline.parties`). Rows of one article with the same type and status are one
report. A field without evidence stays empty, an act that is negated or only wished for is none, and a denial makes a row
only where nobody in the article says otherwise.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pipeline.acts import CARRIED, Mention, mentions, sided, words_of
from pipeline.bystanders import attendants, protests
from pipeline.gazetteer import Gazetteer
from pipeline.lexicon import RELATED, Lexicon
from pipeline.parties import LEAD, article_hosts, parties_of, taiwan, third_parties_of
from pipeline.quantities import Owned, owned_quantities, with_role
from pipeline.reading import Read, in_language, read, read_all
from pipeline.records import EngagementReport, EngagementType, Party, Quantity, Status, ThirdParty
from pipeline.sentences import Sentence
from pipeline.status import denied, negated, status_of, unreal

VERSION = "engage-3"
ANSWERED: frozenset[EngagementType] = frozenset({"liaison_or_station", "repression_act", "wanted_notice"})
"""Acts that a countermeasure can answer; an arrest or an inquiry in an article without any of them is police work."""
OFTEN = 2
"""An article that names the Chinese side in so many sentences is about it; a wider piece does so in one."""
ATTENDED: frozenset[Status] = frozenset({"under_way", "delivered", "pledged"})
KNOWN = 8
"""So many of the last counts of an article tell what a number without a noun is a part of."""
JOINT: frozenset[EngagementType] = frozenset({"joint_patrol", "exercise", "joint_operation", "forum"})
"""Acts of several countries at once: only these take all the countries that an article is about, others none of several."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act in one sentence, before rows are joined. `bare`: no word told its status; `again`: it is the next of its kind."""

    type: EngagementType
    status: Status
    sentence: Sentence
    parties: tuple[Party, ...] = ()
    third_parties: tuple[ThirdParty, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    bare: bool = False
    contract: bool = False
    again: bool = False


def engage(
    headline: str, sentences: Sequence[Sentence], lang: str, lexicon: Lexicon, gazetteer: Gazetteer
) -> tuple[EngagementReport, ...]:
    """The reports of one relevant article, in order of their first evidence. Offsets point into the text."""
    lang = RELATED.get(lang, lang)
    reads = [in_language(one, lang, lexicon) for one in read_all(sentences, lang, lexicon, gazetteer)]
    title = in_language(read(Sentence(0, len(headline), headline), lang, lexicon, gazetteer), lang, lexicon)
    about = any(sided(one) for one in (title, *reads[:CARRIED])) or sum(map(sided, reads)) >= OFTEN
    acts: list[Act] = []
    kept: list[list[Mention]] = []
    latest: dict[EngagementType, Mention] = {}
    counted: list[Owned] = []
    for i, one in enumerate(reads):
        before, after = reads[max(0, i - CARRIED) : i], reads[i + 1 : i + 1 + CARRIED]
        told = _real(one, mentions(one, before, about, after, latest), lang)
        near = [mention for mentions_ in reversed(kept[-CARRIED:]) for mention in mentions_]
        owned = owned_quantities(one, told, near, list(latest.values()), lang, counted[-KNOWN:])
        counted += owned
        pact = "agreement" in latest
        acts += _acts(one, told, owned, lang, pact)
        kept.append([replace(mention, default=status_of(one, mention, lang, pact=pact)) for mention in told])
        latest |= {mention.type: mention for mention in kept[-1]}
    heads = _real(title, mentions(title, (), about), lang)
    acts += _confirmed(heads, {act.type for act in acts}, reads, title, lang)
    kept_acts = _plausible(acts, {mention.type for mention in heads}, reads)
    hosted = _with_hosts(kept_acts, reads, title)
    silent = [one for one, told in zip(reads, kept, strict=True) if all(mention.type == "forum" for mention in told)]
    return _joined(_with_protests(_with_attendants(hosted, silent), reads))


def _real(one: Read, told: Sequence[Mention], lang: str) -> list[Mention]:
    """The acts that are neither negated nor only wished for."""
    return [mention for mention in told if not negated(one, mention, lang) and not unreal(one, mention)]


def _confirmed(
    heads: Sequence[Mention], told: set[EngagementType], reads: Sequence[Read], title: Read, lang: str
) -> list[Act]:
    """Acts that only the headline tells, each with the first sentence of the beginning that has a word of it."""
    acts = []
    for mention in heads:
        if mention.type in told:
            continue
        words = words_of(mention.type)
        body = next((one for one in reads[:LEAD] if any(one.labelled(label) for label in words)), None)
        if body is not None:
            status: Status = status_of(title, mention, lang)
            acts.append(Act(mention.type, status, body.sentence, parties_of(body, mention)))
    return acts


def _acts(one: Read, told: Sequence[Mention], owned: Sequence[Owned], lang: str, pact: bool) -> list[Act]:
    """The acts of one sentence, and those of sentences before it that its numbers belong to."""
    acts = [act for mention in told for act in _by_status(one, mention, owned, lang, pact)]
    for mention in dict.fromkeys(row.owner for row in owned if row.owner not in told):
        acts += _by_status(one, mention, owned, lang, pact, away=True)
    return acts


def _by_status(
    one: Read, mention: Mention, owned: Iterable[Owned], lang: str, pact: bool, away: bool = False
) -> list[Act]:
    """One act for each status that the type has in the sentence: that of its word, or of each of its numbers.

    `away`: the act was named in a sentence before; only its numbers stand in this one.
    """
    by_status: dict[Status, list[Owned]] = {}
    for row in owned:
        if row.owner == mention:
            at = None if row.part else row.at
            told = mention.default if row.part and away else status_of(one, mention, lang, at, pact)
            by_status.setdefault(told, []).append(row)
    if not by_status:
        status: Status = "denied" if denied(one, mention) else status_of(one, mention, lang, pact=pact)
        by_status[status] = []
    parties = () if away else parties_of(one, mention)
    third = () if away else third_parties_of(one, mention)
    plain = mention.verb is None and mention.type != "agreement" and not one.labelled("acts.close")
    bare = plain and mention.default in by_status
    return [
        Act(
            mention.type,
            status,
            one.sentence,
            parties,
            third,
            tuple(with_role(row, status) for row in rows),
            bare,
            mention.contract,
            bool(one.labelled("acts.next")),
        )
        for status, rows in by_status.items()
    ]


def _plausible(acts: Sequence[Act], headed: set[EngagementType], reads: Sequence[Read]) -> list[Act]:
    """Without what the rest of the article makes unlikely; the first sentence with an act keeps a bare mention.

    `headed`: acts that the headline names.
    """
    opening = reads[LEAD].sentence.start if len(reads) > LEAD else None
    types = {act.type for act in acts if act.status != "denied"}
    told = {act.type for act in acts if not act.bare and act.status != "denied"}
    inquiry = any(act.type == "countermeasure" and act.status == "under_way" for act in acts)
    kept = []
    for act in acts:
        if _unlikely(act, types, headed) or (act.bare and act.type in told and not act.quantities):
            continue
        late = opening is not None and act.sentence.start >= opening
        if act.type == "training" and act.bare and late and not act.quantities and act.type not in headed:
            continue
        if act.type == "liaison_or_station" and act.status == "under_way" and act.bare and inquiry:
            act = replace(act, status="alleged")
        kept.append(act)
    return _once(kept)


def _unlikely(act: Act, types: set[EngagementType], headed: set[EngagementType]) -> bool:
    """A countermeasure that answers nothing, a denial that others outweigh, a purchase that reads as an agreement."""
    if act.status == "denied" and act.type in types:
        return True
    if act.type == "countermeasure":
        return act.status == "denied" or not (types | headed) & ANSWERED
    return (act.contract and "equipment" in types) or (
        act.type == "joint_patrol" and act.bare and "peacekeeping" in types
    )


def _once(acts: Sequence[Act]) -> list[Act]:
    """One row for one event: a visit or forum that goes on, a drill broken off, goods that were bought and have come."""
    broken = any(act.type == "exercise" and act.status == "suspended" for act in acts)
    going = {act.type for act in acts if act.status == "under_way"} & {"visit", "forum"}
    held = any(act.type == "forum" and act.status in ("under_way", "delivered") for act in acts)
    come = any(act.type == "equipment" and act.status == "delivered" for act in acts)
    once = []
    for act in acts:
        if act.type == "forum" and act.status == "pledged" and held and not act.again:
            continue
        if act.type in going and act.status == "delivered":
            act = replace(act, status="under_way")
        if act.type == "exercise" and act.status in ("under_way", "delivered") and broken:
            act = replace(act, status="suspended")
        if act.type == "equipment" and act.status == "agreed" and come:
            act = replace(act, status="delivered")
        once.append(act)
    return once


def _with_hosts(acts: Sequence[Act], reads: Sequence[Read], title: Read) -> list[Act]:
    """An act whose sentence names no country takes the one that the article is about; Taiwan's part is kept."""
    hosts, part = article_hosts(reads, title.places), taiwan(reads)
    filled = []
    for act in acts:
        parties = act.parties
        if not any(party.role != "nationality_only" for party in parties):
            parties = (*parties, *(hosts if len(hosts) == 1 or act.type in JOINT else ()))
        if part is not None and act.type == "extradition_or_repatriation":
            parties = (*(party for party in parties if party.country != "TW"), part)
        filled.append(replace(act, parties=parties))
    return filled


def _with_attendants(acts: Sequence[Act], reads: Sequence[Read]) -> list[Act]:
    """The forum of the article takes who attends it by sentences that tell no other act."""
    at = next((i for i, act in enumerate(acts) if act.type == "forum" and act.status in ATTENDED), None)
    if at is None:
        return list(acts)
    parties, third = attendants(reads)
    guests = {party.country for party in parties}
    own = tuple(party for party in acts[at].parties if party.country not in guests)
    forum = replace(acts[at], parties=(*own, *parties), third_parties=(*acts[at].third_parties, *third))
    return [*acts[:at], forum, *acts[at + 1 :]]


def _with_protests(acts: Sequence[Act], reads: Sequence[Read]) -> list[Act]:
    """Officials of another country who object make it a party of the article's first act, and a host of none."""
    if not acts:
        return []
    told = protests(reads)
    starts = {party.start for party in told}
    taking = {"host", "attending"}
    sure = {p.country for act in acts for p in act.parties if p.role in taking and p.start not in starts}
    objecting = {party.country: party for party in reversed(told) if sure and party.country not in sure}
    countries = objecting.keys()
    cleared = [
        replace(act, parties=tuple(party for party in act.parties if party.country not in countries)) for act in acts
    ]
    return [replace(cleared[0], parties=(*cleared[0].parties, *objecting.values())), *cleared[1:]]


def _joined(acts: Sequence[Act]) -> tuple[EngagementReport, ...]:
    rows: dict[tuple[EngagementType, Status], list[Act]] = {}
    for act in acts:
        rows.setdefault((act.type, act.status), []).append(act)
    return tuple(_report(same) for same in rows.values())


def _report(acts: Sequence[Act]) -> EngagementReport:
    parties = {p.country: p for act in reversed(acts) for p in reversed(act.parties)}
    third = {t.name: t for act in reversed(acts) for t in reversed(act.third_parties)}
    quantities = {(q.n, q.unit, q.role): q for act in reversed(acts) for q in act.quantities}
    first = acts[0]
    return EngagementReport(
        first.type, first.status, first.sentence.start, first.sentence.end,
        tuple(sorted(parties.values(), key=lambda p: p.start)), tuple(sorted(third.values(), key=lambda t: t.start)),
        tuple(sorted(quantities.values(), key=lambda q: q.start)),
    )  # fmt: skip
