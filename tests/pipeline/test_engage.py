"""What is coded as promised, agreed and delivered, and the words of the text that say so."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.engage import engage
from pipeline.gazetteer import Gazetteer
from pipeline.knowledge import load_gazetteer, load_lexicon
from pipeline.lexicon import Lexicon
from pipeline.records import EngagementReport, EngagementType, Quantity, Status
from pipeline.sentences import split

CHECKOUT = Path(__file__).parents[2]
SEED = "data/seed/lianyungang-2024-09-09.txt"


class Reader:
    """The engagement stage with the lexicon and the gazetteer that are shipped."""

    def __init__(self, lexicon: Lexicon, gazetteer: Gazetteer) -> None:
        self.lexicon, self.gazetteer = lexicon, gazetteer

    def __call__(self, text: str, lang: str = "en", headline: str = "") -> tuple[EngagementReport, ...]:
        return engage(headline, split(text, lang), lang, self.lexicon, self.gazetteer)


@pytest.fixture(scope="module")
def reports() -> Reader:
    return Reader(load_lexicon(), load_gazetteer())


def one(found: Sequence[EngagementReport], type_: EngagementType, status: Status) -> EngagementReport:
    (report,) = [report for report in found if (report.type, report.status) == (type_, status)]
    return report


def parties(report: EngagementReport) -> dict[str, str]:
    return {party.country: party.role for party in report.parties}


def number(report: EngagementReport, n: float) -> Quantity:
    (quantity,) = [quantity for quantity in report.quantities if quantity.n == n]
    return quantity


# --- the reference case ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seed() -> str:
    shared = os.environ.get("BEATWATCH_SHARED")
    path = (Path(shared) if shared else CHECKOUT.parent / "shared") / SEED
    if path.is_file():
        return path.read_text(encoding="utf-8")
    missing = f"the reference text is not at {path}; set BEATWATCH_SHARED to the folder that holds {SEED}"
    if os.environ.get("BEATWATCH_CI"):
        pytest.fail(missing)
    pytest.skip(missing)


def test_reference_officers_were_trained(reports: Reader, seed: str) -> None:
    quantity = number(one(reports(seed), "training", "delivered"), 2700)
    assert (quantity.unit, quantity.role, quantity.period) == ("officers", "trained", "past year")
    assert quantity.qualifier == "exact"
    assert seed[quantity.start : quantity.end] == "2,700 officers"


def test_reference_officers_are_to_be_trained(reports: Reader, seed: str) -> None:
    quantity = number(one(reports(seed), "training", "pledged"), 3000)
    assert (quantity.unit, quantity.role, quantity.period) == ("officers", "to_train", "next 12 months")
    assert seed[quantity.start : quantity.end] == "3,000 officers"


def test_reference_forum(reports: Reader, seed: str) -> None:
    forum = one(reports(seed), "forum", "delivered")
    assert parties(forum) == {"MY": "attending", "MM": "attending", "PK": "attending"}
    assert [third.name for third in forum.third_parties] == ["Interpol"]
    quantity = number(forum, 122)
    assert (quantity.unit, quantity.role) == ("delegations", "attending")
    assert [seed[party.start : party.end] for party in forum.parties] == ["Malaysia", "Myanmar", "Pakistan"]


def test_reference_advisers_are_pledged(reports: Reader, seed: str) -> None:
    report = one(reports(seed), "advisers", "pledged")
    assert "dispatch police consultants" in seed[report.start : report.end]


def test_reference_equipment_is_reported(reports: Reader, seed: str) -> None:
    (report,) = [report for report in reports(seed) if report.type == "equipment"]
    assert "equipment" in seed[report.start : report.end]


def test_reference_countries_of_background_take_no_part(reports: Reader, seed: str) -> None:
    named = {party.country for report in reports(seed) for party in report.parties}
    assert named == {"MY", "MM", "PK"}


# --- training, in many languages -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "text", "country", "n", "words"),
    [
        ("en", "Chinese police trained 120 officers from Angola.", "AO", 120, "120 officers"),
        ("zh", "中国警方去年为斐济培训了200名警察。", "FJ", 200, "200名警察"),
        ("zh", "中國警方去年為斐濟培訓了200名警察。", "FJ", 200, "200名警察"),
        ("es", "La policía china capacitó a 300 agentes de Perú.", "PE", 300, "300 agentes"),
        ("fr", "La police chinoise a formé 45 policiers des Îles Salomon.", "SB", 45, "45 policiers"),
        ("pt", "A polícia chinesa treinou 120 policiais de Angola.", "AO", 120, "120 policiais"),
        ("ru", "Китайская полиция подготовила 200 полицейских из Таджикистана.", "TJ", 200, "200 полицейск"),
        ("ar", "دربت الشرطة الصينية 200 ضابط شرطة من مصر.", "EG", 200, "200 ضابط"),
        ("id", "Polisi Tiongkok melatih 50 polisi dari Indonesia.", "ID", 50, "50 polisi"),
    ],
)
def test_training_with_its_host_and_number(
    reports: Reader, lang: str, text: str, country: str, n: float, words: str
) -> None:
    report = one(reports(text, lang), "training", "delivered")
    assert parties(report) == {country: "host"}
    quantity = number(report, n)
    assert (quantity.unit, quantity.role) == ("officers", "trained")
    assert text[quantity.start : quantity.end] == words


@pytest.mark.parametrize(
    ("lang", "text", "qualifier"),
    [
        ("en", "Chinese police trained more than 300 officers from Peru.", "at_least"),
        ("en", "Chinese police trained nearly 300 officers from Peru.", "nearly"),
        ("es", "La policía china capacitó a más de 300 agentes de Perú.", "at_least"),
        ("ru", "Китайская полиция подготовила около 300 полицейских из Перу.", "about"),
        ("ar", "دربت الشرطة الصينية نحو 300 ضابط شرطة من بيرو.", "about"),
    ],
)
def test_a_number_keeps_its_qualifier(reports: Reader, lang: str, text: str, qualifier: str) -> None:
    assert number(one(reports(text, lang), "training", "delivered"), 300).qualifier == qualifier


def test_what_was_done_and_what_is_promised_in_one_sentence_are_two_reports(reports: Reader) -> None:
    text = "Chinese police have trained 40 officers from Fiji, and will train 60 officers next year."
    found = reports(text)
    assert number(one(found, "training", "delivered"), 40).role == "trained"
    assert number(one(found, "training", "pledged"), 60).role == "to_train"


# --- other acts ------------------------------------------------------------------------------------------------


def test_equipment_is_counted_in_items(reports: Reader) -> None:
    text = "中国公安部向所罗门群岛皇家警察捐赠了20辆摩托车。"
    report = one(reports(text, "zh"), "equipment", "delivered")
    assert parties(report) == {"SB": "host"}
    assert (number(report, 20).unit, number(report, 20).role) == ("items", "donated")


def test_money_has_its_currency(reports: Reader) -> None:
    report = one(
        reports("China donated police vehicles worth US$2 million to Vanuatu."), "equipment", "delivered"
    )  # fmt: skip
    quantity = number(report, 2e6)
    assert (quantity.unit, quantity.currency) == ("money", "USD")


def test_people_of_taiwan_are_a_nationality_and_no_host(reports: Reader) -> None:
    text = "Cambodia deported 120 Taiwanese suspects to China, and Chinese police took them home."
    report = one(reports(text), "extradition_or_repatriation", "delivered")
    assert parties(report) == {"KH": "host", "TW": "nationality_only"}
    assert (number(report, 120).unit, number(report, 120).role) == ("persons", "repatriated")


def test_a_closure_is_a_countermeasure_of_the_host(reports: Reader) -> None:
    text = "The Dutch government ordered the closure of two Chinese police stations in Rotterdam."
    assert parties(one(reports(text), "countermeasure", "delivered")) == {"NL": "host"}


def test_a_denial_is_coded_as_one(reports: Reader) -> None:
    report = one(reports("China denied running police stations in Canada."), "liaison_or_station", "denied")
    assert parties(report) == {"CA": "host"}


def test_a_signed_agreement_is_agreed(reports: Reader) -> None:
    assert parties(one(reports("China signed a police agreement with Tonga."), "agreement", "agreed")) == {"TO": "host"}


# --- parties and evidence --------------------------------------------------------------------------------------


@pytest.mark.parametrize("compared", ["US-style", "US-led", "French-style"])
def test_a_country_that_is_compared_with_takes_no_part(reports: Reader, compared: str) -> None:
    text = f"In a {compared} course, Chinese police trained 30 officers in Samoa."
    assert parties(one(reports(text), "training", "delivered")) == {"WS": "host"}


def test_a_country_joined_to_china_with_a_hyphen_takes_part(reports: Reader) -> None:
    text = "A Fiji-China police agreement was signed on Monday."
    assert parties(one(reports(text), "agreement", "agreed")) == {"FJ": "host"}


def test_an_act_without_a_country_takes_the_one_that_the_article_is_about(reports: Reader) -> None:
    text = "Chinese police have arrived in Kiribati. They train 12 officers a week."
    (report,) = [r for r in reports(text, headline="Kiribati hosts Chinese police") if r.type == "training"]
    assert [text[party.start : party.end] for party in report.parties] == ["Kiribati"]


def test_an_article_about_two_countries_lends_none(reports: Reader) -> None:
    text = "Chinese police visited Kiribati and Tonga. They train 12 officers a week."
    (report,) = [r for r in reports(text, headline="Kiribati and Tonga") if r.type == "training"]
    assert report.parties == ()


def test_reports_of_one_type_and_status_are_one_with_all_numbers(reports: Reader) -> None:
    text = "Chinese police trained 40 officers from Fiji. Chinese police also trained 15 officers from Tonga."
    report = one(reports(text), "training", "delivered")
    assert parties(report) == {"FJ": "host", "TO": "host"}
    assert [quantity.n for quantity in report.quantities] == [40, 15]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "👮 Weather first.\n\nChinese police trained 120 officers from Angola in Luanda."),
        ("zh", "👮天气晴。\n中国警方去年为斐济培训了200名警察。"),
        ("ru", "👮 Погода.\nКитайская полиция подготовила 200 полицейских из Таджикистана."),
    ],
)
def test_every_offset_lies_in_the_text_and_inside_its_words(reports: Reader, lang: str, text: str) -> None:
    found = reports(text, lang)
    assert found
    for report in found:
        spans = [(party.start, party.end) for party in report.parties]
        spans += [(third.start, third.end) for third in report.third_parties]
        spans += [(quantity.start, quantity.end) for quantity in report.quantities]
        assert all(report.start <= start < end <= report.end <= len(text) for start, end in spans)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The film festival opened in Paris. Training begins next week with 40 dancers."),
        ("en", "The weather forum met in Geneva with 30 delegations."),
        ("zh", "电影节在巴黎开幕，四十名舞者下周开始排练。"),
        ("es", "El festival de cine abrió en París con 40 bailarines."),
        ("en", ""),
    ],
)
def test_everyday_words_without_police_or_china_are_no_acts(reports: Reader, lang: str, text: str) -> None:
    assert reports(text, lang) == ()
