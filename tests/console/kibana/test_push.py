"""`beatwatch kibana push` against a stand-in for Kibana (see `standin`): what it brings, and every way in which it fails."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from jsonschema import Draft202012Validator

from console.kibana.server import TRIES, Kibana, KibanaAddress
from console.schemas import schema
from pipeline.errors import KibanaError, UsageError
from tests.console.conftest import Beatwatch
from tests.console.kibana.standin import KEY, PASSWORD, USER, StandIn, kibana_standin
from tests.serving import NOBODY

Set = Callable[..., None]


@pytest.fixture
def kibana() -> Iterator[StandIn]:
    with kibana_standin() as started:
        yield started


@pytest.fixture
def settings(kibana: StandIn, monkeypatch: pytest.MonkeyPatch) -> Set:
    """Names the stand-in and its key in the environment; more settings can be given."""

    def set_(**more: object) -> None:
        for name, value in {"": kibana.url, "secret": KEY, **more}.items():
            monkeypatch.setenv("BEATWATCH_KIBANA" + (f"_{name.upper()}" if name else ""), str(value))

    set_()
    return set_


def test_everything_is_brought_and_the_dashboards_address_is_told(
    kibana: StandIn, settings: Set, beatwatch: Beatwatch
) -> None:
    ended = beatwatch("kibana", "push")
    assert ended.status == 0, ended.err
    held = kibana.held["default"]
    assert {type_ for type_, _ in held} == {"index-pattern", "search", "lens", "dashboard"}
    assert f"{len(held)} of {len(held)} objects" in ended.out
    assert f"{kibana.url}/app/dashboards#/view/beatwatch-dashboard-policing-diplomacy" in ended.out


def test_a_second_push_replaces_the_first(kibana: StandIn, settings: Set, beatwatch: Beatwatch) -> None:
    assert beatwatch("kibana", "push").status == 0
    first = dict(kibana.held["default"])
    assert beatwatch("kibana", "push").status == 0
    assert kibana.held["default"] == first


def test_it_goes_into_the_space_that_is_set(kibana: StandIn, settings: Set, beatwatch: Beatwatch) -> None:
    settings(space="analysts")
    ended = beatwatch("kibana", "push")
    assert ended.status == 0, ended.err
    assert list(kibana.held) == ["analysts"]
    assert "/s/analysts/app/dashboards#/view/" in ended.out


def test_a_second_space_gets_ids_of_its_own_and_keeps_them(
    kibana: StandIn, settings: Set, beatwatch: Beatwatch
) -> None:
    beatwatch("kibana", "push")
    settings(space="analysts")
    addresses = [json.loads(beatwatch("kibana", "push", "--json").out)["dashboard"] for _ in (1, 2)]
    assert addresses[0] == addresses[1]
    (id_,) = (id_ for type_, id_ in kibana.held["analysts"] if type_ == "dashboard")
    assert addresses[0].endswith(f"/view/{id_}")
    assert id_ != "beatwatch-dashboard-policing-diplomacy"


def test_user_and_password_serve_as_well(kibana: StandIn, settings: Set, beatwatch: Beatwatch) -> None:
    settings(user=USER, secret=PASSWORD)
    assert beatwatch("kibana", "push").status == 0


def test_the_key_can_lie_in_a_file(kibana: StandIn, settings: Set, beatwatch: Beatwatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n", encoding="utf-8")
    settings(secret="", secret_file=tmp_path / "key")
    assert beatwatch("kibana", "push").status == 0


def test_the_answer_is_of_its_schema(kibana: StandIn, settings: Set, beatwatch: Beatwatch) -> None:
    answer = json.loads(beatwatch("kibana", "push", "--json").out)
    Draft202012Validator(schema("kibana-push")).validate(answer)
    assert answer["taken"] == len(answer["objects"]) > 25
    assert {one["problem"] for one in answer["objects"]} == {None}


def test_a_dry_run_sends_nothing_and_needs_no_kibana(beatwatch: Beatwatch) -> None:
    ended = beatwatch("kibana", "push", "--dry-run")
    assert ended.status == 0
    assert "nothing was sent" in ended.out
    assert "Influence framing by host country" in ended.out
    answer = json.loads(beatwatch("kibana", "push", "--dry-run", "--json").out)
    Draft202012Validator(schema("kibana-push")).validate(answer)
    assert (answer["dry_run"], answer["taken"], answer["kibana"]) == (True, 0, None)


def test_a_dry_run_does_not_ask_the_kibana_that_is_set(kibana: StandIn, settings: Set, beatwatch: Beatwatch) -> None:
    assert beatwatch("kibana", "push", "--dry-run").status == 0
    assert kibana.asked == []


# --- failures
def test_without_a_setting_it_says_which(beatwatch: Beatwatch) -> None:
    ended = beatwatch("kibana", "push")
    assert ended.status == 2
    assert "BEATWATCH_KIBANA=https://host:5601" in ended.err


@pytest.mark.parametrize(
    "url",
    [
        "localhost:5601",
        "ftp://localhost",
        "https://",
        "https://analyst:secret@localhost",
        "https://host:port",
        "https://[::1",
    ],
)
def test_what_is_no_address_is_refused(settings: Set, beatwatch: Beatwatch, url: str) -> None:
    settings(**{"": url})
    ended = beatwatch("kibana", "push")
    assert ended.status == 2
    assert "BEATWATCH_KIBANA" in ended.err
    assert len(ended.err.splitlines()) == 1
    assert "secret" not in ended.err


@pytest.mark.parametrize("key", ["naïve", "two\nlines"])
def test_what_is_no_key_is_refused(settings: Set, beatwatch: Beatwatch, key: str) -> None:
    settings(secret=key)
    ended = beatwatch("kibana", "push")
    assert ended.status == 2
    assert "BEATWATCH_KIBANA_SECRET" in ended.err
    assert key not in ended.err


def test_a_wrong_key_is_said_without_showing_it(kibana: StandIn, settings: Set, beatwatch: Beatwatch) -> None:
    settings(secret="d3Jvbmc6a2V5")
    ended = beatwatch("kibana", "push")
    assert ended.status == 1
    assert "401" in ended.err
    assert "BEATWATCH_KIBANA_SECRET" in ended.err
    assert "d3Jvbmc6a2V5" not in ended.err
    assert len(ended.err.splitlines()) == 1


def test_a_space_that_is_not_there_is_found_before_anything_is_sent(
    kibana: StandIn, settings: Set, beatwatch: Beatwatch
) -> None:
    """Kibana itself would import into it."""
    settings(space="nowhere")
    ended = beatwatch("kibana", "push")
    assert ended.status == 1
    assert "there is no space 'nowhere'" in ended.err
    assert kibana.asked == ["GET /api/spaces/space/nowhere"]


def test_a_role_that_may_not_import_is_told_what_it_lacks(kibana: StandIn, settings: Set, beatwatch: Beatwatch) -> None:
    kibana.may_import = False
    ended = beatwatch("kibana", "push")
    assert ended.status == 1
    assert "Saved Objects Management in the space 'default'" in ended.err


def test_only_what_is_missing_is_brought_where_changes_shall_stay(
    kibana: StandIn, settings: Set, beatwatch: Beatwatch
) -> None:
    assert beatwatch("kibana", "push", "--only-missing").status == 0
    held = kibana.held["default"]
    changed, lost = (
        ("dashboard", "beatwatch-dashboard-policing-diplomacy"),
        ("search", "beatwatch-search-influence-voices"),
    )
    held[changed]["attributes"]["title"] = "Our own"
    del held[lost]
    ended = beatwatch("kibana", "push", "--only-missing")
    assert (ended.status, ended.err) == (0, "")
    assert f"1 of {len(held)} objects brought" in ended.out
    assert f"{len(held) - 1} objects left as they were" in ended.out
    assert (lost in held, held[changed]["attributes"]["title"]) == (True, "Our own")
    answer = json.loads(beatwatch("kibana", "push", "--only-missing", "--json").out)
    Draft202012Validator(schema("kibana-push")).validate(answer)
    assert (answer["taken"], answer["kept"], answer["dashboard"]) == (0, len(held), None)
    kibana.failing[lost[1]] = "the index is read-only"
    del held[lost]
    ended = beatwatch("kibana", "push", "--only-missing")
    assert ended.status == 1
    assert "the index is read-only" in ended.out


def test_without_overwriting_nothing_is_written_where_something_is_there(
    kibana: StandIn, settings: Set, beatwatch: Beatwatch
) -> None:
    """Although Kibana counts those that are not in conflict as successes."""
    beatwatch("kibana", "push")
    lost = ("search", "beatwatch-search-influence-voices")
    del kibana.held["default"][lost]
    ended = beatwatch("kibana", "push", "--no-overwrite")
    assert ended.status == 1
    assert "not taken dashboard 'Policing diplomacy'" in ended.out
    assert "leave out --no-overwrite" in ended.out
    assert "0 of " in ended.out
    assert lost not in kibana.held["default"]


def test_one_object_that_cannot_be_written_does_not_hide_the_others(
    kibana: StandIn, settings: Set, beatwatch: Beatwatch
) -> None:
    kibana.failing["beatwatch-panel-languages"] = "mapping set to strict"
    ended = beatwatch("kibana", "push", "--json")
    answer = json.loads(ended.out)
    assert ended.status == 1
    problems = {one["id"]: one["problem"] for one in answer["objects"] if one["problem"]}
    assert problems == {"beatwatch-panel-languages": "mapping set to strict"}
    assert answer["taken"] == len(answer["objects"]) - 1
    assert answer["dashboard"] is None


def test_a_kibana_without_lens_takes_nothing_that_needs_it(
    kibana: StandIn, settings: Set, beatwatch: Beatwatch
) -> None:
    kibana.types = ("index-pattern", "search", "dashboard")
    ended = beatwatch("kibana", "push")
    assert ended.status == 1
    assert "this Kibana does not know its type" in ended.out


@pytest.mark.parametrize("status", [200, 404])
def test_something_that_is_no_kibana_is_recognised(
    kibana: StandIn, settings: Set, beatwatch: Beatwatch, status: int
) -> None:
    kibana.says = (status, "<html>Welcome</html>")
    ended = beatwatch("kibana", "push")
    assert ended.status == 1
    assert "BEATWATCH_KIBANA" in ended.err
    assert not kibana.held


# --- patience: the pauses are recorded, not waited
def client(url: str, pauses: list[float], **more: str) -> Kibana:
    return Kibana(KibanaAddress(url, secret=KEY, **more), sleep=pauses.append)


def test_a_kibana_that_starts_is_waited_for_as_long_as_it_asks(kibana: StandIn) -> None:
    kibana.not_ready = 2
    pauses: list[float] = []
    with client(kibana.url, pauses) as ours:
        ours.check_space()
    assert pauses == [30.0, 30.0]


def test_a_kibana_that_never_starts_is_given_up(kibana: StandIn) -> None:
    kibana.not_ready = 100
    pauses: list[float] = []
    with client(kibana.url, pauses) as ours, pytest.raises(KibanaError, match=f"not ready yet, tried {TRIES} times"):
        ours.check_space()
    assert len(pauses) == TRIES - 1


def test_an_address_where_nothing_listens_is_tried_with_longer_and_longer_pauses() -> None:
    pauses: list[float] = []
    with client(NOBODY, pauses) as ours, pytest.raises(KibanaError, match="does not answer"):
        ours.check_space()
    assert pauses == sorted(pauses)
    assert len(set(pauses)) == len(pauses) == TRIES - 1


# --- TLS
def test_a_certificate_that_nobody_vouches_for_is_refused_at_once() -> None:
    pauses: list[float] = []
    with kibana_standin(trustme.CA()) as secure, client(secure.url, pauses) as ours:
        with pytest.raises(KibanaError, match="BEATWATCH_KIBANA_CA"):
            ours.check_space()
        assert secure.asked == []
    assert pauses == []


def test_an_authority_of_ones_own_is_trusted(tmp_path: Path) -> None:
    authority, file = trustme.CA(), tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(file)
    with kibana_standin(authority) as secure, client(secure.url, [], ca_file=str(file)) as ours:
        ours.check_space()


def test_plain_http_where_tls_is_expected_is_no_matter_of_patience(kibana: StandIn) -> None:
    pauses: list[float] = []
    with (
        client(kibana.url.replace("http:", "https:"), pauses) as ours,
        pytest.raises(KibanaError, match="does not speak TLS"),
    ):
        ours.check_space()
    assert pauses == []


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_authority_file_that_is_none_is_refused(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match="BEATWATCH_KIBANA_CA"):
        client("https://127.0.0.1:5601", [], ca_file=str(path))


def test_no_secret_is_in_a_repr() -> None:
    assert KEY not in repr(KibanaAddress("https://127.0.0.1", "default", None, USER, KEY))


# --- the import file
def test_the_file_is_written_for_kibanas_own_page(beatwatch: Beatwatch, tmp_path: Path) -> None:
    ended = beatwatch("kibana", "export", "--out", tmp_path / "beatwatch.ndjson", "--json")
    answer = json.loads(ended.out)
    Draft202012Validator(schema("kibana-export")).validate(answer)
    lines = (tmp_path / "beatwatch.ndjson").read_bytes().splitlines()
    assert answer["objects"] == len(lines) > 25
    assert beatwatch("kibana", "export").out.encode().splitlines() == lines


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--out", "objects.json"), "names end in .ndjson"),
        (("--out", "/nowhere/objects.ndjson"), "cannot be written"),
        (("--json",), "give --out as well"),
    ],
)
def test_an_export_that_cannot_be_is_refused(beatwatch: Beatwatch, arguments: tuple[str, ...], message: str) -> None:
    ended = beatwatch("kibana", "export", *arguments)
    assert ended.status == 2
    assert message in ended.err


def test_a_check_without_elasticsearch_says_what_is_missing(beatwatch: Beatwatch) -> None:
    ended = beatwatch("kibana", "check")
    assert ended.status == 2
    assert "BEATWATCH_ELASTICSEARCH=https://host:9200" in ended.err


def test_a_check_of_an_elasticsearch_that_is_away_fails_in_one_line(
    beatwatch: Beatwatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEATWATCH_ELASTICSEARCH", NOBODY)
    ended = beatwatch("kibana", "check")
    assert ended.status == 1
    assert "does not answer" in ended.err
    assert len(ended.err.splitlines()) == 1
