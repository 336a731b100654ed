"""Who takes part without standing in the act's own sentence, who only comments, and what one telling is worth."""

from collections.abc import Callable

import pytest

from pipeline.engage import engage
from pipeline.knowledge import load_gazetteer, load_lexicon
from pipeline.records import EngagementReport
from pipeline.sentences import split
from tests.pipeline.timing import LINEAR, growth

Reports = Callable[..., tuple[EngagementReport, ...]]


@pytest.fixture(scope="module")
def reports() -> Reports:
    lexicon, gazetteer = load_lexicon(), load_gazetteer()

    def read(text: str, lang: str = "en", headline: str = "") -> tuple[EngagementReport, ...]:
        return engage(headline, split(text, lang), lang, lexicon, gazetteer)

    return read


def roles(found: tuple[EngagementReport, ...], type_: str) -> dict[str, str]:
    return {party.country: party.role for report in found if report.type == type_ for party in report.parties}


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The police forum opened in China on Monday. Ministers from Fiji and Tonga addressed the delegates."),
        ("en", "The police forum opened in China on Monday. On the sidelines the host met Fiji and Tonga."),
        ("zh", "警务论坛周一在中国开幕。斐济和汤加的代表出席。"),
        ("es", "El foro policial se inauguró el lunes en China. Asisten Fiyi y Tonga."),
        ("fr", "Le forum policier s'est ouvert lundi en Chine. Les Fidji et les Tonga y participent."),
        ("id", "Forum kepolisian dibuka di Tiongkok pada Senin. Fiji dan Tonga hadir."),
    ],
)
def test_countries_that_attend_by_another_sentence_take_part_in_the_forum(
    reports: Reports, lang: str, text: str
) -> None:
    assert roles(reports(text, lang), "forum") == {"FJ": "attending", "TO": "attending"}


def test_organisations_that_attend_are_third_parties(reports: Reports) -> None:
    text = "The police forum opened in China on Monday. Officials from Fiji and Interpol attended."
    (forum,) = [report for report in reports(text) if report.type == "forum"]
    assert [third.name for third in forum.third_parties] == ["Interpol"]


def test_a_country_without_a_word_of_attending_is_background(reports: Reports) -> None:
    text = "The police forum opened in China on Monday. Officials from Fiji attended. Rice is dear in Tonga."
    assert roles(reports(text), "forum") == {"FJ": "attending"}


def test_an_act_of_its_own_keeps_its_country(reports: Reports) -> None:
    text = "The police forum opened in China on Monday. Officials from Fiji attended. China trained 20 officers from Tonga."
    assert "TO" not in roles(reports(text), "forum")


@pytest.mark.parametrize(
    "words",
    [
        "Australia's foreign minister voiced concern about the deal.",
        "Australia's prime minister urged transparency.",
        "The Australian minister warned that his police would not help.",
    ],
)
def test_officials_of_another_country_who_object_protest(reports: Reports, words: str) -> None:
    found = reports(f"China signed a police agreement with Tonga. {words}")
    assert roles(found, "agreement") == {"TO": "host", "AU": "protesting"}


def test_the_host_that_objects_stays_the_host(reports: Reports) -> None:
    text = "China signed a police agreement with Tonga. Tonga's opposition minister voiced concern."
    assert roles(reports(text), "agreement") == {"TO": "host"}


@pytest.mark.parametrize("words", ["an Australian analyst said", "said an Australian security analyst"])
def test_the_country_of_an_expert_is_no_party(reports: Reports, words: str) -> None:
    text = f"China's police agreement with Tonga is signed to last, {words}."
    assert roles(reports(text), "agreement") == {"TO": "host"}


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "Kenya deported 20 suspects to China via Ethiopia."),
        ("es", "Kenia deportó a China a 20 sospechosos vía Etiopía."),
    ],
)
def test_a_country_that_is_passed_through_is_transit(reports: Reports, lang: str, text: str) -> None:
    assert roles(reports(text, lang), "extradition_or_repatriation") == {"KE": "host", "ET": "transit"}


def test_a_forum_that_is_on_is_not_also_promised(reports: Reports) -> None:
    text = "The police forum opened in China on Monday. The police forum will close on Thursday."
    assert {report.status for report in reports(text) if report.type == "forum"} == {"under_way"}


def test_the_next_forum_is_another_one(reports: Reports) -> None:
    text = "The police forum in China closed on Monday. The next forum of the police will be held in Fuzhou."
    assert {report.status for report in reports(text) if report.type == "forum"} == {"delivered", "pledged"}


def test_a_headline_tells_an_act_that_the_body_bears_out(reports: Reports) -> None:
    headline = "Closure of Chinese police station in Rotterdam"
    assert "countermeasure" in {
        r.type for r in reports("China's consul has until Friday. A search was made.", "en", headline)
    }
    assert "countermeasure" not in {r.type for r in reports("China's consul has until Friday.", "en", headline)}


# --- statuses and counts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("The agreement between China and Tonga provides for joint patrols.", "agreed"),
        ("China and Tonga began joint patrols on Monday.", "under_way"),
    ],
)
def test_what_an_agreement_holds_is_agreed(reports: Reports, text: str, status: str) -> None:
    assert {report.status for report in reports(text) if report.type == "joint_patrol"} == {status}


@pytest.mark.parametrize(
    "words", ["resolved on Friday to suspend the police agreement", "suspended the police agreement"]
)
def test_an_agreement_that_is_halted_is_not_agreed(reports: Reports, words: str) -> None:
    assert {r.status for r in reports(f"Tonga {words} with China.") if r.type == "agreement"} == {"suspended"}


def counts(found: tuple[EngagementReport, ...]) -> set[tuple[float, str, str]]:
    return {(q.n, q.unit, q.role) for report in found for q in report.quantities}


def test_parts_share_the_noun_of_their_whole(reports: Reports) -> None:
    text = "Kenya deported 77 suspects to China. Of these, 45 were wanted for fraud."
    assert counts(reports(text)) == {(77, "persons", "repatriated"), (45, "persons", "repatriated")}


def test_trainees_are_police_where_police_were_counted(reports: Reports) -> None:
    text = "Chinese police trained 40 officers from Fiji. China will train 15 participants next year."
    assert counts(reports(text)) == {(40, "officers", "trained"), (15, "officers", "to_train")}


def test_the_two_countries_are_no_count(reports: Reports) -> None:
    assert counts(reports("中国警方与斐济警方举行联合演练，两国警察参加。", "zh")) == set()


def test_a_single_office_counts_one(reports: Reports) -> None:
    text = "Police say an overseas police station of China was run in Rotterdam."
    assert counts(reports(text)) == {(1, "stations", "other")}


def test_chinese_officers_who_escort_are_sent_and_local_ones_do_not_count(reports: Reports) -> None:
    text = "Kenya deported 77 suspects to China, escorted by 150 Chinese police officers."
    assert counts(reports(text)) == {(77, "persons", "repatriated"), (150, "officers", "sent")}
    assert counts(reports("Kenya deported 77 suspects to China, guarded by 150 police officers.")) == {
        (77, "persons", "repatriated")
    }


def test_a_raid_is_joint_by_the_sentence_next_to_it(reports: Reports) -> None:
    text = "Police raided three villas in Suva and detained 31 people. Chinese investigators had helped for a month."
    assert (31, "persons", "arrested") in counts(reports(text, "en", "Chinese police help to catch swindlers"))


@pytest.mark.parametrize("piece", ["Fiji and Tonga attend, ", "Fiji's minister warned Tonga, ", "45 of them, "])
def test_time_grows_with_the_text_and_no_faster(reports: Reports, piece: str) -> None:
    opening = "The police forum opened in China with 900 people, "
    assert growth(lambda size: reports(opening + piece * size), 150) < LINEAR
