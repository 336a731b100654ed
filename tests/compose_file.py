"""docker-compose.yml as Compose reads it, for the tests that hold it to the project."""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).parent.parent
FILE = ROOT / "docker-compose.yml"
OPERATOR = {"BEATWATCH_CONTACT": "desk@example.org"}
"""What an operator must give; everything else has a default."""
_VARIABLE = re.compile(r"\$(?:(?P<escaped>\$)|\{(?P<name>\w+)(?:(?P<kind>:?[-?])(?P<word>[^}]*))?\})")
LISTENING = (
    "BEATWATCH_CONSOLE_PORT",
    "MP_SMTP_BIND_ADDR",
    "MP_UI_BIND_ADDR",
    "PREFECT_WORKER_WEBSERVER_PORT",
    "SERVER_PORT",
)
"""Variables by which a service is told where it listens."""
IMAGES = {"postgres": {5432}, "elasticsearch": {9200}}
"""Where those listen that are not told."""


def variables(text: str) -> set[str]:
    """Names of the variables that Compose would fill in."""
    return {found["name"] for found in _VARIABLE.finditer(text) if found["name"]}


def filled(text: str, given: Mapping[str, str]) -> str:
    """Variables filled in as Compose does; raises `KeyError` for one that is required, or has no default."""

    def value(found: "re.Match[str]") -> str:
        if found["escaped"]:
            return "$"
        held = given.get(found["name"])
        if held or (held is not None and found["kind"] == "-"):
            return held
        if found["kind"] in ("-", ":-"):
            return found["word"]
        raise KeyError(found["name"])

    return _VARIABLE.sub(value, text)


@dataclass(frozen=True, slots=True)
class Service:
    """One service, anchors and variables resolved."""

    name: str
    declared: Mapping[str, Any]

    @property
    def once(self) -> bool:
        """Whether it ends by itself."""
        return bool(self.declared["restart"] != "unless-stopped")

    @property
    def ours(self) -> bool:
        """Whether it runs this project's image."""
        return str(self.declared["image"]).startswith("beatwatch:")

    @property
    def environment(self) -> dict[str, str]:
        """Its variables."""
        return dict(self.declared.get("environment", {}))

    @property
    def check(self) -> list[str]:
        """The words of its health check; empty without one."""
        return list(self.declared.get("healthcheck", {}).get("test", []))

    @property
    def secrets(self) -> dict[str, str]:
        """Where in the container which secret is: path, name."""
        told = [{"source": one} if isinstance(one, str) else one for one in self.declared.get("secrets", [])]
        return {one.get("target", f"/run/secrets/{one['source']}"): one["source"] for one in told}

    @property
    def published(self) -> list[list[str]]:
        """(host, its port, port of the container) each."""
        return [port.split(":") for port in self.declared.get("ports", [])]

    def lines(self) -> list[list[str]]:
        """The command lines that it runs; a script's are taken apart."""
        words = [*self.declared.get("entrypoint", ["beatwatch"]), *self.declared.get("command", [])]
        if words[:2] == ["/bin/sh", "-ec"]:
            return [shlex.split(line) for line in words[2].splitlines()]
        return [words]

    def listens(self) -> set[int]:
        """Ports that its own settings name, or that its image has by itself."""
        words = self.declared.get("command", [])
        told = [word for option, word in pairwise(words) if option == "--port"]
        told += [value for name, value in self.environment.items() if name in LISTENING]
        return IMAGES.get(self.name, set()) | {int(word.rpartition(":")[2]) for word in told}

    def texts(self) -> Iterator[str]:
        """Every word of its environment, commands and health check."""
        yield from self.environment.values()
        yield from (word for line in self.lines() for word in line)
        yield from self.check


@cache
def declared() -> dict[str, Any]:
    """The file, anchors resolved and variables filled in with their defaults."""
    read: dict[str, Any] = _resolved(yaml.safe_load(FILE.read_text(encoding="utf-8")))
    return read


def _resolved(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _resolved(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_resolved(value) for value in node]
    return filled(node, OPERATOR) if isinstance(node, str) else node


@cache
def services() -> dict[str, Service]:
    """All services by name."""
    return {name: Service(name, one) for name, one in declared()["services"].items()}
