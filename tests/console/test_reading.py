"""The commands that read a data folder, over a small one: what people see, and that foreign words stay words."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.console.conftest import OTHER, STORY, Beatwatch

URL = "http://fijitimes.press.test/news/{}"


def test_today_shows_the_day_of_the_newest_run(beatwatch: Beatwatch, small: Path) -> None:
    answer = beatwatch("today", "--data", small)
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.startswith("6 Oct 2026: 1 new story\n")
    assert "Day two" in answer.out
    assert "influence 100 %; Solomon Islands; 1 text, 0 copies; es" in answer.out
    assert "“Office” (cooperation; voice: expert; Fijitimes)" in answer.out
    assert URL.format(3) in answer.out


def test_nothing_fancy_where_stdout_is_no_terminal(beatwatch: Beatwatch, small: Path) -> None:
    for command in (["today"], ["stories"], ["story", STORY], ["ledger"], ["alerts", "log"]):
        out = beatwatch(*command, "--data", small).out
        assert "\x1b" not in out
        assert "│" not in out
        assert max(map(len, out.splitlines())) > 80 or command == ["today"]  # whole lines, not wrapped at 80


def test_markup_and_escapes_of_a_headline_are_words(beatwatch: Beatwatch, small: Path) -> None:
    assert '=HYPERLINK("http://evil.test")[31m [red]警务[/red]' in beatwatch("stories", "--data", small).out


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ([], [OTHER, STORY]),
        (["--since", "1h"], [OTHER]),
        (["--since", "1d"], [OTHER, STORY]),
        (["--country", "sb"], [OTHER]),
        (["--framing", "mixed"], [STORY]),
        (["--lang", "es"], [OTHER]),
        (["--lang", "de"], []),
        (["--limit", "1"], [OTHER]),
    ],
)
def test_stories(beatwatch: Beatwatch, small: Path, asked: list[str], found: list[str]) -> None:
    answer = json.loads(beatwatch("stories", *asked, "--data", small, "--json").out)
    assert [story["id"] for story in answer["stories"]] == found
    assert answer["total"] == (2 if asked == ["--limit", "1"] else len(found))


def test_a_story_with_its_evidence(beatwatch: Beatwatch, small: Path) -> None:
    out = beatwatch("story", STORY, "--data", small).out
    assert "vanished: its address answered “gone” on 6 Oct 2026, 06:00 UTC" in out
    assert "framing: mixed (mixed 0.80)" in out
    assert "engagement: training, pledged: “Officers of part 1 were traine”" in out
    assert "Fiji (host): “Officers”" in out
    assert "Interpol (third party): “of”" in out
    assert "at least 3,000 officers (to train): “Officers”" in out


@pytest.mark.parametrize("prefix", [STORY, STORY.lower(), STORY[:11]])
def test_a_story_by_a_prefix(beatwatch: Beatwatch, small: Path, prefix: str) -> None:
    assert json.loads(beatwatch("story", prefix, "--data", small, "--json").out)["story"]["id"] == STORY


@pytest.mark.parametrize(
    ("asked", "types"),
    [
        ([], ["visit", "training"]),
        (["--country", "FJ"], ["training"]),
        (["--type", "visit"], ["visit"]),
        (["--status", "denied"], []),
        (["--since", "1h"], ["visit"]),
    ],
)
def test_ledger(beatwatch: Beatwatch, small: Path, asked: list[str], types: list[str]) -> None:
    rows = json.loads(beatwatch("ledger", *asked, "--data", small, "--json").out)["rows"]
    assert [row["type"] for row in rows] == types
    assert {row["coded_by"] for row in rows} <= {"machine"}


def test_a_row_of_the_ledger(beatwatch: Beatwatch, small: Path) -> None:
    out = beatwatch("ledger", "--type", "training", "--data", small).out
    assert "coded by machine" in out
    assert "at least 3,000 officers (to train)" in out
    assert "Officers of part 1 were traine" in out
    assert URL.format(1) in out


@pytest.mark.parametrize(
    ("url", "fate", "words"),
    [
        (URL.format(99), "never_seen", "never seen"),
        ("http://fijitimes.press.test/private", "refused_by_robots", "never read: refused by robots"),
        (URL.format(4), "dropped", "dropped by the screen: terms (score 0.10)"),
        (URL.format(1) + "#top", "relevant", f"relevant (score 0.90), in story {STORY}"),
        (URL.format(2), "copy", f"merged as a copy of {URL.format(1)}, in story {STORY}; vanished on 6 Oct 2026"),
        ("not an address", "never_seen", "never seen"),
    ],
)
def test_trace(beatwatch: Beatwatch, small: Path, url: str, fate: str, words: str) -> None:
    answer = json.loads(beatwatch("trace", url, "--data", small, "--json").out)
    assert answer["fate"] == fate
    assert words in answer["words"]
    assert words in beatwatch("trace", url, "--data", small).out


def test_alerts_log(beatwatch: Beatwatch, small: Path) -> None:
    messages = json.loads(beatwatch("alerts", "log", "--data", small, "--json").out)["messages"]
    assert [(m["id"], m["status"], m["attempts"]) for m in messages] == [("m2", "error", 1), ("m1", "sent", 0)]
    assert "550 no such user" in beatwatch("alerts", "log", "--data", small).out


def test_csv_holds_no_formula_and_no_evidence(beatwatch: Beatwatch, small: Path) -> None:
    out = beatwatch("export", "stories", "--data", small).out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["id"] for row in rows] == [STORY, OTHER]
    assert rows[0]["headline"].startswith("'=HYPERLINK")
    engagements = beatwatch("export", "engagements", "--data", small).out
    assert "at least 3,000 officers (to train), next year" in engagements
    assert "were traine" not in engagements


def test_relevant_articles_or_all(beatwatch: Beatwatch, small: Path) -> None:
    def urls(*more: str) -> list[str]:
        out = beatwatch("export", "articles", "--format", "jsonl", "--data", small, *more).out
        found = [json.loads(line) for line in out.splitlines()]
        assert [row["id"] for row in found] == sorted(row["id"] for row in found)
        return sorted(row["url"] for row in found)

    assert urls() == [URL.format(n) for n in (1, 2, 3)]
    assert urls("--all") == [URL.format(n) for n in (1, 2, 3, 4)]


def test_an_export_appears_whole_or_not_at_all(beatwatch: Beatwatch, small: Path, tmp_path: Path) -> None:
    out = tmp_path / "stories.csv"
    answer = beatwatch("export", "stories", "--out", out, "--data", small, "--json")
    assert json.loads(answer.out) == {"kind": "stories", "format": "csv", "exported": 2, "out": str(out)}
    assert out.read_bytes().count(b"\n") == 3
    assert [path.name for path in tmp_path.iterdir()] == ["stories.csv"]


def test_two_exports_are_alike(beatwatch: Beatwatch, small: Path) -> None:
    for kind in ("stories", "articles", "engagements"):
        assert beatwatch("export", kind, "--data", small).out == beatwatch("export", kind, "--data", small).out
