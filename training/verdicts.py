"""Articles as they were coded by hand beside what the product made of them, and the figures that every such set has."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.records import Frame, Framing, Voice
from training.scores import Table, counted, report


@dataclass(frozen=True, slots=True)
class Verdict:
    """One article. `relevant`, `framing` and `sentences` (framed ones, by their words) are coded by hand; `kept` and `found`
    are the product's, `found` None where the article was dropped."""

    name: str
    event: str
    relevant: bool
    framing: str | None
    sentences: Mapping[str, tuple[Frame, Voice]]
    kept: bool
    found: Framing | None


def relevance(verdicts: Sequence[Verdict]) -> Table:
    """Relevant or not, with the names of those that are wrong."""
    gold = ["relevant" if one.relevant else "other" for one in verdicts]
    said = ["relevant" if one.kept else "other" for one in verdicts]
    table = report("relevance", gold, said, [one.event for one in verdicts])
    missed = [one.name for one in verdicts if one.relevant and not one.kept]
    extra = [one.name for one in verdicts if one.kept and not one.relevant]
    table.lines.extend([f"missed: {', '.join(missed) or 'none'}", f"wrongly kept: {', '.join(extra) or 'none'}"])
    return table


def framing(verdicts: Iterable[Verdict], kind: str) -> Table:
    """The framing of relevant articles that were kept; `kind` is what the set calls them."""
    kept = [(one, one.found) for one in verdicts if one.relevant and one.found]
    gold, said = [str(one.framing) for one, _ in kept], [found.framing for _, found in kept]
    return report(f"article framing (relevant {kind} that were kept)", gold, said, [one.event for one, _ in kept])


@dataclass(frozen=True, slots=True)
class Voiced:
    """A sentence whose frame is right: its event, who speaks by hand, and who by the product."""

    event: str
    gold: Voice
    said: Voice


def framed_sentences(verdicts: Iterable[Verdict]) -> tuple[Table, list[Voiced]]:
    """Framed sentences of the relevant articles, met by their words, and the voices of those that are right."""
    said = gold = 0
    right: list[Voiced] = []
    for one in verdicts:
        if not one.relevant:
            continue
        found = {sentence.text: sentence for sentence in one.found.sentences} if one.found else {}
        gold, said = gold + len(one.sentences), said + len(found)
        for text, (frame, voice) in one.sentences.items():
            if text in found and found[text].frame == frame:
                right.append(Voiced(one.event, voice, found[text].voice))
    return counted("framed sentences (same sentence, same frame)", len(right), said, gold), right
