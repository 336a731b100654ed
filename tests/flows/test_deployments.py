"""prefect.yaml on a real Prefect server over PostgreSQL: two workers share a daily run; a failed and a late run are told."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from jsonschema import Draft202012Validator

from console.schemas import schema
from pipeline.adapters.state import SqlState
from pipeline.settings import Settings
from tests.console.conftest import CALL
from tests.flows.conftest import ask, deployment, ended, free_port, outlets, table_of
from tests.servers import postgres_database

ROOT = Path(__file__).parents[2]
PREFECT = [sys.executable, "-m", "prefect", "--no-prompt"]


def test_the_deployments_begin_when_the_settings_say() -> None:
    declared = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
    by_name = {one["name"]: one for one in declared["deployments"]}
    assert list(by_name) == ["daily", "hourly", "backfill", "recode"]
    assert by_name["daily"]["schedules"][0]["cron"] == Settings.model_fields["schedule"].default
    assert "schedules" not in by_name["backfill"]
    assert "schedules" not in by_name["recode"]


class Mailbox(Sink):
    """A mail server's memory."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep it."""
        self.mails.append(envelope.content.decode())
        return "250 OK"


@dataclass(frozen=True, slots=True)
class Installation:
    """A Prefect server over PostgreSQL with the project's deployments and two workers."""

    api: str
    folder: Path
    environment: dict[str, str]
    sources: Path
    database: str
    mailbox: Mailbox

    def daily(self, **parameters: object) -> Any:
        """A daily run, when it is over."""
        found = deployment(self.api, "daily/daily")
        body = {"state": {"type": "SCHEDULED"}, "parameters": parameters}
        return ended(self.api, ask(self.api, f"/deployments/{found['id']}/create_flow_run", body)["id"])

    def watch(self) -> list[dict[str, Any]]:
        """What a look of `beatwatch watch` told."""
        command = [sys.executable, "-c", CALL, "watch", "--once", "--json", "--data", str(self.folder / "watch")]
        ended = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True, timeout=120)
        told = json.loads(ended.stdout)
        Draft202012Validator(schema("watch")).validate(told)
        return list(told["told"])


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder, port = tmp_path_factory.mktemp("prefect"), free_port()
    mailbox = Mailbox()
    (folder / "vault").mkdir()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "BEATWATCH_"))}
    with ExitStack() as stack:
        state, server = stack.enter_context(postgres_database()), stack.enter_context(postgres_database())
        sources = stack.enter_context(outlets(folder / "sources", "127.0.0.1", "localhost"))
        smtp = Controller(mailbox, hostname="127.0.0.1", port=free_port())
        smtp.start()
        stack.callback(smtp.stop)
        api = f"http://127.0.0.1:{port}/api"
        environment = {
            **clean,
            "PYTHONPATH": str(ROOT),
            "PREFECT_HOME": str(folder / "home"),
            "PREFECT_API_URL": api,
            "PREFECT_API_DATABASE_CONNECTION_URL": server.set(drivername="postgresql+asyncpg").render_as_string(
                hide_password=False
            ),
            "DO_NOT_TRACK": "1",
            "PWD": str(ROOT),
            "BEATWATCH_DATABASE": state.set(drivername="postgresql").render_as_string(hide_password=False),
            "BEATWATCH_VAULT": str(folder / "vault"),
            "BEATWATCH_WORKERS": "2",
            "BEATWATCH_ALLOW_HOSTS": '["127.0.0.1", "localhost"]',
            "BEATWATCH_OPERATORS": '["desk@press.test"]',
            "BEATWATCH_SMTP_HOST": "127.0.0.1",
            "BEATWATCH_SMTP_PORT": str(smtp.port),
            "BEATWATCH_SMTP_SECURITY": "none",
            "BEATWATCH_LATE_MINUTES": "1",
        }

        def start(name: str, *command: str, **more: str) -> None:
            log = stack.enter_context((folder / f"{name}.log").open("wb"))
            child = subprocess.Popen(command, cwd=ROOT, env={**environment, **more}, stdout=log, stderr=log)
            stack.callback(child.wait)
            stack.callback(child.terminate)

        start("server", *PREFECT[:-1], "server", "start", "--host", "127.0.0.1", "--port", str(port), "--analytics-off")
        _await(f"{api}/health")
        for command in (["work-pool", "create", "--type", "process", "beatwatch"], ["deploy", "--all"]):
            subprocess.run(
                [*PREFECT, *command], cwd=ROOT, env=environment, check=True, capture_output=True, timeout=120
            )
        for name in ("one", "two"):
            worker = ("worker", "start", "--pool", "beatwatch", "--type", "process", "--limit", "1", "--name", name)
            start(name, *PREFECT, *worker, BEATWATCH_DATA=str(folder / name))
        yield Installation(api, folder, environment, sources, state.render_as_string(hide_password=False), mailbox)


def _await(address: str) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"{address} does not answer")


@pytest.mark.server
@pytest.mark.timeout(600)
def test_two_workers_share_a_daily_run(installation: Installation) -> None:
    assert installation.watch() == []
    done = installation.daily(sources=str(installation.sources))
    logs = {name: (installation.folder / f"{name}.log").read_text()[-2000:] for name in ("one", "two")}
    assert done["state"]["type"] == "COMPLETED", logs
    runs = ask(installation.api, "/flow_runs/filter", {"flows": {"name": {"any_": ["daily"]}}})
    ran = [
        ended(installation.api, run["id"])
        for run in runs
        if run["state"]["type"] != "SCHEDULED" or not run["auto_scheduled"]
    ]
    assert [run["state"]["type"] for run in ran] == ["COMPLETED"] * 2, logs
    tables = [
        table_of(ask(installation.api, "/artifacts/filter", {"flow_runs": {"id": {"any_": [run["id"]]}}}))
        for run in ran
    ]
    assert max(table["pages asked for"] for table in tables) == 2
    assert sum(table["pages read"] for table in tables) == 2
    state = SqlState.open(installation.database)
    assert state.completed_runs("live") == 1
    assert len([row for row in state.fetches() if row.kind == "page"]) == 2
    state.close()
    assert all((installation.folder / name / "worker").exists() for name in ("one", "two"))


@pytest.mark.server
@pytest.mark.timeout(600)
def test_a_failed_and_a_late_run_are_told_once(installation: Installation) -> None:
    installation.watch()
    before = len(installation.mailbox.mails)
    backfill = deployment(installation.api, "backfill/backfill")
    failed = ask(
        installation.api,
        f"/deployments/{backfill['id']}/create_flow_run",
        {"state": {"type": "SCHEDULED"}, "parameters": {"days": "no number"}, "enforce_parameter_schema": False},
    )
    assert ended(installation.api, failed["id"])["state"]["type"] in ("FAILED", "CRASHED")
    hourly = deployment(installation.api, "hourly/hourly")
    request = urllib.request.Request(
        f"{installation.api}/work_pools/beatwatch", json.dumps({"is_paused": True}).encode(),
        {"content-type": "application/json"}, method="PATCH",
    )  # fmt: skip
    urllib.request.urlopen(request, timeout=20).close()
    earlier = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    waiting = {"type": "SCHEDULED", "state_details": {"scheduled_time": earlier}}
    late = ask(installation.api, f"/deployments/{hourly['id']}/create_flow_run", {"state": waiting})
    told = {one["what"].split(" ")[0]: one["kind"] for one in installation.watch()}
    assert told == {"backfill": "failed", "hourly": "late"}, late
    assert len(installation.mailbox.mails) == before + 1
    assert "desk@press.test" in installation.mailbox.mails[-1]
    assert installation.watch() == []
