"""The daily flow on a real Prefect server: `beatwatch serve`, one run started by hand, its table as an artifact."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from jsonschema import Draft202012Validator

from console.schemas import schema
from tests.console.conftest import CALL

pytestmark = [pytest.mark.server, pytest.mark.timeout(400)]
ITEM = "<item><title>Rain</title><link>http://127.0.0.1:{port}/rain</link></item>"
FEED = "<rss version='2.0'><channel><title>x</title>" + ITEM + "</channel></rss>"
PAGE = "<html lang=en><title>Rain</title><h1>Rain</h1><p>Rain is expected on the coast.</p></html>"


class Outlet(BaseHTTPRequestHandler):
    """A feed with one ordinary page."""

    def do_GET(self) -> None:
        assert isinstance(self.server, HTTPServer)
        texts = {"/feed": FEED.format(port=self.server.server_port), "/rain": PAGE}
        body = texts.get(self.path, "").encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html" if self.path == "/rain" else "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""


@pytest.fixture
def sources(tmp_path: Path) -> Iterator[Path]:
    """A folder with one source file, whose outlet is served on loopback."""
    outlet = HTTPServer(("127.0.0.1", 0), Outlet)
    thread = threading.Thread(target=outlet.serve_forever)
    thread.start()
    home = f"http://127.0.0.1:{outlet.server_port}"
    folder = tmp_path / "sources"
    folder.mkdir()
    facts = (
        f"name: Outlet\nhome: {home}/\ncountry: FJ\nlanguages: [en]\nkind: private\nfeeds: [{home}/feed]\ndelay: 0\n"
    )
    (folder / "outlet.yml").write_text(facts, encoding="utf-8")
    yield folder
    outlet.shutdown()
    thread.join()
    outlet.server_close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def served(sources: Path, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """`beatwatch serve` with a Prefect server of its own, from a folder that is not the checkout; what it printed."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "BEATWATCH_"))}
    environment = {**clean, "PREFECT_HOME": str(tmp_path / "prefect"), "BEATWATCH_ALLOW_HOSTS": '["127.0.0.1"]'}
    arguments = [
        "serve",
        "--sources",
        str(sources),
        "--data",
        str(tmp_path / "data"),
        "--port",
        str(free_port()),
        "--json",
    ]
    with (tmp_path / "log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-c", CALL, *arguments], stdout=subprocess.PIPE, stderr=log, env=environment, cwd=tmp_path
        )
    assert child.stdout is not None
    try:
        line = child.stdout.readline()
        assert line, (tmp_path / "log").read_text()
        yield json.loads(line)
        child.send_signal(signal.SIGINT)
        assert child.wait(60) == 0, (tmp_path / "log").read_text()
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


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


def test_serve_runs_the_flow(served: dict[str, Any], sources: Path, tmp_path: Path) -> None:
    Draft202012Validator(schema("serve")).validate(served)
    api = served["api"]
    found = deployment(api, served["deployment"])
    assert found["schedules"][0]["schedule"] == {"cron": "0 6 * * *", "timezone": "UTC", "day_or": True}
    assert found["parameters"] == {"sources": str(sources), "data": str(tmp_path / "data")}
    with urllib.request.urlopen(served["ui"], timeout=20) as page:
        assert page.status == 200
    run = ask(api, f"/deployments/{found['id']}/create_flow_run", {"state": {"type": "SCHEDULED"}})
    done = ended(api, run["id"])
    assert done["state"]["type"] == "COMPLETED", (tmp_path / "log").read_text()[-3000:]
    (artifact,) = ask(api, "/artifacts/filter", {"flow_runs": {"id": {"any_": [run["id"]]}}})
    rows = {row["what"]: row["count"] for row in json.loads(artifact["data"])}
    assert rows["pages asked for"] == rows["fetched"] == rows["pages read"] == 1
    assert (tmp_path / "data" / "state.db").exists()
