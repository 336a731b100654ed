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
    last = -AROUND - 1  # where the last match ends
    for start, end in found[0] if len(found) == 1 else merge(*found):
        if start - last > AROUND:
            if len(groups) == MOST:
                break
            groups.append([(start, end)])
        elif start >= last:
            groups[-1].append((start, end))  # surroundings that meet are one passage; two Han words that touch stay two
        else:
            groups[-1][-1] = (groups[-1][-1][0], max(end, last))  # matches that overlap become one
        last = max(end, last)
    return tuple([_marked(text, group) for group in groups])


def _marked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    begin, end = _word_start(text, spans[0][0] - AROUND), _word_end(text, spans[-1][1] + AROUND)
    shown, at = "", begin
    for start, stop in spans:
        shown += f"{text[at:start]}[[{text[start:stop]}]]"
        at = stop
    shown = _on_one_line(shown + text[at:end])
    return f"{'… ' if begin else ''}{shown}{' …' if end < len(text) else ''}"


def _on_one_line(text: str) -> str:
    """Single spaces for whatever white space there is; most passages have no other, which is known at a glance."""
    return text.strip(" ") if text.isprintable() and "  " not in text else " ".join(text.split())


def _word_start(text: str, at: int) -> int:
    """Not in the middle of a word, where the script has words: the next space within reach, else here."""
    if at <= 0:
        return 0
    return text.find(" ", at, at + 20) + 1 or at


def _word_end(text: str, at: int) -> int:
    if at >= len(text):
        return len(text)
    space = text.rfind(" ", at - 20, at)
    return space if space >= 0 else at
