"""docs/commands.md, docs/settings.md and docs/schemas are those of this version."""

import re

import pytest
from jsonschema import Draft202012Validator

from console import reference, schemas
from console.main import COMMANDS


@pytest.mark.parametrize(
    ("name", "page"), [("commands.md", reference.commands_page), ("settings.md", reference.settings_page)]
)
def test_pages_are_fresh(name: str, page: object) -> None:
    assert callable(page)
    kept = (reference.DOCS / name).read_text(encoding="utf-8")
    assert kept == page(), "write it anew: python -m console.reference"


def test_every_command_has_its_part() -> None:
    page = reference.commands_page()
    assert re.findall(r"^## beatwatch (\S+)$", page, re.M) == list(COMMANDS)


@pytest.mark.parametrize("name", schemas.ANSWERS)
def test_schemas_are_fresh_and_valid(name: str) -> None:
    kept = (schemas.FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert kept == schemas.text(name), "write it anew: python -m console.schemas"
    Draft202012Validator.check_schema(schemas.schema(name))


def test_no_schema_is_left_over() -> None:
    assert {path.stem for path in schemas.FOLDER.glob("*.json")} == set(schemas.ANSWERS)
