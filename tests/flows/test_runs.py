"""The daily flow on a real Prefect server: `beatwatch serve`, one run started by hand, its table as an artifact."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from console.schemas import schema
from sample.servers.process import free_port
from tests.console.conftest import CALL
from tests.flows.conftest import ask, deployment, ended, table_of

pytestmark = [pytest.mark.server, pytest.mark.timeout(400)]


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
    artifacts = ask(api, "/artifacts/filter", {"flow_runs": {"id": {"any_": [run["id"]]}}})
    assert {artifact["key"] for artifact in artifacts} == {"daily-run", "daily-run-links"}
    rows = table_of(artifacts)
    assert rows["pages asked for"] == rows["fetched"] == rows["pages read"] == 1
    assert (tmp_path / "data" / "state.db").exists()
