"""A whole run as a person sees it: what two sample days bring, what a third leaves alone, what a kill costs."""

import os
import random
import shutil
import signal
import sqlite3
import time
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from pipeline.wiring import opened_state
from tests.console.conftest import valid
from tests.console.installation import Installation, steady
from training.newsroom import compare

pytestmark = [pytest.mark.server, pytest.mark.model, pytest.mark.timeout(900)]
KILLS = 5


def rows(data: Path) -> dict[str, int]:
    """Rows of each table of the state."""
    with sqlite3.connect(data / "state.db") as state:
        names = [name for (name,) in state.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: state.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}


def test_two_days_bring_stories_follow_ups_a_revision_and_a_vanished_page(sampled: Path) -> None:
    with opened_state(sampled) as state:
        stories = state.stories()
        articles = list(state.articles())
        assert len(stories) >= 25
        assert sum(article.revision > 1 for article in articles) == 1
        assert sum(article.vanished_at is not None for article in articles) == 1
        assert any(article.copy_of for article in articles)
    assert len(Installation(sampled).mails()) == 2


def test_a_mail_has_a_text_an_html_part_and_a_stable_name(sampled: Path) -> None:
    for name, content in Installation(sampled).mails().items():
        mail = message_from_bytes(content, policy=policy.default)
        assert mail["Message-ID"] == f"<{name.removesuffix('.eml')}>"
        assert mail.get_body(("plain",)) is not None
        assert mail.get_body(("html",)) is not None


def test_no_story_is_in_two_mails(sampled: Path) -> None:
    with sqlite3.connect(sampled / "state.db") as state:
        announced = [story for (story,) in state.execute("SELECT story_id FROM announced")]
    assert announced
    assert len(announced) == len(set(announced))


def test_relevance_on_the_newsroom_stays_where_it_was_measured(sampled: Path) -> None:
    """A floor against breakage, well under the figure that `beatwatch evaluate` prints."""
    with opened_state(sampled) as state:
        pages = compare(state)
    relevant = [page for page in pages if page.page.expected.relevant]
    assert sum(page.relevant for page in relevant) / len(relevant) > 0.85
    others = [page for page in pages if not page.page.expected.relevant]
    assert sum(page.relevant for page in others) / len(others) < 0.15


@pytest.fixture(scope="module")
def third(sampled: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    """A copy of the folder in which the newest day was run again, and the table of that run."""
    data = tmp_path_factory.mktemp("third") / "data"
    shutil.copytree(sampled, data)
    return data, valid("run", Installation(data).run("--json"))["counts"]


def test_a_third_run_adds_fetch_rows_alone(sampled: Path, third: tuple[Path, dict[str, int]]) -> None:
    data, counts = third
    before = rows(sampled)
    assert {name for name, count in rows(data).items() if count != before[name]} == {"fetches", "runs"}
    assert Installation(data).mails() == Installation(sampled).mails()
    assert counts["pages asked for"] > 0
    assert not any(counts.get(row) for row in ("new stories", "pages read: new articles", "mails"))


def test_the_table_of_a_run_adds_up(third: tuple[Path, dict[str, int]]) -> None:
    _, counts = third
    for group in ("pages asked for", "pages read", "articles screened", "relevant"):
        parts = sum(count for row, count in counts.items() if row.startswith(f"{group}: "))
        assert counts.get(group, 0) == parts


def test_a_run_killed_five_times_loses_and_doubles_nothing(sampled: Path, tmp_path: Path) -> None:
    place, seed = Installation(tmp_path / "data"), int.from_bytes(os.urandom(4))
    dice = random.Random(seed)
    for _ in range(KILLS):
        run = place.begin_run()
        time.sleep(dice.uniform(1.5, 45))
        run.send_signal(signal.SIGKILL)
        run.wait()
    for _ in (1, 2):
        place.run()
    whole, exported = Installation(sampled), place.exported()
    for what, lines in whole.exported().items():
        assert steady(exported[what].splitlines()) == steady(lines.splitlines()), (seed, what)
    assert place.mails().keys() == whole.mails().keys(), seed
