"""The catalogue: what a source file may say, and how a mistake in it is reported."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawlers.catalogue import (
    CatalogueError,
    ExpectationFile,
    ListPageFile,
    PageRulesFile,
    SourceFile,
    load_catalogue,
)
from pipeline.declared import Declared
from pipeline.errors import UsageError
from pipeline.records import Expectation, ListPage, PageRules

ROOT = Path(__file__).parents[2]
GOOD = """\
name: Solomon Star
home: https://www.solomonstarnews.com/
country: SB
languages: [en]
kind: private
feeds: [https://www.solomonstarnews.com/feed/]
"""


def write(folder: Path, text: str, name: str = "sb/star.yml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def faults(folder: Path) -> list[str]:
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(folder)
    lines = str(caught.value).splitlines()
    assert len(lines) == len(caught.value.faults)
    return [line.removeprefix(f"{folder}/") for line in lines]


def test_smallest_source_has_defaults(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    (source,) = load_catalogue(tmp_path)
    assert (source.id, source.delay, source.timezone, source.verified) == ("star", 5.0, "UTC", False)
    assert source.feeds == ("https://www.solomonstarnews.com/feed/",)
    assert source.baseline_at is None
    assert source.expect == Expectation()


def test_every_key_reaches_the_record(tmp_path: Path) -> None:
    more = """\
owner: Star Ltd
sitemaps: [https://a.sb/sitemap.xml]
lists:
  - {url: https://a.sb/news, links: li a, next: a.next, pages: 2}
spider: suara-kepulauan
timezone: Pacific/Guadalcanal
delay: 2
follow: [pages.a.sb]
baseline_at: 2022-01-01
rules:
  - {headline: h1, body: "div.text > p", remove: [.ad], valid_until: 2024-05-01T10:00:00+11:00}
expect: {items_per_day: 12, dated: 0.9, authored: 0.5}
verified: true
notes: Seen somewhere.
"""
    write(tmp_path, GOOD + more)
    (source,) = load_catalogue(tmp_path)
    assert source.lists == (ListPage("https://a.sb/news", "li a", "a.next", 2),)
    valid_until = datetime(2024, 4, 30, 23, tzinfo=UTC)
    assert source.rules == (PageRules("h1", "div.text > p", remove=(".ad",), valid_until=valid_until),)
    assert source.expect == Expectation(12, 0.9, 0.5)
    assert source.baseline_at == datetime(2022, 1, 1, tzinfo=UTC)
    assert (source.owner, source.spider, source.follow) == ("Star Ltd", "suara-kepulauan", ("pages.a.sb",))
    assert (source.delay, source.timezone, source.verified) == (2.0, "Pacific/Guadalcanal", True)


def test_sources_come_sorted_by_id_and_may_lie_flat(tmp_path: Path) -> None:
    for name in ("b.yml", "sb/a.yml", "c.yml"):
        write(tmp_path, GOOD, name)
    assert [source.id for source in load_catalogue(tmp_path)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("kind: private", "kind: private\nfeed: x", "sb/star.yml:6: feed: unknown key (meant: feeds?)"),
        ("name: Solomon Star\n", "", "sb/star.yml:1: name: missing"),
        ("country: SB", "country: SX1", "sb/star.yml:3: country: not an ISO 3166 alpha-2 country"),
        ("country: SB", "country: ZZ", "sb/star.yml:3: country: not an ISO 3166 alpha-2 country"),
        ("country: SB", "country: EU", "sb/star.yml:3: country: not an ISO 3166 alpha-2 country"),
        ("country: SB", "country: VU", "sb/star.yml: country: the file lies in sb/ but says VU"),
        ("[en]", "[en, qq]", "sb/star.yml:4: languages[1]: unknown language: 'qq'"),
        ("[en]", "[en_US_x_y_z!]", "sb/star.yml:4: languages[0]: not a BCP 47 language"),
        ("[en]", "[]", "sb/star.yml:4: languages: give at least one"),
        ("kind: private", "kind: newspaper", "sb/star.yml:5: kind: "),
        ("kind: private", "kind: private\ndelay: soon", "sb/star.yml:6: delay: "),
        ("kind: private", "kind: private\ndelay: '5'", "sb/star.yml:6: delay: "),
        ("kind: private", "kind: private\ndelay: -1", "sb/star.yml:6: delay: "),
        ("kind: private", "kind: private\nverified: maybe", "sb/star.yml:6: verified: "),
        ("kind: private", "kind: private\ntimezone: Honiara", "sb/star.yml:6: timezone: unknown time zone: 'Honiara'"),
        ("kind: private", "kind: private\ntimezone: Pacific", "sb/star.yml:6: timezone: unknown time zone"),
        ("kind: private", "kind: private\ntimezone: /etc/passwd", "sb/star.yml:6: timezone: unknown time zone"),
        ("kind: private", "kind: private\nspider: nobody", "sb/star.yml:6: spider: no spider of this name"),
        ("kind: private", "kind: private\nfollow: [https://a.sb]", "sb/star.yml:6: follow[0]: not a host name"),
        ("kind: private", "kind: private\nbaseline_at: yesterday", "sb/star.yml:6: baseline_at: not a day or time"),
        ("kind: private", "kind: private\nexpect: {dated: 95}", "sb/star.yml:6: expect.dated: "),
        ("kind: private", "kind: private\nrules:\n- body: p\n- {}", "sb/star.yml:8: rules[1]: an entry must have"),
        ("kind: private", "kind: private\nrules:\n- body: 'div['", "sb/star.yml:7: rules[0].body: not a CSS selector"),
        ("kind: private", "kind: private\nrules:\n- body: 'p:nix'", "sb/star.yml:7: rules[0].body: not a CSS selector"),
        (
            "kind: private",
            "kind: private\nrules:\n- body: 'p::text'",
            "sb/star.yml:7: rules[0].body: select the element",
        ),
        (
            "https://www.solomonstarnews.com/feed/",
            "ftp://a.sb/",
            "sb/star.yml:6: feeds[0]: not an http or https address",
        ),
        ("https://www.solomonstarnews.com/feed/", "a.sb/feed", "sb/star.yml:6: feeds[0]: not an http or https address"),
        (
            "https://www.solomonstarnews.com/feed/",
            "https:///x",
            "sb/star.yml:6: feeds[0]: not an http or https address",
        ),
        (
            "https://www.solomonstarnews.com/feed/",
            "https://me:pw@a.sb/",
            "sb/star.yml:6: feeds[0]: an address must not",
        ),
        ("https://www.solomonstarnews.com/feed/", "http://[::1/", "sb/star.yml"),
        ("feeds: [https://www.solomonstarnews.com/feed/]\n", "", "sb/star.yml:1: no way in"),
        ("kind: private", "kind: private\nkind: public", 'sb/star.yml:6: found duplicate key "kind"'),
        ("languages: [en]", "languages: [en", "sb/star.yml:"),
        ("country: SB", "\tcountry: SB", "sb/star.yml:"),
        (GOOD, "", "sb/star.yml:1: must be a mapping"),
        (GOOD, "- a\n- b\n", "sb/star.yml:1: must be a mapping"),
        ("Star", "St\x07ar", "sb/star.yml: "),
    ],
)
def test_fault_names_file_line_and_key(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in GOOD
    write(tmp_path, GOOD.replace(old, new, 1))
    found = faults(tmp_path)
    assert [line[: len(fault)] for line in found] == [fault]


def test_all_broken_files_are_reported_together(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, GOOD.replace("kind: private", "kind: x\ndelay: y"), "sb/one.yml")
    write(tmp_path, "name: [", "fj/two.yml")
    found = faults(tmp_path)
    assert [line.split(":")[0] for line in found] == ["fj/two.yml", "sb/one.yml", "sb/one.yml"]


def test_an_id_is_taken_once(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, GOOD.replace("SB", "FJ"), "fj/star.yml")
    (fault,) = faults(tmp_path)
    assert fault.startswith("sb/star.yml: id 'star' is already taken by ")
    assert fault.endswith("fj/star.yml")


def test_file_names_are_checked(tmp_path: Path) -> None:
    write(tmp_path, GOOD, "sb/Star_1.yml")
    write(tmp_path, GOOD, "sb/moon.yaml")
    assert [fault.split(": ")[1][:15] for fault in faults(tmp_path)] == ["the file name i", "source files en"]


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "star.yml").write_bytes(GOOD.replace("Solomon", "Solomön").encode("latin-1"))
    (fault,) = faults(tmp_path)
    assert fault.startswith("star.yml: cannot be read: 'utf-8' codec")


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no source file"):
        load_catalogue(tmp_path / "nowhere")


def test_norway_is_a_country_and_not_a_truth_value(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("country: SB", "country: NO").replace("[en]", "[no]"), "no/star.yml")
    (source,) = load_catalogue(tmp_path)
    assert (source.country, source.languages) == ("NO", ("no",))


@pytest.mark.parametrize(
    ("extra", "differs"),
    [
        ("timezone: Pacific/Guadalcanal", True),
        ("rules: [{body: .text}]", True),
        ("delay: 9", False),
        ("notes: Something else.", False),
        ("verified: true", False),
        ("expect: {dated: 0.5}", False),
    ],
)
def test_fingerprint_covers_what_extraction_reads(tmp_path: Path, extra: str, differs: bool) -> None:
    write(tmp_path / "a", GOOD)
    write(tmp_path / "b", f"{GOOD}{extra}\n")
    (before,), (after,) = load_catalogue(tmp_path / "a"), load_catalogue(tmp_path / "b")
    assert re.fullmatch("[0-9a-f]{32}", before.rules_fingerprint)
    assert (before.rules_fingerprint != after.rules_fingerprint) is differs


def test_the_shipped_catalogue_loads() -> None:
    sources = load_catalogue(ROOT / "config" / "sources")
    assert len(sources) >= 30
    assert len({source.country for source in sources}) >= 20
    for source in sources:
        assert not source.verified, source.id
        assert source.notes, source.id
        assert source.delay >= 5, source.id
        assert source.timezone != "UTC", source.id


def test_the_sample_catalogue_matches_the_sample_outlets() -> None:
    sources = load_catalogue(ROOT / "sample" / "sources")
    assert {source.id for source in sources} == {
        path.parent.name for path in (ROOT / "sample" / "outlets").glob("*/outlet.yml")
    }
    for source in sources:
        assert source.home == f"http://{source.id}.newsroom.test/"
        assert source.delay == 0
        assert source.baseline_at == datetime(2022, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("model", [SourceFile, ListPageFile, PageRulesFile, ExpectationFile])
def test_every_key_is_documented(model: type[Declared]) -> None:
    rows = [
        row for row in (ROOT / "docs" / "sources.md").read_text(encoding="utf-8").splitlines() if row.startswith("|")
    ]
    documented = {key for row in rows for key in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert set(model.model_fields) <= documented
