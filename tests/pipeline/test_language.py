"""The language of a text, also of those that the detector does not know."""

import pytest

from pipeline.language import detect


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Ol polis bilong Saina i kam long trenim ol polis ofisa bilong kantri.", "tpi"),
        ("Ol polis blong Jaena oli kam blong trenem ol polis ofisa blong kantri ia.", "bi"),
        ("چینی پولیس نے مقامی افسران کو تربیت دی اور وزیر نے شکریہ ادا کیا۔", "ur"),
        ("پلیس چین به افسران محلی آموزش داد و وزیر از همکاری تشکر کرد.", "fa"),
        ("चीनी पुलिस ने स्थानीय अधिकारियों को प्रशिक्षण दिया और मंत्री ने कहा कि यह सहयोग जारी रहेगा।", "hi"),
        ("Çin polisi yerel memurlara eğitim verdi ve bakan teşekkür etti.", "tr"),
    ],
)
def test_each_language_is_told(text: str, lang: str) -> None:
    assert detect(text) == lang


@pytest.mark.parametrize(
    "text",
    [
        "It will not be long, the police said.",
        "The word bilong stands on the sign above the market, and nobody in the capital could tell the police what it meant.",
    ],
)
def test_a_word_of_another_language_does_not_make_the_text_its(text: str) -> None:
    assert detect(text) == "en"
