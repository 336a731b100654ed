"""The web console: what its pages show, and that a hostile page of the press stays text in it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from starlette.testclient import TestClient

from console.web import web_app
from pipeline.records import Fetch, FetchOutcome, Moment, StageResult
from tests.alerts.fake_state import (
    COOPERATION,
    FRIENDLY,
    MIXED,
    NOW,
    PLEDGE,
    FakeState,
    article,
    newsroom,
    source,
    story_of,
)

SOURCES = {"reef-times": source(), "strait": source("strait", "海峡报 <b>", home="javascript:alert(1)")}


def clock() -> datetime:
    return NOW + timedelta(hours=3)


def browse(state: FakeState) -> TestClient:
    return TestClient(
        web_app(state.port, lambda: SOURCES, clock), base_url="http://127.0.0.1", raise_server_exceptions=False
    )


@pytest.fixture
def state() -> FakeState:
    return newsroom()


@pytest.fixture
def client(state: FakeState) -> Iterator[TestClient]:
    with browse(state) as made:
        yield made


def story_id(state: FakeState) -> str:
    return next(iter(state.kept_stories))


def test_today(client: TestClient, state: FakeState) -> None:
    page = client.get("/").text
    assert "Stories of 6 Oct 2026" in page
    assert f'href="/story/{story_id(state)}"' in page
    assert "China pledges to train 3,000 officers; host: Solomon Islands" in page
    assert 'aria-label="Framing: cooperation 50 %, influence 50 %, neutral 0 %"' in page
    assert "Critics fear for sovereignty." in page
    assert 'href="https://reef-times.example.org/a1" rel="noopener noreferrer nofollow"' in page


def test_today_is_the_newest_day_that_has_stories(state: FakeState) -> None:
    old = article("old", first_seen=NOW - timedelta(days=1), headline="Yesterday's")
    known = article("known", headline="Known before")
    state.tell(story_of(old, id_="S1"), old)
    state.tell(story_of(known, id_="S2", baseline=True), known)
    page = browse(state).get("/").text
    assert "Yesterday" not in page
    assert page.index("1 new") < page.index("Police to train") < page.index("1 known from") < page.index("Known before")


def test_a_quiet_month_still_shows_the_newest_day() -> None:
    state, old = FakeState(), article(first_seen=NOW - timedelta(days=90), published=None)
    state.tell(story_of(old), old)
    assert "Stories of 8 Jul 2026" in browse(state).get("/").text


def test_no_stories_yet() -> None:
    answer = browse(FakeState()).get("/")
    assert (answer.status_code, "No stories yet" in answer.text) == (200, True)


def test_a_story_shows_every_article_with_its_evidence(state: FakeState) -> None:
    first = state.kept_articles["a1"]
    gone = article("a2", copy_of="a1", vanished_at=NOW, agency="AFP", published=Moment(NOW, "feed", "day"))
    state.tell(replace(story_of(first, gone), id=story_id(state)), first, gone)
    state.framings["a2"] = FRIENDLY
    state.kept_revisions["a1"] = [(1, "text-old", NOW - timedelta(days=1)), (2, "text-a1", NOW)]
    page = browse(state).get(f"/story/{story_id(state)}").text
    assert "2 articles" in page
    assert "2 revisions" in page
    assert "first seen 5 Oct 2026, 06:00 UTC" in page
    assert 'Vanished: its address answered "gone" on 6 Oct 2026' in page
    assert 'Reprints <a href="#a1">' in page
    assert "credit: <bdi>AFP</bdi>" in page
    assert "<strong>mixed</strong> (cooperation 0.10, influence 0.20, mixed 0.60, neutral 0.10)" in page
    assert "influence; voice: expert; probability 0.80" in page
    assert "Engagement: training, pledged" in page
    assert re.search(r"<dt>3,000 officers \(to train\)</dt><dd[^>]*>3,000 officers</dd>", page)
    assert re.search(r"<dt>Solomon Islands \(host\)</dt><dd[^>]*>China</dd>", page)


def test_evidence_is_cut_from_the_text_that_was_coded(state: FakeState) -> None:
    state.kept_articles["a1"] = article(text="Rewritten since.", text_id="text-new", revision=2)
    state.results["a1", "engage"] = StageResult("a1", "engage", "1", "text-old", "record")
    page = browse(state).get(f"/story/{story_id(state)}").text
    assert "(text not kept)" in page
    state.texts["text-old"] = ("headline", "China will train 3,000 officers. Critics fear for sovereignty.")
    page = browse(state).get(f"/story/{story_id(state)}").text
    assert re.search(r"<dt>3,000 officers \(to train\)</dt><dd[^>]*>3,000 officers</dd>", page)


def test_a_merged_story_leads_to_the_one_it_became(state: FakeState) -> None:
    state.redirects["OLD"] = story_id(state)
    answer = browse(state).get("/story/OLD", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, f"/story/{story_id(state)}")


def test_a_story_without_articles_is_still_a_page(state: FakeState) -> None:
    state.kept_articles.clear()
    answer = browse(state).get(f"/story/{story_id(state)}")
    assert (answer.status_code, "0 articles" in answer.text) == (200, True)


def test_sources_show_how_they_ended(state: FakeState) -> None:
    state.log = [
        Fetch("u", "reef-times", "feed", NOW - timedelta(days=1), FetchOutcome.FETCHED, 200),
        Fetch("u", "reef-times", "feed", NOW, FetchOutcome.BLOCKED, 403, "403 <Forbidden>"),
        Fetch("u", "reef-times", "page", NOW, FetchOutcome.FETCHED, 200),
    ]
    page = browse(state).get("/sources").text
    assert "<strong>blocked: 403 &lt;Forbidden&gt;</strong> (feed, 6 Oct 2026, 06:00 UTC)" in page
    assert "last answered 5 Oct 2026, 06:00 UTC" in page
    assert "<strong>never asked</strong>" in page
    assert "海峡报 &lt;b&gt;" in page
    assert "javascript:" not in page


@pytest.mark.parametrize("path", ["/nothing", "/story/unknown", "/static/nothing.css", "/story/%3Cscript%3E"])
def test_not_found(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Not found" in answer.text
    assert "script" not in answer.text


def test_a_failing_state_is_a_page_too(state: FakeState) -> None:
    state.fail_on = {"stories"}
    answer = browse(state).get("/")
    assert answer.status_code == 500
    assert "the console's log" in answer.text.replace("&#39;", "'")
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/sources", "/nothing", "/static/beatwatch.css"])
def test_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self';")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"


def test_read_only_and_only_for_this_machine(client: TestClient) -> None:
    assert client.post("/").status_code == 405
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400
    assert client.get("/", headers={"host": "localhost:8321"}).status_code == 200


def test_a_hostile_article_is_only_text(state: FakeState) -> None:
    hostile = '"><script>alert(1)</script><img src=x onerror=alert(1)>\u202e'
    member = article(headline=hostile, url="javascript:alert(1)", agency=hostile, lang='x" onclick="y')
    state.tell(story_of(member, id_=story_id(state)), member)
    state.framings["a1"] = replace(MIXED, sentences=(replace(COOPERATION, text=hostile),))
    state.reports["a1"] = (replace(PLEDGE),)
    state.kept_articles["a1"] = replace(member, text=hostile * 3)
    for path in ("/", f"/story/{story_id(state)}"):
        page = browse(state).get(path).text
        assert "<script" not in page
        assert "<img" not in page
        assert not re.search(r'<[^>]*\son\w+="', page)
        assert "\u202e" not in page
        assert 'href="javascript' not in page


def test_pages_need_neither_script_nor_inline_style(client: TestClient, state: FakeState) -> None:
    for path in ("/", "/sources", f"/story/{story_id(state)}"):
        page = client.get(path).text
        assert not re.search(r"<script|<style|\sstyle=", page)


def test_readable_by_keyboard_and_on_a_phone(client: TestClient) -> None:
    page = client.get("/").text
    assert page.index('class="skip" href="#content"') < page.index("<nav")
    assert '<main id="content" tabindex="-1">' in page
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in page
    assert '<html lang="en">' in page
    sheet = client.get("/static/beatwatch.css")
    assert sheet.headers["content-type"].startswith("text/css")
    assert ":focus-visible" in sheet.text
