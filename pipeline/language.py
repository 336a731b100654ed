"""Which language a text is in: ISO 639-1, else 639-3, else "und".

lingua is used in its trigram mode: the article bodies that it reads are long enough, and the mode needs a tenth of the
memory of the full models. Han-only text is "zh" in either script; the search normalisation folds the scripts.
Tok Pisin and Bislama, which lingua does not know, are told by the share of their commonest words.
"""

import re
from functools import lru_cache

from lingua import LanguageDetector, LanguageDetectorBuilder

MIN_LETTERS = 8
"""Below this many letters a guess is worth less than "und"."""

SAMPLE = 3000
"""Code points read; more of a text does not change the answer but costs time."""

CREOLES = {
    "tpi": frozenset({
        "bilong", "dispela", "wantaim", "olsem", "long", "ol", "em", "na", "bai", "pinis", "sapos", "mipela", "tok", "yet",
    }),
    "bi": frozenset({
        "blong", "wetem", "olsem", "long", "ol", "oli", "hem", "hemi", "mo", "bae", "bambae", "finis", "sapos", "sipos",
        "mifala", "talem", "ia",
    }),
}  # fmt: skip
SHARE = 0.15
"""Share of these words above which a text is in one of those languages; "long" alone is common in English too."""


@lru_cache(maxsize=1)
def _detector() -> LanguageDetector:
    return LanguageDetectorBuilder.from_all_languages().with_low_accuracy_mode().build()


def detect(text: str) -> str:
    """The language of `text`; "und" where there are too few letters to tell.

    CJK text counts from two letters on, since one of its characters says as much as a word.
    """
    sample = text[:SAMPLE]
    letters = sum(character.isalpha() for character in sample)
    dense = sum("\u3040" <= character <= "\u9fff" or "\uac00" <= character <= "\ud7a3" for character in sample)
    if letters < MIN_LETTERS and dense < 2:
        return "und"
    creole = _creole(sample)
    if creole is not None:
        return creole
    language = _detector().detect_language_of(sample)
    if language is None:
        return "und"
    return language.iso_code_639_1.name.lower()


def _creole(sample: str) -> str | None:
    words = re.findall(r"[a-z]+", sample.lower())
    own = {lang: sum(word in common for word in words) for lang, common in CREOLES.items()}
    best = max(own, key=lambda lang: own[lang])
    return best if ("bilong" in words or "blong" in words) and own[best] >= SHARE * len(words) else None


def primary(tag: str) -> str:
    """The primary subtag of a BCP 47 tag: "zh-Hant" -> "zh"."""
    return tag.replace("_", "-").split("-")[0].lower() or "und"
