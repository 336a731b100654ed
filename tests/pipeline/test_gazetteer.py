"""Countries and organisations by their names in any language, from the gazetteer that is shipped."""

import pytest

from pipeline.gazetteer import Gazetteer, GazetteerFile
from pipeline.knowledge import load_gazetteer
from tests.pipeline.timing import LINEAR, growth


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return load_gazetteer()


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("Officers from Malaysia came.", "MY"),
        ("Hungarian and Chinese police", "HU"),
        ("бывший министр Венгрии", "HU"),
        ("匈牙利警方", "HU"),
        ("ハンガリーの警察", "HU"),
        ("헝가리 경찰", "HU"),
        ("la policía de Hungría", "HU"),
        ("la police hongroise", "HU"),
        ("الشرطة في المجر", "HU"),
        ("Solomon Islands police", "SB"),
        ("所罗门群岛皇家警察", "SB"),
        ("полиция Соломоновых Островов", "SB"),
        ("polisi Kepulauan Solomon", "SB"),
        ("柬埔寨警方", "KH"),
        ("cảnh sát Campuchia", "KH"),
        ("ตำรวจกัมพูชา", "KH"),
        ("policija Srbije", "RS"),
        ("полиција Србије", "RS"),
        ("serikali ya Tanzania", "TZ"),
        ("os agentes de Angola", "AO"),
        ("नेपाली पुलिस", "NP"),
        ("پاکستانی پولیس", "PK"),
        ("پلیس تاجیکستان", "TJ"),
        ("Sırbistan'ın polisi", "RS"),
        ("polis bilong Solomon Ailan", "SB"),
    ],
)
def test_a_country_is_known_in_many_languages(gazetteer: Gazetteer, text: str, country: str) -> None:
    assert country in {place.country for place in gazetteer.find(text)[0]}


@pytest.mark.parametrize("text", ["China", "中国", "Китая", "الصين", "Tiongkok", "Chine", "Hong Kong", "香港"])
def test_china_and_its_regions_are_found_and_left_to_the_caller(gazetteer: Gazetteer, text: str) -> None:
    assert {place.country for place in gazetteer.find(text)[0]} <= {"CN", "HK"}
    assert gazetteer.find(text)[0]


@pytest.mark.parametrize(
    "text", ["He visited Interpol in Lyon.", "国际刑警组织", "Интерпол", "الإنتربول", "インターポール"]
)
def test_an_organisation_has_one_name_in_all_languages(gazetteer: Gazetteer, text: str) -> None:
    assert [o.name for o in gazetteer.find(text)[1]] == ["Interpol"]


def test_offsets_point_at_the_name(gazetteer: Gazetteer) -> None:
    text = "👮 Police of Myanmar, Pakistan and Interpol"
    places, organisations = gazetteer.find(text)
    assert [text[p.start : p.end] for p in places] == ["Myanmar", "Pakistan"]
    assert [text[o.start : o.end] for o in organisations] == ["Interpol"]


def test_a_longer_name_hides_the_shorter_one_in_it(gazetteer: Gazetteer) -> None:
    assert [p.country for p in gazetteer.find("police of Papua New Guinea")[0]] == ["PG"]
    assert [p.country for p in gazetteer.find("内蒙古公安厅")[0]] == ["CN"]


def test_a_skipped_name_is_not_a_country(gazetteer: Gazetteer) -> None:
    assert gazetteer.find("He did it mali by mali on an island")[0] == []


def test_the_files_own_names_and_organisations() -> None:
    small = Gazetteer(GazetteerFile({"FR": ["gaulish"]}, {"League of Towns": ["league of france"]}, skip=["france"]))
    assert [p.country for p in small.find("the gaulish police")[0]] == ["FR"]
    places, organisations = small.find("the League of France")
    assert (places, [o.name for o in organisations]) == ([], ["League of Towns"])
    assert small.find("in France")[0] == []


def test_text_without_names(gazetteer: Gazetteer) -> None:
    assert gazetteer.find("") == ([], [])
    assert gazetteer.find("警察が来た") == ([], [])


@pytest.mark.parametrize("text", ["\ud800 Fiji", "中国" * 3000, "x" * 50_000, "Fiji斐济فيجيФиджи", "\u202eijiF"])
def test_any_text_can_be_searched(gazetteer: Gazetteer, text: str) -> None:
    places, organisations = gazetteer.find(text)
    spans = [(place.start, place.end) for place in places] + [(one.start, one.end) for one in organisations]
    assert all(0 <= start < end <= len(text) for start, end in spans)


def test_a_police_force_stands_for_its_country(gazetteer: Gazetteer) -> None:
    assert [place.country for place in gazetteer.find("учение Росгвардии")[0]] == ["RU"]


def test_time_grows_with_the_text_and_no_faster(gazetteer: Gazetteer) -> None:
    assert growth(lambda size: gazetteer.find("Fiji, Kenya and 柬埔寨 " * size), 500) < LINEAR
