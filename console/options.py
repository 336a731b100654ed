"""Options that several commands share, and how their values are read."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pipeline.ports import State

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

data_option: Callable[[Any], Any] = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="data folder (default: BEATWATCH_DATA, else var/sample; with --sources live var/live)",
)
json_option: Callable[[Any], Any] = click.option("--json", "as_json", is_flag=True, help="JSON on stdout, for programs")
sources_option: Callable[[Any], Any] = click.option(
    "--sources", default="sample", metavar="sample|live|DIR", help="which sources to ask (default: sample)"
)


class Span(click.ParamType[timedelta]):
    """A span of time such as 2d, 12h, 30m, 1w."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """The span as a timedelta."""
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"([0-9]{1,4})([mhdw])", value)
        if match is None:
            self.fail(f"{value!r} is no span of time such as 2d, 12h, 30m or 1w", param, ctx)
        return timedelta(**{_UNITS[match[2]]: int(match[1])})


class Country(click.ParamType[str]):
    """A country by its two letters (ISO 3166), in any case."""

    name = "country"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The code in capitals; a code that no country has is refused, since it would silently find nothing."""
        from babel import Locale

        code = str(value).upper()
        if not re.fullmatch("[A-Z]{2}", code) or code not in Locale("en").territories:
            self.fail(f"{value!r} is no country's two letters (ISO 3166), as FJ", param, ctx)
        return code


since_option: Callable[[Any], Any] = click.option(
    "--since", type=Span(), metavar="SPAN", help="seen or published in this span before the newest run, e.g. 7d"
)
country_option: Callable[[Any], Any] = click.option(
    "--country", type=Country(), metavar="XX", help="partner country, ISO 3166"
)


def moment_before(state: "State", since: timedelta | None) -> datetime | None:
    """The time from which on `--since` asks; None for all.

    It is counted back from the newest completed run and not from the machine's clock: that is how far the state's
    knowledge goes, and the sample's days are fixed.
    """
    newest = state.newest_run()
    return newest - since if since is not None and newest is not None else None
