"""`beatwatch code`: articles that a user already has, coded by the codebook with no state and no network."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from dateutil import parser as iso_parser

from pipeline import cluster as clustering
from pipeline.cluster import Candidate, Memory
from pipeline.coding import BATCH, Coder, Text, author_kind
from pipeline.extract import credit
from pipeline.gloss import gloss
from pipeline.identify import Originals
from pipeline.language import detect, primary
from pipeline.ports import Progress
from pipeline.records import EngagementReport, Framing, Screening, digest128

STRINGS = ("text", "url", "headline", "date", "lang", "source")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Given:
    """One article as it was given, with what coding reads of it. `time` is None where no date can be read."""

    id: str
    text: Text
    time: datetime | None


def check(record: Mapping[str, Any]) -> str | None:
    """What is wrong with a line, None if it can be coded."""
    if "text" not in record:
        return "no `text`"
    wrong = [key for key in STRINGS if record.get(key) is not None and not isinstance(record[key], str)]
    return f"`{wrong[0]}` is not a string" if wrong else ("`text` is null" if record["text"] is None else None)


def given(record: Mapping[str, Any]) -> Given:
    """A checked line as a record."""
    text, headline = record["text"], record.get("headline") or ""
    lang = primary(record["lang"]) if record.get("lang") else detect(f"{headline}\n{text}")
    return Given(record["id"], Text(headline, text, lang, author_kind(None, credit(text))), _time(record.get("date")))


def _time(written: str | None) -> datetime | None:
    try:
        time = iso_parser.isoparse(written) if written else None
    except ValueError:
        return None
    return time.replace(tzinfo=UTC) if time and time.tzinfo is None else time


def code(articles: Sequence[Given], coder: Coder, progress: Progress) -> Iterator[dict[str, Any]]:
    """One coded object for each article, in order."""
    screened = [s for batch in _batches(articles) for s in coder.screen([a.text for a in batch])]
    relevant = [a for a, s in zip(articles, screened, strict=True) if s.relevant]
    copies = _copies(relevant)
    stories = _stories(relevant, coder, copies)
    done = 0
    for start in range(0, len(articles), BATCH):
        pairs = list(zip(articles[start : start + BATCH], screened[start : start + BATCH], strict=True))
        kept = [a for a, s in pairs if s.relevant]
        framings = dict(zip((a.id for a in kept), coder.frame([a.text for a in kept]) if kept else [], strict=True))
        for article, screening in pairs:
            framing = framings.get(article.id)
            reports = coder.engage(article.text) if framing else ()
            yield coded(article, screening, framing, reports, stories.get(article.id), copies.get(article.id), coder)
        done += len(pairs)
        progress("code", done, len(articles))


def _batches(articles: Sequence[Given]) -> Iterator[Sequence[Given]]:
    return (articles[start : start + BATCH] for start in range(0, len(articles), BATCH))


def _in_time(articles: Sequence[Given]) -> list[tuple[datetime, Given]]:
    """Articles with their times, earliest first, ties in input order; those without a date take the median date."""
    dated = sorted(a.time for a in articles if a.time)
    middle = dated[len(dated) // 2] if dated else EPOCH
    return sorted(((a.time or middle, a) for a in articles), key=lambda pair: pair[0])


def _copies(articles: Sequence[Given]) -> dict[str, str]:
    originals, copies = Originals(), {}
    for time, article in _in_time(articles):
        origin = originals.origin(article.id, article.text.text, time)
        if origin is None:
            originals.add(article.id, article.text.text, time)
        else:
            copies[article.id] = origin
    return copies


def _stories(articles: Sequence[Given], coder: Coder, copies: Mapping[str, str]) -> dict[str, str]:
    if not articles:
        return {}
    vectors = dict(zip((a.id for a in articles), coder.vectors([a.text for a in articles]), strict=True))
    memory, decisions = Memory(centres=coder.knowledge.centres), []
    for time, article in _in_time(articles):
        countries, numbers = coder.specifics(article.text)
        candidate = Candidate(
            digest128(article.id), time, time, article.text.lang, vectors[article.id], "lead", countries, numbers,
            digest128(copies[article.id]) if article.id in copies else None,
        )  # fmt: skip
        decisions.append((article.id, clustering.place(candidate, memory)))
    final = clustering.final_stories([d for _, d in decisions], clustering.settle(memory))
    return {name: final[decision.article_id] for name, decision in decisions}


def coded(
    article: Given, screening: Screening, framing: Framing | None, reports: Sequence[EngagementReport], story: str | None,
    copy_of: str | None, coder: Coder,
) -> dict[str, Any]:  # fmt: skip
    """The output object of one article (design section 5)."""
    knowledge = coder.knowledge
    heads = (knowledge.relevance, knowledge.frames.sentence, knowledge.frames.voice, knowledge.frames.article)
    return {
        "id": article.id,
        "lang": article.text.lang,
        "relevant": screening.relevant,
        "relevance": screening.score,
        "story": story,
        "copy_of": copy_of,
        "framing": framing.framing if framing else None,
        "probabilities": framing.probabilities
        if framing
        else dict.fromkeys(("cooperation", "influence", "mixed", "neutral"), 0.0),
        "shares": framing.shares if framing else {"cooperation": 0.0, "influence": 0.0},
        "sentences": [asdict(sentence) for sentence in framing.sentences] if framing else [],
        "engagements": [asdict(report) for report in reports],
        "countries": sorted({party.country for report in reports for party in report.parties}),
        "gloss": gloss(framing.framing if framing else None, reports),
        "codebook": knowledge.codebook,
        "models": {"encoder": coder.model, **{head.name: head.version for head in heads}},
    }
