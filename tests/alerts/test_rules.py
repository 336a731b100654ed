"""Watch rules: what a file may say, and which stories a rule asks for."""

from pathlib import Path

import pytest

from alerts.rules import WatchRule, matches, read_rules
from pipeline.declared import BrokenFiles
from pipeline.records import EngagementReport, Framing, Story
from tests.alerts.fake_state import MIXED, PLEDGE, article, story_of

CONFIG = Path(__file__).parents[2] / "config" / "watch.yml"
STORY = story_of(article())


def test_the_shipped_file_has_the_daily_rule() -> None:
    (daily,) = read_rules(CONFIG)
    assert daily == WatchRule(id="daily", to=("editor@example.org",))
    assert matches(daily, STORY, {}, {})


@pytest.mark.parametrize(
    ("line", "place", "problem"),
    [
        ("    framings: [friendly]", "3: rules[0].framings[0]", "input should be"),
        ("    countries: [Fiji]", "3: rules[0].countries[0]", "not an ISO 3166"),
        ("    countries: [CN]", "3: rules[0].countries[0]", "never among"),
        ("    languages: [EN]", "3: rules[0].languages[0]", "not an ISO 639"),
        ("    types: [training, tea]", "3: rules[0].types[1]", "input should be"),
        ("    min_origins: 0", "3: rules[0].min_origins", "greater than or equal to 1"),
        ("    quiet: sometimes", "3: rules[0].quiet", "valid boolean"),
        ("    quit: true", "3: rules[0].quit", "unknown key"),
        ('    title: "a\\r\\nBcc: x@example.org"', "3: rules[0].title", "one line"),
    ],
)
def test_a_fault_names_file_line_and_field(tmp_path: Path, line: str, place: str, problem: str) -> None:
    file = tmp_path / "watch.yml"
    file.write_text(f"rules:\n  - id: daily\n{line}\n    to: [editor@example.org]\n", encoding="utf-8")
    with pytest.raises(BrokenFiles) as caught:
        read_rules(file)
    (fault,) = caught.value.faults
    assert str(fault).startswith(f"{file}:{place}: ")
    assert problem in str(fault).lower() or problem in str(fault)


@pytest.mark.parametrize("address", ["editor", "a@b c", "a@b\nBcc: c@d", "Ed <a@b.org>", "é@example.org", ""])
def test_an_address_is_plain(tmp_path: Path, address: str) -> None:
    file = tmp_path / "watch.yml"
    file.write_text(f"rules:\n  - id: daily\n    to: [{address!r}]\n", encoding="utf-8")
    with pytest.raises(BrokenFiles):
        read_rules(file)


def test_two_rules_of_one_id(tmp_path: Path) -> None:
    file = tmp_path / "watch.yml"
    file.write_text("rules:\n  - {id: a, to: [a@b.org]}\n  - {id: a, to: [c@d.org]}\n", encoding="utf-8")
    with pytest.raises(BrokenFiles, match="two rules have the id 'a'"):
        read_rules(file)


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({"framings": ("mixed",)}, True),
        ({"framings": ("cooperation", "neutral")}, False),
        ({"countries": ("FJ", "SB")}, True),
        ({"countries": ("FJ",)}, False),
        ({"types": ("training",)}, True),
        ({"types": ("equipment",)}, False),
        ({"languages": ("en",)}, True),
        ({"languages": ("zh",)}, False),
        ({"min_origins": 2}, False),
        ({"framings": ("mixed",), "countries": ("FJ",)}, False),
    ],
)
def test_matching(asked: dict[str, object], answer: bool) -> None:
    rule = WatchRule.model_validate({"id": "r", "to": ("a@b.org",), **asked})
    framings: dict[str, Framing] = {"a1": MIXED}
    reports: dict[str, tuple[EngagementReport, ...]] = {"a1": (PLEDGE,)}
    story: Story = STORY
    assert matches(rule, story, framings, reports) is answer
