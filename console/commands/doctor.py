"""`beatwatch doctor`: what this installation has, and what it lacks."""

from dataclasses import dataclass
from pathlib import Path

import click

from console.checkup import Finding, findings, problems
from console.options import data_option, json_option
from console.output import answer, count, say
from pipeline.errors import ConfigError
from pipeline.settings import load_settings
from pipeline.wiring import data_path


@dataclass(frozen=True, slots=True)
class Health:
    """Every check in order; `ok` if none is a problem."""

    ok: bool
    checks: tuple[Finding, ...]


@click.command("doctor")
@data_option
@json_option
def command(data: Path | None, as_json: bool) -> int:
    """Look at Python, libraries, models, configuration, data folder, disk and clock; nothing is changed. Each line says
    ok, or problem with what to do. The exit status is 1 if there is a problem.
    """
    found = look(data)
    if as_json:
        answer(found)
    else:
        for finding in found.checks:
            show(finding)
        say(f"{count(len(found.checks), 'check')}, {count(problems(found.checks), 'problem')}")
    return 0 if found.ok else 1


def look(data: Path | None) -> Health:
    """All checks; where the settings cannot be read, that alone, since the others depend on them."""
    try:
        settings = load_settings()
    except ConfigError as error:
        broken = Finding("settings", False, str(error), "mend config/settings.yml or the environment")
        return Health(False, (broken,))
    path = data_path(data, settings=settings)
    first = Finding("settings", True, "config/settings.yml and the environment")
    checks = (first, *findings(settings, path))
    return Health(problems(checks) == 0, checks)


def show(finding: Finding) -> None:
    """One line."""
    mark = ("ok      ", "green") if finding.ok else ("problem ", "red")
    say(mark, f"{finding.name}: {finding.found}" + (f" -> {finding.advice}" if finding.advice else ""))
