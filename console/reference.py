"""docs/commands.md and docs/settings.md, written from the commands and the settings themselves.

python -m console.reference      # write them anew; a test holds them fresh
"""

import inspect
from collections.abc import Iterator
from pathlib import Path

import click
from pydantic.fields import FieldInfo

from console.main import COMMANDS, beatwatch
from console.schemas import ANSWERS
from pipeline.settings import Settings

DOCS = Path(__file__).parent.parent / "docs"
_COMMANDS_HEAD = """# Commands

Every command answers `--help`. Errors are one line on stderr; the exit status is 0 if all is well, 1 for a failure,
2 for a wrong command line or file. With `--json` a command prints one JSON document on stdout, of the schema that is
named. Times are UTC. Spans of time are written `30m`, `12h`, `7d`, `2w`; `--since` of the commands that read counts
back from the newest completed run. This page is made by `python -m console.reference`.
"""
_SETTINGS_HEAD = """# Settings

A setting is read from the environment (`BEATWATCH_` and its name in capitals), else from `config/settings.yml`, else
it has its default. Lists in the environment are JSON (`["host.example.org"]`). Passwords belong into the environment or
into a file of their own, never into `config/settings.yml`. This page is made by `python -m console.reference`.

| Setting | In the environment | Default | What it is |
|---|---|---|---|
"""


def commands_page() -> str:
    """Every command with its arguments and options."""
    context = click.Context(beatwatch, info_name="beatwatch")
    parts = [part for name in COMMANDS for part in _command(context, name, 2)]
    return "\n".join([_COMMANDS_HEAD, *parts])


def _command(parent: click.Context, name: str, level: int) -> Iterator[str]:
    """A command's part of the page, then those of its subcommands."""
    group = parent.command
    assert isinstance(group, click.Group)
    command = group.get_command(parent, name)
    assert command is not None
    context = click.Context(command, info_name=name, parent=parent)
    yield f"{'#' * level} {context.command_path}\n"
    yield f"    {' '.join([context.command_path, *command.collect_usage_pieces(context)])}\n"
    yield f"{inspect.cleandoc(command.help or '')}\n"
    yield from _options(context, command)
    yield from _schemas("-".join(context.command_path.split()[1:]))
    if isinstance(command, click.Group):
        for sub in command.list_commands(context):
            yield from _command(context, sub, level + 1)


def _options(context: click.Context, command: click.Command) -> Iterator[str]:
    options = [param for param in command.params if isinstance(param, click.Option)]
    records = [found for option in options if (found := option.get_help_record(context))]
    if records:
        rows = [f"| `{_plain(names)}` | {_plain(text)} |" for names, text in records]
        yield "\n".join(["| Option | |", "|---|---|", *rows]) + "\n"


def _plain(text: str) -> str:
    """As a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def _schemas(name: str) -> Iterator[str]:
    lines = [_link(stem) for stem in ANSWERS if stem.startswith(f"{name}-") and stem.endswith("-line")]
    if name in ANSWERS:
        yield f"Schema of `--json`: {_link(name)}" + (f"; of a line: {', '.join(lines)}" if lines else "") + "\n"


def _link(stem: str) -> str:
    return f"[`{stem}`](schemas/{stem}.json)"


def settings_page() -> str:
    """Every setting with its default and help."""
    rows = [_setting(name, field) for name, field in Settings.model_fields.items()]
    return _SETTINGS_HEAD + "\n".join(rows) + "\n"


def _setting(name: str, field: FieldInfo) -> str:
    default = "" if field.default in (None, ()) else f"`{field.default}`"
    return f"| `{name}` | `BEATWATCH_{name.upper()}` | {default} | {_plain(field.description or '')} |"


def main() -> None:
    """Write both pages."""
    (DOCS / "commands.md").write_text(commands_page(), encoding="utf-8")
    (DOCS / "settings.md").write_text(settings_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
