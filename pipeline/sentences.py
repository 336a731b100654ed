"""Sentences of a text as spans into it. Boundaries come from sentencex (Wikimedia); this module trims and joins.

Two things are added: a fragment without letters belongs to the sentence before it, and a segment that ends in an
abbreviation of a title ("Dr.", "Gen.") is joined with the next one, since the segmenter's lists know few of them.
"""

import re
from dataclasses import dataclass

import sentencex

_TITLE_END = re.compile(
    r"(?:^|[\s(\"“])(?:Dr|Mr|Mrs|Ms|Prof|Gen|Col|Lt|Sgt|Insp|Supt|Sen|Rep|Gov|Hon|St|Sr|Sra|Lic|Ing|Cel|Gral|M|Mme|Dra|No|Nos|núm|U\.S|U\.N|U\.K|Doç|Av|Org|Hj|Sdn|डॉ|प्रो|श्री)\.$"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """text[start:end] of the text it came from, without white space round it."""

    start: int
    end: int
    text: str


def split(text: str, lang: str) -> list[Sentence]:
    """The sentences of `text` in order; every letter of the text is in exactly one of them. A line break ends one."""
    found: list[Sentence] = []
    for line in re.finditer(r"[^\n]+", text):
        found += [_trimmed(text, start, end) for start, end in _spans(line.group(), line.start(), lang)]
    return found


def _spans(line: str, offset: int, lang: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    joining = False
    for boundary in sentencex.get_sentence_boundaries(lang if lang != "und" else "en", line):
        start, end = boundary["start_index"], boundary["end_index"]
        piece = line[start:end]
        if not piece.strip():
            continue
        if spans and (joining or not any(map(str.isalnum, piece))):
            spans[-1] = (spans[-1][0], offset + end)
        else:
            spans.append((offset + start, offset + end))
        joining = bool(_TITLE_END.search(piece.rstrip()))
    return spans


def _trimmed(text: str, start: int, end: int) -> Sentence:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Sentence(start, end, text[start:end])
