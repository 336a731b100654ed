"""Contract of the search index: what is found, in which order, what is written and what is not."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from pipeline.errors import UsageError
from pipeline.ports import SearchIndex
from pipeline.records import SearchDocument

BEIJING = "中國公安部與所羅門群島警察簽署合作協議。"
NADI = "Fiji's police signed an agreement on training with the Ministry of Public Security."
LIMA = "La Policía Nacional del Perú recibió vehículos."


def article(id_: str, text: str = NADI, version: int = 1, vector: Any = None, **fields: Any) -> SearchDocument:
    """An article's document with the fields that matter."""
    values: dict[str, object] = {"headline": f"Headline of {id_}", "text": text, "lang": "en", "source": "fijitimes"}
    values |= {"first_seen": "2026-10-06T06:00:00+00:00"} | fields
    return SearchDocument("article", id_, version, fields=values, vector=vector)


def story(id_: str, **fields: Any) -> SearchDocument:
    """A story's document."""
    values: dict[str, object] = {"headline": f"Story {id_}", "first_published": "2026-03-01T00:00:00+00:00"}
    values |= {"last_published": "2026-03-10T00:00:00+00:00", "first_seen": "2026-03-01T00:00:00+00:00"}
    return SearchDocument("story", id_, 1, fields=values | fields)


def found(index: SearchIndex, query: str, **options: Any) -> list[str]:
    """Ids of the answers, by id where no order is asked for."""
    hits, _ = index.search(query, **({"sort": "id"} | options))
    return [hit.document.id for hit in hits]


@pytest.fixture
def press(index: SearchIndex) -> SearchIndex:
    """An index with three articles in three languages."""
    index.write(
        [
            article("fj", NADI, countries=["FJ"], framing="cooperation", published="2024-03-05T10:00:00+00:00"),
            article("pe", LIMA, lang="es", source="andina", countries=["PE", "BO"], types=["equipment"], story="S1"),
            article("sb", BEIJING, lang="zh", source="xinhua", framing="mixed", published="2024-12-31T23:59:00+00:00"),
        ]
    )
    index.refresh()
    return index


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("公安", ["sb"]),  # inside a sentence
        ("中国 协议", ["sb"]),  # simplified finds traditional
        ("與所羅門", ["sb"]),
        ("安公", []),
        ("policia", ["pe"]),  # accents fold
        ("POLICÍA", ["pe"]),
        ("ＰＯＬＩＣＥ", ["fj"]),  # full width
        ("polic*", ["fj", "pe"]),
        ("公*", ["sb"]),
        ("police training", ["fj"]),  # AND by default
        ('"training with the Ministry"', ["fj"]),
        ('"with training"', []),
        ("training OR vehiculos", ["fj", "pe"]),
        ("headline NOT police", ["pe", "sb"]),
        ("NOT lang:en", ["pe", "sb"]),
        ("lang:zh", ["sb"]),
        ("source:andina OR source:xinhua", ["pe", "sb"]),
        ("country:bo", ["pe"]),
        ("country:(PE BO)", ["pe"]),
        ("country:(PE FJ)", []),
        ("framing:(mixed OR cooperation)", ["fj", "sb"]),
        ("type:equipment story:S1", ["pe"]),
        ("story:s1", []),
        ("published:[2024-01-01 TO 2024-12-31]", ["fj", "sb"]),
        ("published:[2024-01-01 TO 2024-12-31}", ["fj"]),
        ("published:2024-03", ["fj"]),
        ("published:[* TO 2024-03-04]", []),
        ("published:[2024-03-05 TO *] lang:en", ["fj"]),
        ("NOT published:[* TO *]", ["pe"]),  # only first seen
        ("(police OR policia) (training OR vehiculos)", ["fj", "pe"]),
        ("", ["fj", "pe", "sb"]),
        ("*", ["fj", "pe", "sb"]),
        ("l'agreement", []),
    ],
)
def test_what_a_query_finds(press: SearchIndex, query: str, ids: Sequence[str]) -> None:
    assert found(press, query) == ids


def test_filters_narrow_a_query(press: SearchIndex) -> None:
    assert found(press, "polic*", filters={"lang": ["es", "zh"]}) == ["pe"]
    assert found(press, "", filters={"lang": "zh", "framing": "mixed"}) == ["sb"]
    assert found(press, "", filters={"lang": []}) == []
    with pytest.raises(UsageError, match="no such field"):
        found(press, "", filters={"colour": "red"})
    with pytest.raises(UsageError, match="filter framing: it is one of"):
        found(press, "", filters={"framing": "good"})


def test_a_query_that_cannot_be_read_names_the_place(press: SearchIndex) -> None:
    with pytest.raises(UsageError, match="character 8"):
        press.search("police ) training")


def test_highlights_point_into_the_original(press: SearchIndex) -> None:
    (hit,), _ = press.search("公安部 警察")
    assert hit.highlights == ("中國[[公安部]]與所羅門群島[[警察]]簽署合作協議。",)
    (hit,), _ = press.search("policia headline")
    assert hit.highlights == ("[[Headline]] of pe", "La [[Policía]] Nacional del Perú recibió vehículos.")
    (hit,), _ = press.search("lang:zh NOT police")
    assert hit.highlights == ()


def test_a_hit_carries_its_document(press: SearchIndex) -> None:
    (hit,), _ = press.search("country:PE")
    assert hit.document == article(
        "pe", LIMA, lang="es", source="andina", countries=["PE", "BO"], types=["equipment"], story="S1"
    )


def test_a_headline_weighs_more_than_a_text(index: SearchIndex) -> None:
    others = [article(f"other{number}", "Nothing of the kind is written here.") for number in range(9)]
    index.write(
        [article("text", "An academy opened today."), article("title", "It is open.", headline="An academy"), *others]
    )
    index.refresh()
    hits, _ = index.search("academy")
    assert [hit.document.id for hit in hits] == ["title", "text"]
    assert hits[0].score > hits[1].score > 0


def test_explicit_orders(press: SearchIndex) -> None:
    assert found(press, "", sort="time") == ["fj", "sb", "pe"]
    assert found(press, "", sort="-time") == ["pe", "sb", "fj"]
    assert found(press, "", sort="id") == ["fj", "pe", "sb"]


@pytest.mark.parametrize("sort", ["score", "time", "-time", "id"])
def test_pages_join_without_gap_or_repeat(index: SearchIndex, sort: Any) -> None:
    words = ("police", "police police training", "police training")
    days = (f"2026-10-{day:02}T00:00:00+00:00" for day in (1, 2, 2, 3, 3, 3, 4, 5, 6, 7, 7))
    index.write([article(f"a{n:02}", words[n % 3], first_seen=day) for n, day in enumerate(days)])
    index.refresh()
    whole, end = index.search("police", sort=sort, limit=50)
    assert end is None
    assert len(whole) == 11
    pages: list[Any] = []
    cursor = None
    while True:
        hits, cursor = index.search("police", sort=sort, limit=4, after=cursor)
        pages += hits
        if cursor is None:
            break
    assert [hit.document.id for hit in pages] == [hit.document.id for hit in whole]


def test_a_cursor_of_another_search_is_refused(press: SearchIndex) -> None:
    _, cursor = press.search("", sort="time", limit=1)
    assert cursor is not None
    for wrong in (cursor, "nonsense", ""):
        with pytest.raises(UsageError, match="cursor"):
            press.search("", sort="id", after=wrong)


def test_an_older_version_never_wins(index: SearchIndex) -> None:
    index.write([article("a", "newer", 3)])
    index.write([article("a", "older", 2)])
    index.refresh()
    assert found(index, "newer") == ["a"]
    assert found(index, "older") == []
    index.write([article("a", "newest", 4, lang="fr"), article("a", "late", 1)])
    index.refresh()
    assert found(index, "newest lang:fr") == ["a"]
    assert found(index, "newer OR lang:en") == []


def test_a_deleted_document_stays_deleted_until_a_newer_one(press: SearchIndex) -> None:
    press.write([SearchDocument("article", "fj", 5, deleted=True)])
    press.write([article("fj", version=4)])
    press.refresh()
    assert found(press, "") == ["pe", "sb"]
    assert press.count("article") == 2
    press.write([article("fj", version=6)])
    press.refresh()
    assert press.count("article") == 3


def test_kinds_are_apart(press: SearchIndex) -> None:
    press.write(
        [story("S1", countries=["FJ"], framing={"mixed": 2, "neutral": 1}, languages=["en", "zh"], sources=["xinhua"])]
    )
    report: dict[str, object] = {
        "type": "training",
        "status": "pledged",
        "countries": ["FJ"],
        "evidence": "40 officers will be trained",
    }
    press.write([SearchDocument("engagement", "E1", 1, fields=report | {"story": "S1", "lang": "en"})])
    press.refresh()
    assert found(press, "story", kind="story") == ["S1"]
    assert found(press, "framing:neutral lang:zh source:xinhua country:fj story:S1", kind="story") == ["S1"]
    assert found(press, "officers type:training status:pledged", kind="engagement") == ["E1"]
    assert found(press, "officers") == []
    assert [press.count(kind) for kind in ("article", "story", "engagement")] == [3, 1, 1]
    with pytest.raises(UsageError, match="type: is no field of story documents"):
        press.search("police OR NOT type:training", kind="story")
    with pytest.raises(UsageError, match="framing: is no field of engagement documents"):
        press.search("", kind="engagement", filters={"framing": "mixed"})


def test_sentences_near_misses_and_sources_are_found_by_their_fields(index: SearchIndex) -> None:
    seen = {"source": "fijitimes", "lang": "en", "first_seen": "2026-10-06T06:00:00+00:00"}
    said = {
        "evidence": "Critics fear for the courts.",
        "headline": "Police meet",
        "frame": "influence",
        "voice": "expert",
    }
    missed: dict[str, object] = {"headline": "Police chase in Chinatown", "text": "A car was stolen.", "score": 0.31}
    site: dict[str, object] = {
        "source_name": "The Fiji Times",
        "languages": ["en"],
        "last_answer": "2026-10-06T06:00:00+00:00",
    }
    index.write(
        [
            SearchDocument("sentence", "A1", 1, fields={**seen, **said, "countries": ["FJ"]}),
            SearchDocument("sentence", "A2", 1, fields={**seen, **said, "frame": "cooperation", "voice": "reporter"}),
            SearchDocument("dropped", "D1", 1, fields={**seen, **missed}),
            SearchDocument("source", "fijitimes", 1, fields=site),
            SearchDocument("fetch", "F1", 1, fields={"source": "fijitimes", "at": "2026-10-06T06:00:00+00:00"}),
        ]
    )
    index.refresh()
    assert found(index, "courts frame:influence voice:expert country:FJ", kind="sentence") == ["A1"]
    assert found(index, "frame:(influence OR cooperation)", kind="sentence") == ["A1", "A2"]
    assert found(index, "police", kind="sentence") == []  # the headline is shown, the sentence is searched
    assert index.counts("", "voice", kind="sentence") == {"expert": 1, "reporter": 1}
    assert found(index, "chinatown stolen source:fijitimes", kind="dropped") == ["D1"]
    assert found(index, "fiji lang:en", kind="source") == ["fijitimes"]
    assert found(index, "critics") == []


def test_a_story_is_published_from_its_first_article_to_its_last(index: SearchIndex) -> None:
    index.write([story("S1")])
    index.refresh()
    assert found(index, "published:2026-03-05", kind="story") == ["S1"]
    assert found(index, "published:[2026-03-10 TO 2026-04-01]", kind="story") == ["S1"]
    assert found(index, "published:[2026-03-11 TO 2026-04-01]", kind="story") == []


def test_answers_are_counted_by_a_field_or_a_span_of_time(press: SearchIndex) -> None:
    press.write([article("fj2", NADI, countries=["FJ", "SB"], published="2024-03-31T23:00:00+00:00")])
    press.write([SearchDocument("article", "gone", 2, deleted=True), story("S1", countries=["FJ"])])
    press.refresh()
    assert press.counts("", "lang") == {"en": 2, "es": 1, "zh": 1}
    assert press.counts("police", "country") == {"FJ": 2, "SB": 1}
    assert press.counts("", "country", filters={"lang": "es"}) == {"BO": 1, "PE": 1}
    assert press.counts("", "month") == {"2024-03": 2, "2024-12": 1}
    assert press.counts("police published:2024-03-05", "day") == {"2024-03-05": 1}
    assert press.counts("", "year", kind="story") == {"2026": 1}
    assert press.counts("nothing such", "lang") == {}
    with pytest.raises(UsageError, match="weather: article documents cannot be counted by it, but by: lang"):
        press.counts("", "weather")
    with pytest.raises(UsageError, match="type: story documents cannot"):
        press.counts("", "type", kind="story")


def test_nearest_by_cosine(index: SearchIndex) -> None:
    index.write(
        [article("a", vector=(2.0, 0.0)), article("b", vector=(0.6, 0.8)), article("c"), article("d", vector=(1.0,))]
    )
    index.write([SearchDocument("story", "S1", 1, fields={"headline": "x"}, vector=(1.0, 0.0))])
    index.refresh()
    hits = index.nearest([3.0, 0.0])
    assert [(hit.document.id, round(hit.score, 5)) for hit in hits] == [("a", 1.0), ("b", 0.6)]
    assert [hit.document.id for hit in index.nearest([1.0, 0.0], limit=1)] == ["a"]
    assert [hit.document.id for hit in index.nearest([1.0, 0.0], kind="story")] == ["S1"]
    index.write([article("a", version=2, vector=(0.0, 1.0)), SearchDocument("article", "b", 2, deleted=True)])
    index.refresh()
    assert [(hit.document.id, round(hit.score, 5)) for hit in index.nearest([0.0, 1.0])] == [("a", 1.0)]
    assert index.nearest(np.zeros(7).tolist()) == []


def test_an_index_is_built_anew_of_just_what_is_given(press: SearchIndex) -> None:
    press.write([SearchDocument("article", "gone", 9, deleted=True)])
    press.rebuild([[article("gone", version=1)], [article("fj", version=1), story("S9")]])
    assert found(press, "") == ["fj", "gone"]
    assert found(press, "", kind="story") == ["S9"]
    press.write([article("new")])
    press.refresh()
    assert press.count("article") == 3


def test_a_new_index_that_cannot_be_finished_leaves_the_old_one(press: SearchIndex) -> None:
    def broken() -> Iterator[Sequence[SearchDocument]]:
        yield [article("half")]
        raise RuntimeError("the state went away")

    with pytest.raises(RuntimeError, match="went away"):
        press.rebuild(broken())
    assert found(press, "") == ["fj", "pe", "sb"]
    press.rebuild([[article("whole")]])
    assert found(press, "") == ["whole"]
