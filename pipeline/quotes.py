"""Quotations in a text that was split into sentences: what is said, and the bare sentence round it.

A quotation may open in one sentence and close two later; one word between quotation marks is a name or irony, not speech.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.terms import edgeless

MARK = "“”"
"""Stands in a bare sentence for each quotation that was there."""
FURTHEST = 6
"""Sentences after which a quotation that was not closed is taken for a slip of the pen."""
_CLOSING = {"“": "”", "«": "»", "„": "“”", "「": "」", "『": "』", '"': '"', "”": "”"}
_INSERTED = re.compile(r"(?<=[,!?…])\s*[—–]\s+(?=[a-zа-яё])[^—–«»“”]*(?:[—–]\s*|(?=[.!?»”]*$))")
"""The author's words inside a quotation: «Yes, — said the minister, — we will»."""
_CLOSED = re.compile(r"[.!?…,。！？，؟،।]\W*$")


@dataclass(frozen=True, slots=True)
class Quoted:
    """`bare` is the sentence with each quotation reduced to `MARK`; `share` is how much of it is quotation; `goes_on` says
    that it begins inside a quotation which an earlier sentence opened."""

    bare: str
    share: float
    goes_on: bool


def quotations(texts: Sequence[str]) -> list[Quoted]:
    """One `Quoted` for each sentence, in order."""
    found: list[Quoted] = []
    closing = ""
    for place, text in enumerate(texts):
        goes_on = bool(closing)
        spans, closing = _spans(text, closing, texts[place + 1 : place + 1 + FURTHEST])
        found.append(_quoted(text, spans, goes_on))
    return found


def _spans(text: str, closing: str, later: Sequence[str]) -> tuple[list[tuple[int, int]], str]:
    """The quotations of one sentence, and what closes the one that is still open at its end ("" if none is)."""
    spans: list[tuple[int, int]] = []
    start = at = 0
    while at < len(text):
        if closing:
            end = _first(text, closing, at)
            if end < 0:
                return [*spans, (start, len(text))], closing
            spans.append((start, end + 1))
            closing, at = "", end
        elif text[at] in _CLOSING:
            closing, start = _CLOSING[text[at]], at
            if _first(text, closing, at + 1) < 0 and not _closes_later(text[at], closing, later):
                return [*spans, (start, len(text))], ""
        at += 1
    return (spans if not closing else [*spans, (start, len(text))]), closing


def _first(text: str, marks: str, start: int) -> int:
    return min((place for mark in marks if (place := text.find(mark, start)) >= 0), default=-1)


def _closes_later(opening: str, closing: str, later: Sequence[str]) -> bool:
    """Whether a following sentence closes the quotation before another one opens."""
    for text in later:
        end = _first(text, closing, 0)
        if opening in closing and end >= 0:
            return text.count(opening) % 2 == 1
        again = text.find(opening)
        if end >= 0:
            return again < 0 or end < again
        if again >= 0:
            return False
    return False


def _quoted(text: str, spans: Sequence[tuple[int, int]], goes_on: bool) -> Quoted:
    speech = [span for i, span in enumerate(spans) if (i == 0 and goes_on) or _is_speech(text, *span)]
    pieces, at = [], 0
    for start, end in (part for span in speech for part in _without_insertions(text, *span)):
        pieces += [text[at:start], MARK]
        at = end
    return Quoted("".join([*pieces, text[at:]]), sum(b - a for a, b in speech) / max(len(text), 1), goes_on)


def _without_insertions(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for inserted in _INSERTED.finditer(text, start, end):
        yield start, inserted.start()
        start = inserted.end()
    if text[start:end].strip("»”.!?"):
        yield start, end


def _is_speech(text: str, start: int, end: int) -> bool:
    """More than a name or a word held with tongs."""
    inside = text[start + 1 : end - 1]
    long = len(inside) > 8 if any(map(edgeless, inside)) else len(inside.split()) > 3
    return long or end - start == len(text) or bool(_CLOSED.search(inside))
