"""Countries that are told of outside an act's own sentence: those that attend a forum and those that protest.

Who came to a forum mostly stands in sentences of its own ("ministers from Fiji and Tonga addressed the meeting"), and so
does the concern of a third country. Both need their words: a country without them is background.
"""

from collections.abc import Iterable, Iterator

from pipeline.acts import distance
from pipeline.gazetteer import Place
from pipeline.parties import background
from pipeline.reading import PRC, Read
from pipeline.records import Party, ThirdParty

NEAR = 90
"""Code points, clause marks counted, between a country and the word that says what it does."""
OFFICIAL = 60
"""The same between a country and its official."""
_OFFICIALS = ("acts.official", "voices.host_official", "voices.third_official")


def attendants(reads: Iterable[Read]) -> tuple[list[Party], list[ThirdParty]]:
    """Countries and organisations that these sentences say attend."""
    parties: dict[str, Party] = {}
    third: dict[str, ThirdParty] = {}
    for read in reads:
        places = [place for place in read.places if place.country not in PRC and not background(read, place)]
        if not places or not read.labelled("acts.attend"):
            continue
        offset = read.sentence.start
        for place in places:
            party = Party(place.country, "attending", offset + place.start, offset + place.end)
            parties.setdefault(place.country, party)
        for body in read.organisations:
            third.setdefault(body.name, ThirdParty(body.name, offset + body.start, offset + body.end))
    return list(parties.values()), list(third.values())


def protests(reads: Iterable[Read]) -> list[Party]:
    """Every place where an official of a country criticises or protests; Taiwan's part is told elsewhere."""
    return [
        Party(place.country, "protesting", read.sentence.start + place.start, read.sentence.start + place.end)
        for read in reads
        for place in _protesting(read)
        if place.country != "TW"
    ]


def _protesting(read: Read) -> Iterator[Place]:
    for place in read.places:
        if place.country in PRC or background(read, place):
            continue
        if _has(read, place, ("country_roles.protesting",), NEAR) and _has(read, place, _OFFICIALS, OFFICIAL):
            yield place


def _has(read: Read, place: Place, labels: Iterable[str], limit: int) -> bool:
    return any(
        distance(read.sentence.text, place, hit) <= limit
        for label in labels
        for hit in read.around(label, place.start - limit, place.end + limit)
    )
