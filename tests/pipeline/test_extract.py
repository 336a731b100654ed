"""What is read off a page, and where each thing was read."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.extract import canonical_address, clean, credit, decode, extract
from pipeline.records import ArchiveRef, Body, Extraction, FeedEntry, Moment, PageRules, Source, StageResult

NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
URL = "https://www.daily.example/news/story-7"
EN = (
    "Forty officers from the island's police force have begun a six-week course in crowd control taught by visiting"
    " Chinese instructors.",
    "The commissioner thanked the embassy for the vehicles that arrived in February and said that the two forces would"
    " sign a new memorandum before the end of the year.",
)
ZH = (
    "四十名岛国警员开始接受为期六周的防暴培训，教官来自中国公安部，课程包括巡逻、取证和人群管理。",
    "警察总监感谢大使馆二月份捐赠的车辆，并表示双方将在年底前签署新的谅解备忘录，进一步加强执法合作。",
)
ZH_HANT = (
    "四十名島國警員開始接受為期六週的防暴培訓，教官來自中國公安部，課程包括巡邏、取證和人群管理。",
    "警察總監感謝大使館二月份捐贈的車輛，並表示雙方將在年底前簽署新的諒解備忘錄，進一步加強執法合作。",
)
RU = (
    "Сорок сотрудников полиции островного государства начали шестинедельный курс под руководством китайских"
    " инструкторов.",
    "Комиссар поблагодарил посольство за автомобили, прибывшие в феврале, и сообщил о новом меморандуме.",
)
AR = (
    "بدأ أربعون ضابطا من شرطة الجزيرة دورة تدريبية مدتها ستة أسابيع في السيطرة على الحشود يدرسها مدربون صينيون.",
    "وشكر المفوض السفارة على المركبات التي وصلت في شباط وقال إن القوتين ستوقعان مذكرة جديدة قبل نهاية العام.",
)
JA = (
    "島国の警察官四十人が、中国の教官による六週間の暴動鎮圧訓練を受け始めた。訓練には巡回や証拠収集も含まれる。",
    "警察長官は二月に届いた車両について大使館に感謝し、年末までに新しい覚書に署名すると述べた。",
)
KO = (
    "섬나라 경찰관 사십 명이 중국 교관이 가르치는 육 주간의 군중 통제 과정을 시작했다고 경찰이 밝혔다.",
    "경찰청장은 이월에 도착한 차량에 대해 대사관에 감사를 표하고 연말까지 새로운 양해각서에 서명할 것이라고 말했다.",
)


def source(**changes: object) -> Source:
    plain = Source("daily", "The Daily", "https://www.daily.example/", "FJ", ("en",), "private")
    return replace(plain, **changes)  # type: ignore[arg-type]


def body(**changes: object) -> Body:
    plain = Body("key", URL, "daily", ArchiveRef("a.warc.gz", 0, "00"), "text/html; charset=utf-8", NOW)
    return replace(plain, **changes)  # type: ignore[arg-type]


def page(
    paragraphs: tuple[str, ...] = EN, head: str = "", before: str = "", title: str = "Police course begins"
) -> str:
    text = "".join(f"<p>{p}</p>" for p in paragraphs)
    return (
        f"<!doctype html><html><head><title>{title}</title>{head}</head>"
        f"<body><article><h1>{title}</h1>{before}{text}</article></body></html>"
    )


def linked(**values: object) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", **values})}</script>'


def read(html: str | bytes, at: Body | None = None, of: Source | None = None) -> Extraction:
    found = extract(at or body(), html.encode() if isinstance(html, str) else html, of or source())
    assert isinstance(found, Extraction), found
    return found


def published(html: str, at: Body | None = None, of: Source | None = None) -> Moment:
    moment = read(html, at, of).published
    assert moment is not None
    return moment


def rejected(content: bytes, at: Body | None = None) -> str | None:
    found = extract(at or body(), content, source())
    assert isinstance(found, StageResult)
    assert (found.outcome, found.stage, found.key, found.payload) == ("reject", "extract", "key", None)
    return found.reason


# --- encodings -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "header", "meta", "text"),
    [
        ("gbk", "text/html; charset=gb2312", "", ZH),
        ("gbk", "text/html; charset=iso-8859-1", "gbk", ZH),
        ("gbk", "text/html; charset=utf-8", "gb2312", ZH),
        ("gbk", "text/html", "gb2312", ZH),
        ("gbk", "text/html", "", ZH),
        ("gb18030", "text/html; charset=gbk", "", ZH),
        ("big5", "text/html; charset=big5", "", ZH_HANT),
        ("big5", "text/html", "big5", ZH_HANT),
        ("windows-1251", "text/html; charset=windows-1251", "", RU),
        ("koi8-r", "text/html", "koi8-r", RU),
        ("windows-1256", "text/html", "windows-1256", AR),
        ("shift_jis", "text/html; charset=shift_jis", "", JA),
        ("euc-kr", "text/html", "euc-kr", KO),
        ("utf-8", None, "", RU),
        ("utf-8-sig", "text/html; charset=windows-1252", "", RU),
        ("utf-16", "text/html", "", RU),
    ],
)
def test_pages_in_old_encodings_are_read(encoding: str, header: str | None, meta: str, text: tuple[str, ...]) -> None:
    head = f'<meta charset="{meta}">' if meta else ""
    found = read(page(text, head, title=text[0][:20].strip()).encode(encoding), body(content_type=header))
    assert found.text.endswith("\n".join(text))
    assert found.headline == text[0][:20].strip()


def test_a_header_that_says_utf_8_of_a_gbk_page_is_found_out() -> None:
    found = read(page(ZH, title="培训开始").encode("gbk"), body(content_type="text/html; charset=utf-8"))
    assert found.text.endswith("\n".join(ZH))


@pytest.mark.parametrize("header", ["text/html", "text/html; charset=utf-8", "text/html; charset=iso-8859-1"])
def test_accented_letters_that_stand_alone_are_not_taken_for_chinese(header: str) -> None:
    text = "Le ministre a remercié l’ambassade pour les véhicules arrivés en février à Nouméa."
    assert decode(text.encode("windows-1252"), header) == text


@pytest.mark.parametrize("header", ["text/html; charset=iso-8859-1", "text/html; charset=windows-1252"])
def test_the_default_header_of_many_servers_says_nothing(header: str) -> None:
    assert ZH[0] in decode(page(ZH).encode("gbk"), header)
    assert RU[0] in decode(page(RU).encode(), header)


def test_bad_bytes_do_not_lose_the_rest_of_a_page() -> None:
    content = page(ZH).encode().replace("培训".encode(), b"\xff\xfe", 1)
    assert "警察总监感谢大使馆" in decode(content, "text/html; charset=utf-8")


# --- languages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "lang"), [(EN, "en"), (ZH, "zh"), (ZH_HANT, "zh"), (RU, "ru"), (AR, "ar"), (JA, "ja"), (KO, "ko")]
)
def test_the_language_is_the_texts_and_not_the_sources(text: tuple[str, ...], lang: str) -> None:
    found = read(page(text, title=text[0][:20].strip()), of=source(languages=("pt",)))
    assert found.lang == lang


def test_a_source_decides_between_near_relatives() -> None:
    text = (
        "Sebanyak empat puluh pegawai polis memulakan kursus kawalan orang ramai selama enam minggu yang dikendalikan"
        " oleh jurulatih dari China. Pesuruhjaya polis berterima kasih kepada kedutaan atas kenderaan yang tiba.",
    )
    assert read(page(text), of=source(languages=("ms",))).lang == "ms"
    assert read(page(text), of=source(languages=("id",))).lang == "id"


# --- dates -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2025-03-08T09:30:00+08:00", datetime(2025, 3, 8, 1, 30, tzinfo=UTC)),
        ("2025-03-08T09:30:00Z", datetime(2025, 3, 8, 9, 30, tzinfo=UTC)),
        ("Sat, 08 Mar 2025 09:30:00 +1200", datetime(2025, 3, 7, 21, 30, tzinfo=UTC)),
    ],
)
def test_the_date_of_linked_data_is_kept_in_utc_with_its_provenance(written: str, at: datetime) -> None:
    assert published(page(head=linked(datePublished=written))) == Moment(at, "page_metadata", "second")


def test_linked_data_inside_a_graph_is_found_and_broken_linked_data_does_no_harm() -> None:
    graph = json.dumps({"@graph": [{"@type": "WebSite"}, {"@type": "Article", "datePublished": "2025-03-08T00:00Z"}]})
    head = f'<script type="application/ld+json">{{oops</script><script type="application/ld+json">{graph}</script>'
    assert published(page(head=head)).at == datetime(2025, 3, 8, tzinfo=UTC)


def test_a_meta_date_without_zone_is_in_the_zone_of_the_source() -> None:
    head = '<meta property="article:published_time" content="2025-03-08T09:30:00">'
    found = published(page(head=head), of=source(timezone="Pacific/Fiji"))
    assert found == Moment(datetime(2025, 3, 7, 21, 30, tzinfo=UTC), "page_metadata", "second")


@pytest.mark.parametrize(
    ("lang", "zone", "written", "at"),
    [
        ("en", "Pacific/Fiji", "8 March 2025 09:30", datetime(2025, 3, 7, 21, 30, tzinfo=UTC)),
        ("es", "America/Lima", "8 de marzo de 2025 09:30", datetime(2025, 3, 8, 14, 30, tzinfo=UTC)),
        ("fr", "Europe/Paris", "8 mars 2025 09:30", datetime(2025, 3, 8, 8, 30, tzinfo=UTC)),
        ("ru", "Asia/Bishkek", "8 марта 2025 09:30", datetime(2025, 3, 8, 3, 30, tzinfo=UTC)),
        ("zh", "Asia/Shanghai", "2025年3月8日 09:30", datetime(2025, 3, 8, 1, 30, tzinfo=UTC)),
        ("id", "Asia/Jakarta", "8 Maret 2025 09:30", datetime(2025, 3, 8, 2, 30, tzinfo=UTC)),
    ],
)
def test_a_visible_date_is_read_in_the_sources_language_and_zone(
    lang: str, zone: str, written: str, at: datetime
) -> None:
    of = source(languages=(lang,), timezone=zone, rules=(PageRules(date=".when"),))
    assert published(page(before=f'<div class="when">{written}</div>'), of=of) == Moment(at, "page_text", "second")


def test_a_visible_day_is_no_more_exact_than_a_day() -> None:
    of = source(rules=(PageRules(date=".when"),))
    assert published(page(before='<div class="when">8 March 2025</div>'), of=of).precision == "day"


def test_the_declared_selector_counts_before_linked_data() -> None:
    of = source(rules=(PageRules(date="time"),))
    html = page(head=linked(datePublished="2025-03-09"), before='<time datetime="2025-03-08T10:00Z">x</time>')
    assert published(html, of=of) == Moment(datetime(2025, 3, 8, 10, tzinfo=UTC), "page_text", "second")


def test_a_date_in_the_future_is_no_date_and_the_feed_is_asked_next() -> None:
    said = Moment(NOW - timedelta(hours=3), "feed")
    at = body(entry=FeedEntry(URL, "daily", "feed", published=said))
    assert published(page(head=linked(datePublished="2031-01-01T00:00:00Z")), at) == said
    assert published(page(head=linked(datePublished="1970-01-01T00:00:00Z")), at) == said


def test_a_clock_that_is_hours_ahead_is_believed() -> None:
    soon = NOW + timedelta(hours=20)
    assert published(page(head=linked(datePublished=soon.isoformat()))).at == soon


def test_where_the_page_has_no_date_the_feed_has_it() -> None:
    said = Moment(NOW - timedelta(days=1), "feed")
    assert published(page(), body(entry=FeedEntry(URL, "daily", "feed", published=said))) == said


def test_where_nothing_else_has_a_date_the_address_may() -> None:
    found = read(page(), body(url="https://www.daily.example/2025/03/story-7")).published
    assert found is not None
    assert (found.at.year, found.at.month) == (2025, 3)


def test_a_page_without_any_date_has_none() -> None:
    assert read(page()).published is None


# --- addresses -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "canonical"),
    [
        ("https://www.daily.example/story-7", "https://www.daily.example/story-7"),
        ("https://daily.example/story-7", "https://daily.example/story-7"),
        ("https://elsewhere.example/story-7", URL),
        (None, URL),
    ],
)
def test_a_canonical_link_counts_on_its_own_site(stated: str | None, canonical: str) -> None:
    head = f'<link rel="canonical" href="{stated}">' if stated else ""
    found = read(page(head=head))
    assert (found.url, found.canonical_url) == (URL, canonical)


def test_addresses_that_differ_in_tracking_alone_are_one() -> None:
    plain = canonical_address(None, "https://daily.example/a?id=7")
    assert canonical_address(None, "https://daily.example/a?utm_source=feed&id=7#top") == plain
    assert canonical_address(None, "https://daily.example/a?id=8") != plain


# --- text, headline, authors, agency ---------------------------------------------------------------------------


def test_declared_selectors_say_what_the_text_is() -> None:
    of = source(
        rules=(PageRules(headline=".h", body=".b", author=".a", agency=".g", remove=(".ad",), date=None),),
    )
    html = (
        "<html><body><h1>Site name</h1><div class='h'>Police course <b>begins</b></div><span class='a'>Mira Tal</span>"
        f"<span class='g'>AFP</span><div class='b'><p>{EN[0]}</p><div class='ad'><p>Buy now</p></div><p>{EN[1]}</p>"
        "<script>var x = 1</script></div><p>Footer of the page</p></body></html>"
    )
    found = read(html, of=of)
    assert found.headline == "Police course begins"
    assert found.text == "\n".join(EN)
    assert found.authors == ("Mira Tal",)
    assert found.agency == "AFP"


def test_an_old_layout_is_used_for_pages_fetched_while_it_was_valid() -> None:
    old = PageRules(headline=".old", valid_until=NOW - timedelta(days=10))
    of = source(rules=(PageRules(headline=".new"), old))
    html = page(before='<div class="old">Old line</div><div class="new">New line</div>')
    assert read(html, of=of).headline == "New line"
    assert read(html, body(fetched_at=NOW - timedelta(days=20)), of).headline == "Old line"


def test_a_selector_that_meets_nothing_falls_back_on_the_page() -> None:
    of = source(rules=(PageRules(headline=".gone", body=".gone", date=".gone", author=".gone"),))
    found = read(page(head=linked(headline="Stated", author=[{"name": "Mira Tal"}, "Jon Vey"])), of=of)
    assert found.headline == "Stated"
    assert found.authors == ("Mira Tal", "Jon Vey")
    assert EN[0] in found.text


def test_the_same_headline_and_text_have_the_same_id_at_any_address() -> None:
    one, two = read(page()), read(page(), body(url="https://other.example/x", key="other"))
    assert one.text_id == two.text_id
    assert read(page(title="Another line")).text_id != one.text_id


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("新华社北京3月8日电 中国警方表示", "新华社"),
        ("SUVA (AFP) – Police said", "AFP"),
        ("Текст новости. (ТАСС)", "ТАСС"),
        ("（中央社記者台北8日電）警方表示", "中央社"),
        ("He told AFP that it was so.", None),
    ],
)
def test_an_agency_credit_is_read_off_the_text(text: str, agency: str | None) -> None:
    assert credit(text) == agency


def test_white_space_of_every_kind_is_one_space() -> None:
    assert clean(" a\u3000\u00a0b \r\n\r\n\tc\x00\ufeff ") == "a b\nc"


# --- rejections ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content_type", ["application/pdf", "image/jpeg", "video/mp4"])
def test_what_is_no_page_is_rejected(content_type: str) -> None:
    assert rejected(b"%PDF-1.7", body(content_type=content_type)) == "not a page"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   \n ",
        b"<html><body></body></html>",
        b"<html><body><p>Too short to be an article.</p></body></html>",
        b"\x00\x01\x02\x03" * 50,
    ],
)
def test_a_page_without_an_article_is_rejected(content: bytes) -> None:
    assert rejected(content) == "no article text"
