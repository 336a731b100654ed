"""A story in a few fields with one piece of evidence: what `today`, `stories` and `story` show of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rich.text import Text

from alerts.coverage import Coverage, read_coverage
from alerts.items import Item, Quote, make_item
from console.output import count, framed, listed, say
from pipeline.gloss import country_name
from pipeline.ports import State
from pipeline.records import ArticleFrame, Source, Story

_CELLS = 10
"""Characters of a framing bar."""


@dataclass(frozen=True, slots=True)
class StoryBrief:
    """`lang` and `link` are of the article whose headline is shown; `sources` are ids, `countries` ISO 3166.

    `framing` counts the frames of independent texts; `shares` of cooperation, influence and neutral are over those that
    the coder decided (each text weighs 1) and 0 where there are none. `baseline`: known only from first fetches.
    """

    id: str
    headline: str
    lang: str
    link: str | None
    gloss: str
    baseline: bool
    first_seen: datetime
    first_published: datetime
    last_published: datetime
    languages: tuple[str, ...]
    countries: tuple[str, ...]
    sources: tuple[str, ...]
    origins: int
    copies: int
    framing: dict[ArticleFrame, int]
    shares: dict[str, float]
    evidence: Quote | None


def read_brief(state: State, sources: Mapping[str, Source], story: Story) -> StoryBrief | None:
    """The story in brief; None if it has no article any more."""
    return brief(read_coverage(state, story), sources)


def brief(coverage: Coverage, sources: Mapping[str, Source]) -> StoryBrief | None:
    """The story in brief; None if it has no article any more."""
    if not coverage.articles:
        return None
    story, item = coverage.story, make_item(coverage, sources)
    return StoryBrief(
        id=story.id,
        headline=item.headline,
        lang=item.lang,
        link=item.link,
        gloss=item.gloss,
        baseline=story.baseline,
        first_seen=story.first_seen,
        first_published=story.first_published,
        last_published=story.last_published,
        languages=story.languages,
        countries=story.countries,
        sources=story.sources,
        origins=story.origins,
        copies=story.copies,
        framing=dict(item.frames),
        shares=_shares(item),
        evidence=item.quotes[0] if item.quotes else None,
    )


def _shares(item: Item) -> dict[str, float]:
    bar = item.bar
    return {"cooperation": bar.cooperation, "influence": bar.influence, "neutral": bar.neutral}


def framing_words(shown: StoryBrief) -> str:
    """ "cooperation 50 %, influence 50 %", frames without a share left out."""
    named = [f"{frame} {share:.0%}".replace("%", " %") for frame, share in shown.shares.items() if share]
    undecided = shown.framing.get("uncertain", 0)
    return ", ".join([*named, *([f"{count(undecided, 'text')} undecided"] if undecided else [])]) or "not framed"


def framing_bar(shown: StoryBrief) -> Text:
    """Ten cells in the colours of the frames; the words beside it say the same to who sees no colours."""
    cells = [framed("█" * round(_CELLS * share), frame) for frame, share in shown.shares.items()]
    return Text.assemble(*cells)


def show_brief(shown: StoryBrief, *, bars: bool) -> None:
    """A story as a few lines; `bars` on a terminal."""
    say((shown.headline, "bold"), f"  {shown.id}")
    bar = (framing_bar(shown).append("  "),) if bars else ()
    names = listed([country_name(code) for code in shown.countries])
    texts = f"{count(shown.origins, 'text')}, {count(shown.copies, 'copy', 'copies')}"
    say(*bar, f"{framing_words(shown)}; {names}; {texts}; {listed(shown.languages)}", indent=2)
    if shown.gloss:
        say(shown.gloss, indent=2)
    if shown.link:
        say(shown.link, indent=2)
    if shown.evidence:
        show_quote(shown.evidence, seen=shown.link)


def show_quote(quote: Quote, *, seen: str | None = None) -> None:
    """A framed sentence with its frame, voice and source, and the way to it unless that stands there already."""
    both = ", also the other frame" if quote.both else ""
    voice = quote.voice.replace("_", " ")
    say(f"“{quote.text}” (", framed(quote.frame, quote.frame), f"{both}; voice: {voice}; {quote.source})", indent=2)
    if quote.link and quote.link != seen:
        say(quote.link, indent=4)
