"""Every search and panel, asked of a real Elasticsearch with both days of the sample newsroom, answers what the state says.

What is expected is counted in Python from the exports and the state, panel by panel, and knows nothing of the definition:
a query that asks another question than its title is found as well.
"""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from console.exported import (
    ExportedArticle,
    ExportedEngagement,
    ExportedStory,
    exported_articles,
    exported_engagements,
    exported_stories,
)
from console.kibana.definition import FILE, Chart, Search, read_definition
from console.kibana.requests import BREAKDOWN, drawing, rows, searching
from console.schemas import schema
from pipeline.adapters.search_elastic import ElasticIndex
from pipeline.index import build_anew
from pipeline.payloads import record
from pipeline.ports import State
from pipeline.records import Fetch, FetchOutcome, FramedSentence, KeptReport, Screening, Source
from pipeline.settings import Settings
from pipeline.wiring import data_path, elastic_index, opened
from tests.console.conftest import Beatwatch
from tests.pipeline.adapters.desk import fetch, source
from tests.servers import elasticsearch_prefix

pytestmark = [pytest.mark.server, pytest.mark.model, pytest.mark.timeout(1200)]

DEFINITION = read_definition(FILE)
Keys = tuple[str, ...]
Shown = Mapping[Keys, float]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the state says, at the time of the newest run."""

    now: datetime
    articles: list[ExportedArticle]
    stories: list[ExportedStory]
    engagements: list[ExportedEngagement]
    reports: dict[str, KeptReport]
    sentences: list[tuple[ExportedArticle, FramedSentence]]
    fetches: list[Fetch]
    sources: dict[str, Source]
    screenings: dict[str, Screening]
    first_seen: dict[str, datetime]

    def between(self, start: datetime) -> "Facts":
        """Only what was published, or happened, from `start` to the newest run."""
        return replace(
            self,
            articles=[one for one in self.articles if start <= (one.published or one.first_seen) <= self.now],
            stories=[one for one in self.stories if start <= one.last_published <= self.now],
            engagements=[one for one in self.engagements if start <= (one.published or one.first_seen) <= self.now],
            sentences=[one for one in self.sentences if start <= (one[0].published or one[0].first_seen) <= self.now],
            fetches=[one for one in self.fetches if start <= one.at <= self.now],
        )

    def days(self, number: float) -> "Facts":
        """Only what lies within so many days before the newest run."""
        return self.between(self.now - timedelta(days=number))

    def years(self, number: int) -> "Facts":
        """Only what lies within so many years before it."""
        return self.between(self.now.replace(year=self.now.year - number))


@pytest.fixture(scope="module")
def settings(sampled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The newsroom's state on a copy of its folder, and an Elasticsearch that is empty so far."""
    data = tmp_path_factory.mktemp("answers") / "data"
    shutil.copytree(sampled, data)
    with elasticsearch_prefix() as (url, prefix):
        yield Settings(elasticsearch=url, elasticsearch_prefix=prefix, data=data)


@pytest.fixture(scope="module")
def facts(settings: Settings) -> Facts:
    """Read from the state, as `beatwatch export` reads it, once all of it is indexed.

    All sources of the sample answer on its second day, so two more are made known before: one that never answered, and one
    that did three days earlier and failed since.
    """
    with opened(data_path(None, settings=settings), settings=settings) as kept:
        add_silent_sources(kept.state)
        build_anew(kept.state, kept.index, lambda stage, done, total: None)
        kept.index.refresh()
        return told(kept.state)


def add_silent_sources(state: State) -> None:
    """Two sources that nobody hears."""
    newest = state.newest_run()
    assert newest is not None
    state.register_sources([source("mute"), source("fallen-silent")])
    run = state.begin_run("sample", newest - timedelta(days=3))
    feed: dict[str, Any] = {"url": "http://fallen-silent.press.test/rss", "source_id": "fallen-silent", "kind": "feed"}
    answered = fetch(**feed, at=newest - timedelta(days=3), body=None, items=4)
    failed = fetch(
        **feed, at=newest, body=None, outcome=FetchOutcome.TIMED_OUT, status=None, reason="no answer in 20 s"
    )
    state.record_fetches(run, [answered, failed])


def told(state: State) -> Facts:
    """What the state says."""
    articles = list(exported_articles(state, everything=False))
    framings = {one.id: state.framing(one.id) for one in articles}
    newest = state.newest_run()
    assert newest is not None
    return Facts(
        newest, articles, list(exported_stories(state)), list(exported_engagements(state)),
        {one.id: one for one in state.reports()},
        [(one, said) for one in articles if (framing := framings[one.id]) for said in framing.sentences],
        state.fetches(), {one.id: one for one in state.sources()},
        {one.key: record(Screening, one.payload) for one in state.results("screen") if one.payload},
        {one.id: one.first_seen for one in state.articles()},
    )  # fmt: skip


@pytest.fixture(scope="module")
def index(settings: Settings) -> Iterator[ElasticIndex]:
    with elastic_index(settings) as made:
        yield made


# --- panels
def day(at: datetime) -> str:
    """A day as Elasticsearch names it."""
    return f"{at.date().isoformat()}T00:00:00.000Z"


def times(keys: Iterable[Keys]) -> Shown:
    """How often each comes."""
    return Counter(keys)


def articles(facts: Facts) -> Shown:
    return {(): sum(one.copy_of is None for one in facts.articles)}


def stories(facts: Facts) -> Shown:
    return {(): sum(not one.baseline for one in facts.stories)}


def engagements(facts: Facts) -> Shown:
    return {(): len(facts.engagements)}


def countries(facts: Facts) -> Shown:
    return {(): len({country for one in facts.engagements for country in one.countries})}


def articles_by_day(facts: Facts) -> Shown:
    return times((day(one.published or one.first_seen), one.framing) for one in facts.articles if one.framing)


def framing_by_country(facts: Facts) -> Shown:
    return times((country, one.framing) for one in facts.articles if one.framing for country in one.countries)


def frames_by_voice(facts: Facts) -> Shown:
    return times((said.voice, said.frame) for _, said in facts.sentences)


def types_by_country(facts: Facts) -> Shown:
    return times((country, one.type) for one in facts.engagements for country in one.countries)


def status_by_type(facts: Facts) -> Shown:
    way = ("proposed", "pledged", "agreed", "under_way", "delivered")
    return times((one.type, one.status) for one in facts.engagements if one.status in way)


def framing_by_kind(facts: Facts) -> Shown:
    return times((one.source_kind, one.framing) for one in facts.articles if one.source_kind and one.framing)


def languages(facts: Facts) -> Shown:
    return times((one.lang,) for one in facts.articles)


def officers_by_country(facts: Facts) -> Shown:
    largest: dict[Keys, float] = {}
    for one in facts.engagements:
        told = [quantity.n for quantity in facts.reports[one.id].report.quantities if quantity.unit == "officers"]
        if told and max(told) > 0 and one.status not in ("alleged", "denied"):
            for country in one.countries:
                largest[country, one.type] = max(max(told), largest.get((country, one.type), 0))
    return largest


def fetch_outcomes(facts: Facts) -> Shown:
    return times((day(one.at), one.outcome.value) for one in facts.fetches)


def failures_by_source(facts: Facts) -> Shown:
    return times((facts.sources[one.source_id].name, one.outcome.value) for one in facts.fetches if failed(one))


def failed(fetch: Fetch) -> bool:
    """Neither an answer nor the publisher's wish."""
    wished = {FetchOutcome.FETCHED, FetchOutcome.UNCHANGED, FetchOutcome.GONE, FetchOutcome.REFUSED_BY_ROBOTS}
    return fetch.outcome not in wished


PANELS: Mapping[str, Callable[[Facts], Shown]] = {
    "articles": articles,
    "stories": stories,
    "engagements": engagements,
    "countries": countries,
    "articles-by-day": articles_by_day,
    "framing-by-country": framing_by_country,
    "frames-by-voice": frames_by_voice,
    "types-by-country": types_by_country,
    "status-by-type": status_by_type,
    "framing-by-kind": framing_by_kind,
    "languages": languages,
    "officers-by-country": officers_by_country,
    "fetch-outcomes": fetch_outcomes,
    "failures-by-source": failures_by_source,
}
LONG = ("types-by-country", "status-by-type", "officers-by-country")
"""Panels over five years."""


@pytest.mark.parametrize("chart", DEFINITION.dashboard.charts, ids=lambda chart: chart.id)
def test_a_panel_shows_what_the_state_says(chart: Chart, facts: Facts, index: ElasticIndex) -> None:
    shown = rows(chart, index.ask(chart.of, drawing(chart, DEFINITION, facts.now)))
    expected = PANELS[chart.id](facts.years(5) if chart.id in LONG else facts.days(90))
    assert shown
    for position, group in enumerate(chart.by):
        values = {keys[position] for keys in expected}
        assert group.most >= len(values) or "time" in group.field, "the panel leaves values out"
    assert dict(shown) == dict(expected)
    assert len(dict(shown)) == len(shown)


# --- searches
def new_stories_today(facts: Facts) -> set[object]:
    today = facts.now.replace(hour=0, minute=0, second=0, microsecond=0)
    return {one.id for one in facts.stories if one.first_seen >= today and not one.baseline}


def influence_by_country(facts: Facts) -> set[object]:
    return {one.id for one in facts.years(1).articles if one.framing == "influence" and one.countries}


def equipment_and_training(facts: Facts) -> set[object]:
    asked = (one for one in facts.years(5).engagements if one.type in ("equipment", "training"))
    return {one.id for one in asked if one.status not in ("alleged", "denied")}


def silent_sources(facts: Facts) -> set[object]:
    answers = (FetchOutcome.FETCHED, FetchOutcome.UNCHANGED, FetchOutcome.GONE)
    lately = facts.now - timedelta(hours=36)
    heard = {one.source_id for one in facts.fetches if one.outcome in answers and one.at >= lately}
    return {id_ for id_ in facts.sources if id_ not in heard}


def near_misses(facts: Facts) -> set[object]:
    lately = facts.now - timedelta(days=30)
    missed = ((id_, one) for id_, one in facts.screenings.items() if one.reason == "below the line")
    return {id_ for id_, one in missed if one.score >= 0.2 and facts.first_seen[id_] >= lately}


def influence_voices(facts: Facts) -> set[object]:
    return {(one.id, said.voice, said.text) for one, said in facts.days(90).sentences if said.frame == "influence"}


def failing_fetches(facts: Facts) -> set[object]:
    return {(one.url, one.source_id, one.outcome.value, one.at) for one in facts.days(7).fetches if failed(one)}


Document = Mapping[str, Any]


def values(document: Document, name: str) -> list[str]:
    """The values of a field: Elasticsearch makes no difference between one and a list of one."""
    held = document.get(name, [])
    return held if isinstance(held, list) else [held]


def id_of(document: Document) -> object:
    return document["id"]


def sentence(document: Document) -> object:
    return document["article"], *values(document, "voice"), document["body"]


def request(document: Document) -> object:
    at = datetime.fromisoformat(document["shown"]["at"])
    return document["url"], *values(document, "source"), *values(document, "outcome"), at


SEARCHES: Mapping[str, tuple[Callable[[Facts], set[object]], Callable[[Document], object]]] = {
    "new-stories-today": (new_stories_today, id_of),
    "influence-by-country": (influence_by_country, id_of),
    "equipment-and-training": (equipment_and_training, id_of),
    "silent-sources": (silent_sources, id_of),
    "near-misses": (near_misses, id_of),
    "influence-voices": (influence_voices, sentence),
    "failing-fetches": (failing_fetches, request),
}


@pytest.mark.parametrize("search", DEFINITION.searches, ids=lambda search: search.id)
def test_a_search_finds_what_the_state_says(search: Search, facts: Facts, index: ElasticIndex) -> None:
    answer = index.ask(search.of, searching(search, DEFINITION, facts.now))
    expected, known_by = SEARCHES[search.id]
    sources = [hit["_source"] for hit in answer["hits"]["hits"]]
    assert sources
    assert answer["hits"]["total"]["value"] == len(sources)
    assert {known_by(source) for source in sources} == expected(facts)


@pytest.mark.parametrize("search", DEFINITION.searches, ids=lambda search: search.id)
def test_documents_of_its_kind_have_every_column_of_a_search(search: Search, facts: Facts, index: ElasticIndex) -> None:
    for column in search.columns:
        having = index.ask(search.of, {"query": {"exists": {"field": column}}})
        assert having["hits"]["hits"], column


@pytest.mark.parametrize(
    "search", [search for search in DEFINITION.searches if search.by], ids=lambda search: search.id
)
def test_the_chart_of_a_search_divides_what_it_finds(search: Search, facts: Facts, index: ElasticIndex) -> None:
    assert search.by is not None
    answer = index.ask(search.of, searching(search, DEFINITION, facts.now))
    counted: Counter[str] = Counter()
    for hit in answer["hits"]["hits"]:
        counted.update(values(hit["_source"], search.by))
    buckets = [(bucket["key"], bucket["doc_count"]) for bucket in answer["aggregations"]["by"]["buckets"]]
    assert [count for _, count in buckets] == [count for _, count in counted.most_common(BREAKDOWN)] != []
    assert dict(buckets).items() <= counted.items()


def test_the_check_asks_everything(
    facts: Facts, settings: Settings, beatwatch: Beatwatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the real clock, so that only sources, which have no span of time, answer for certain."""
    assert facts
    monkeypatch.setenv("BEATWATCH_ELASTICSEARCH", str(settings.elasticsearch))
    monkeypatch.setenv("BEATWATCH_ELASTICSEARCH_PREFIX", settings.elasticsearch_prefix)
    ended = beatwatch("kibana", "check", "--json")
    assert (ended.status, ended.err) == (0, "")
    told = json.loads(ended.out)
    Draft202012Validator(schema("kibana-check")).validate(told)
    answers = {one["id"]: one["answers"] for one in told["asked"]}
    assert set(answers) == {*PANELS, *SEARCHES}
    assert answers["silent-sources"] > 0
    assert told["empty"] == list(answers.values()).count(0)
    assert "21 questions asked" in beatwatch("kibana", "check").out
