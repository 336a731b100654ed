"""docker-compose.yml names only what there is: no container engine is at hand to find out by starting it."""

import contextlib
import importlib.util
import json
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.resources import files
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import click
import pytest
import yaml  # type: ignore[import-untyped]
from jsonschema import Draft202012Validator

from console.main import beatwatch
from deploy import secret_files
from pipeline.settings import load_settings
from sample.servers import elasticsearch_node, postgres_server
from tests.compose_file import FILE, OPERATOR, ROOT, Service, declared, filled, services, variables

SERVICES = services()
DEPLOYMENTS = {"daily", "hourly", "retain", "backfill", "recode"}
URL = re.compile(r"\b(?:https?|postgresql)://[^\s'\"]+")
MEMORY = {"m": 2**20, "g": 2**30}


def those(**kind: bool) -> pytest.MarkDecorator:
    """Runs a test for the services of a kind: `ours`, `once`."""
    chosen = [one for one in SERVICES.values() if all(getattr(one, name) is is_ for name, is_ in kind.items())]
    assert chosen
    return pytest.mark.parametrize("service", chosen, ids=[one.name for one in chosen])


def addresses(texts: Iterable[str]) -> list[SplitResult]:
    return [urlsplit(url) for text in texts for url in URL.findall(text)]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `make secrets` makes it."""
    folder = tmp_path_factory.mktemp("made") / "secrets"
    secret_files.make(folder)
    return folder


@pytest.fixture
def inside(service: Service, made: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    """The service, with its environment as this process's and its secrets where they really are."""
    for name, value in service.environment.items():
        monkeypatch.setenv(name, value.replace("/run/secrets", str(made)))
    return service


# --- the file
def test_it_is_what_the_specification_of_compose_files_allows() -> None:
    schema = json.loads(files("check_jsonschema.builtin_schemas.vendor").joinpath("compose-spec.json").read_text())
    assert "services" in schema["properties"]
    assert [error.message for error in Draft202012Validator(schema).iter_errors(declared())] == []


def test_it_asks_for_the_contact_before_anything_starts() -> None:
    with pytest.raises(KeyError, match="BEATWATCH_CONTACT"):
        filled(FILE.read_text(encoding="utf-8"), {})


def test_what_an_operator_can_set_is_documented() -> None:
    page = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    assert OPERATOR.keys() <= variables(FILE.read_text(encoding="utf-8")) >= {"BEATWATCH_UID", "TORCH"}
    assert [name for name in variables(FILE.read_text(encoding="utf-8")) if f"`{name}`" not in page] == []


def test_every_volume_network_and_secret_is_declared_and_used() -> None:
    mounts = [mount.split(":") for one in SERVICES.values() for mount in one.declared.get("volumes", [])]
    assert {mount[0] for mount in mounts if not mount[0].startswith((".", "/"))} == declared()["volumes"].keys()
    assert {name for one in SERVICES.values() for name in one.declared["networks"]} == declared()["networks"].keys()
    assert {name for one in SERVICES.values() for name in one.secrets.values()} == declared()["secrets"].keys()


# --- what runs
@those()
def test_images_are_pinned_to_a_version(service: Service) -> None:
    assert re.search(r":v?\d+\.\d+(\.\d+)?(-bookworm)?$", service.declared["image"])
    assert ("build" in service.declared) is service.ours


def test_versions_are_those_that_the_project_is_tested_with() -> None:
    image = {name: str(one.declared["image"]).rpartition(":")[2] for name, one in SERVICES.items()}
    assert image["elasticsearch"] == image["kibana"] == elasticsearch_node.VERSION
    assert image["postgres"].split(".")[0] == postgres_server.VERSION.split(".")[0]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {image[one.name] for one in SERVICES.values() if one.ours} == {project["version"]}


@those(ours=True)
def test_commands_exist(service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for program, *words in service.lines():
        match program:
            case "beatwatch":
                _parse(words)
            case "python":
                assert words[0] == "-m"
                assert importlib.util.find_spec(words[1])
            case "prefect":
                _ask_prefect(words, monkeypatch, capsys)
            case _:
                pytest.fail(f"{program}: no program of the image that this test knows")


def _parse(words: list[str]) -> None:
    """As click does before it runs anything; it raises where a command or option is not there."""
    command: click.Command = beatwatch
    context = click.Context(beatwatch, info_name="beatwatch")
    while isinstance(command, click.Group):
        name, *words = words
        found = command.get_command(context, name)
        assert found is not None, f"beatwatch has no command {name}"
        context, command = click.Context(found, info_name=name, parent=context), found
    command.make_context(command.name, words)


def _ask_prefect(words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Its own help for the command names every option that we give."""
    from prefect.cli import app

    words = [word for word in words if word != "--no-prompt"]
    command = words[: 2 if words[0] in ("server", "work-pool", "worker") else 1]
    monkeypatch.setattr(sys, "argv", ["prefect", *command, "--help"])
    monkeypatch.setenv("COLUMNS", "200")
    with contextlib.suppress(SystemExit):
        app()
    told = capsys.readouterr().out
    assert f"Usage: prefect {' '.join(command)}" in told
    assert [word for word in words if word.startswith("--") and f"{word} " not in told] == []


def test_workers_take_what_the_deployments_put_into_their_pool() -> None:
    planned = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    assert {one["name"] for one in planned} == DEPLOYMENTS
    (worker,) = SERVICES["worker"].lines()
    (pool, _) = SERVICES["deploy"].lines()
    assert {one["work_pool"]["name"] for one in planned} == {worker[worker.index("--pool") + 1]} == {"beatwatch"}
    assert "beatwatch" in pool


def test_a_worker_can_be_started_twice() -> None:
    worker = SERVICES["worker"].declared
    assert not worker.keys() & {"container_name", "ports", "hostname"}
    assert "/data" in worker["volumes"], "without a name: each container has its own"
    assert SERVICES["worker"].environment["BEATWATCH_DATA"] == "/data"
    assert f"vault:{SERVICES['worker'].environment['BEATWATCH_VAULT']}" in worker["volumes"]


def test_a_command_finds_what_the_one_before_began() -> None:
    volumes = SERVICES["beatwatch"].declared["volumes"]
    assert "commands:/data" in volumes, "an interrupted restore is resumed"
    assert f"vault:{SERVICES['beatwatch'].environment['BEATWATCH_VAULT']}" in volumes


def test_what_analysts_changed_in_kibana_outlives_a_start() -> None:
    assert SERVICES["kibana-objects"].lines() == [["beatwatch", "kibana", "push", "--only-missing"]]


def test_what_the_page_on_restoring_starts_writes_nothing_into_the_place() -> None:
    started = set(_before(SERVICES["beatwatch"]))
    assert started == {"elasticsearch", "elasticsearch-users", "postgres"}
    assert [one for one in started if "BEATWATCH_DATABASE" in SERVICES[one].environment] == []


# --- settings and secrets
@those(ours=True)
@pytest.mark.usefixtures("inside")
def test_settings_exist_and_can_be_read(service: Service) -> None:
    settings = load_settings()
    named = [name for name in service.environment if name.startswith("BEATWATCH_")]
    assert [name for name in named if name.removeprefix("BEATWATCH_").lower() not in type(settings).model_fields] == []
    for read, name in (
        (settings.database_secret, "BEATWATCH_DATABASE_PASSWORD_FILE"),
        (settings.search_secret, "BEATWATCH_ELASTICSEARCH_SECRET_FILE"),
    ):
        assert bool(read()) is (name in named)


@those(ours=True)
@pytest.mark.usefixtures("inside")
def test_prefect_reads_every_variable_and_its_file_of_passwords(service: Service, made: Path) -> None:
    from prefect.settings import Settings

    given = {name for name in service.environment if name.startswith("PREFECT_")}
    if not given:
        assert not any(line[0] == "prefect" for line in service.lines())
        return
    told = Settings().to_environment_variables(exclude_unset=True, include_secrets=True)
    assert given <= told.keys()
    login = f"beatwatch:{(made / 'prefect_page').read_text()}"
    if service.name == "prefect":
        assert told["PREFECT_SERVER_API_AUTH_STRING"] == login
        assert told["PREFECT_SERVER_DATABASE_PASSWORD"] == (made / "postgres_prefect").read_text()
    else:
        assert told["PREFECT_API_AUTH_STRING"] == login


@those()
def test_no_password_stands_in_clear(service: Service) -> None:
    revealing = re.compile(r"PASSWORD|SECRET|KEY|TOKEN|AUTH|LOGIN", re.IGNORECASE)
    for name, value in service.environment.items():
        if revealing.search(name):
            assert value.startswith(("/run/secrets/", "certs/")), name
        assert urlsplit(value).password is None, name


@those()
def test_secrets_that_are_named_are_mounted(service: Service) -> None:
    named = {path for text in service.texts() for path in re.findall(r"/run/secrets/[\w.]+", text)}
    if service.name == "postgres":
        named |= set(re.findall(r"/run/secrets/\w+", (ROOT / "deploy" / "databases.sql").read_text(encoding="utf-8")))
    assert named <= service.secrets.keys()
    by_folder = (
        {f"/run/secrets/{name}" for name in service.secrets.values()} if "/run/secrets" in service.texts() else set()
    )
    read_elsewhere = {path for path in service.secrets if not path.startswith("/run/secrets/")}
    assert service.secrets.keys() == named | by_folder | read_elsewhere


def test_make_secrets_makes_each_of_them_with_a_mode_that_elasticsearch_takes(made: Path) -> None:
    for name, one in declared()["secrets"].items():
        assert one["file"] == f"./secrets/{name}"
        assert (made / name).stat().st_mode & 0o777 == 0o600


def test_the_key_of_the_authority_leaves_the_host_nowhere(made: Path) -> None:
    assert (made / "ca.key").exists()
    assert "ca.key" not in declared()["secrets"]


@pytest.mark.parametrize("path", ["secrets/postgres_superuser", ".env", "secrets/ca.key"])
def test_secrets_are_ignored_by_git_and_stay_out_of_the_image(path: str) -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert f"{path.split('/')[0]}/" in ignored or path in ignored
    kept = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in kept
    assert f"!{path.split('/')[0]}" not in kept


# --- paths and ports
@those()
def test_what_is_mounted_is_in_the_checkout(service: Service) -> None:
    bound = [mount.split(":") for mount in service.declared.get("volumes", []) if mount.startswith(".")]
    for source, target, mode in bound:
        assert (ROOT / source).exists()
        assert (target.startswith("/"), mode) == (True, "ro")


@those()
def test_addresses_name_a_service_that_can_be_reached_and_its_port(service: Service) -> None:
    for address in addresses([*service.environment.values(), *service.check]):
        if address.hostname in SERVICES:
            other = SERVICES[address.hostname]
            assert address.port in other.listens()
            assert set(other.declared["networks"]) & set(service.declared["networks"])
        else:
            assert address.hostname in ("127.0.0.1", "localhost")


@those(once=False)
def test_what_asks_for_its_own_health_asks_where_it_listens(service: Service) -> None:
    for address in addresses(service.check):
        if address.hostname not in SERVICES:
            assert address.port in service.listens()


@those()
def test_addresses_for_people_are_published(service: Service) -> None:
    published = [
        [one[0].replace("127.0.0.1", "localhost"), one[1]] for other in SERVICES.values() for one in other.published
    ]
    for address in addresses(service.environment.values()):
        if address.hostname not in SERVICES:
            host = str(address.hostname).replace("127.0.0.1", "localhost")
            assert [host, str(address.port)] in published


def test_the_names_that_are_no_addresses_are_services_too() -> None:
    worker, prefect = SERVICES["worker"].environment, SERVICES["prefect"].environment
    assert int(worker["BEATWATCH_SMTP_PORT"]) in SERVICES[worker["BEATWATCH_SMTP_HOST"]].listens()
    assert int(prefect["PREFECT_SERVER_DATABASE_PORT"]) in SERVICES[prefect["PREFECT_SERVER_DATABASE_HOST"]].listens()


def test_the_certificate_is_for_the_name_that_is_asked_for() -> None:
    https = {
        address.hostname for one in SERVICES.values() for address in addresses(one.texts()) if address.scheme == "https"
    }
    assert https == set(secret_files.NODE_NAMES)


@those()
def test_ports_are_published_on_this_host_alone(service: Service) -> None:
    for host, own, target in service.published:
        assert ip_address(host).is_loopback
        assert int(target) in service.listens()
        assert own == target
        assert "outer" in service.declared["networks"], "what is on an internal network alone cannot be published"


def test_no_two_services_publish_one_port() -> None:
    own = [published[1] for one in SERVICES.values() for published in one.published]
    assert sorted(own) == sorted(set(own)) == ["4200", "5601", "8025", "8765"]


def test_what_holds_the_data_has_no_way_out() -> None:
    assert declared()["networks"]["inner"] == {"internal": True}
    for name in ("postgres", "elasticsearch"):
        assert SERVICES[name].declared["networks"] == ["inner"]


# --- how it runs
@those(once=False)
def test_what_lasts_is_looked_after(service: Service) -> None:
    assert service.declared["restart"] == "unless-stopped"
    assert service.check[0] in ("CMD", "CMD-SHELL")
    assert {"interval", "timeout", "retries", "start_period"} <= service.declared["healthcheck"].keys()


@those(once=True)
def test_what_ends_is_not_asked_for_its_health(service: Service) -> None:
    assert service.declared["restart"] in ("no", "on-failure:5")
    assert service.declared["healthcheck"] == {"disable": True}
    assert not service.published


@those()
def test_a_service_waits_for_what_the_others_can_become(service: Service) -> None:
    for name, wait in service.declared.get("depends_on", {}).items():
        ends = "service_completed_successfully" if SERVICES[name].once else "service_healthy"
        assert wait == {"condition": ends}
    for address in addresses(service.texts()):
        if address.hostname in SERVICES and address.hostname not in _before(service):
            pytest.fail(f"{service.name} asks {address.hostname} and does not wait for it")


def _before(service: Service) -> Iterator[str]:
    for name in service.declared.get("depends_on", {}):
        yield name
        yield from _before(SERVICES[name])


@those()
def test_limits(service: Service) -> None:
    limits = service.declared["deploy"]["resources"]["limits"]
    assert float(limits["cpus"]) > 0
    assert limits["pids"] > 0
    assert _bytes(limits["memory"]) >= 2**28


def _bytes(text: str) -> int:
    return int(text[:-1]) * MEMORY[text[-1]]


def test_elasticsearch_leaves_half_of_its_memory_to_the_cache_of_files() -> None:
    node = SERVICES["elasticsearch"]
    least, most = re.findall(r"-Xm[sx](\S+)", node.environment["ES_JAVA_OPTS"])
    assert least == most
    assert 2 * _bytes(most) <= _bytes(node.declared["deploy"]["resources"]["limits"]["memory"])


@those()
def test_nothing_runs_as_root_or_may_become_it(service: Service) -> None:
    assert service.declared["user"] == f"{secret_files.CONTAINER_UID}:0"
    assert service.declared["cap_drop"] == ["ALL"]
    assert service.declared["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service.declared


@those(ours=True)
def test_our_own_image_is_read_only_and_has_an_init(service: Service) -> None:
    assert (service.declared["read_only"], service.declared["init"]) == (True, True)
    assert "/tmp" in service.declared["tmpfs"]
