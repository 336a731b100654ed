"""What stands in a sentence, by the lexicon and the gazetteer: read once, used by the screen and the engagement stage."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import get_args

from pipeline.gazetteer import Gazetteer, Organisation, Place
from pipeline.lexicon import ACT_KEYS, Lexicon
from pipeline.numerals import Number, find_numbers
from pipeline.records import EngagementType
from pipeline.sentences import Sentence
from pipeline.terms import Hit

PRC = frozenset({"CN", "HK", "MO"})
TYPES: tuple[EngagementType, ...] = get_args(EngagementType)


@dataclass(frozen=True, slots=True)
class Read:
    """One sentence with everything that was found in it. Offsets of hits are within the sentence."""

    sentence: Sentence
    chinese: bool
    policing: bool
    hits: dict[str, list[Hit]]
    places: list[Place]
    organisations: list[Organisation]
    numbers: list[Number]

    @property
    def foreign(self) -> bool:
        """Whether another country, or a word of relations with abroad, stands in it."""
        return bool(self.hits.get("foreign")) or any(place.country not in PRC for place in self.places)

    def labelled(self, label: str) -> list[Hit]:
        """Hits of one label: a flat key of the lexicon ("police") or a key with a name in it ("acts.give")."""
        key, _, name = label.partition(".")
        return [hit for hit in self.hits.get(key, []) if not name or hit.label[1] == name]

    def around(self, label: str, start: int, end: int) -> list[Hit]:
        """Those of `labelled` that begin in [start, end): a sentence of ten thousand numbers is still read in linear time."""
        key, _, name = label.partition(".")
        found = self.hits.get(key, [])
        first, last = (bisect_left(found, at, key=lambda hit: hit.start) for at in (start, end))
        return [hit for hit in found[first:last] if not name or hit.label[1] == name]


def read(sentence: Sentence, lang: str, lexicon: Lexicon, gazetteer: Gazetteer) -> Read:
    """Everything that is listed, with the numbers."""
    hits: dict[str, list[Hit]] = {}
    for hit in lexicon.coding_hits(sentence.text) + lexicon.screen_hits(sentence.text):
        hits.setdefault(hit.label[0], []).append(hit)
    places, organisations = gazetteer.find(sentence.text)
    chinese = bool(hits.get("china") or hits.get("prc_bodies"))
    policing = bool(hits.get("police") or hits.get("prc_bodies"))
    policing = policing or any(hit.label[1] == "officers" for hit in hits.get("units", []))
    return Read(sentence, chinese, policing, hits, places, organisations, find_numbers(sentence.text, lang))


def read_all(sentences: Sequence[Sentence], lang: str, lexicon: Lexicon, gazetteer: Gazetteer) -> list[Read]:
    """Each sentence, in order."""
    return [read(sentence, lang, lexicon, gazetteer) for sentence in sentences]


def in_language(sentence: Read, lang: str, lexicon: Lexicon) -> Read:
    """The same sentence with the words of acts, statuses and counts of its own language only."""
    hits = {key: found for key, found in sentence.hits.items() if key not in ACT_KEYS}
    for hit in lexicon.act_hits(sentence.sentence.text, lang):
        hits.setdefault(hit.label[0], []).append(hit)
    return replace(sentence, hits=hits)


def triggers(sentence: Read) -> dict[EngagementType, Hit]:
    """Longest word of each engagement type; a type whose word lies inside a longer word of another type is dropped."""
    best: dict[EngagementType, Hit] = {}
    for hit in sentence.hits.get("types", []):
        name: EngagementType = hit.label[1]
        if name not in best or hit.end - hit.start > best[name].end - best[name].start:
            best[name] = hit
    return {
        name: hit
        for name, hit in sorted(best.items(), key=lambda pair: pair[1].start)
        if not any(
            o.start <= hit.start and hit.end <= o.end and o.end - o.start > hit.end - hit.start for o in best.values()
        )
    }
