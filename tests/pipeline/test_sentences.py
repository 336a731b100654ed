"""Sentences are spans into the text: nothing lost, nothing twice, titles not torn from their names."""

import pytest

from pipeline.sentences import split

TEXTS = [
    ("en", "Police arrived at noon. They left at two.", 2),
    ("zh", "中国警方培训了两千名警员。王小洪作了讲话！他们来自哪里？", 3),
    ("ja", "中国の警察が来た。彼らは帰った。", 2),
    ("ar", "وصلت الشرطة الصينية اليوم. وقال الوزير إن التعاون مستمر.", 2),
    ("ru", "Полиция Китая прибыла утром. Министр поблагодарил её.", 2),
    ("es", "La policía china llegó ayer. El ministro le dio las gracias.", 2),
    ("fr", "La police chinoise est arrivée hier. Le ministre l'a remerciée.", 2),
    ("ko", "중국 경찰이 도착했다. 장관이 감사를 전했다.", 2),
    ("ur", "چینی پولیس پہنچ گئی۔ وزیر نے شکریہ ادا کیا۔", 2),
    ("hi", "चीनी पुलिस पहुँची। मंत्री डॉ. शर्मा ने धन्यवाद दिया।", 2),
    ("fa", "پلیس چین رسید. وزیر تشکر کرد.", 2),
    ("tr", "Çin polisi geldi. Bakan Doç. Dr. Kaya teşekkür etti.", 2),
    ("tpi", "Polis bilong Saina i kam. Minista i tok tenkyu.", 2),
]


@pytest.mark.parametrize(("lang", "text", "number"), TEXTS)
def test_each_language_has_its_own_full_stops(lang: str, text: str, number: int) -> None:
    assert len(split(text, lang)) == number


@pytest.mark.parametrize(("lang", "text", "number"), TEXTS)
def test_a_sentence_is_the_text_at_its_place(lang: str, text: str, number: int) -> None:
    padded = f"  {text}\n\n\t{text}  \n"
    found = split(padded, lang)
    assert len(found) == 2 * number
    assert all(padded[s.start : s.end] == s.text == s.text.strip() for s in found)


@pytest.mark.parametrize(("lang", "text", "number"), TEXTS)
def test_every_letter_is_in_exactly_one_sentence(lang: str, text: str, number: int) -> None:
    found = split(text, lang)
    covered = [place for s in found for place in range(s.start, s.end)]
    assert len(covered) == len(set(covered))
    assert {i for i, c in enumerate(text) if c.isalnum()} <= set(covered)


def test_offsets_count_code_points_beyond_the_basic_plane() -> None:
    text = "👮👮 Police came. 🇨🇳 They left."
    assert [text[s.start : s.end] for s in split(text, "en")] == [s.text for s in split(text, "en")]
    assert split(text, "en")[-1].end == len(text)


def test_a_line_break_ends_a_sentence() -> None:
    assert [s.text for s in split("A headline without a stop\nThe text begins.", "en")] == [
        "A headline without a stop",
        "The text begins.",
    ]


@pytest.mark.parametrize("title", ["Dr.", "Gen.", "Supt.", "Insp.", "Prof."])
def test_a_title_stays_with_its_name(title: str) -> None:
    assert len(split(f"The course was opened by {title} Rowan Hale in Suva.", "en")) == 1


def test_a_fragment_without_letters_belongs_to_the_sentence_before() -> None:
    found = split("They came. ... They left.", "en")
    assert all(any(c.isalnum() for c in s.text) for s in found)


@pytest.mark.parametrize("text", ["", "   ", "\n \n"])
def test_a_text_of_white_space_has_no_sentences(text: str) -> None:
    assert split(text, "en") == []


@pytest.mark.parametrize("lang", ["und", "xx", "sw", "hu", "sr", "th", "vi"])
def test_a_language_without_rules_of_its_own_still_splits(lang: str) -> None:
    assert "".join(s.text for s in split("One came. Two left.", lang)).replace(" ", "") == "Onecame.Twoleft."
