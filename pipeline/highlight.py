"""The passages of a text that a query found, with [[...]] round the matched words, as the original writes them.

Made from the query and the text alone and not by an engine: the engines index normalised tokens, whose places in the
original only `pipeline.normalise` knows, and both engines then show the same.
"""

from collections.abc import Iterable, Iterator, Sequence
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
    groups: list[list[tuple[int, int]]] = []
    for span in _merged(merge(*(normal.find(words.tokens, prefix=words.prefix) for words in wanted))):
        if groups and span[0] - groups[-1][-1][1] <= AROUND:
            groups[-1].append(span)  # matches whose surroundings meet share a passage
        elif len(groups) == MOST:
            break
        else:
            groups.append([span])
    return tuple(_marked(text, group) for group in groups)


def _merged(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Matches that overlap become one; those that only touch (two Han words) stay two."""
    held: tuple[int, int] | None = None
    for start, end in spans:
        if held is None or start >= held[1]:
            if held is not None:
                yield held
            held = (start, end)
        else:
            held = (held[0], max(held[1], end))
    if held is not None:
        yield held


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
