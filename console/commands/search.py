"""`beatwatch search`: the search index, in the language of docs/search.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, cast, get_args

import click
from rich.text import Text

from alerts.wording import one_line, web_link
from console.options import data_option, json_option
from console.output import answer, count, framed, listed, say
from pipeline.ports import State
from pipeline.records import ArticleFrame, EngagementType, Frame, SearchHit, Status, Voice
from pipeline.wiring import data_path, opened

Kind = Literal["article", "story", "engagement", "sentence", "dropped"]
Sort = Literal["score", "time", "-time", "id"]
MOST = 200
"""Answers of one page; the cursor leads on."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer; what its kind does not have is null or empty.

    `highlights` are passages with [[...]] round the matched words; `framing` are the frames of a story's articles, or
    the one of an article; `frame` and `voice` are a sentence's; `relevance` is the screen's score; `countries` are ISO
    3166.
    """

    id: str
    kind: Kind
    score: float
    headline: str | None
    link: str | None
    sources: tuple[str, ...]
    languages: tuple[str, ...]
    first_published: datetime | None
    last_published: datetime | None
    first_seen: datetime
    framing: tuple[ArticleFrame, ...]
    countries: tuple[str, ...]
    story: str | None
    article: str | None
    type: EngagementType | None
    status: Status | None
    frame: Frame | None
    voice: Voice | None
    relevance: float | None
    evidence: str | None
    highlights: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of answers; `next` is the cursor of the next one, None on the last."""

    query: str
    kind: Kind
    hits: tuple[Hit, ...]
    next: str | None


@click.command("search")
@click.argument("query")
@click.option(
    "--kind", type=click.Choice(get_args(Kind)), default="article", show_default=True,
    help="what to look for; `sentence`: those that carry a frame, `dropped`: what the screen's score dropped",
)  # fmt: skip
@click.option(
    "--sort", type=click.Choice(["score", "time", "-time", "id"]), default="score", show_default=True,
    help="best first; by time, oldest or (-time) newest first; by id",
)  # fmt: skip
@click.option(
    "--limit", type=click.IntRange(1, MOST), default=20, show_default=True, metavar="N", help="answers of one page"
)
@click.option("--after", metavar="CURSOR", help="the page after the one that printed this cursor")
@data_option
@json_option
def command(query: str, kind: str, sort: str, limit: int, after: str | None, data: Path | None, as_json: bool) -> None:
    """Search what was coded; docs/search.md explains the language, e.g. "training country:FJ"."""
    with opened(data_path(data)) as kept:
        hits, cursor = kept.index.search(query, kind=cast(Kind, kind), sort=cast(Sort, sort), limit=limit, after=after)
        found = Found(query, cast(Kind, kind), tuple(_hit(kept.state, hit) for hit in hits), cursor)
        lag = kept.state.outbox_size()
    if lag:
        what = f"{count(lag, 'change')} of the state {'is' if lag == 1 else 'are'} not in this search index"
        click.echo(
            f"beatwatch: {what}: the next run brings it up, or `beatwatch reindex`; does BEATWATCH_ELASTICSEARCH say what it"
            " said for the run?",
            err=True,
        )
    if as_json:
        answer(found)
    else:
        show(found)


def _hit(state: State, hit: SearchHit) -> Hit:
    document, fields = hit.document, hit.document.fields
    published, framing = _text(fields, "published"), fields.get("framing")
    article = document.id if document.kind in ("article", "dropped") else _text(fields, "article")
    return Hit(
        id=document.id,
        kind=cast(Kind, document.kind),
        score=hit.score,
        headline=_text(fields, "headline"),
        link=web_link(_text(fields, "url") or _address(state, article)),
        sources=_texts(fields, "sources", "source"),
        languages=_texts(fields, "languages", "lang"),
        first_published=_time(_text(fields, "first_published") or published),
        last_published=_time(_text(fields, "last_published") or published),
        first_seen=datetime.fromisoformat(str(fields["first_seen"])),
        framing=cast(tuple[ArticleFrame, ...], _names(framing)),
        countries=_texts(fields, "countries", ""),
        story=document.id if document.kind == "story" else _text(fields, "story"),
        article=article,
        type=cast(EngagementType | None, _text(fields, "type")),
        status=cast(Status | None, _text(fields, "status")),
        frame=cast(Frame | None, _text(fields, "frame")),
        voice=cast(Voice | None, _text(fields, "voice")),
        relevance=cast(float | None, fields.get("score")),
        evidence=_text(fields, "evidence"),
        highlights=hit.highlights,
    )


def _address(state: State, article_id: str | None) -> str:
    article = state.article(article_id) if article_id else None
    return article.url if article else ""


def _text(fields: Mapping[str, object], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) else None


def _names(value: object) -> tuple[str, ...]:
    """One name, or the keys of counts by name."""
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, dict) else ()


def _texts(fields: Mapping[str, object], several: str, one: str) -> tuple[str, ...]:
    values = fields.get(several)
    single = _text(fields, one)
    return tuple(map(str, values)) if isinstance(values, list) else (single,) if single else ()


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def show(found: Found) -> None:
    """Answers for a person, one block each."""
    for hit in found.hits:
        title = one_line(hit.headline or f"{hit.type}, {hit.status}".replace("_", " "))
        frames = [part for frame in hit.framing for part in (" ", framed(frame, frame))]
        if hit.frame and hit.voice:
            frames = [" ", framed(hit.frame, hit.frame), f" {hit.voice.replace('_', ' ')}"]
        elif hit.kind == "dropped":
            frames = [f" relevance {hit.relevance:.2f}"]
        when = hit.last_published.date().isoformat() if hit.last_published else "not dated"
        say((title, "bold"), *frames)
        about = f"{when}; {listed(hit.sources)}; {listed(hit.countries)}; {listed(hit.languages)}; {hit.kind} {hit.id}"
        say(about, indent=2)
        if hit.link:
            say(hit.link, indent=2)
        for passage in hit.highlights or ((hit.evidence,) if hit.evidence else ()):
            say(marked(one_line(passage, 600)), indent=2)
    say(f"{count(len(found.hits), 'answer')}" + (f"; next page: --after {found.next}" if found.next else ""))


def marked(passage: str) -> Text:
    """A passage with its matched words in bold; the brackets stay, for who sees no bold."""
    made = Text()
    for number, part in enumerate(passage.replace("]]", "[[").split("[[")):
        made.append(f"[[{part}]]" if number % 2 else part, style="bold" if number % 2 else "")
    return made
