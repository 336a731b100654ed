"""`beatwatch`: the command line.

Commands are loaded by name when they are called, so that help costs no import of a model or a crawler. Every error that
this project raises on purpose ends as one line on stderr: exit status 2 where the person's input is at fault, else 1.
"""

import importlib
import io
import os
import sys
from collections.abc import Sequence

import click
from click.exceptions import NoArgsIsHelpError

from pipeline.errors import BeatwatchError, UsageError

COMMANDS = {
    "run": "One whole daily run: gather, read, code, index, mail.",
    "serve": "Run every day on a schedule (Prefect).",
    "today": "Today's stories with framing and evidence.",
    "code": "Code articles of your own: JSONL in, JSONL out; no state, no network.",
    "extract": "The extraction stage alone over saved pages.",
    "cluster": "The story stage alone over any records.",
    "search": "Search articles, stories or engagements.",
    "stories": "List stories.",
    "story": "One story with its articles, evidence and engagements.",
    "ledger": "Engagements: who promised what to whom, and what came of it.",
    "trace": "Why do I (not) have this address?",
    "export": "Stories, articles or engagements as CSV or JSON lines.",
    "sources": "The catalogue: list it, check it.",
    "alerts": "The outbox of digests.",
    "reprocess": "Read and code anew what this version has not.",
    "watch": "Mail the operators about failed and late runs (Prefect).",
    "reindex": "Build the search index anew from the state.",
    "kibana": "Searches and a dashboard for analysts in Kibana.",
    "backup": "One file that holds everything; a run may go on.",
    "restore": "Bring a backup into an empty place.",
    "retain": "Take away what the rules of retention no longer keep.",
    "takedown": "Remove an article for good, with its text and evidence.",
    "evaluate": "Quality figures on labelled sets, with intervals.",
    "console": "The read-only web page on 127.0.0.1.",
    "doctor": "What this installation has, and what it lacks.",
}


class Lazy(click.Group):
    """A group whose commands are modules under `console.commands`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of `COMMANDS`: that of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports the command's module."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"console.commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Names and one line each, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option("0.1.0", prog_name="beatwatch")
def beatwatch() -> None:
    """Watch one beat in the world's press: China's policing diplomacy."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; ends the process with the exit status. What a terminal's encoding lacks is shown as "?"."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    sys.exit(status(arguments))


def status(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; errors become one line on stderr."""
    try:
        given = list(arguments) if arguments is not None else None
        result = beatwatch.main(args=given, prog_name="beatwatch", standalone_mode=False)
    except NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        return _refused(error)
    except click.Abort:
        return _said("interrupted", 130)
    except UsageError as error:
        return _said(str(error), 2)
    except BeatwatchError as error:
        return _said(str(error), 1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _said("interrupted", 130)
    return result if isinstance(result, int) else 0


def _refused(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "beatwatch"
    return _said(f"{error.format_message().splitlines()[0]} (see `{path} --help`)", 2)


def _said(message: str, exit_status: int) -> int:
    for line in message.splitlines() or [""]:
        sys.stderr.write(f"beatwatch: {line}\n")
    return exit_status
