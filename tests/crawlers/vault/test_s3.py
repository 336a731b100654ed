"""What is told where an S3-compatible store is away, refuses or is full; what is repeated; what is never said."""

import os
import uuid
from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from crawlers.vault.place import S3Place, split_address
from crawlers.vault.s3 import S3Store
from crawlers.vault.writer import VaultWriter
from pipeline.errors import DiskFull, FailedRun, VaultError
from tests.crawlers.conftest import NOW
from tests.crawlers.vault.exchanges import content, exchange
from tests.crawlers.vault.store_standin import EMPTY, SECRET, answering, place, refusal
from tests.object_store import Key, ObjectStore
from tests.serving import NOBODY, serving

pytestmark = pytest.mark.server
NAME = "2026/10/a.warc.gz"
SHORT = timedelta(seconds=0.7)


# --- a real server ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda s: s.place(bucket="not-made"), r"s3://not-made at http.*: there is no such bucket"),
        (lambda s: s.place(key=Key("AKIDNOBODY", s.worker.secret)), "does not know this key: check vault_key"),
        (
            lambda s: s.place(key=Key(s.worker.id, "wrong")),
            "does not take this key's secret: check BEATWATCH_VAULT_SECRET",
        ),
        (lambda s: s.place(key=s.stranger), r"access is refused \(AccessDenied\)"),
    ],
)
def test_a_store_that_cannot_be_used(
    objects: ObjectStore, change: Callable[[ObjectStore], S3Place], reason: str
) -> None:
    unusable = change(objects)
    store = S3Store(unusable)
    for use in (store.check, lambda: store.put_new(NAME, [b"x"]), lambda: store.read(NAME)):
        with pytest.raises(VaultError, match=reason) as told:
            use()
        assert "\n" not in str(told.value)
        assert unusable.secret not in str(told.value)


def test_each_sync_makes_one_object(objects: ObjectStore) -> None:
    store = S3Store(objects.place(uuid.uuid4().hex))
    with VaultWriter(store, "RUN1", NOW, worker="w1") as vault:
        for _ in range(2):
            vault.write(exchange(b"x"))
            vault.write(exchange(b"y"))
            vault.sync()
            vault.sync()
    assert [one.name for one in store.names()] == [f"2026/10/RUN1-w1-00000{n}.warc.gz" for n in (1, 2)]


def test_what_is_too_much_for_the_memory_goes_up_before_the_sync(objects: ObjectStore) -> None:
    store = S3Store(objects.place(uuid.uuid4().hex))
    vault = VaultWriter(store, "RUN1", NOW, worker="w1")
    for megabytes, objects_made in ((1, 0), (16, 1), (1, 1)):
        vault.write(exchange(os.urandom(megabytes << 20)))
        assert len(list(store.names())) == objects_made


def test_another_programs_variables_have_no_say(objects: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_SESSION_TOKEN": "x", "AWS_REGION": "eu-west-9",
        "AWS_ENDPOINT_URL": NOBODY, "AWS_SKIP_SIGNATURE": "true", "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    store = S3Store(objects.place(uuid.uuid4().hex))
    assert store.put_new(NAME, [b"x"])
    assert content(store, NAME) == b"x"


# --- what a server may answer ----------------------------------------------------------------------------------------


def test_a_store_that_is_away_is_named() -> None:
    with pytest.raises(
        VaultError, match=r"^s3://pages/desk at http://127\.0\.0\.1:1: .* \(connection refused\)"
    ) as told:
        S3Store(place(NOBODY), patience=SHORT).check()
    assert SECRET not in str(told.value)


def test_a_store_without_encryption_behind_an_https_address() -> None:
    with (
        answering((200, EMPTY)) as (plain, asked),
        pytest.raises(VaultError, match="cannot be reached"),
    ):
        S3Store(place(plain.endpoint.replace("http:", "https:")), patience=SHORT).check()
    assert asked == []


def test_a_busy_store_is_asked_again() -> None:
    with answering(refusal(503, "SlowDown"), refusal(500, "InternalError"), (200, b"")) as (there, asked):
        S3Store(there).put(NAME, b"x")
        assert asked == ["PUT", "PUT", "PUT"]


def test_patience_ends() -> None:
    with (
        answering(refusal(503, "SlowDown")) as (there, asked),
        pytest.raises(VaultError, match=r"answers 503 Service Unavailable \(SlowDown\)"),
    ):
        S3Store(there, patience=SHORT).put(NAME, b"x")
    assert len(asked) > 1


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (refusal(403, "QuotaExceeded"), DiskFull, "the store is full; make room"),
        (refusal(507, "XMinioStorageFull"), DiskFull, "the store is full; make room"),
        (refusal(403, "SignatureDoesNotMatch"), VaultError, "BEATWATCH_VAULT_SECRET"),
        (refusal(403, "RequestTimeTooSkewed"), VaultError, "clock"),
        (refusal(401, "Unauthorized"), VaultError, "access is refused"),
        (refusal(400, "SomethingNew"), VaultError, r"answers 400 Bad Request \(SomethingNew\)"),
        ((418, b"<html>no S3 at all</html>"), VaultError, "answers 418"),
        ((301, b""), VaultError, "another region: check vault_region"),
    ],
)
def test_refusals_in_one_line_without_secrets(answer: tuple[int, bytes], kind: type[FailedRun], reason: str) -> None:
    with answering(answer) as (there, _):
        store = S3Store(there, patience=SHORT)
        for use in (lambda: store.put(NAME, b"x"), store.check, lambda: store.read(NAME)):
            with pytest.raises(kind, match=reason) as told:
                use()
            assert str(told.value).startswith(f"s3://pages/desk at {there.endpoint}: ")
            assert SECRET not in str(told.value)
            assert "\n" not in str(told.value)
            assert told.value.__suppress_context__  # a traceback would show the library's own text


def test_a_portal_that_answers_everything_is_not_taken_for_a_store() -> None:
    with answering((200, b"<html>a portal</html>")) as (there, _), pytest.raises(VaultError):
        S3Store(there, patience=SHORT).put(NAME, b"x")


def test_an_answer_that_breaks_off_is_taken_up_where_it_broke() -> None:
    body, asked = os.urandom(300_000), list[str]()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers["Range"])
            begin = int(asked[-1].removeprefix("bytes=").partition("-")[0])
            self.send_response(206)
            self.send_header("Content-Length", str(len(body) - begin))
            self.send_header("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
            self.send_header("ETag", '"0"')
            self.send_header("Last-Modified", "Mon, 05 Oct 2026 03:00:00 GMT")
            self.end_headers()
            self.wfile.write(body[begin : begin + 100_000])

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as address:
        assert content(S3Store(place(f"http://{address}")), NAME, 10) == body[10:]
    assert len(asked) == 3


def test_after_a_lost_upload_no_sync_says_that_all_is_well() -> None:
    """The rows of the lost bodies are still to be handed over; a later upload that works must not let them pass."""
    with answering(refusal(403, "QuotaExceeded"), (200, b"")) as (there, asked):
        vault = VaultWriter(S3Store(there), "RUN1", NOW)
        vault.write(exchange(b"lost"))
        for _ in range(2):
            with pytest.raises(DiskFull):
                vault.sync()
        vault.write(exchange(b"after"))
        with pytest.raises(DiskFull):
            vault.sync()
        assert asked == ["PUT"]


@pytest.mark.parametrize("address", ["s3://", "s3:///a", "http://pages/a", "s3://key:secret@pages", "s3://pages?x=1"])
def test_addresses_that_name_no_bucket(address: str) -> None:
    with pytest.raises(ValueError, match="s3://bucket"):
        split_address(address)


def test_addresses_that_do() -> None:
    assert split_address("s3://pages") == split_address("s3://pages/") == ("pages", "")
    assert split_address("s3://pages/desk/asia/") == ("pages", "desk/asia")
