"""The passages of a text that a query found, with [[...]] round the matched words, as the original writes them.

Made from the query and the text alone and not by an engine: the engines index normalised tokens, whose places in the
original only `pipeline.normalise` knows, and both engines then show the same.
"""

from collections.abc import Sequence

from pipeline.normalise import Token, tokens
from pipeline.query import Text

AROUND = 80  # characters shown on either side of a match: about one line
MOST = 3  # passages of one text


def passages(text: str, wanted: Sequence[Text]) -> tuple[str, ...]:
    """Up to `MOST` passages, in the order of the text."""
    if not wanted:
        return ()
    found = tokens(text)
    spans = _merged(sorted(span for words in wanted for span in _matches(found, words)))
    return tuple(_marked(text, group) for group in _groups(spans)[:MOST])


def _matches(found: Sequence[Token], words: Text) -> list[tuple[int, int]]:
    """Where the words stand, as [start, end) in the original."""
    size = len(words.tokens)
    texts = [token.text for token in found]
    spans = []
    for first in range(len(found) - size + 1):
        *exact, last = texts[first : first + size]
        if tuple(exact) == words.tokens[:-1] and (last == words.tokens[-1] or _begins(last, words)):
            spans.append((found[first].start, found[first + size - 1].end))
    return spans


def _begins(token: str, words: Text) -> bool:
    return words.prefix and token.startswith(words.tokens[-1])


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Matches that overlap become one; those that only touch (two Han words) stay two."""
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _groups(spans: Sequence[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Matches whose surroundings meet share a passage."""
    groups: list[list[tuple[int, int]]] = []
    for span in spans:
        if groups and span[0] - groups[-1][-1][1] <= AROUND:
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def _marked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    begin = _word_start(text, max(0, spans[0][0] - AROUND))
    end = _word_end(text, min(len(text), spans[-1][1] + AROUND))
    pieces, at = [], begin
    for start, stop in spans:
        pieces.append(f"{text[at:start]}[[{text[start:stop]}]]")
        at = stop
    shown = " ".join(("".join(pieces) + text[at:end]).split())
    return f"{'… ' if begin > 0 else ''}{shown}{' …' if end < len(text) else ''}"


def _word_start(text: str, at: int) -> int:
    """Not in the middle of a word, where the script has words: the next space within reach, else here."""
    space = text.find(" ", at, at + 20) if at else -1
    return space + 1 if space >= 0 else at


def _word_end(text: str, at: int) -> int:
    space = text.rfind(" ", max(0, at - 20), at) if at < len(text) else -1
    return space if space >= 0 else at
