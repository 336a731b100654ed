"""prefect.yaml on a real Prefect server over PostgreSQL: two workers share a daily run; a failed and a late run are told."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
import yaml  # type: ignore[import-untyped]
from jsonschema import Draft202012Validator

from console.schemas import schema
from pipeline.adapters.state import SqlState
from pipeline.settings import Settings
from sample.servers.process import answers, free_port, wait_for
from tests.console.conftest import CALL
from tests.flows.conftest import Mailbox, Meeting, ask, deployment, ended, mail_server, outlets, table_of
from tests.servers import postgres_database

ROOT = Path(__file__).parents[2]
PREFECT = [sys.executable, "-m", "prefect", "--no-prompt"]


def test_the_deployments_begin_when_the_settings_say() -> None:
    declared = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
    by_name = {one["name"]: one for one in declared["deployments"]}
    assert list(by_name) == ["daily", "hourly", "retain", "backfill", "recode"]
    assert by_name["daily"]["schedules"][0]["cron"] == Settings.model_fields["schedule"].default
    assert by_name["hourly"]["schedules"][0]["cron"] == "30 * * * *"
    assert all(by_name[name]["schedules"][0]["active"] is True for name in ("daily", "hourly", "retain"))
    assert "schedules" not in by_name["backfill"]
    assert "schedules" not in by_name["recode"]


@dataclass(frozen=True, slots=True)
class Installation:
    """A Prefect server over PostgreSQL with the project's deployments and two workers."""

    api: str
    folder: Path
    environment: dict[str, str]
    sources: Path
    database: str
    mailbox: Mailbox
    meeting: Meeting

    def create(self, flow: str, due: datetime | None = None, **parameters: object) -> str:
        """The id of a flow run that is due now, or was."""
        found = deployment(self.api, f"{flow}/{flow}")
        state = {"type": "SCHEDULED", "state_details": {"scheduled_time": due.isoformat()} if due else {}}
        body = {"state": state, "parameters": parameters, "enforce_parameter_schema": False}
        return str(ask(self.api, f"/deployments/{found['id']}/create_flow_run", body)["id"])

    def run(self, flow: str, due: datetime | None = None, **parameters: object) -> Any:
        """A flow run, when it is over."""
        return ended(self.api, self.create(flow, due, **parameters))

    def artifacts(self, run_id: str) -> list[dict[str, Any]]:
        """Of a flow run."""
        return list(ask(self.api, "/artifacts/filter", {"flow_runs": {"id": {"any_": [run_id]}}}))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """No worker begins a run."""
        self._pause(True)
        try:
            yield
        finally:
            self._pause(False)

    def _pause(self, paused: bool) -> None:
        request = urllib.request.Request(
            f"{self.api}/work_pools/beatwatch", json.dumps({"is_paused": paused}).encode(),
            {"content-type": "application/json"}, method="PATCH",
        )  # fmt: skip
        urllib.request.urlopen(request, timeout=20).close()

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
    (folder / "vault").mkdir()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "BEATWATCH_"))}
    with ExitStack() as stack:
        state, own = stack.enter_context(postgres_database()), stack.enter_context(postgres_database())
        meeting = Meeting()
        sources = stack.enter_context(outlets(folder / "sources", "127.0.0.1", "localhost", outlet=meeting))
        smtp_port, mailbox = stack.enter_context(mail_server())
        api = f"http://127.0.0.1:{port}/api"
        environment = {
            **clean,
            "PYTHONPATH": str(ROOT),
            "PREFECT_HOME": str(folder / "home"),
            "PREFECT_API_URL": api,
            "PREFECT_API_DATABASE_CONNECTION_URL": own.set(drivername="postgresql+asyncpg").render_as_string(
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
            "BEATWATCH_SMTP_PORT": str(smtp_port),
            "BEATWATCH_SMTP_SECURITY": "none",
            "BEATWATCH_LATE_MINUTES": "1",
            "BEATWATCH_KEEP_FETCH_LOG": "30",
            "BEATWATCH_KIBANA_URL": "https://kibana.press.test",
            "PREFECT_WORKER_QUERY_SECONDS": "2",
        }

        def start(name: str, *command: str, **more: str) -> "subprocess.Popen[bytes]":
            log = stack.enter_context((folder / f"{name}.log").open("wb"))
            child = subprocess.Popen(command, cwd=ROOT, env={**environment, **more}, stdout=log, stderr=log)
            stack.callback(_stop, child)
            return child

        server = [*PREFECT[:-1], "server", "start", "--host", "127.0.0.1", "--port", str(port), "--analytics-off"]
        assert wait_for(lambda: answers(f"{api}/health"), start("server", *server), 120), folder / "server.log"
        declared = ["--prefect-file", str(_unscheduled(folder))]
        for command in (["work-pool", "create", "--type", "process", "beatwatch"], ["deploy", "--all", *declared]):
            subprocess.run(
                [*PREFECT, *command], cwd=ROOT, env=environment, check=True, capture_output=True, timeout=120
            )
        for name in ("one", "two"):
            worker = ("worker", "start", "--pool", "beatwatch", "--type", "process", "--limit", "1", "--name", name)
            start(name, *PREFECT, *worker, BEATWATCH_DATA=str(folder / name))
        database = state.render_as_string(hide_password=False)
        yield Installation(api, folder, environment, sources, database, mailbox, meeting)


def _unscheduled(folder: Path) -> Path:
    """What the project declares, with no schedule active: a run of the clock's would ask the world's press."""
    declared = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
    for one in declared["deployments"]:
        for schedule in one.get("schedules", ()):
            schedule["active"] = False
    file = folder / "prefect.yaml"
    file.write_text(yaml.safe_dump(declared), encoding="utf-8")
    return file


def _stop(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(30)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


@pytest.mark.server
@pytest.mark.timeout(600)
def test_two_workers_share_a_daily_run(installation: Installation) -> None:
    assert installation.watch() == []
    done = installation.run("daily", sources=str(installation.sources))
    logs = {name: (installation.folder / f"{name}.log").read_text()[-2000:] for name in ("one", "two")}
    assert done["state"]["type"] == "COMPLETED", logs
    runs = ask(installation.api, "/flow_runs/filter", {"flows": {"name": {"any_": ["daily"]}}})
    ran = [ended(installation.api, run["id"]) for run in runs]
    assert [run["state"]["type"] for run in ran] == ["COMPLETED"] * 2, logs
    assert installation.meeting.met == {urlsplit(home(file)).netloc for file in installation.sources.iterdir()}
    tables = [table_of(installation.artifacts(run["id"])) for run in ran]
    assert max(table["pages asked for"] for table in tables) == 2
    assert sum(table["pages read"] for table in tables) == 2
    state = SqlState.open(installation.database)
    assert state.completed_runs("live") == 1
    assert len([row for row in state.fetches() if row.kind == "page"]) == 2
    state.close()
    assert all((installation.folder / name / "worker").exists() for name in ("one", "two"))


def home(file: Path) -> str:
    """Of the source that a file declares."""
    return str(yaml.safe_load(file.read_text(encoding="utf-8"))["home"])


@pytest.mark.server
@pytest.mark.timeout(600)
def test_what_another_try_cannot_mend_is_not_tried_again(installation: Installation, tmp_path: Path) -> None:
    """The first wait between two tries is longer than this test has patience."""
    failed = installation.run("backfill", sources="nowhere")
    assert failed["state"]["type"] == "FAILED"
    assert "neither `sample`, `live` nor a folder" in failed["state"]["message"]
    (file,) = (one for one in installation.sources.iterdir() if one.name.startswith("localhost"))
    (tmp_path / "hourly").mkdir()
    (tmp_path / "hourly" / file.name).write_text(file.read_text(encoding="utf-8") + "every: hour\n", encoding="utf-8")
    (tmp_path / "data").write_text("no folder", encoding="utf-8")
    failed = installation.run("hourly", sources=str(tmp_path / "hourly"), data=str(tmp_path / "data"))
    assert failed["state"]["type"] == "FAILED"
    assert "give another data folder" in failed["state"]["message"]


@pytest.mark.server
@pytest.mark.timeout(600)
def test_an_hourly_run_that_waited_for_its_worker_asks_nothing(installation: Installation) -> None:
    before = len(runs_of(installation))
    done = installation.run("hourly", datetime.now(UTC) - timedelta(hours=2), sources="nowhere")
    assert done["state"]["type"] == "COMPLETED"
    (links,) = (one for one in installation.artifacts(done["id"]) if one["type"] == "markdown")
    assert "left to the next hour's run" in links["data"]
    assert links["data"].endswith("- [Kibana](https://kibana.press.test)")
    assert len(runs_of(installation)) == before


@pytest.mark.server
@pytest.mark.timeout(600)
def test_the_rules_of_retention_are_kept_by_night(installation: Installation) -> None:
    """No row is as old as the shortest rule allows; that old ones go is shown over state and vault."""
    done = installation.run("retain")
    assert done["state"]["type"] == "COMPLETED"
    table = table_of(installation.artifacts(done["id"]))
    assert table == dict.fromkeys(("pages", "texts", "fetches", "mails", "records of the archive"), 0)


def runs_of(installation: Installation) -> list[Any]:
    """Rows of the state's runs."""
    engine = sa.create_engine(installation.database)
    with engine.connect() as connection:
        rows = list(connection.execute(sa.text("SELECT id FROM runs")))
    engine.dispose()
    return rows


@pytest.mark.server
@pytest.mark.timeout(600)
def test_failed_and_late_runs_are_told_once_and_an_hourly_one_that_waits_is_not(installation: Installation) -> None:
    installation.watch()
    before = len(installation.mailbox.mails)
    failed = installation.run("backfill", days="no number")
    assert failed["state"]["type"] in ("FAILED", "CRASHED")
    with installation.paused():
        earlier = datetime.now(UTC) - timedelta(minutes=5)
        late = [installation.create(flow, earlier, sources="nowhere") for flow in ("daily", "hourly")]
        told = {one["what"].split(" ")[0]: one["kind"] for one in installation.watch()}
        assert told == {"backfill": "failed", "daily": "late"}, late
        assert len(installation.mailbox.mails) == before + 1
        assert "desk@press.test" in installation.mailbox.mails[-1]
        assert first_told(installation.watch, 200) == ["hourly"], "for a minute nothing was at work"
        assert installation.watch() == []


def first_told(look: Callable[[], list[dict[str, Any]]], seconds: float) -> list[str]:
    """The flows of the first trouble that is told."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if told := look():
            return [str(one["what"]).split(" ")[0] for one in told]
    return []
