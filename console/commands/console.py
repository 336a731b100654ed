"""`beatwatch console`: the read-only web page."""

import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from console.options import data_option, json_option
from console.output import answer, say
from pipeline.errors import UsageError
from pipeline.settings import load_settings
from pipeline.wiring import data_path, opened_state


@dataclass(frozen=True, slots=True)
class Serving:
    """Where the console answers, and from which data folder."""

    url: str
    data: str


@click.command("console")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    help="port to listen on (default: console_port; 0: a free one)",
)
@data_option
@json_option
def command(port: int | None, data: Path | None, as_json: bool) -> None:
    """Serve the web page on 127.0.0.1, or on the address `console_host`, until it is interrupted. It only reads: a run
    may go on at the same time."""
    import uvicorn

    from console.web import web_app

    settings = load_settings()
    path = data_path(data, settings=settings)
    host, asked = str(settings.console_host), settings.console_port if port is None else port
    # Beside a database it is a service, started before anything was run: then it shows that there is nothing yet.
    with opened_state(path, create=settings.database is not None) as state, _listening(host, asked) as listening:
        app = web_app(state, lambda: {source.id: source for source in state.sources()}, lambda: datetime.now(UTC))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False))
        try:
            _say(Serving(f"http://{host}:{listening.getsockname()[1]}/", str(path)), as_json)
            server.run(sockets=[listening])
        except KeyboardInterrupt:  # uvicorn shuts down and passes it on: this is how a person ends it
            return


def _listening(host: str, port: int) -> socket.socket:
    """Listens before the server starts: the address that is printed answers, and a taken port is a clear error."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise UsageError(
            f"port {port} of {host} cannot be used ({error.strerror}): give another --port or console_host"
        ) from error
    return listening


def _say(serving: Serving, as_json: bool) -> None:
    if as_json:
        answer(serving)
    else:
        say(f"{serving.url} shows {serving.data} (Ctrl-C ends)")
