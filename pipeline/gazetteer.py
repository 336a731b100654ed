"""Countries, places and organisations by their names in any language.

Countries' own names come from Unicode CLDR through babel (the LANGUAGES below); adjectives, capitals, police forces and
organisations from `config/gazetteer.yml`. Inflected languages are met by cutting the last vowel of a CLDR name of five
letters or more and letting letters follow (Венгрия -> венгри*), which is safe because names are long and few.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import babel
from babel.core import UnknownLocaleError

from pipeline.terms import Terms

LANGUAGES = (
    "en", "zh", "zh_Hant", "es", "fr", "pt", "ru", "ar", "id", "ms", "ja", "ko", "de", "it", "hu", "sr", "sr_Latn", "hr",
    "bs", "pl",
    "cs", "nl", "tr", "uk", "vi", "th", "sw",
    "fa", "hi", "ur", "ps", "tg", "bn", "ne", "si", "ta", "am", "he", "ka", "hy",
    "kk", "ky", "uz", "mn", "fil", "km", "lo", "my", "ro", "el", "bg", "sv", "az",
)  # fmt: skip
INFLECTED = frozenset({
    "ru", "uk", "sr", "sr_Latn", "hr", "bs", "pl", "cs", "hu", "bg", "kk", "ky", "tr", "uz", "ro", "az", "mn", "hi", "ur",
    "fa",
})  # fmt: skip
_VOWELS = frozenset("aeiouyáéíóúőűàèìòùâêîôûäëïöüаеёиоуыэюяіїєьй")


@dataclass(frozen=True, slots=True)
class GazetteerFile:
    """`countries`: ISO alpha-2 to further names; `organisations`: canonical name to names; `skip`: CLDR names that mislead."""

    countries: Mapping[str, Sequence[str]]
    organisations: Mapping[str, Sequence[str]]
    skip: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A country named in a text."""

    country: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation named in a text, under its canonical name."""

    name: str
    start: int
    end: int


class Gazetteer:
    """Finds countries (CN and its regions included; callers decide what counts) and organisations."""

    def __init__(self, file: GazetteerFile) -> None:
        skip = frozenset(name.lower() for name in file.skip)
        countries = [(("country", code), name) for code, name in _cldr_names() if name.lower() not in skip]
        countries += [(("country", code), name) for code, names in file.countries.items() for name in names]
        organisations = [(("org", name), term) for name, terms in file.organisations.items() for term in terms]
        self._terms = Terms(countries + organisations)

    def find(self, text: str) -> tuple[list[Place], list[Organisation]]:
        """Countries and organisations in order of their places; an organisation's name hides the countries in it."""
        named = sorted({(hit.start, hit.end, hit.label) for hit in self._terms.longest(text)})
        places = [Place(name, start, end) for start, end, (kind, name) in named if kind == "country"]
        organisations = [Organisation(name, start, end) for start, end, (kind, name) in named if kind == "org"]
        return places, organisations


@lru_cache(maxsize=1)
def _cldr_names() -> tuple[tuple[str, str], ...]:
    names: set[tuple[str, str]] = set()
    for language in LANGUAGES:
        try:
            territories = babel.Locale.parse(language).territories
        except UnknownLocaleError:
            continue
        for code, name in territories.items():
            if len(code) == 2 and code.isalpha() and code not in ("EU", "EZ", "UN", "QO", "ZZ", "XA", "XB"):
                names.update((code, form) for form in _forms(name, language in INFLECTED))
    return tuple(sorted(names))


def _forms(name: str, inflected: bool) -> Iterable[str]:
    plain = name.split(" (")[0].split("（")[0].strip()
    yield plain
    if inflected and len(plain) >= 5 and " " not in plain:
        yield (plain[:-1] if plain[-1].lower() in _VOWELS else plain) + "*"
