"""The page files: all valid, enough of them, and the coding beside each agrees with its text."""

from collections import Counter
from pathlib import Path

import pytest

from pipeline.declared import BrokenFiles
from sample.outlets import outlet_ids, read_outlet
from sample.pages import PageFile, read_events, read_pages
from sample.postings import CLOCKS

PAGES = {(outlet, slug): page for outlet in outlet_ids() for slug, page in read_pages(outlet).items()}
EVENTS = read_events()
RELEVANT = {key: page for key, page in PAGES.items() if page.expected.relevant}


def broken(found: dict[str, str]) -> str:
    return "\n".join(f"{name}: {problem}" for name, problem in sorted(found.items()))


def named(key: tuple[str, str]) -> str:
    return "/".join(key)


def test_the_newsroom_is_large_enough() -> None:
    assert len({outlet for outlet, _ in PAGES}) >= 16
    assert len({page.lang.split("-")[0] for page in PAGES.values()}) >= 9
    assert len(PAGES) >= 160
    assert len(EVENTS) >= 23


def test_most_pages_are_not_relevant() -> None:
    assert len(RELEVANT) * 3 <= len(PAGES), f"{len(RELEVANT)} of {len(PAGES)} are relevant"


def test_near_misses_are_there() -> None:
    traps = [page.expected.trap for page in PAGES.values() if page.expected.trap]
    assert len(traps) >= 20
    assert len(set(traps)) >= 10


def test_one_event_is_told_in_six_languages() -> None:
    languages = {page.lang for page in RELEVANT.values() if page.expected.event == "lianyungang-2024"}
    assert len({language.split("-")[0] for language in languages}) >= 6, languages


def test_both_days_have_pages_edits_and_a_vanishing() -> None:
    assert Counter(page.day for page in PAGES.values())[2] >= 10
    assert any(page.edited for page in PAGES.values())
    assert any(page.vanishes for page in PAGES.values())


@pytest.mark.parametrize("outlet", outlet_ids())
def test_every_outlet_has_pages_in_its_language(outlet: str) -> None:
    languages = Counter(page.lang for (name, _), page in PAGES.items() if name == outlet)
    assert languages.most_common(1)[0][0] == read_outlet(outlet).language


def test_expected_sentences_are_in_the_body_letter_by_letter() -> None:
    wrong = {
        named(key): sentence.text
        for key, page in PAGES.items()
        for sentence in page.expected.sentences
        if not any(sentence.text in paragraph for paragraph in page.body)
    }
    assert not wrong, broken(wrong)


def test_every_event_exists() -> None:
    wrong = {
        named(key): str(page.expected.event)
        for key, page in PAGES.items()
        if page.expected.event is not None and page.expected.event not in EVENTS
    }
    assert not wrong, broken(wrong)


def test_every_event_is_told() -> None:
    told = {page.expected.event for page in PAGES.values()}
    assert not EVENTS.keys() - told


def test_countries_are_those_of_the_engagements() -> None:
    wrong = {
        named(key): f"{engagement.countries} not in {page.expected.countries}"
        for key, page in RELEVANT.items()
        for engagement in page.expected.engagements
        if not set(engagement.countries) <= set(page.expected.countries)
    }
    assert not wrong, broken(wrong)


def test_copies_name_a_page_that_is_there_and_is_no_copy() -> None:
    wrong = {}
    for key, page in PAGES.items():
        if page.copy_of is not None:
            outlet, _, slug = page.copy_of.partition("/")
            original = PAGES.get((outlet, slug))
            if original is None or original.copy_of is not None:
                wrong[named(key)] = page.copy_of
    assert not wrong, broken(wrong)


def test_pages_are_published_before_the_day_on_which_they_are_up() -> None:
    wrong = {named(key): str(page.published) for key, page in PAGES.items() if not page.published < CLOCKS[page.day]}
    assert not wrong, broken(wrong)


def test_ordinary_pages_are_new() -> None:
    """An old ordinary page would be left aside by a run that looks a few days back."""
    wrong = {
        named(key): str(page.published)
        for key, page in PAGES.items()
        if not page.expected.relevant and not page.expected.trap and (CLOCKS[page.day] - page.published).days > 3
    }
    assert not wrong, broken(wrong)


PAGE = """\
day: 1
lang: en
headline: Rain
published: 2026-10-03T08:00:00+11:00
body: [It rained.]
expected: {relevant: false}
"""


def read(tmp_path: Path, text: str) -> dict[str, PageFile]:
    folder = tmp_path / "rain-gazette" / "pages"
    folder.mkdir(parents=True)
    (folder / "rain.yml").write_text(text, encoding="utf-8")
    return read_pages("rain-gazette", tmp_path)


def test_edits_show_from_the_second_day(tmp_path: Path) -> None:
    page = read(tmp_path, PAGE + "edited: {body: [It poured.]}\n")["rain"]
    assert page.text_on(1) == ("Rain", ("It rained.",))
    assert page.text_on(2) == ("Rain", ("It poured.",))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("day: 1", "day: 3", ":1: day: "),
        ("headline: Rain", "headlin: Rain", ":1: headline: missing"),
        ("2026-10-03T08:00:00+11:00", "2026-10-03T08:00:00", ":4: published: "),
        ("[It rained.]", "[]", ":5: body: "),
        ("{relevant: false}", "{relevant: true}", ":6: expected: a relevant page has a framing"),
        ("{relevant: false}", "{relevant: false, framing: mixed}", ":6: expected: a page that is not relevant"),
        ("{relevant: false}", "{relevant: true, framing: mixed, countries: [CN]}", ":6: expected: CN is never"),
        ("{relevant: false}", "{relevant: true, framing: good}", ":6: expected.framing: "),
    ],
)
def test_faults_name_file_line_and_field(tmp_path: Path, old: str, new: str, fault: str) -> None:
    with pytest.raises(BrokenFiles) as caught:
        read(tmp_path, PAGE.replace(old, new))
    assert f"rain.yml{fault}" in str(caught.value)
