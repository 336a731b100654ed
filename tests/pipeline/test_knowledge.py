"""What is shipped can be read, and a broken file is told by its name and field."""

from pathlib import Path
from shutil import copyfile

import numpy as np
import pytest

from pipeline.declared import BrokenFiles
from pipeline.errors import ConfigError, ModelMissing
from pipeline.knowledge import CONFIG, codebook_version, load_centres, load_gazetteer, load_lexicon
from pipeline.lexicon import FLAT, GROUPED


def broken(tmp_path: Path, old: str, new: str) -> str:
    """The faults of the English lexicon with `old` replaced once."""
    text = (CONFIG / "lexicon" / "en.yml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "en.yml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BrokenFiles) as caught:
        load_lexicon(tmp_path)
    return str(caught.value)


def test_the_shipped_lexicon_has_the_languages_of_the_beat() -> None:
    assert {"ar", "en", "es", "fr", "id", "ja", "pt", "ru", "zh"} <= set(load_lexicon().languages)


def test_every_shipped_lexicon_file_is_named_after_its_language() -> None:
    assert load_lexicon().languages == tuple(sorted(path.stem for path in (CONFIG / "lexicon").glob("*.yml")))


def test_the_shipped_gazetteer_and_codebook_are_read() -> None:
    assert load_gazetteer().find("Fiji")[0]
    assert codebook_version().isdigit()


@pytest.mark.parametrize("key", [*FLAT, *GROUPED])
def test_a_missing_key_is_named_with_its_file(tmp_path: Path, key: str) -> None:
    faults = broken(tmp_path, f"\n{key}:", f"\nx{key}:").splitlines()
    assert f"{tmp_path}/en.yml: {key}: missing" in faults
    assert f"{tmp_path}/en.yml: x{key}: unknown key" in faults


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("\ncumulative: [", "\ncumulative: [7, ", "en.yml: cumulative: must be a list of terms"),
        ("\ncumulative: [", '\ncumulative: ["", ', "en.yml: cumulative: must be a list of terms"),
        ("\npolice: [", "\npolice: police\nold: [", "en.yml: police: must be a list of terms"),
        ("  training: [", "  training: [null, ", "en.yml: types: must map names to lists of terms"),
        ("\nlang: en", "\nlang: 7", "en.yml:2: lang: input should be a valid string, not 7"),
        ("\nlang: en", "", "en.yml:1: lang: missing"),
        ("\npolice: [", "\npolice: [[", "en.yml:"),
    ],
)
def test_a_wrong_value_is_named_with_its_file_and_field(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert any(line.startswith(f"{tmp_path}/{fault}") for line in broken(tmp_path, old, new).splitlines())


def test_one_broken_language_does_not_hide_in_the_others(tmp_path: Path) -> None:
    copyfile(CONFIG / "lexicon" / "zh.yml", tmp_path / "zh.yml")
    assert "en.yml: china: missing" in broken(tmp_path, "\nchina:", "\nchinas:")


def test_a_folder_without_a_lexicon_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no lexicon file"):
        load_lexicon(tmp_path)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("countries: {FJ: [suva]}\n", "1: organisations: missing"),
        ("countries: {FJ: suva}\norganisations: {}\n", "1: countries.FJ: "),
        ("countries: {}\norganisations: {}\nskips: [mali]\n", "3: skips: unknown key (meant: skip?)"),
    ],
)
def test_a_broken_gazetteer_is_named_with_line_and_field(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "gazetteer.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BrokenFiles) as caught:
        load_gazetteer(path)
    assert str(caught.value).startswith(f"{path}:{fault}")


def test_a_codebook_without_a_version_is_named(tmp_path: Path) -> None:
    path = tmp_path / "codebook.yml"
    path.write_text("title: x\n", encoding="utf-8")
    with pytest.raises(BrokenFiles, match=r"codebook\.yml:1: version: missing"):
        codebook_version(path)


def test_centres_are_read_as_they_were_fitted(tmp_path: Path) -> None:
    path = tmp_path / "centres.npz"
    np.savez(path, en=np.asarray([1.0, 2.0]))
    assert {name: list(mean) for name, mean in load_centres(path).items()} == {"en": [1.0, 2.0]}


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04 cut short"])
def test_broken_centres_are_named_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "centres.npz"
    path.write_bytes(content)
    with pytest.raises(ModelMissing, match=r"centres\.npz: .*refit with `python -m training\.fit`"):
        load_centres(path)
