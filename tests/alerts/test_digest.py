"""What a digest says of a story, and how it is named."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from alerts.coverage import read_coverage
from alerts.digest import digest_id, make_digest, unannounced
from alerts.facts import RunFacts, facts_of_run
from alerts.items import framing_bar, make_item
from alerts.rules import WatchRule
from alerts.wording import moment_words, one_line, web_link
from pipeline.records import EngagementReport, Fetch, FetchOutcome, Framing, Moment, Quantity, Screening
from tests.alerts.fake_state import (
    COOPERATION,
    FRIENDLY,
    MIXED,
    NOW,
    PLEDGE,
    SOURCES,
    FakeState,
    article,
    newsroom,
    source,
    story_of,
)

DAILY = WatchRule(id="daily", to=("editor@example.org",))


def test_an_item_shows_what_is_coded() -> None:
    state = newsroom()
    item = make_item(read_coverage(state.port, next(iter(state.kept_stories.values()))), SOURCES)
    assert item.gloss == "China pledges to train 3,000 officers; host: Solomon Islands"
    assert item.bar.percent == (50, 50, 0)
    assert (item.countries, item.languages) == (("Solomon Islands",), ("English",))
    assert item.sources == (("Reef Times", "https://reef-times.example.org/a1"),)
    assert [line.words for line in item.engagements] == [
        "training, pledged: 3,000 officers to train (1 text); Solomon Islands"
    ]
    assert [(quote.frame, quote.voice) for quote in item.quotes] == [
        ("cooperation", "prc_official"),
        ("influence", "expert"),
    ]
    assert item.contested


def test_copies_are_counted_but_neither_framed_nor_quoted_again() -> None:
    state, first = FakeState(), article()
    copies = [article(f"c{i}", copy_of="a1", source_id=f"paper-{i}") for i in range(5)]
    story = state.tell(story_of(first, *copies), first, *copies)
    other = article("b1", headline="Another view")
    state.tell(replace(story, article_ids=(*story.article_ids, "b1"), origins=2), other)
    state.framings = {"a1": MIXED, "b1": FRIENDLY, **{copy.id: MIXED for copy in copies}}
    state.reports = {a.id: (PLEDGE,) for a in (first, *copies)}
    item = make_item(read_coverage(state.port, state.kept_stories[story.id]), SOURCES)
    assert (item.origins, item.copies) == (2, 5)
    assert item.frames == (("cooperation", 1), ("mixed", 1))
    assert item.bar.percent == (75, 25, 0)
    assert len(item.quotes) == 2
    assert item.engagements[0].origins == 1


def test_conflicting_numbers_stand_side_by_side() -> None:
    state, first, second = FakeState(), article(), article("a2", headline="Two thousand")
    story = state.tell(story_of(first, second), first, second)
    fewer = replace(PLEDGE, quantities=(Quantity(2000, "officers", "to_train", "about", 0, 1, "next 12 months"),))
    state.reports = {"a1": (PLEDGE,), "a2": (fewer,)}
    (line,) = make_item(read_coverage(state.port, story), SOURCES).engagements
    numbers = "3,000 officers to train (1 text) / about 2,000 officers to train (next 12 months) (1 text)"
    assert line.words == f"training, pledged: {numbers}; Solomon Islands"


def test_first_seen_is_never_called_published() -> None:
    state, undated = FakeState(), article(published=None)
    item = make_item(read_coverage(state.port, state.tell(story_of(undated), undated)), SOURCES)
    assert moment_words(item.first) == "not dated, first seen 6 Oct 2026, 06:00 UTC"
    day = Moment(datetime(2026, 10, 5, tzinfo=UTC), "address", "day")
    assert moment_words(day) == "5 Oct 2026, by its address"


def test_evidence_of_acts_against_persons_stays_out() -> None:
    state = newsroom()
    act = EngagementReport("repression_act", "alleged", 33, 62, (), (), ())
    state.reports["a1"] = (PLEDGE, act)
    item = make_item(read_coverage(state.port, next(iter(state.kept_stories.values()))), SOURCES)
    assert [quote.frame for quote in item.quotes] == ["cooperation"]


def test_quotes_prefer_frames_and_voices_not_heard_yet() -> None:
    state = newsroom()
    again = [replace(COOPERATION, text=f"Again {i}.", probability=0.99) for i in range(3)]
    heard = replace(COOPERATION, text="Thanks.", voice="host_official", probability=0.6)
    state.framings["a1"] = replace(MIXED, sentences=(*again, *MIXED.sentences, heard))
    item = make_item(read_coverage(state.port, next(iter(state.kept_stories.values()))), SOURCES)
    assert [quote.text for quote in item.quotes] == ["Again 0.", "Critics fear for sovereignty.", "Thanks."]


def test_the_bar_adds_up() -> None:
    uncertain = Framing("uncertain", {}, {}, ())
    assert framing_bar([]).percent == (0, 0, 0)
    assert framing_bar([uncertain]).percent == (0, 0, 0)
    third = framing_bar([FRIENDLY, Framing("influence", {}, {}, ()), Framing("neutral", {}, {}, ()), uncertain])
    assert (sum(third.percent), third.undecided) == (100, 1)
    lopsided = Framing("mixed", {}, {"cooperation": 0.2, "influence": 0.6}, ())
    assert framing_bar([lopsided]).percent == (25, 75, 0)


def test_ids() -> None:
    day, next_day = date(2026, 10, 6), date(2026, 10, 7)
    assert digest_id("daily", day, ["b", "a"]) == digest_id("daily", next_day, ["a", "b"])
    assert digest_id("daily", day, ()) != digest_id("daily", next_day, ())
    assert digest_id("daily", day, (), "disk full") != digest_id("daily", day, (), "no model")
    different = {
        digest_id("daily", day, ["a"]),
        digest_id("other", day, ["a"]),
        digest_id("daily", day, ["ab"]),
        digest_id("daily", day, ()),
        digest_id("daily", day, (), ""),
    }
    assert len(different) == 5


def test_neither_baseline_nor_announced_nor_empty_stories_are_news() -> None:
    state, members = FakeState(), [article(f"a{i}") for i in range(3)]
    kept = [
        state.tell(story_of(members[0], id_="S1", baseline=True), members[0]),
        state.tell(story_of(members[1], id_="S2"), members[1]),
        state.tell(story_of(members[2], id_="S3"), members[2]),
        state.tell(story_of(article("lost"), id_="S4")),
    ]
    news = unannounced(DAILY, {"S2"}, [read_coverage(state.port, story) for story in kept])
    assert [coverage.story.id for coverage in news] == ["S3"]


def test_subjects() -> None:
    state, facts = newsroom(), RunFacts(NOW, asked=19, silent=(("A", "x"), ("B", "y")))
    news = [read_coverage(state.port, story) for story in state.stories()]
    pacific = DAILY.model_copy(update={"title": "Pacific"})
    assert make_digest(DAILY, news, facts, SOURCES).subject == (
        "beatwatch: 1 new story, 6 Oct 2026 (1 mixed or influence)"
    )
    assert make_digest(pacific, (), facts, SOURCES).subject == (
        "beatwatch, Pacific: nothing new, 6 Oct 2026 (17 of 19 sources answered)"
    )
    failed = make_digest(DAILY, news, replace(facts, failure="disk full"), SOURCES)
    assert (failed.subject, failed.items) == ("beatwatch: run failed, 6 Oct 2026", ())


def test_sources_that_did_not_answer_are_named_with_why() -> None:
    sources = {id_: source(id_, id_.title()) for id_ in ("alpha", "beta", "gamma", "delta")}
    rows = [
        Fetch("u", "alpha", "feed", NOW, FetchOutcome.UNCHANGED),
        Fetch("u", "beta", "feed", NOW, FetchOutcome.FAILED, 502, "502 Bad\r\nGateway"),
        Fetch("u", "beta", "page", NOW + timedelta(seconds=5), FetchOutcome.FETCHED, 200),
        Fetch("u", "gamma", "page", NOW, FetchOutcome.FETCHED, 200),
        Fetch("u", "elsewhere", "page", NOW, FetchOutcome.FAILED),
    ]
    facts = facts_of_run(NOW, sources, rows, {"fetched": 2})
    assert (facts.answered, facts.asked) == (2, 4)
    assert facts.silent == (("Beta", "failed: 502 Bad Gateway"), ("Delta", "not asked"))


def test_foreign_words_become_one_clean_line() -> None:
    assert one_line("a\r\nBcc: x\u2028b\x00c\u202egpj.exe\u2066") == "a Bcc: x bcgpj.exe"
    assert one_line("x" * 5000) == "x" * 299 + "…"
    assert one_line("lone \ud800 surrogate") == "lone ? surrogate"
    assert one_line("می\u200cخواهم") == "می\u200cخواهم"


def test_only_web_addresses_are_links() -> None:
    good = "https://example.org/a?b=%20#c"
    assert web_link(good) == good
    bad = ["javascript:alert(1)", "data:text/html,x", "//example.org", "https://", "http://a@b.org/", "https://a b/",
           "https://example.org/\u202ex", "http://[::1", "https://example.org/\n"]  # fmt: skip
    assert [url for url in bad if web_link(url)] == []


@pytest.mark.parametrize(("score", "announced"), [(0.79, 0), (0.8, 1)])
def test_a_story_that_is_not_sure_to_be_on_the_beat_is_not_announced(score: float, announced: int) -> None:
    state = newsroom()
    state.screenings = dict.fromkeys(state.kept_articles, Screening(True, score, "head"))
    coverages = [read_coverage(state.port, story) for story in state.stories()]
    assert len(unannounced(DAILY, set(), coverages[:1])) == announced
