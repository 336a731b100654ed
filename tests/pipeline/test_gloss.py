"""The English line says what is coded, and nothing that is not."""

from typing import get_args

import pytest

from pipeline.gloss import country_name, gloss, quantity_words
from pipeline.records import (
    EngagementReport,
    EngagementType,
    Party,
    Quantity,
    QuantityRole,
    Role,
    Status,
    ThirdParty,
    Unit,
)


def number(n: float, unit: Unit, role: QuantityRole = "other") -> Quantity:
    return Quantity(n, unit, role, "exact", 0, 1)


def parties(role: Role, *countries: str) -> tuple[Party, ...]:
    return tuple(Party(country, role, 0, 1) for country in countries)


def test_reference_case() -> None:
    held = EngagementReport(
        "training",
        "delivered",
        0,
        1,
        parties("attending", "MY", "MM", "PK"),
        (),
        (number(2700, "officers", "trained"),),
    )
    pledged = EngagementReport("training", "pledged", 0, 1, (), (), (number(3000, "officers", "to_train"),))
    line = "China trained 2,700 officers, pledges to train 3,000; attending: Malaysia, Myanmar, Pakistan"
    assert gloss("mixed", (held, pledged)) == line


def test_what_is_alleged_or_denied_is_not_told_as_a_fact() -> None:
    stations = (number(102, "stations"),)
    alleged = EngagementReport("liaison_or_station", "alleged", 0, 1, parties("host", "NL"), (), stations)
    denied = EngagementReport("liaison_or_station", "denied", 0, 1)
    line = "China is alleged to run 102 stations abroad, denies running a liaison post or station abroad"
    assert gloss("influence", (alleged, denied)) == f"{line}; host: Netherlands"


def test_a_countermeasure_is_not_chinas_act() -> None:
    assert gloss("influence", [EngagementReport("countermeasure", "delivered", 0, 1)]) == "Countermeasure: delivered"


def test_delegations_and_third_parties() -> None:
    quantity = Quantity(122, "delegations", "attending", "exact", 0, 1)
    report = EngagementReport("forum", "delivered", 0, 1, (), (ThirdParty("Interpol", 0, 1),), (quantity,))
    expected = "China held a security forum (122 delegations attending); third parties: Interpol"
    assert gloss(None, [report]) == expected


def test_a_country_is_named_once_and_long_lists_are_counted() -> None:
    hosts = parties("host", "FJ", "SB", "VU", "TO", "WS", "KI", "PG", "NR", "TV")
    reports = [
        EngagementReport("training", "under_way", 0, 1, hosts),
        EngagementReport("forum", "delivered", 0, 1, parties("attending", "FJ")),
    ]
    line = gloss(None, reports)
    assert line.count("Fiji") == 1
    assert line.endswith("and 1 more")


def test_many_acts_are_counted() -> None:
    types: list[EngagementType] = ["training", "advisers", "equipment", "facility", "visit", "forum"]
    assert "2 more acts" in gloss(None, [EngagementReport(type_, "delivered", 0, 1) for type_ in types])


@pytest.mark.parametrize("type_", get_args(EngagementType))
@pytest.mark.parametrize("status", get_args(Status))
def test_every_type_and_status_makes_one_line(type_: EngagementType, status: Status) -> None:
    line = gloss(None, [EngagementReport(type_, status, 0, 1)])
    assert line[0].isupper()
    assert "{" not in line
    assert "\n" not in line


def test_without_an_act() -> None:
    assert gloss("influence", ()) == "No engagement coded; framing: influence"
    assert gloss(None, ()) == ""


@pytest.mark.parametrize(
    ("quantity", "words"),
    [
        (Quantity(2700, "officers", "trained", "at_least", 0, 1), "at least 2,700 officers"),
        (Quantity(1, "countries", "other", "exact", 0, 1), "1 country"),
        (Quantity(5e6, "money", "donated", "about", 0, 1, currency="USD"), "USD about 5,000,000"),
        (Quantity(5e6, "money", "donated", "exact", 0, 1), "currency unknown: 5,000,000"),
        (Quantity(2.5, "unknown", "other", "exact", 0, 1), "2.5 of an unknown unit"),
        (
            Quantity(230000, "persons", "repatriated", "nearly", 0, 1, cumulative=True),
            "nearly 230,000 persons in total",
        ),
    ],
)
def test_quantities(quantity: Quantity, words: str) -> None:
    assert quantity_words(quantity) == words


def test_country_names() -> None:
    assert country_name("MM") == "Myanmar"
    assert country_name("ZQ") == "ZQ"
