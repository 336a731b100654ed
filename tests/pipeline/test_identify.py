"""New, revision or unchanged; and whose text a text reprints."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.identify import Originals, identify, shingles
from pipeline.records import Article, Extraction, Moment, digest128

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
EN = (
    "Forty officers from the island's police force have begun a six-week course in crowd control taught by visiting"
    " instructors. The commissioner thanked the embassy for the vehicles that arrived in February and said the two"
    " forces would sign a new memorandum before the end of the year. Opposition members asked who pays for the fuel."
)
ZH = (
    "四十名岛国警员开始接受为期六周的防暴培训，教官来自中国公安部。"
    "警察总监感谢大使馆二月份捐赠的车辆，并表示双方将在年底前签署新的谅解备忘录。"
)
ZH_TRADITIONAL = (
    "四十名島國警員開始接受為期六週的防暴培訓，教官來自中國公安部。"
    "警察總監感謝大使館二月份捐贈的車輛，並表示雙方將在年底前簽署新的諒解備忘錄。"
)
RU = (
    "Сорок сотрудников полиции островного государства начали шестинедельный курс по борьбе с беспорядками под"
    " руководством приглашённых инструкторов. Комиссар поблагодарил посольство за автомобили, прибывшие в феврале,"
    " и сообщил, что до конца года стороны подпишут новый меморандум. Оппозиция спросила, кто платит за топливо."
)
OTHER = (
    "Farmers in the northern valley say the first rains have come three weeks late, and the price of rice in the"
    " capital has gone up by a fifth since the new year. The ministry promised to open its stores, but traders doubt"
    " that there is enough in them to last until the harvest, which is expected to be small again this time."
)


def extraction(text: str, url: str = "https://daily.example/a", published: datetime | None = None) -> Extraction:
    moment = Moment(published, "page_metadata") if published else None
    return Extraction("body", url, url, "A headline", text, digest128("A headline", text), "en", moment)


def article(text: str, url: str = "https://daily.example/a", copy_of: str | None = None) -> Article:
    found = extraction(text, url)
    return Article(
        digest128(url), url, "daily", NOW, None, "A headline", text, found.text_id, "en", copy_of=copy_of
    )  # fmt: skip


def test_an_address_that_is_not_known_is_a_new_article_named_by_its_address() -> None:
    found = identify(extraction(EN), None, Originals(), NOW)
    assert found.outcome == "new"
    assert found.article_id == digest128("https://daily.example/a")
    assert found.copy_of is None


def test_the_same_text_at_a_known_address_is_unchanged_and_stays_the_copy_it_was() -> None:
    found = identify(extraction(EN), article(EN, copy_of="wire"), Originals(), NOW)
    assert (found.outcome, found.copy_of) == ("unchanged", "wire")


def test_another_text_at_a_known_address_is_a_revision_and_no_copy_of_its_own_past() -> None:
    originals = Originals()
    known = article(EN)
    originals.add(known.id, EN, NOW)
    found = identify(extraction(EN + " The minister declined to comment."), known, originals, NOW)
    assert (found.outcome, found.article_id, found.copy_of) == ("revision", known.id, None)


@pytest.mark.parametrize("text", [EN, ZH, RU])
def test_the_same_text_elsewhere_is_a_copy(text: str) -> None:
    originals = Originals()
    first = identify(extraction(text, "https://wire.example/1"), None, originals, NOW)
    second = identify(extraction(text, "https://paper.example/2"), None, originals, NOW + timedelta(hours=2))
    assert first.copy_of is None
    assert (second.outcome, second.copy_of) == ("new", first.article_id)


@pytest.mark.parametrize("text", [EN, RU])
def test_a_reprint_that_cuts_the_end_is_a_copy(text: str) -> None:
    originals = Originals()
    originals.add("wire", text, NOW)
    assert originals.origin("paper", text[: len(text) * 4 // 5], NOW) == "wire"


def test_a_reprint_that_adds_to_the_text_is_a_copy() -> None:
    originals = Originals()
    originals.add("wire", EN, NOW)
    assert originals.origin("paper", f"{EN} {OTHER}", NOW) == "wire"


def test_case_punctuation_and_chinese_script_do_not_hide_a_copy() -> None:
    originals = Originals()
    originals.add("wire", EN, NOW)
    originals.add("xinhua", ZH, NOW)
    assert originals.origin("paper", EN.upper().replace(",", " –"), NOW) == "wire"
    assert originals.origin("taipei", ZH_TRADITIONAL, NOW) == "xinhua"


def test_another_text_of_the_same_day_is_an_original() -> None:
    originals = Originals()
    originals.add("wire", EN, NOW)
    assert originals.origin("paper", OTHER, NOW) is None


def test_a_translation_is_an_original() -> None:
    originals = Originals()
    originals.add("wire", EN, NOW)
    assert originals.origin("paper", RU, NOW) is None


@pytest.mark.parametrize(("days", "copied"), [(29, True), (31, False), (-29, True), (-31, False)])
def test_copies_are_looked_for_within_a_month(days: int, copied: bool) -> None:
    originals = Originals()
    originals.add("wire", EN, NOW)
    assert (originals.origin("paper", EN, NOW + timedelta(days=days)) == "wire") is copied


def test_the_time_of_publication_counts_before_the_time_of_the_fetch() -> None:
    originals = Originals()
    originals.add("wire", EN, NOW)
    late = identify(extraction(EN, published=NOW - timedelta(days=90)), None, originals, NOW)
    assert late.copy_of is None


def test_a_short_text_is_never_told_a_copy() -> None:
    originals = Originals()
    originals.add("wire", "Police said on Monday that the road is closed.", NOW)
    assert originals.origin("paper", "Police said on Monday that the road is closed.", NOW) is None


def test_a_copy_points_to_the_original_and_not_to_another_copy() -> None:
    originals = Originals()
    urls = [f"https://paper{i}.example/" for i in range(3)]
    found = [identify(extraction(EN, url), None, originals, NOW) for url in urls]
    assert [identity.copy_of for identity in found] == [None, found[0].article_id, found[0].article_id]


def test_a_text_that_was_replaced_is_forgotten() -> None:
    originals = Originals()
    originals.add("wire", EN, NOW)
    originals.add("wire", OTHER, NOW)
    assert originals.origin("paper", EN, NOW) is None
    originals.remove("wire")
    assert originals.origin("paper", OTHER, NOW) is None


def test_of_several_originals_the_one_with_most_in_common_is_named() -> None:
    originals = Originals()
    originals.add("mixed", EN[:230] + OTHER, NOW)
    originals.add("wire", EN, NOW)
    assert originals.origin("paper", EN, NOW) == "wire"


def test_shingles_of_a_text_without_spaces_are_made_of_characters() -> None:
    assert len(shingles(ZH)) > 25
    assert shingles(ZH) == shingles(ZH_TRADITIONAL)
    assert shingles("") == frozenset()


def test_a_revision_keeps_the_id_of_the_article_it_revises() -> None:
    known = replace(article(EN), id="kept")
    assert identify(extraction(OTHER), known, Originals(), NOW).article_id == "kept"
