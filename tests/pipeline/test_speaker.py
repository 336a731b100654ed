"""Who speaks: named near a verb of saying, carried on by pronouns and quotations, never read inside a quotation."""

import pytest

from pipeline.knowledge import load_lexicon
from pipeline.lexicon import Lexicon
from pipeline.sentences import split
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
    ],
)
def test_a_speaker_named_near_a_verb_of_saying(lang: str, text: str, voice: str, lexicon: Lexicon) -> None:
    (found,) = heard(text, lang, lexicon)
    assert (found.voice, found.known, found.attributed) == (voice, False, True)
    assert found.cues[VOICES.index(found.voice)] == 1.0


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
