"""The Dockerfile copies only what there is, ends without root or compilers, and installs from the lock."""

import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser

from tests.compose_file import ROOT, services

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@cache
def stages() -> tuple[list[tuple[str, str]], ...]:
    """(instruction, value) each, for every stage."""
    parser = DockerfileParser(path=str(ROOT / "Dockerfile"))
    found: list[list[tuple[str, str]]] = []
    for line in parser.structure:
        if line["instruction"] == "FROM":
            found.append([])
        if line["instruction"] != "COMMENT" and found:
            found[-1].append((line["instruction"], line["value"]))
    return tuple(found)


def values(stage: int, instruction: str) -> list[str]:
    return [value for name, value in stages()[stage] if name == instruction]


def copied() -> set[str]:
    """What the build takes out of the checkout."""
    return {source for value in values(0, "COPY") for source in value.split()[:-1]}


def test_the_linter_finds_nothing() -> None:
    linter = Path(sys.executable).parent / "hadolint"
    ended = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "")


def test_what_is_copied_is_in_the_checkout_and_not_ignored() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert [source for source in copied() if not (ROOT / source).exists()] == []
    assert {line[1:] for line in ignored if line.startswith("!")} == copied()
    assert [line for line in ignored if line and line[0] not in "#!"] == ["*", "**/__pycache__"]


def test_every_part_of_the_program_is_copied() -> None:
    assert {*PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"], "deploy", "prefect.yaml"} <= copied()


def test_the_last_stage_has_the_result_of_the_first_and_no_more() -> None:
    assert len(stages()) == 2
    assert values(1, "COPY") == ["--from=build /opt/venv /opt/venv", "--from=build /app /app"]
    told = " ".join(values(1, "RUN"))
    assert not re.search(r"\b(apt-get|pip|uv|gcc|curl|wget)\b", told)


def test_both_stages_have_one_pinned_base() -> None:
    (first,), (last,) = values(0, "FROM"), values(1, "FROM")
    assert first == f"{last} AS build"
    assert re.fullmatch(r"python:3\.11\.\d+-slim-bookworm", last)


def test_it_runs_as_a_user_of_a_fixed_number() -> None:
    assert values(1, "USER") == ["1000:0"]
    assert "useradd --uid 1000 --gid 0" in values(1, "RUN")[0]


def test_its_folders_are_those_that_volumes_are_mounted_over() -> None:
    worker = services()["worker"].environment
    for folder in (worker["BEATWATCH_DATA"], worker["BEATWATCH_VAULT"]):
        assert f" {folder}" in values(1, "RUN")[0]


def test_it_is_beatwatch_and_says_whether_it_is_well() -> None:
    assert values(1, "ENTRYPOINT") == ['["beatwatch"]']
    assert "beatwatch" in PROJECT["project"]["scripts"]
    (check,) = values(1, "HEALTHCHECK")
    assert f"127.0.0.1:{values(1, 'EXPOSE')[0]}/" in check


def test_libraries_come_from_the_lock_in_both_variants() -> None:
    told = " ".join(values(0, "RUN"))
    assert '--requirements pyproject.toml --constraints "requirements${TORCH:+-$TORCH}.lock"' in told
    assert {"requirements.lock", "requirements-cpu.lock"} <= copied()
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.findall(r"uv==([\d.]+)", told) == re.findall(r"^UV_VERSION := (.+)$", makefile, re.M)


@pytest.mark.parametrize("instruction", ["ENV", "ARG", "LABEL"])
def test_it_holds_no_secret(instruction: str) -> None:
    told = " ".join(value for stage in range(2) for value in values(stage, instruction))
    assert not re.search(r"password|secret|token|_key", told, re.IGNORECASE)
