"""Who takes part in an act: the countries of its sentence, or the article's host, with the role that the words give them.

A country that is only compared with ("US-led"), whose expert speaks ("an Australian analyst"), or that stands in another
sentence, is no party; `pipeline.bystanders` adds those that attend a forum or protest. An act whose sentence names none
takes the country that headline and beginning are about, with the first words of the text that name it.
"""

from collections.abc import Iterable, Sequence

from pipeline.acts import Mention, clause_marks
from pipeline.gazetteer import Place
from pipeline.reading import PRC, Read
from pipeline.records import EngagementType, Party, Role, ThirdParty

LEAD = 3
"""Sentences that, with the headline, tell which country an article is about."""
MOST = 4
"""A headline or sentence with more countries than this lists guests, not hosts."""
FORUMS: frozenset[EngagementType] = frozenset({"forum"})
WITH_THIRD: frozenset[EngagementType] = frozenset(
    {"forum", "peacekeeping", "wanted_notice", "training", "agreement", "joint_operation", "visit", "exercise"}
)
"""Acts in which an organisation can take part; elsewhere its name is a source or a comment."""
_COMPARED = ("-led", "-style", "-backed", "主导", "式的", "式", "主導")
PASSED: frozenset[EngagementType] = frozenset({"extradition_or_repatriation", "wanted_notice"})
"""Acts whose people may have come through a country, or from it, before they were held in another."""
_EXPERT = 22
"""Code points between a country and its expert: "an Australian security analyst", "la investigadora australiana"."""
_THROUGH = 6
"""Code points between a country and the word that people or goods came through it or from it."""
RETURNS: frozenset[EngagementType] = frozenset({"extradition_or_repatriation", "joint_operation", "countermeasure"})


def parties_of(read: Read, mention: Mention) -> tuple[Party, ...]:
    """The countries of the sentence, once each."""
    offset = read.sentence.start
    found: dict[str, Party] = {}
    for place in read.places:
        if place.country in PRC or background(read, place):
            continue
        role = _role(read, place, mention)
        found.setdefault(place.country, Party(place.country, role, offset + place.start, offset + place.end))
    return tuple(found.values())


def background(read: Read, place: Place) -> bool:
    """Whether a country only tells what something is like, or where an expert who speaks comes from."""
    return _only_compared(read.sentence.text, place) or _of_expert(read, place)


def _of_expert(read: Read, place: Place) -> bool:
    if not read.hits.get("reporting"):
        return False
    text = read.sentence.text
    for expert in read.around("voices.expert", place.start - 2 * _EXPERT, place.end + _EXPERT):
        start, end = (place.end, expert.start) if place.start <= expert.start else (expert.end, place.start)
        between = text[max(0, start) : end]
        if 0 <= end - start <= _EXPERT and len(between.split()) <= 2 and not clause_marks(text, start, end):
            return True
    return False


def _only_compared(text: str, place: Place) -> bool:
    after = place.end - text[place.start : place.end].endswith("-")  # "US-" is listed with its hyphen
    return text[after : after + 8].replace("‑", "-").startswith(_COMPARED)


def _role(read: Read, place: Place, mention: Mention) -> Role:
    near = {
        hit.label[1]
        for hit in read.around("country_roles", place.start - 90, place.end + 26)
        if -30 <= hit.start - place.end <= 25 or 0 <= place.start - hit.end <= 25
    }
    if place.country == "TW" and mention.type in RETURNS:
        return "protesting" if "protesting" in near else "nationality_only"
    if "protesting" in near and mention.type in RETURNS:
        return "protesting"
    if mention.type in PASSED:
        passed = _passed(read, place)
        if passed is not None:
            return passed
    if mention.type in FORUMS:
        return "attending"
    return "host"


def _passed(read: Read, place: Place) -> Role | None:
    """Whether the words just around a country say that it was only passed through, or left before."""
    behind = read.sentence.text[place.end - 1] >= "\u1100"  # East Asian languages put such words behind the country
    near = [
        hit.label[1]
        for hit in read.around("country_roles", place.start - 60, place.end + _THROUGH)
        if 0 <= place.start - hit.end <= _THROUGH or (behind and 0 <= hit.start - place.end <= _THROUGH)
    ]
    roles: tuple[Role, ...] = ("transit", "origin")
    return next((role for role in roles if role in near), None)


def third_parties_of(read: Read, mention: Mention) -> tuple[ThirdParty, ...]:
    """Organisations of the sentence, once each, in order."""
    if mention.type not in WITH_THIRD:
        return ()
    offset = read.sentence.start
    named = {o.name: ThirdParty(o.name, offset + o.start, offset + o.end) for o in reversed(read.organisations)}
    return tuple(sorted(named.values(), key=lambda third: third.start))


def article_hosts(reads: Sequence[Read], headline: Iterable[Place]) -> tuple[Party, ...]:
    """The countries of the headline, else of the first sentence of the beginning that names any; none if they are many."""
    told = [place.country for place in headline if place.country not in PRC and place.country != "TW"]
    early = next((found for read in reads[:LEAD] if (found := [place.country for place in _hosts(read)])), [])
    countries = dict.fromkeys(told or early)
    if len(countries) > MOST:
        return ()
    return tuple(party for country in countries if (party := _first_words(reads, country)))


def _hosts(read: Read) -> list[Place]:
    return [
        place
        for place in read.places
        if place.country not in PRC and place.country != "TW" and not background(read, place)
    ]


def _first_words(reads: Sequence[Read], country: str) -> Party | None:
    for read in reads:
        for place in read.places:
            if place.country == country:
                return Party(country, "host", read.sentence.start + place.start, read.sentence.start + place.end)
    return None


def taiwan(reads: Sequence[Read]) -> Party | None:
    """Taiwan where its government's protest is reported, else where the persons handed over are its nationals."""
    roles: tuple[Role, ...] = ("protesting", "nationality_only")
    for role in roles:
        for read in reads:
            signs = [hit for hit in read.hits.get("country_roles", []) if hit.label[1] == role]
            for place in read.places:
                if place.country == "TW" and any(_beside(read, place, sign.start) for sign in signs):
                    return Party("TW", role, read.sentence.start + place.start, read.sentence.start + place.end)
    return None


def _beside(read: Read, place: Place, at: int) -> bool:
    first, last = min(place.start, at), max(place.start, at)
    return last - first <= 90 and clause_marks(read.sentence.text, first, last) <= 1
