"""Reading what a person declares in YAML into a strict model, with errors that name file, line and field.

Sources, sample pages and outlets are all files that people edit by hand, so a mistake must be found where it was made.
A file is first read with the fast loader; only a file that fails is read again for its lines, which is twenty times
slower. Values are checked as JSON values: pydantic's strict mode then still reads lists as tuples and ISO 8601 text as
times, but neither "5" as a number nor 5 as text. YAML's own dates are kept as text for the same reason: its loaders
turn some of them into naive times.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pipeline.errors import ConfigError, UsageError

Place = tuple[str | int, ...]


class BrokenFiles(UsageError):
    """Declared files that do not hold what they must: one line a fault, all faults of all files together."""

    def __init__(self, faults: Sequence[ConfigError]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in faults))


class Declared(BaseModel):
    """Base of every declared model: frozen, strict, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


def _utc_time(value: object) -> object:
    """A day or a time in ISO 8601; anything else is left for pydantic to refuse."""
    if not isinstance(value, str):
        return value
    try:
        time = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"not a day or time in ISO 8601: {value!r}") from error
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


UtcTime = Annotated[datetime, BeforeValidator(_utc_time)]
"""A time or a date; without a zone it is UTC."""

M = TypeVar("M", bound=Declared)


class _PlainConstructor(SafeConstructor):
    """YAML's values, but dates as the text that was written."""


def _text(constructor: _PlainConstructor, node: ScalarNode) -> str:
    return str(constructor.construct_scalar(node))


_PlainConstructor.add_constructor("tag:yaml.org,2002:timestamp", _text)


def read_declared(path: Path, model: type[M]) -> M:
    """The file as a `model`; raises `BrokenFiles` with every fault of the file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenFiles([ConfigError(str(path), "", f"cannot be read: {error}")]) from error
    as_json = _as_json(path, _parse(path, text))
    try:
        return model.model_validate_json(as_json)
    except ValidationError as error:
        raise BrokenFiles(_faults(path, text, model, error)) from error


def _parse(path: Path, text: str) -> Mapping[object, object]:
    """The document as plain values, or its syntax error as a fault."""
    try:
        plain = _load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BrokenFiles([ConfigError(f"{path}:{line}", "", _one_line(error.problem or "not YAML"))]) from error
    except YAMLError as error:
        raise BrokenFiles([ConfigError(str(path), "", _one_line(str(error)))]) from error
    if not isinstance(plain, Mapping):
        raise BrokenFiles([ConfigError(f"{path}:1", "", "must be a mapping of keys to values")])
    return plain


def _as_json(path: Path, plain: Mapping[object, object]) -> str:
    try:
        return json.dumps(plain, default=str)
    except (TypeError, ValueError, RecursionError) as error:  # lists as keys, anchors that contain themselves
        raise BrokenFiles([ConfigError(str(path), "", f"more than plain keys and values: {error}")]) from error


def _load(text: str) -> object:
    """The fast parser knows YAML 1.1 and refuses `[http://host/]`; what it refuses, the slow one of 1.2 judges."""
    try:
        return _loader(pure=False).load(text)
    except YAMLError:
        return _loader(pure=True).load(text)


def _loader(*, pure: bool) -> YAML:
    yaml = YAML(typ="safe", pure=pure)
    yaml.Constructor = _PlainConstructor
    return yaml


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _faults(path: Path, text: str, model: type[Declared], error: ValidationError) -> list[ConfigError]:
    root = _loader(pure=True).compose(text)
    return [
        ConfigError(f"{path}:{_line(root, fault['loc'])}", _dotted(fault["loc"]), _problem(model, fault))
        for fault in error.errors(include_url=False)
    ]


def _line(node: Node, place: Place) -> int:
    """The 1-based line of the innermost part of `place` that the file has."""
    line = 1
    for step in place:
        found = _child(node, step)
        if found is None:
            continue  # a missing key, or the name that pydantic gives to a member of a union
        at, node = found
        line = int(at.start_mark.line) + 1
    return line


def _child(node: Node, step: str | int) -> tuple[Node, Node] | None:
    """Where a key or item begins, and its value."""
    if isinstance(node, MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def _dotted(place: Place) -> str:
    """`lists[0].url`, as a person would write it."""
    parts = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in place]
    return "".join(parts).removeprefix(".")


def _problem(model: type[Declared], fault: ErrorDetails) -> str:
    match fault["type"]:
        case "extra_forbidden":
            return "unknown key" + _nearest(model, fault["loc"])
        case "missing":
            return "missing"
        case "value_error":
            return str(fault["ctx"]["error"])
        case _:
            found = _one_line(json.dumps(fault["input"], default=str))[:60]
            return f"{fault['msg'][0].lower()}{fault['msg'][1:]}, not {found}"


def _nearest(model: type[Declared], place: Place) -> str:
    """A hint for a misspelt top-level key."""
    found = get_close_matches(str(place[-1]), list(model.model_fields), n=1) if len(place) == 1 else []
    return f" (meant: {found[0]}?)" if found else ""
