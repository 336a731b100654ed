"""Options that several commands share, and how their values are read."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

data_option: Callable[[Any], Any] = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="data folder (default: BEATWATCH_DATA, else var/sample)",
)
json_option: Callable[[Any], Any] = click.option("--json", "as_json", is_flag=True, help="JSON on stdout, for programs")


class Span(click.ParamType):
    """A span of time such as 2d, 12h, 30m, 1w."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """The span as a timedelta."""
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"(\d{1,4})([mhdw])", value)
        if match is None:
            self.fail(f"{value!r} is no span of time such as 2d, 12h, 30m or 1w", param, ctx)
        return timedelta(**{_UNITS[match[2]]: int(match[1])})
