"""Who speaks: named near a verb of saying, carried on by pronouns and quotations, never read inside a quotation."""

import pytest

from pipeline.knowledge import load_lexicon
from pipeline.lexicon import Lexicon
from pipeline.sentences import Sentence, split
from pipeline.speaker import VOICES, Speaking, speakers


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return load_lexicon()


def heard(text: str, lang: str, lexicon: Lexicon) -> list[Speaking]:
    return speakers(split(text, lang), lexicon)


@pytest.mark.parametrize(
    ("lang", "text", "voice"),
    [
        ("en", "Chinese foreign ministry spokesperson Mao Ning said that the courses will go on.", "prc_official"),
        ("en", "The police commissioner thanked the instructors.", "host_official"),
        ("en", "A shopkeeper said the streets are quieter now.", "citizen"),
        ("en", "Human Rights Watch warned of surveillance.", "civil_society"),
        ("en", "Interpol said it had no part in it.", "international_body"),
        ("en", "The opposition leader asked who pays.", "host_opposition"),
        ("zh", "专家表示，该协议不透明。", "expert"),
        ("ru", "Эксперт заявил, что соглашение непрозрачно.", "expert"),
        ("es", "El analista dijo que el acuerdo es opaco.", "expert"),
        ("fr", "Un expert a déclaré que l'accord est opaque.", "expert"),
        ("ar", "وقال خبير إن الاتفاق غير واضح.", "expert"),
        ("en", "The deal is a trap, said Mira Tal of the Coast Institute.", "expert"),
        ("en", "The tools will be turned on us, said a spokeswoman for the Harbour Rights League.", "civil_society"),
        ("en", "A woman who sells fish said the streets are quieter now.", "citizen"),
        ("en", "Senator Ivo Strand asked who pays.", "host_opposition"),
        ("en", "Prosecutors said the pair filmed the house.", "host_official"),
        ("fr", "« Ce contrat nous lie pour vingt ans », regrette Mira Tal, chercheuse à l'Institut côtier.", "expert"),
        ("fr", "Un sénateur de l'opposition juge que l'addition viendra plus tard.", "host_opposition"),
        ("es", "«Nadie conoce el contrato», advirtió Mira Tal, del Observatorio de la Costa.", "expert"),
        ("ru", "«Нам об этом не сказали, — заявил депутат Тал. — Кто платит?»", "host_opposition"),
        ("ja", "検事は「外国の警察に権限はない」と述べた。", "host_official"),
        ("ko", "한 주민은 거리가 조용해졌다고 말했다.", "citizen"),
        ("zh", "人权律师说，合同从未公布。", "civil_society"),
    ],
)
def test_a_speaker_named_near_a_verb_of_saying(lang: str, text: str, voice: str, lexicon: Lexicon) -> None:
    (found,) = heard(text, lang, lexicon)
    assert (found.voice, found.known, found.attributed) == (voice, False, True)
    assert found.cues[VOICES.index(found.voice)] == 1.0


@pytest.mark.parametrize(
    ("lang", "text", "voice"),
    [
        ("en", "The Chinese minister said that the courses will go on.", "prc_official"),
        ("en", "The director of the Shanghai bureau said that the courses will go on.", "prc_official"),
        ("en", "Deputy minister Gao Peilin said that the courses will go on.", "prc_official"),
        ("en", "Beijing said that the courses will go on.", "prc_official"),
        ("en", "The minister said that the courses with Chinese officers will go on.", "host_official"),
        ("en", "The minister praised China and thanked the officers.", "host_official"),
        ("fr", "Le ministre chinois a déclaré que les cours continueront.", "prc_official"),
        ("zh", "中国驻该国大使表示，培训将继续。", "prc_official"),
        ("zh", "该国警察总监感谢中方，说培训将继续。", "host_official"),
    ],
)
def test_an_office_beside_a_chinese_place_or_name_is_chinese(
    lang: str, text: str, voice: str, lexicon: Lexicon
) -> None:
    assert heard(text, lang, lexicon)[0].voice == voice


def test_a_chinese_official_comes_back_by_surname_and_pronoun(lexicon: Lexicon) -> None:
    text = (
        "The plan was unveiled by Chinese police chief Gao Peilin. Mira Tal, a professor, said it was vague."
        " Gao’s speech highlighted the thefts at sea. He emphasised that no country is safe alone."
    )
    assert [one.voice for one in heard(text, "en", lexicon)[1:]] == ["expert", "prc_official", "prc_official"]


def test_a_post_that_could_be_on_any_side_has_no_voice_until_its_side_was_told(lexicon: Lexicon) -> None:
    (alone,) = heard("The director said that the courses will go on.", "en", lexicon)
    assert alone.voice is None
    text = "The director of the rights group said the deal is opaque. The road was wet. The director added that it is late."
    found = heard(text, "en", lexicon)
    assert [(speaking.voice, speaking.known) for speaking in found] == [
        ("civil_society", False),
        (None, False),
        ("civil_society", True),
    ]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The analyst said the deal is opaque. She added that it must be published."),
        ("zh", "专家表示，该协议不透明。他说，协议应当公布。"),
        ("ru", "Эксперт заявил, что соглашение непрозрачно. Он добавил, что его нужно опубликовать."),
        ("fr", "Un expert a déclaré que l'accord est opaque. Il a ajouté qu'il faut le publier."),
        ("ar", "وقال خبير إن الاتفاق غير واضح. وأضاف أنه يجب نشره."),
    ],
)
def test_a_pronoun_goes_on_with_the_speaker_before(lang: str, text: str, lexicon: Lexicon) -> None:
    first, second = heard(text, lang, lexicon)
    assert (first.voice, first.known) == ("expert", False)
    assert (second.voice, second.known, second.carried) == ("expert", True, "expert")


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("es", "El analista dijo que el acuerdo es opaco. A su juicio, debe publicarse."),
        ("es", "El analista dijo que el acuerdo es opaco. «Debe publicarse de inmediato, y entero», añadió."),
        ("ru", "Эксперт заявил, что соглашение непрозрачно. По его словам, его нужно опубликовать."),
        ("id", "Seorang pakar mengatakan perjanjian itu tertutup. Menurut dia, isinya harus dibuka."),
        ("ja", "専門家は協定が不透明だと述べた。彼は公表すべきだと述べた。"),
    ],
)
def test_so_does_a_phrase_for_his_view_or_a_verb_without_subject(lang: str, text: str, lexicon: Lexicon) -> None:
    first, second = heard(text, lang, lexicon)
    assert (first.voice, second.voice, second.known) == ("expert", "expert", True)


def test_a_pronoun_behind_another_person_in_the_sentence_means_that_person(lexicon: Lexicon) -> None:
    text = "The analyst said the deal is opaque. A shopkeeper came to the gate, and later she said it was quiet."
    assert [speaking.voice for speaking in heard(text, "en", lexicon)] == ["expert", "citizen"]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The analyst said the deal is opaque. “It must be published at once.”"),
        ("zh", "专家表示，该协议不透明。“协议应当尽快公布。”"),
        ("ru", "Эксперт заявил, что соглашение непрозрачно. «Его нужно опубликовать немедленно»."),
    ],
)
def test_a_sentence_that_is_all_quotation_goes_on_with_the_speaker_before(
    lang: str, text: str, lexicon: Lexicon
) -> None:
    found = heard(text, lang, lexicon)
    assert found[-1].voice == "expert"
    assert found[-1].quoted > 0.6


def test_a_whole_sentence_may_give_the_view_of_one(lexicon: Lexicon) -> None:
    assert heard("Pour la politologue Mira Tal, le texte est opaque.", "fr", lexicon)[0].voice == "expert"


@pytest.mark.parametrize(
    ("texts", "voices"),
    [
        (["The road was wet.", "“They came at night.", "They left,” a villager said."], [None, "citizen", "citizen"]),
        (["A villager said: “They came at night.", "They left.”", "It was wet."], ["citizen", "citizen", None]),
        (["«Они пришли, — сказал житель.", "Они ушли».", "Было темно."], ["citizen", "citizen", None]),
    ],
)
def test_a_quotation_over_several_sentences_has_one_speaker(
    texts: list[str], voices: list[str | None], lexicon: Lexicon
) -> None:
    found = speakers([Sentence(0, len(text), text) for text in texts], lexicon)
    assert [speaking.voice for speaking in found] == voices


def test_one_word_between_quotation_marks_is_not_a_quotation(lexicon: Lexicon) -> None:
    (found,) = heard("The “advisers” came in May.", "en", lexicon)
    assert (found.quoted, found.attributed) == (0.0, False)


def test_an_unknown_speaker_ends_the_turn_of_the_one_before(lexicon: Lexicon) -> None:
    text = "The analyst said the deal is opaque. Mira Tal said it was late. She added that the road was wet."
    assert [speaking.voice for speaking in heard(text, "en", lexicon)] == ["expert", None, None]


def test_a_person_introduced_with_a_title_is_known_by_the_surname(lexicon: Lexicon) -> None:
    text = (
        "Mira Tal, a professor at the university, said the deal is opaque. The port is busy."
        " Tal told reporters that it must be published."
    )
    introduced, between, later = heard(text, "en", lexicon)
    assert introduced.voice == "expert"
    assert between.voice is None
    assert (later.voice, later.known, later.carried) == ("expert", True, None)


def test_the_reporters_own_sentence_has_no_speaker_and_ends_the_turn(lexicon: Lexicon) -> None:
    text = "The analyst said the deal is opaque. The road was wet. He left."
    found = heard(text, "en", lexicon)
    assert [speaking.voice for speaking in found] == ["expert", None, None]
    assert not found[1].attributed


def test_who_is_named_inside_a_quotation_does_not_speak(lexicon: Lexicon) -> None:
    (found,) = heard("The analyst wrote “police chief said it was fine” in a paper.", "en", lexicon)
    assert found.voice == "expert"
    assert found.cues[VOICES.index("host_official")] == 0.0


def test_the_named_one_nearest_to_the_verb_speaks(lexicon: Lexicon) -> None:
    text = "While the prime minister was abroad with his cabinet and the police chief, residents said they felt safe."
    assert heard(text, "en", lexicon)[0].voice == "citizen"


def test_who_is_named_without_a_verb_of_saying_is_a_weak_sign_and_no_speaker(lexicon: Lexicon) -> None:
    (found,) = heard("The professor lives in Suva.", "en", lexicon)
    assert (found.voice, found.attributed) == (None, False)
    assert found.cues[VOICES.index("expert")] == 0.5


def test_there_is_one_answer_for_each_sentence(lexicon: Lexicon) -> None:
    assert speakers([], lexicon) == []
    text = "One came. Two left. Three stayed."
    found = heard(text, "en", lexicon)
    assert len(found) == 3
    assert all(len(speaking.cues) == len(VOICES) for speaking in found)
    assert all(0.0 <= speaking.quoted <= 1.0 for speaking in found)
