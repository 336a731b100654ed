"""`beatwatch doctor`: what this installation has, and what it lacks."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from console.checkup import findings, levels
from console.finding import Finding, Level
from console.options import data_option, json_option
from console.output import answer, count, say
from pipeline.errors import ConfigError
from pipeline.settings import load_settings
from pipeline.wiring import data_path


@dataclass(frozen=True, slots=True)
class Health:
    """Every check in order; `ok` if none failed."""

    ok: bool
    checks: tuple[Finding, ...]


@click.command("doctor")
@data_option
@json_option
def command(data: Path | None, as_json: bool) -> int:
    """Look at Python, libraries, models, configuration, data folder, disk, state, search index, the servers of the settings
    and the clock; no document, mail or setting is changed. Each line says ok, warn or fail, and what to do. The exit
    status is 1 if anything failed.
    """
    found = look(data)
    if as_json:
        answer(found)
    else:
        for finding in found.checks:
            show(finding)
        number = levels(found.checks)
        say(f"{count(len(found.checks), 'check')}, {count(number['warn'], 'warning')}, {number['fail']} failed")
    return 0 if found.ok else 1


def look(data: Path | None) -> Health:
    """All checks; where the settings cannot be read, that alone, since the others depend on them."""
    try:
        settings = load_settings()
    except ConfigError as error:
        broken = Finding("settings", "fail", str(error), "mend config/settings.yml or the environment")
        return Health(False, (broken,))
    path = data_path(data, settings=settings)
    first = Finding("settings", "ok", "config/settings.yml and the environment")
    checks = (first, *findings(settings, path))
    return Health(not levels(checks)["fail"], checks)


COLOURS: Mapping[Level, str] = {"ok": "green", "warn": "yellow", "fail": "red"}


def show(finding: Finding) -> None:
    """One line."""
    say((f"{finding.level:<5}", COLOURS[finding.level]), f"{finding.name}: {finding.found}"
        + (f" -> {finding.advice}" if finding.advice else ""))  # fmt: skip
