"""The passages of a text that a query found, with [[...]] round the matched words, as the original writes them.

Made from the query and the text alone and not by an engine: the engines index normalised tokens, whose places in the
original only `pipeline.normalise` knows, and both engines then show the same.
"""

from collections.abc import Sequence
from heapq import merge

from pipeline.normalise import Normalised
from pipeline.query import Text

AROUND = 80  # characters shown on either side of a match: about one line
MOST = 3  # passages of one text


def passages(text: str, wanted: Sequence[Text]) -> tuple[str, ...]:
    """Up to `MOST` passages, in the order of the text."""
    if not (text and wanted):
        return ()
    normal = Normalised(text)
    found = [normal.find(words.tokens, prefix=words.prefix) for words in wanted]
    groups: list[list[tuple[int, int]]] = []
    for start, end in found[0] if len(found) == 1 else merge(*found):
        if not groups or start - groups[-1][-1][1] > AROUND:
            if len(groups) == MOST:
                break
            groups.append([(start, end)])
        elif start >= groups[-1][-1][1]:
            groups[-1].append((start, end))  # surroundings that meet are one passage; two Han words that touch stay two
        else:
            groups[-1][-1] = (groups[-1][-1][0], max(end, groups[-1][-1][1]))  # matches that overlap become one
    return tuple(_marked(text, group) for group in groups)


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
