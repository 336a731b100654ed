"""Installations as an operator has them, and what of two of them can be compared."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import pytest
import sqlalchemy as sa

from console.main import status
from pipeline.adapters.state.database import postgres_address
from tests.console.conftest import CALL, in_child

EXPORTS = ("stories", "articles", "engagements")


@dataclass(frozen=True, slots=True)
class Installation:
    """A data folder, with the environment that names its servers, if it has any."""

    data: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def told(self, *arguments: object) -> str:
        """What a command prints, which must end well; called in this process."""
        out, err = StringIO(), StringIO()
        with pytest.MonkeyPatch.context() as changed, redirect_stdout(out), redirect_stderr(err):
            for name, value in self.environment.items():
                changed.setenv(name, value)
            ended = status([*map(str, arguments), "--data", str(self.data)])
        assert ended == 0, err.getvalue()
        return out.getvalue()

    def run(self, *arguments: str) -> str:
        """What a whole run prints, which must end well; in a process of its own, as a model and a crawl need it."""
        ended = in_child("run", *arguments, "--data", self.data, env=self._whole_environment())
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def begin_run(self) -> "subprocess.Popen[bytes]":
        """A run that goes on."""
        command = [sys.executable, "-c", CALL, "run", "--data", str(self.data)]
        nowhere = subprocess.DEVNULL
        return subprocess.Popen(command, env=self._whole_environment(), stdout=nowhere, stderr=nowhere)

    def _whole_environment(self) -> dict[str, str]:
        return {**os.environ, **self.environment}

    def exported(self) -> dict[str, str]:
        """All exports."""
        return {what: self.told("export", what, "--format", "jsonl") for what in EXPORTS}

    def count(self, query: str) -> int:
        """A number from the database."""
        address = self.environment.get("BEATWATCH_DATABASE")
        url = postgres_address(address, None) if address else f"sqlite:///file:{self.data}/state.db?mode=ro&uri=true"
        engine = sa.create_engine(url)
        try:
            with engine.connect() as connection:
                return int(connection.scalars(sa.text(query)).one())
        finally:
            engine.dispose()

    def mails(self) -> dict[str, bytes]:
        """The written mails by name."""
        return {path.name: path.read_bytes() for path in (self.data / "mail").glob("*.eml")}


def steady(lines: Iterable[str]) -> list[object]:
    """Printed objects without their fractions: how texts fall into batches moves the last digits of a score."""

    def whole(value: object) -> object:
        if isinstance(value, dict):
            return {key: whole(inner) for key, inner in value.items() if not isinstance(inner, float)}
        return [whole(inner) for inner in value] if isinstance(value, list) else value

    return [whole(json.loads(line)) for line in lines]
