"""The sample newsroom over real HTTP: all outlets on one loopback port, told apart by the Host header.

Real HTTP and not a stub of the fetcher, because what breaks a gathering run (encodings, redirects, conditional
requests, slow and refusing hosts) lives in HTTP. In a test or a run:

    with Newsroom(day=1) as newsroom:
        newsroom.host_map  # for GatherPlan.host_map

For a person: `python -m sample.newsroom --day 1 --port 8080`, then http://localhost:8080/ lists the outlets.
"""

import argparse
import asyncio
import html
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.errors import BeatwatchError, FailedRun, UsageError
from sample.outlets import outlet_ids
from sample.pages import OUTLETS
from sample.postings import CLOCKS, DOMAIN, main_host
from sample.site import Ask, Reply, Site

_START_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Access:
    """One line of the access log; `at` is the machine's time, so that spacing can be measured."""

    at: datetime
    method: str
    host: str
    path: str  # with its query
    status: int
    user_agent: str


class Newsroom:
    """All outlets as they stand on `day` (1 or 2), served from a thread of its own while the context is open."""

    def __init__(
        self,
        day: int,
        port: int = 0,
        folder: Path = OUTLETS,
        on_access: Callable[[Access], None] | None = None,
    ) -> None:
        if day not in CLOCKS:
            raise UsageError(f"the sample has days {', '.join(map(str, CLOCKS))}: there is no day {day}")
        self.now = CLOCKS[day]
        self.outlets = tuple(outlet_ids(folder))
        sites = {name: Site(name, day, folder) for name in self.outlets}
        self._names = {name: site.name for name, site in sites.items()}
        self._sites = {host: site for site in sites.values() for host in site.hosts}
        self._on_access = on_access
        self._log: list[Access] = []
        self._port = port
        self._socket: socket.socket | None = None
        self._server = uvicorn.Server(self._settings())
        self._thread = threading.Thread(target=self._serve, name="newsroom", daemon=True)

    # --- life

    def __enter__(self) -> Self:
        self._socket = _listen(self._port)
        self._port = int(self._socket.getsockname()[1])
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise FailedRun("the sample newsroom did not start: is the loopback interface up?")
            time.sleep(0.002)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=5)
        if self._socket is not None:
            self._socket.close()

    def _settings(self) -> uvicorn.Config:
        app = Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET", "HEAD"])])
        return uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=1,
        )

    def _serve(self) -> None:
        assert self._socket is not None
        self._server.run(sockets=[self._socket])

    # --- what callers read

    @property
    def port(self) -> int:
        """The loopback port; the one asked for until the context is open."""
        return self._port

    @property
    def host_map(self) -> tuple[tuple[str, str], ...]:
        """Where the outlets' hosts really are, for `GatherPlan.host_map`."""
        return ((f"*.{DOMAIN}", f"127.0.0.1:{self.port}"),)

    @property
    def log(self) -> tuple[Access, ...]:
        """Every request so far, in the order in which the answers began."""
        return tuple(self._log)

    # --- requests

    async def _answer(self, request: Request) -> Response:
        host = _site_host(request.headers.get("host", ""))
        query = request.url.query
        target = request.url.path + (f"?{query}" if query else "")
        reply = self._reply(host, target, request)
        self._note(request, host, target, reply)
        if reply.wait:
            await asyncio.sleep(reply.wait)
        response = Response(b"" if request.method == "HEAD" else reply.body, reply.status)
        del response.headers["content-length"]
        if reply.status != 304:
            response.headers["content-length"] = str(len(reply.body))
        response.headers["date"] = format_datetime(self.now, usegmt=True)
        response.headers.update(dict(reply.headers))
        return response

    def _reply(self, host: str, target: str, request: Request) -> Reply:
        site = self._sites.get(host)
        if site is not None:
            headers = request.headers
            return site.answer(Ask(host, target, headers.get("if-none-match"), headers.get("if-modified-since")))
        if host in ("localhost", "127.0.0.1") and target == "/":
            return Reply(200, self._directory().encode(), (("content-type", "text/html; charset=utf-8"),))
        return Reply(421, f"no outlet of the sample is called {host}\n".encode(), (("content-type", "text/plain"),))

    def _directory(self) -> str:
        """For a person with a browser: browsers resolve every name under localhost to loopback."""
        rows = (
            f'<li><a href="http://{name}.localhost:{self.port}/">{html.escape(title)}</a> ({name})</li>'
            for name, title in self._names.items()
        )
        return f"<!doctype html><title>Sample newsroom</title><h1>Sample newsroom</h1><ul>{''.join(rows)}</ul>"

    def _note(self, request: Request, host: str, target: str, reply: Reply) -> None:
        agent = request.headers.get("user-agent", "")
        access = Access(datetime.now(UTC), request.method, host, target, reply.status, agent)
        self._log.append(access)
        if self._on_access:
            self._on_access(access)


def _site_host(header: str) -> str:
    """The outlet's host of a Host header; NAME.localhost stands for the outlet NAME."""
    host = header.rsplit(":", 1)[0].lower() if ":" in header else header.lower()
    name, dot, rest = host.rpartition(".")
    return main_host(name) if dot and rest == "localhost" else host


def _listen(port: int) -> socket.socket:
    """A socket bound before the server starts, so that the port is known and a taken one is a clear error."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError as error:
        listening.close()
        raise UsageError(f"port {port} of 127.0.0.1 cannot be used ({error.strerror}): choose another, or 0") from error
    return listening


def _print_access(access: Access) -> None:
    agent = access.user_agent or "-"
    print(f"{access.at:%H:%M:%S} {access.status} {access.method} {access.host}{access.path} {agent}", flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted; exit status 2 if the port or a file cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m sample.newsroom", description="Serve the sample newsroom.")
    parser.add_argument("--day", type=int, choices=sorted(CLOCKS), default=1)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    chosen = parser.parse_args(arguments)
    try:
        with Newsroom(chosen.day, chosen.port, on_access=_print_access) as newsroom:
            print(f"{len(newsroom.outlets)} outlets at http://localhost:{newsroom.port}/ (Ctrl-C ends)", flush=True)
            threading.Event().wait()
    except KeyboardInterrupt:
        return 0
    except BeatwatchError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
