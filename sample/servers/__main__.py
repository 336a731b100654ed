"""Start servers on loopback: `python -m sample.servers elasticsearch|postgres` keeps one until Ctrl-C,
`python -m sample.servers with FOLDER COMMAND...` runs a command with those that the environment does not name already.
"""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

from sample.servers.elasticsearch_node import ElasticsearchNode
from sample.servers.packages import SERVERS, ServerUnavailable
from sample.servers.postgres_server import PostgresServer

PORTS = {"elasticsearch": 9200, "postgres": 5432}


def main() -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sample.servers", description="Start real servers on loopback.")
    actions = parser.add_subparsers(dest="action", required=True)
    for name, port in PORTS.items():
        one = actions.add_parser(name, help=f"keep a server on port {port} until Ctrl-C")
        one.add_argument("--port", type=int, default=port)
        one.add_argument("--data", type=Path, default=SERVERS / "data" / name)
    around = actions.add_parser("with", help="run a command with the servers that are not configured")
    around.add_argument("folder", type=Path, help="where their data are kept")
    around.add_argument("command", nargs=argparse.REMAINDER)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, _end)  # its default would leave the servers running
    try:
        if asked.action == "with":
            return run_with(asked.folder, asked.command)
        keep(asked.action, asked.data, asked.port)
    except ServerUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def keep(server: str, data: Path, port: int) -> None:
    """Start one server, say its address, wait for Ctrl-C."""
    signal.signal(signal.SIGINT, _end)
    if server == "elasticsearch":
        with ElasticsearchNode(data, port) as node:
            _wait("BEATWATCH_TEST_ELASTICSEARCH", node.url)
    else:
        with PostgresServer(data, port) as database:
            _wait("BEATWATCH_TEST_DATABASE", database.url())


def _wait(variable: str, url: str) -> None:
    print(f"{url}\n  tests use it with: export {variable}={url}\n  Ctrl-C ends it", flush=True)
    signal.pause()


def _end(*_: object) -> NoReturn:
    sys.exit(0)


def run_with(folder: Path, command: Sequence[str]) -> int:
    """Run `command` with both engines in its environment; its exit status."""
    environment = dict(os.environ)
    with ExitStack() as servers:
        if not environment.get("BEATWATCH_ELASTICSEARCH"):
            node = servers.enter_context(ElasticsearchNode(folder / "elasticsearch"))
            environment["BEATWATCH_ELASTICSEARCH"] = node.url
        if not environment.get("BEATWATCH_DATABASE"):
            database = servers.enter_context(PostgresServer(folder / "postgres"))
            environment["BEATWATCH_DATABASE"] = database.url(driver="")
        status = subprocess.run(command, env=environment, check=False).returncode
    if environment != os.environ:
        print(
            f"the servers stop here; a command with them: python -m sample.servers with {folder} COMMAND",
            file=sys.stderr,
        )
    return status


if __name__ == "__main__":
    sys.exit(main())
