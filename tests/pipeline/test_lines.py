"""JSON lines: good ones go on, each bad one is told by its number."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import UsageError
from pipeline.lines import Line, read_lines, write_lines


def anything(record: Mapping[str, Any]) -> str | None:
    return None


def needs_text(record: Mapping[str, Any]) -> str | None:
    return None if "text" in record else "no `text`"


def read(path: Path, content: bytes) -> tuple[list[Line], dict[int, str]]:
    path.write_bytes(content)
    bad: dict[int, str] = {}
    return list(read_lines(path, needs_text, bad.__setitem__)), bad


def test_lines_of_any_script_are_read_with_their_numbers(tmp_path: Path) -> None:
    content = '{"id": "a", "text": "警察"}\n\n{"id": "b", "text": "شرطة"}\n{"id": "c", "text": "полиция"}'
    lines, bad = read(tmp_path / "in.jsonl", content.encode())
    assert [(line.number, line.record["text"]) for line in lines] == [(1, "警察"), (3, "شرطة"), (4, "полиция")]
    assert bad == {}


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter(tmp_path: Path) -> None:
    lines, bad = read(
        tmp_path / "in.jsonl", b'\xef\xbb\xbf{"id": "a", "text": "x"}\r\n  \r\n{"id": "b", "text": "y"}\r\n'
    )
    assert [line.number for line in lines] == [1, 3]
    assert bad == {}


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"{", "not JSON in UTF-8"),
        (b"{'id': 'a'}", "not JSON in UTF-8"),
        ('{"id": "a", "text": "policía"}'.encode("latin-1"), "not JSON in UTF-8"),
        (b"[" * 100_000, "not JSON in UTF-8"),
        (b"[1, 2]", "not a JSON object"),
        (b'{"text": "x"}', "no `id`"),
        (b'{"id": "", "text": "x"}', "no `id`"),
        (b'{"id": 7, "text": "x"}', "no `id`"),
        (b'{"id": "first", "text": "x"}', "`id` 'first' was used before"),
        (b'{"id": "b"}', "no `text`"),
    ],
)
def test_a_bad_line_is_told_and_the_rest_goes_on(tmp_path: Path, raw: bytes, problem: str) -> None:
    content = b'{"id": "first", "text": "x"}\n' + raw + b'\n{"id": "last", "text": "x"}\n'
    lines, bad = read(tmp_path / "in.jsonl", content)
    assert [line.record["id"] for line in lines] == ["first", "last"]
    assert list(bad) == [2]
    assert bad[2].startswith(problem)


def test_an_id_of_a_bad_line_may_be_used_again(tmp_path: Path) -> None:
    lines, bad = read(tmp_path / "in.jsonl", b'{"id": "a"}\n{"id": "a", "text": "x"}\n')
    assert [line.number for line in lines] == [2]
    assert bad == {1: "no `text`"}


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.jsonl: cannot be read"):
        list(read_lines(tmp_path / "none.jsonl", anything, lambda number, problem: None))


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    records = [{"id": "a", "text": "Polícia\nChina"}, {"id": "b", "text": "中国警察 👮"}]
    path = tmp_path / "out.jsonl"
    assert write_lines(path, records) == 2
    assert [line.record for line in read_lines(path, anything, lambda number, problem: pytest.fail(problem))] == records
    assert "中国警察" in path.read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == [path]


def test_a_writing_that_fails_half_way_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write_lines(path, [{"id": "old"}])
    with pytest.raises(TypeError):
        write_lines(path, [{"id": "new"}, {"id": object()}])
    assert json.loads(path.read_text(encoding="utf-8")) == {"id": "old"}


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"out\.jsonl: cannot be written"):
        write_lines(tmp_path / "none" / "out.jsonl", [])
