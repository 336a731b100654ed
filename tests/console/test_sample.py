"""Every command over two real runs of the sample newsroom: what people read, and JSON that keeps to its schema."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.console.conftest import CALL, Beatwatch, in_child, valid

pytestmark = [pytest.mark.server, pytest.mark.model, pytest.mark.timeout(1200)]
STORY_ID = re.compile(r"\b01[0-9A-Z]{24}\b")
COPY = "http://pacific-beacon.newsroom.test/news/2022/12/italy-ends-chinese-patrols.html"
BLOCKED = "http://capital-ledger.newsroom.test/premium/bond-desk-autumn-outlook"
ROBOTS = "http://pacific-beacon.newsroom.test/print/ferry-timetable-october?utm_source=rss&utm_medium=feed"


def lines(name: str, text: str) -> list[Any]:
    """JSON lines that keep to their schema."""
    return [valid(name, line) for line in text.splitlines()]


def told(beatwatch: Beatwatch, data: Path, *arguments: object, status: int = 0) -> str:
    """What a command prints, which must end well and say nothing else."""
    answer = beatwatch(*arguments, "--data", data)
    assert (answer.status, answer.err) == (status, "")
    return answer.out


def test_today(beatwatch: Beatwatch, sampled: Path) -> None:
    answer = valid("today", told(beatwatch, sampled, "today", "--json"))
    assert answer["day"] == "2026-10-06"
    assert answer["stories"]
    assert all(story["first_seen"].startswith("2026-10-06") and story["link"] for story in answer["stories"])
    out = told(beatwatch, sampled, "today")
    assert out.startswith(f"6 Oct 2026: {len(answer['stories'])} new stories")
    assert all(story["id"] in out and story["link"] in out for story in answer["stories"])
    assert "voice: " in out


def test_stories_and_one_story(beatwatch: Beatwatch, sampled: Path) -> None:
    answer = valid("stories", told(beatwatch, sampled, "stories", "--json", "--limit", 1000))
    assert answer["total"] == len(answer["stories"]) > 30
    out = told(beatwatch, sampled, "stories", "--limit", 1000)
    assert sorted(STORY_ID.findall(out)) == sorted(story["id"] for story in answer["stories"])
    biggest = max(answer["stories"], key=lambda story: story["origins"] + story["copies"])
    whole = valid("story", told(beatwatch, sampled, "story", biggest["id"], "--json"))
    assert whole["story"] == biggest
    assert len(whole["articles"]) == biggest["origins"] + biggest["copies"]
    shown = told(beatwatch, sampled, "story", biggest["id"])
    assert all(article["link"] in shown for article in whole["articles"])


def test_evidence_is_in_the_story(beatwatch: Beatwatch, sampled: Path) -> None:
    ledger = valid("ledger", told(beatwatch, sampled, "ledger", "--type", "training", "--json"))
    row = next(row for row in ledger["rows"] if row["quantities"])
    whole = valid("story", told(beatwatch, sampled, "story", row["story"], "--json"))
    words = {report["words"] for article in whole["articles"] for report in article["engagements"]}
    assert row["evidence"]["words"] in words
    assert "coded by machine" in told(beatwatch, sampled, "ledger", "--country", "SB")


def test_search(beatwatch: Beatwatch, sampled: Path) -> None:
    for kind in ("article", "story", "engagement", "sentence", "dropped"):
        found = valid("search", told(beatwatch, sampled, "search", "*", "--kind", kind, "--limit", 3, "--json"))
        again = ("search", "*", "--kind", kind, "--limit", 3, "--after", found["next"], "--json")
        following = valid("search", told(beatwatch, sampled, *again))
        assert not {hit["id"] for hit in found["hits"]} & {hit["id"] for hit in following["hits"]}
    out = told(beatwatch, sampled, "search", "连云港 公安", "--sort", "-time")
    assert "[[连云港]]" in out
    assert re.search(r"^\d+ answers?", out.splitlines()[-1])


@pytest.mark.parametrize(
    ("url", "fate"),
    [(COPY, "copy"), (BLOCKED, "failed"), (ROBOTS, "refused_by_robots"), ("http://a.test/", "never_seen")],
)
def test_trace(beatwatch: Beatwatch, sampled: Path, url: str, fate: str) -> None:
    answer = valid("trace", told(beatwatch, sampled, "trace", url, "--json"))
    assert answer["fate"] == fate
    assert bool(answer["fetches"]) == (fate != "never_seen")
    assert answer["words"] in told(beatwatch, sampled, "trace", url)


@pytest.mark.parametrize("kind", ["stories", "articles", "engagements"])
def test_export(beatwatch: Beatwatch, sampled: Path, tmp_path: Path, kind: str) -> None:
    found = lines(f"export-{kind}-line", told(beatwatch, sampled, "export", kind, "--format", "jsonl"))
    assert [row["id"] for row in found] == sorted({row["id"] for row in found})
    table = list(csv.DictReader(io.StringIO(told(beatwatch, sampled, "export", kind))))
    assert [row["id"] for row in table] == [row["id"] for row in found]
    assert list(table[0]) == list(found[0])
    assert not any(re.match(r"\s*[=+\-@]", value) for row in table for value in row.values())
    out = tmp_path / "out.jsonl"
    done = valid("export", told(beatwatch, sampled, "export", kind, "--format", "jsonl", "--out", out, "--json"))
    assert done["exported"] == len(found) == len(out.read_text(encoding="utf-8").splitlines())


def test_alerts_log(beatwatch: Beatwatch, sampled: Path) -> None:
    messages = valid("alerts-log", told(beatwatch, sampled, "alerts", "log", "--json"))["messages"]
    assert [message["status"] for message in messages] == ["written", "written"]
    assert all(Path(message["file"]).exists() for message in messages)
    assert "new stories" in told(beatwatch, sampled, "alerts", "log")


def test_sources(beatwatch: Beatwatch, sampled: Path) -> None:
    sources = valid("sources-list", told(beatwatch, sampled, "sources", "list", "--json"))["sources"]
    assert len(sources) == 19
    assert all(source["last_outcome"] for source in sources)
    assert "suara-kepulauan" in told(beatwatch, sampled, "sources", "list")


def test_sources_check(beatwatch: Beatwatch, tmp_path: Path) -> None:
    """Day 1 of the broken herald has a feed that cannot be read; the others answer."""
    answer = valid("sources-check", told(beatwatch, tmp_path, "sources", "check", "--json", status=1))
    assert [source["id"] for source in answer["sources"] if not source["ok"]] == ["broken-herald"]
    assert all(way["kind"] != "page" for source in answer["sources"] for way in source["ways"])


def test_sources_check_of_a_few(beatwatch: Beatwatch, sampled: Path) -> None:
    """With both days run the newsroom is as on day 2."""
    out = told(beatwatch, sampled, "sources", "check", "broken-herald", "radio-del-istmo", "suara-kepulauan")
    assert re.search(r"^ok +suara-kepulauan: \d+ items found$", out, re.M)
    assert "3 sources asked, 0 failed" in out


def test_doctor(sampled: Path) -> None:
    ended = in_child("doctor", "--data", sampled, "--json")
    answer = valid("doctor", ended.stdout)
    assert ended.returncode == 0, answer
    assert {check["name"] for check in answer["checks"]} >= {"embedding model", "fitted heads", "clock", "free disk"}


def test_evaluate(sampled: Path) -> None:
    ended = in_child("evaluate", "--set", "newsroom", "--data", sampled, "--json")
    assert ended.returncode == 0, ended.stderr
    assert valid("evaluate", ended.stdout)["set"] == "newsroom"


@contextmanager
def serving(*arguments: object) -> Iterator[str]:
    """The first line of a command that serves until it is interrupted."""
    child = subprocess.Popen([sys.executable, "-c", CALL, *map(str, arguments)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        yield child.stdout.readline()
        child.send_signal(signal.SIGINT)
        assert child.wait(20) == 0
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def test_console(sampled: Path) -> None:
    with serving("console", "--port", 0, "--data", sampled, "--json") as line:
        url = valid("console", line)["url"]
        with urllib.request.urlopen(url) as answer:
            assert b"Stories of 6 Oct 2026" in answer.read()
    with serving("console", "--port", 0, "--data", sampled) as line:
        assert re.match(r"http://127\.0\.0\.1:\d+/ shows .* \(Ctrl-C ends\)$", line)


def test_a_taken_port(beatwatch: Beatwatch, sampled: Path) -> None:
    with serving("console", "--port", 0, "--data", sampled, "--json") as line:
        port = json.loads(line)["url"].rpartition(":")[2].strip("/")
        answer = beatwatch("console", "--port", port, "--data", sampled)
    assert (answer.status, answer.out, answer.err.count("\n")) == (2, "", 1)


def test_code_extract_and_cluster(tmp_path: Path) -> None:
    """Their lines, over texts and a page of our own."""
    texts = [("a", "China's police will train 3,000 foreign officers, the minister said."), ("b", "Rain is expected.")]
    given = tmp_path / "in.jsonl"
    records = [{"id": id_, "text": text, "headline": text, "time": "2026-10-05T06:00:00Z"} for id_, text in texts]
    given.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    (tmp_path / "page.html").write_text("<html lang=en><h1>Rain</h1><p>Rain is expected in the capital.</p></html>")
    for name, source, key in (
        ("code", given, "coded"),
        ("cluster", given, "clustered"),
        ("extract", tmp_path, "extracted"),
    ):
        out = tmp_path / f"{name}.out"
        ended = in_child(name, source, out, "--json")
        assert ended.returncode == 0, ended.stderr
        assert valid(name, ended.stdout)[key] == len(lines(f"{name}-line", out.read_text(encoding="utf-8")))


def test_a_reader_that_goes_away(sampled: Path) -> None:
    """`beatwatch export ... | head -1` ends without a traceback."""
    command = f"'{sys.executable}' -c '{CALL}' export articles --all --data '{sampled}' | head -1"
    ended = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True, env={**os.environ})
    assert ended.stderr == ""
