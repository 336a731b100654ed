"""What tests of the flows share: an outlet to gather from, and Prefect's API."""

import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from sample.servers.process import free_port

ITEM = "<item><title>Rain</title><link>http://{host}/rain</link></item>"
FEED = "<rss version='2.0'><channel><title>x</title>" + ITEM + "</channel></rss>"
PAGE = "<html lang=en><title>Rain</title><h1>Rain</h1><p>Rain is expected on the coast.</p></html>"


class Outlet(BaseHTTPRequestHandler):
    """A feed with one ordinary page."""

    def do_GET(self) -> None:
        texts = {"/feed": FEED.format(host=self.headers["Host"]), "/rain": PAGE}
        body = texts.get(self.path, "").encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html" if self.path == "/rain" else "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""


class Meeting(ThreadingHTTPServer):
    """The outlet of two hosts, which answers slowly until both are being asked; `met` has the hosts that were asked
    while the other was."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), MeetingOutlet)
        self._asked: set[str] = set()
        self._both = threading.Event()
        self.met: set[str] = set()

    def wait(self, host: str) -> None:
        """Until the other host is asked too, or as long as the crawl's time cap allows. A host that is asked to the end
        before the other never meets it."""
        self._asked.add(host)
        if len(self._asked) == 2:
            self._both.set()
        if self._both.wait(15):
            self.met.add(host)


class MeetingOutlet(Outlet):
    """Waits before each answer."""

    def do_GET(self) -> None:
        assert isinstance(self.server, Meeting)
        self.server.wait(self.headers["Host"])
        super().do_GET()


@contextmanager
def outlets(folder: Path, *hosts: str, outlet: HTTPServer | None = None) -> Iterator[Path]:
    """A folder with one source file for each host, all of which lead to one outlet on loopback."""
    outlet = outlet or HTTPServer(("127.0.0.1", 0), Outlet)
    thread = threading.Thread(target=outlet.serve_forever)
    thread.start()
    folder.mkdir()
    for host in hosts:
        home = f"http://{host}:{outlet.server_port}"
        facts = f"name: Outlet\nhome: {home}/\ncountry: FJ\nlanguages: [en]\nkind: private\nfeeds: [{home}/feed]\ndelay: 0\n"
        (folder / f"{host.replace('.', '-')}.yml").write_text(facts, encoding="utf-8")
    try:
        yield folder
    finally:
        outlet.shutdown()
        thread.join()
        outlet.server_close()


@pytest.fixture
def sources(tmp_path: Path) -> Iterator[Path]:
    """A folder with one source file, whose outlet is served on loopback."""
    with outlets(tmp_path / "sources", "127.0.0.1") as folder:
        yield folder


class Mailbox(Sink):
    """A mail server's memory."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep it."""
        self.mails.append(envelope.content.decode())
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[tuple[int, Mailbox]]:
    """(port of loopback, what came there)."""
    mailbox = Mailbox()
    smtp = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    smtp.start()
    try:
        yield smtp.port, mailbox
    finally:
        smtp.stop()


def ask(api: str, path: str, body: object = None) -> Any:
    """The Prefect API; a body makes it a POST. It answers 503 while its own SQLite is locked, and its clients ask again."""
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"{api}{path}", data, {"content-type": "application/json"})
    until = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.loads(answer.read())
        except HTTPError as error:
            if error.code != 503 or time.monotonic() > until:
                raise
        time.sleep(1)


def deployment(api: str, name: str) -> Any:
    """The deployment as soon as it is there."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(OSError):
            return ask(api, f"/deployments/name/{name}")
        time.sleep(0.5)
    raise AssertionError(f"no deployment {name}")


def ended(api: str, run_id: str) -> Any:
    """The flow run when it is over."""
    until = time.monotonic() + 240
    while time.monotonic() < until:
        run = ask(api, f"/flow_runs/{run_id}")
        if run["state"]["type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED"):
            return run
        time.sleep(1)
    raise AssertionError("the flow run did not end")


def table_of(artifacts: list[dict[str, Any]]) -> dict[str, int]:
    """The run's table, from the artifacts of a flow run."""
    (table,) = (artifact for artifact in artifacts if artifact["type"] == "table")
    return {row["what"]: row["count"] for row in json.loads(table["data"])}
