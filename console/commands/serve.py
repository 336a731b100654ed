"""`beatwatch serve`: the daily run on a schedule."""

from dataclasses import dataclass
from pathlib import Path

import click

from console.options import data_option, json_option
from console.output import answer, say
from pipeline.errors import ConfigError
from pipeline.settings import load_settings
from pipeline.wiring import catalogue, data_path

DEPLOYMENT = "beatwatch-daily"


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is run when, and where to watch it; `schedule` is a cron line in UTC."""

    deployment: str
    schedule: str
    sources: str
    data: str
    api: str
    ui: str


@click.command("serve")
@click.option("--sources", default="live", metavar="sample|live|DIR", help="which sources to ask (default: live)")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=4200, show_default=True, metavar="N",
    help="port of the Prefect server on 127.0.0.1, where none is set by PREFECT_API_URL",
)  # fmt: skip
@data_option
@json_option
def command(sources: str, port: int, data: Path | None, as_json: bool) -> None:
    """Run every day on the schedule of the settings, until it is interrupted.

    Runs are scheduled by the Prefect server that PREFECT_API_URL names; without one a server is started on 127.0.0.1
    and ends with this command. Its page shows every run with its table, and starts one by hand.
    """
    settings = load_settings()
    path = data_path(data, sources, settings).absolute()
    catalogue(sources)  # a broken source file is said now and not at six in the morning
    kept = sources if sources in ("sample", "live") else str(Path(sources).absolute())
    _serve(settings.schedule, kept, path, port, as_json)


def _serve(cron: str, sources: str, path: Path, port: int, as_json: bool) -> None:
    from prefect.schedules import Cron

    from console.prefect_server import prefect_api
    from flows.runs import daily

    try:
        schedule = Cron(cron, timezone="UTC")
    except ValueError as error:
        raise ConfigError("BEATWATCH_SCHEDULE or settings.yml", "schedule", str(error)) from error
    with prefect_api(port) as api:
        name = f"{daily.name}/{DEPLOYMENT}"
        _say(Schedule(name, cron, sources, str(path), api, api.removesuffix("/").removesuffix("/api")), as_json)
        daily.serve(
            name=DEPLOYMENT,
            schedule=schedule,
            parameters={"sources": sources, "data": str(path)},
            limit=1,  # a data folder is held by one run
            print_starting_message=False,
        )


def _say(told: Schedule, as_json: bool) -> None:
    if as_json:
        answer(told)
        return
    say(f"{told.deployment}: {told.sources} into {told.data}, at “{told.schedule}” UTC (Ctrl-C ends)")
    say(f"{told.ui} shows the runs; `prefect deployment run '{told.deployment}'` starts one now")
