"""Declared files: strict values, YAML 1.2, and faults with their line."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import Field

from pipeline.declared import BrokenFiles, Declared, UtcTime, read_declared


class Part(Declared):
    size: int


class Thing(Declared):
    name: str
    at: UtcTime | None = None
    parts: tuple[Part, ...] = ()
    share: float = Field(default=0.0, le=1)


def read(folder: Path, text: str) -> Thing:
    path = folder / "thing.yml"
    path.write_text(text, encoding="utf-8")
    return read_declared(path, Thing)


@pytest.mark.parametrize("written", ["2024-05-01T08:00:00+08:00", "2024-05-01 00:00:00", "2024-05-01", "'2024-05-01'"])
def test_times_are_utc(tmp_path: Path, written: str) -> None:
    assert read(tmp_path, f"name: x\nat: {written}\n").at == datetime(2024, 5, 1, tzinfo=UTC)


def test_an_address_may_stand_in_brackets(tmp_path: Path) -> None:
    with pytest.raises(BrokenFiles, match=r"thing\.yml:1: name: .*valid string"):
        read(tmp_path, "name: [http://a.example/]\n")


@pytest.mark.parametrize("written", ["no", "off", "yes", "12:30"])
def test_words_of_yaml_1_1_are_text(tmp_path: Path, written: str) -> None:
    assert read(tmp_path, f"name: {written}\n").name == written


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("name: x\nparts:\n  - size: 1\n  - size: '2'\n", "4: parts[1].size: input should be a valid integer"),
        ("name: x\nparts:\n  - size: 1\n  - {}\n", "4: parts[1].size: missing"),
        ("name: x\nshar: 1\n", "2: shar: unknown key (meant: share?)"),
        ("name: x\nparts:\n  - {size: 1, sizes: 2}\n", "3: parts[0].sizes: unknown key"),
        ("name: x\nshare: .nan\n", "2: share: "),
        ("name: x\nat: 2024-02-30\n", "2: at: not a day or time in ISO 8601: '2024-02-30'"),
        ("name: x\nname: y\n", "2: found duplicate key"),
        ("name: 1\n", "1: name: input should be a valid string, not 1"),
        ("name: !!python/object:os.system x\n", "1: could not determine a constructor"),
    ],
)
def test_faults(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(BrokenFiles) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path}/thing.yml:{fault}")


@pytest.mark.parametrize("text", ["name: &a [*a]\n", "? [a]\n: b\n", "name: *nobody\n", 'name: "\\uD800"\n'])
def test_odd_yaml_is_a_fault(tmp_path: Path, text: str) -> None:
    with pytest.raises(BrokenFiles):
        read(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BrokenFiles, match="cannot be read"):
        read_declared(tmp_path / "nothing.yml", Thing)
