"""Normalised tokens and their places in the original."""

import pytest

from pipeline.normalise import Token, token_text, tokens


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("", ""),
        (" ,. ", ""),
        ("Police, TRAINING!", "police training"),
        ("Policía Łódź ĐINH øl straße", "policia lodz dinh ol strasse"),
        ("Polici\u0301a", "policia"),  # decomposed
        ("ＰＯＬＩＣＥ　１２", "police 12"),
        ("ﬁne", "fine"),
        ("İstanbul ISTANBUL", "istanbul istanbul"),
        ("公安部", "公 安 部"),
        ("中國公安部與警察", "中 国 公 安 部 与 警 察"),
        ("跟著 跟着", "跟 着 跟 着"),
        ("乾隆 乾", "干 隆 干"),
        ("5G網AI", "5g 网 ai"),
        ("カラオケ ｶﾞ ガ", "カ ラ オ ケ ガ ガ"),
        ("경찰이", "경 찰 이"),
        ("\u1100\u1161", "가"),
        ("ตำรวจ", "ตํ า ร ว จ"),
        ("पुलिस सहयोग", "पुलिस सहयोग"),  # vowel signs are letters there
        ("الشُّرْطَة أمن", "الشرطة امن"),
        ("Πολίτης полицейский", "πολιτης полицеискии".replace("ς", "σ")),
        ("l'Aquila e-mail U.S.", "l aquila e mail u s"),
        ("😀a\ud800b", "a b"),
    ],
)
def test_normal_forms(text: str, normal: str) -> None:
    assert token_text(text) == normal


def test_normalising_twice_changes_nothing() -> None:
    for text in ("中國公安部與AI 5G", "Policía straße İ", "경찰이 ตำรวจ पुलिस"):
        assert token_text(token_text(text)) == token_text(text)


def test_places_point_into_the_original() -> None:
    text = "x ﬁne 中國ＡＢ Polici\u0301a"
    assert [text[token.start : token.end] for token in tokens(text)] == [
        "x",
        "ﬁne",
        "中",
        "國",
        "ＡＢ",
        "Polici\u0301a",
    ]
    assert tokens("é a") == (Token("e", 0, 1), Token("a", 2, 3))


def test_tokens_hold_nothing_that_a_query_language_reads() -> None:
    everything = "".join(map(chr, range(0x250))) + "½①㍻™"
    assert all(char.isalnum() for char in token_text(everything) if char != " ")


def test_plain_ascii_is_cut_as_it_would_be_among_other_letters() -> None:
    plain = "".join(map(chr, range(0x80))) + " The PRC's 2,700 officers_x (MPS)"
    among = tokens(plain + " é")
    assert tokens(plain) == among[:-1]


def test_what_is_indexed_are_the_tokens() -> None:
    """Of every character between letters and between Han, whatever it becomes."""
    for code in [*range(0x3400), *range(0xA000, 0x10000), *range(0x1F000, 0x1F900), 0x20000, 0x30000, 0xE0100]:
        for text in (f"a{chr(code)}b", f"中{chr(code)}b"):
            found = tokens(text)
            assert token_text(text) == " ".join(token.text for token in found)
            assert found[-1].end == 3
