"""Acts told by verbs, statuses told by tense and negation, and counts by word order, in the languages of the beat."""

import pytest

from pipeline.engage import engage
from pipeline.gazetteer import Gazetteer
from pipeline.knowledge import load_gazetteer, load_lexicon
from pipeline.lexicon import Lexicon
from pipeline.records import EngagementReport
from pipeline.sentences import Sentence, split
from tests.pipeline.timing import LINEAR, growth


class Reader:
    """The engagement stage with the lexicon and the gazetteer that are shipped."""

    def __init__(self, lexicon: Lexicon, gazetteer: Gazetteer) -> None:
        self.lexicon, self.gazetteer = lexicon, gazetteer

    def __call__(self, text: str, lang: str, headline: str = "") -> tuple[EngagementReport, ...]:
        return engage(headline, split(text, lang), lang, self.lexicon, self.gazetteer)

    def whole(self, text: str, lang: str) -> tuple[EngagementReport, ...]:
        """The text as one sentence, whatever it holds."""
        return engage("", [Sentence(0, len(text), text)], lang, self.lexicon, self.gazetteer)


@pytest.fixture(scope="module")
def reports() -> Reader:
    return Reader(load_lexicon(), load_gazetteer())


def told(found: tuple[EngagementReport, ...]) -> set[tuple[str, str]]:
    return {(report.type, report.status) for report in found}


def counts(text: str, found: tuple[EngagementReport, ...]) -> set[tuple[float, str, str, str]]:
    return {(q.n, q.unit, q.role, text[q.start : q.end]) for report in found for q in report.quantities}


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "China handed over 20 motorcycles to the police of Fiji."),
        ("zh", "中国向斐济警方捐赠了20辆摩托车。"),
        ("es", "China entregó 20 motocicletas a la policía de Perú."),
        ("fr", "La Chine a remis 20 motos à la police du Bénin."),
        ("pt", "A China doou 20 motociclos à polícia de Angola."),
        ("ru", "Китай передал полиции Таджикистана 20 мотоциклов."),
        ("ar", "أهدت الصين 20 دراجة نارية إلى شرطة مصر."),
        ("id", "Tiongkok menghibahkan 20 sepeda motor kepada polisi Indonesia."),
        ("ja", "中国はラオスの警察にオートバイ20台を寄贈した。"),
        ("ko", "중국이 라오스 경찰에 오토바이 20대를 기증했다."),
        ("de", "China hat der Polizei von Serbien 20 Motorräder geschenkt."),
        ("it", "La Cina ha donato 20 motociclette alla polizia della Serbia."),
        ("hu", "Kína 20 motorkerékpárt adományozott a szerb rendőrségnek."),
        ("sr", "Kina je donirala 20 motocikala policiji Srbije."),
        ("sw", "China imekabidhi pikipiki 20 kwa polisi wa Kenya."),
        ("vi", "Trung Quốc tặng 20 mô tô cho cảnh sát Lào."),
        ("th", "จีนบริจาครถจักรยานยนต์ 20 คัน ให้ตำรวจลาว"),
        ("ur", "چین نے فجی کی پولیس کو 20 موٹر سائیکلیں عطیہ کیں۔"),
        ("hi", "चीन ने फिजी की पुलिस को 20 मोटरसाइकिलें दान कीं।"),
        ("fa", "چین ۲۰ دستگاه موتورسیکلت به پلیس تاجیکستان اهدا کرد."),
        ("tr", "Çin, Sırbistan polisine 20 motosiklet hibe etti."),
        ("ms", "China menyumbangkan 20 buah motosikal kepada polis Malaysia."),
        ("tpi", "Saina i givim 20 motobaik long polis bilong Fiji."),
        ("bi", "Jaena i givim 20 motobaek long polis blong Fiji."),
    ],
)
def test_a_gift_is_equipment_delivered_with_its_items(reports: Reader, lang: str, text: str) -> None:
    found = reports(text, lang)
    assert ("equipment", "delivered") in told(found)
    assert {(n, unit, role) for n, unit, role, _ in counts(text, found)} == {(20, "items", "donated")}


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "Malaysia deported 94 suspects to China."),
        ("en", "The 94 suspects were flown from Malaysia to Beijing."),
        ("zh", "94名犯罪嫌疑人从马来西亚被押解回中国。"),
        ("zh", "馬來西亞將94名嫌疑人遣送中國大陸。"),
        ("es", "Malasia deportó a China a 94 sospechosos."),
        ("fr", "La Malaisie a expulsé vers la Chine 94 suspects."),
        ("ru", "Малайзия депортировала в Китай 94 подозреваемых."),
        ("id", "Malaysia mendeportasi 94 tersangka ke Tiongkok."),
        ("ja", "マレーシアから中国人容疑者94人が中国に送還された。"),
        ("ko", "말레이시아가 용의자 94명을 중국으로 송환했다."),
        ("ur", "ملائیشیا نے 94 ملزمان کو چین کے حوالے کر دیا۔"),
        ("hi", "मलेशिया ने 94 आरोपियों को चीन प्रत्यर्पित किया।"),
        ("fa", "مالزی ۹۴ مظنون را به چین تحویل داد."),
        ("tr", "Malezya 94 şüpheliyi Çin'e iade etti."),
        ("ms", "Malaysia menghantar pulang 94 suspek ke China."),
        ("tpi", "Malaysia i salim 94 saspek i go bek long Saina."),
        ("bi", "Malaysia i sendem bak 94 saspek long Jaena."),
    ],
)
def test_people_sent_back_are_repatriated(reports: Reader, lang: str, text: str) -> None:
    found = reports(text, lang)
    assert ("extradition_or_repatriation", "delivered") in told(found)
    assert {(n, unit, role) for n, unit, role, _ in counts(text, found)} == {(94, "persons", "repatriated")}


@pytest.mark.parametrize(
    ("lang", "text", "status"),
    [
        ("en", "Chinese police trained 40 officers from Fiji.", "delivered"),
        ("en", "Chinese police will train 40 officers from Fiji.", "pledged"),
        ("en", "Chinese police are training 40 officers from Fiji.", "under_way"),
        ("en", "Chinese police offered to train 40 officers from Fiji.", "proposed"),
        ("es", "La policía china formará a 40 agentes de Perú.", "pledged"),
        ("pt", "A polícia chinesa treinará 40 agentes de Angola.", "pledged"),
        ("it", "La polizia cinese addestrerà 40 agenti della Serbia.", "pledged"),
        ("ar", "ستدرب الشرطة الصينية 40 ضابطا من مصر.", "pledged"),
        ("zh", "中国警方将为斐济培训40名警察。", "pledged"),
        ("id", "Polisi Tiongkok akan melatih 40 polisi Indonesia.", "pledged"),
        ("ur", "چینی پولیس فجی کے 40 افسران کو تربیت دے گی۔", "pledged"),
        ("hi", "चीनी पुलिस फिजी के 40 अधिकारियों को प्रशिक्षण देगी।", "pledged"),
        ("fa", "پلیس چین ۴۰ افسر از تاجیکستان را آموزش خواهد داد.", "pledged"),
        ("tr", "Çin polisi Sırbistan'dan 40 polise eğitim verecek.", "pledged"),
        ("ms", "Polis China akan melatih 40 pegawai polis Malaysia.", "pledged"),
        ("tpi", "Polis bilong Saina bai trenim 40 polis ofisa bilong Fiji.", "pledged"),
        ("bi", "Polis blong Jaena bae i trenem 40 polis ofisa blong Fiji.", "pledged"),
    ],
)
def test_tense_and_modality_tell_the_status(reports: Reader, lang: str, text: str, status: str) -> None:
    assert ("training", status) in told(reports(text, lang))


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "No police agreement was signed with China."),
        ("es", "No hay acuerdo policial con China."),
        ("zh", "双方没有签署警务协议，中方说。"),
        ("ru", "Полиция и Китай не подписали соглашение."),
        ("ko", "라오스는 중국과 범죄인 인도 조약을 맺고 있지 않다."),
        ("id", "Polisi dan Tiongkok tidak menandatangani perjanjian."),
        ("ur", "چین کے ساتھ پولیس تعاون کا کوئی معاہدہ نہیں ہوا۔"),
        ("hi", "चीन के साथ पुलिस सहयोग का कोई समझौता नहीं हुआ।"),
        ("fa", "با چین هیچ توافقنامه پلیسی امضا نشد."),
        ("tr", "Çin ile polis anlaşması imzalanmadı."),
    ],
)
def test_what_did_not_happen_is_no_agreement(reports: Reader, lang: str, text: str) -> None:
    assert ("agreement", "agreed") not in told(reports(text, lang))


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "A court in Poland refused to extradite a man to China."),
        ("ru", "Суд отклонил запрос Китая о выдаче бизнесмена."),
        ("ja", "最高裁は中国が求めた身柄引き渡しを認めない決定を出した。"),
        ("hi", "अदालत ने चीनी कारोबारी के प्रत्यर्पण का अनुरोध ठुकरा दिया।"),
        ("tr", "Mahkeme, Çin'in bir iş insanının iadesi talebini reddetti."),
    ],
)
def test_a_refused_request_is_denied(reports: Reader, lang: str, text: str) -> None:
    assert ("extradition_or_repatriation", "denied") in told(reports(text, lang))


def test_an_open_request_is_proposed(reports: Reader) -> None:
    text = "The court postponed the hearing on a Chinese request to extradite a businessman."
    assert told(reports(text, "en")) == {("extradition_or_repatriation", "proposed")}


def test_an_extradition_treaty_is_an_agreement_and_sends_nobody_home(reports: Reader) -> None:
    assert told(reports("China and Spain signed an extradition treaty.", "en")) == {("agreement", "agreed")}


@pytest.mark.parametrize(
    ("lang", "text", "words"),
    [
        ("en", "France extradited a former bank manager to China.", "a former bank manager"),
        ("es", "Perú extraditó a China a un empresario.", "un empresario"),
        ("fr", "La France a extradé un homme vers la Chine.", "un homme"),
        ("zh", "一名男子从泰国被遣返回中国。", "一名"),
    ],
)
def test_one_person_counts_where_one_is_handed_over(reports: Reader, lang: str, text: str, words: str) -> None:
    assert counts(text, reports(text, lang)) == {(1, "persons", "repatriated", words)}


def test_one_person_counts_nowhere_else(reports: Reader) -> None:
    text = "A Chinese officer trained a policeman from Fiji."
    assert counts(text, reports(text, "en")) == set()


@pytest.mark.parametrize(
    ("lang", "text", "words"),
    [
        ("en", "Chinese police trained 40 young Fijian police officers.", "40 young Fijian police officers"),
        ("sw", "Polisi wa China waliwapa mafunzo maafisa 40 wa Kenya.", "maafisa 40"),
        ("ja", "中国の警察はラオスの警察官40人に研修を行った。", "警察官40人"),
        ("zh", "中国警方培训了四十名老挝警官。", "四十名老挝警官"),
        ("ko", "중국 경찰이 라오스 경찰관 40명을 교육했다.", "경찰관 40명을"),
        ("ru", "Полиция Китая обучила сорок полицейских из Лаоса.", "сорок полицейск"),
        ("hu", "A kínai rendőrség negyven rendőrt képzett ki.", "negyven rendőrt"),
    ],
)
def test_the_noun_stands_where_the_language_puts_it(reports: Reader, lang: str, text: str, words: str) -> None:
    assert {(n, unit, said) for n, unit, _, said in counts(text, reports(text, lang))} == {(40, "officers", words)}


def test_an_arabic_dual_counts_two(reports: Reader) -> None:
    text = "بدأ ضابطان صينيان دوريات مشتركة مع الشرطة."
    assert counts(text, reports(text, "ar")) == {(2, "officers", "sent", "ضابطان")}


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "Chinese police trained officers for 12 weeks and crime fell by 30 percent."),
        ("en", "In 2024 Chinese police trained officers on 12 May under Article 3 of the BOL-110 plan."),
        ("zh", "中国警方举行第三期警察培训，为期十二天，案件减少三成。"),
        ("es", "La policía china formó durante nueve semanas a agentes; el delito bajó un 30 por ciento."),
        ("ru", "Китайская полиция обучала полицейских пять лет и изъяла 3 тонны."),
        ("ja", "中国の警察は警察官に四週間の研修を行った。"),
    ],
)
def test_spans_of_time_shares_weights_and_names_are_no_quantities(reports: Reader, lang: str, text: str) -> None:
    assert counts(text, reports(text, lang)) == set()


def test_numbers_belong_to_the_act_of_their_clause(reports: Reader) -> None:
    text = "Chinese police arrested 12 suspects together with local police, and China donated 30 vehicles."
    found = {report.type: {q.n for q in report.quantities} for report in reports(text, "en")}
    assert found["joint_operation"] == {12}
    assert found["equipment"] == {30}


def test_people_freed_are_not_people_arrested(reports: Reader) -> None:
    text = "Police arrested 12 suspects together with Chinese officers and rescued 61 people."
    assert {(n, role) for n, _, role, _ in counts(text, reports(text, "en"))} == {(12, "arrested"), (61, "other")}


def test_a_crime_is_no_repression_and_an_inquiry_into_it_no_countermeasure(reports: Reader) -> None:
    text = "Angola deported 37 suspects of kidnapping to China. Police investigated the gang for a year."
    assert {report.type for report in reports(text, "en")} == {"extradition_or_repatriation"}


def test_a_piece_about_other_things_needs_the_chinese_side_near(reports: Reader) -> None:
    text = (
        "The auditor tabled her report. School meals failed. Two bridges were never begun. Fuel is unpaid. "
        "Police received 12 boats from Japan. Parliament meets in June. Rain is expected. "
        "A footnote thanks the embassy of China."
    )
    assert reports(text, "en") == ()


def test_the_headline_may_name_what_a_countermeasure_answers(reports: Reader) -> None:
    text = "The foreign ministry told China to close an office that police say was run from Fuzhou."
    assert ("countermeasure", "delivered") in told(reports(text, "en", "Overseas police station to be shut"))
    assert told(reports(text, "en", "Office to be shut")) == set()


@pytest.mark.parametrize("lang", ["en", "zh", "ru", "ar", "th", "und", "xx", ""])
@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\ud800 police \udfff China 12 officers",
        "警察police경찰شرطةполиция 12名 20 officers 三十人",
        "0" * 400,
        "中国警方" * 500,
        "١٢٣ ضابط ４５名 ๖๗ นาย",
        "(((((,,,,;;;;----\u200b\u202e",
    ],
)
def test_hostile_text_is_read_without_harm(reports: Reader, lang: str, text: str) -> None:
    for report in reports.whole(text, lang):
        assert 0 <= report.start <= report.end <= len(text)
        assert all(0 <= q.start < q.end <= len(text) for q in report.quantities)


@pytest.mark.parametrize(
    ("lang", "piece"),
    [
        ("en", "China trained 12 officers, "),
        ("zh", "中国捐赠三百辆警车"),
        ("ru", "двадцать полицейских Китая обучили "),
        ("en", "a man extradited to China "),
        ("zh", "警"),
    ],
)
def test_time_grows_with_the_text_and_no_faster(reports: Reader, lang: str, piece: str) -> None:
    assert growth(lambda size: reports.whole(piece * size, lang), 150) < LINEAR
