"""Mail over a real SMTP server: accepted, refused, and cut off before the answer."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from alerts.facts import RunFacts
from alerts.outbox import Sending, enqueue, send
from alerts.rules import WatchRule
from alerts.smtp import DeliveryFailed, Security, SmtpSettings, deliver
from pipeline.errors import UsageError
from pipeline.records import Message
from sample.servers.process import free_port
from tests.alerts.fake_state import NOW, SOURCES, FakeState, KilledError, newsroom
from tests.serving import certified

pytestmark = pytest.mark.server

DAILY = WatchRule(id="daily", to=("editor@example.org", "desk@example.org"))


class Postbox:
    """Takes mail, or answers what it is told to."""

    def __init__(self, data: str = "250 OK", refuse: str = "", with_answer: str = "550 no such user") -> None:
        self.data, self.refuse, self.with_answer = data, refuse, with_answer
        self.taken: list[Envelope] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuse and self.refuse in address:
            return self.with_answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.data.startswith("250"):
            self.taken.append(envelope)
        if self.data == "cut":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            await asyncio.sleep(0)
        return self.data


@contextmanager
def serving(postbox: Postbox, security: Security = "none", **options: Any) -> Iterator[SmtpSettings]:
    controller = Controller(postbox, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield SmtpSettings("127.0.0.1", controller.port, "beatwatch <watch@example.org>", security, timeout=5)
    finally:
        controller.stop()


def clock() -> datetime:
    return NOW


@pytest.fixture
def state() -> FakeState:
    made = newsroom()
    enqueue(made.port, [DAILY], RunFacts(NOW, asked=19), SOURCES, "watch@example.org")
    return made


def only(state: FakeState) -> Message:
    (message,) = state.outbox.values()
    return message


def test_accepted(state: FakeState) -> None:
    postbox = Postbox()
    with serving(postbox) as settings:
        assert send(state.port, settings, clock, deliver_mail=True) == Sending(sent=1)
        assert send(state.port, settings, clock, deliver_mail=True) == Sending()
    (envelope,) = postbox.taken
    assert envelope.mail_from == "watch@example.org"
    assert envelope.rcpt_tos == list(DAILY.to)
    assert envelope.content == only(state).eml
    assert only(state).sent_at == NOW


@pytest.mark.parametrize(
    ("postbox", "line"),
    [
        (Postbox(data="451 try later"), "answered 451 try later"),
        (Postbox(data="554 spam"), "answered 554 spam"),
        (Postbox(refuse="@", with_answer="450 greylisted"), "refused desk@example.org: 450 greylisted; editor"),
        (Postbox(refuse="@"), "editor@example.org: 550 no such user"),
        (Postbox(data="cut"), "closed the connection before it took the message"),
    ],
)
def test_a_refusal_is_kept_on_the_message_and_tried_again(state: FakeState, postbox: Postbox, line: str) -> None:
    with serving(postbox) as settings:
        assert send(state.port, settings, clock, deliver_mail=True) == Sending(failed=1)
        assert line in (only(state).error or "")
        assert (only(state).error or "").startswith(f"mail server 127.0.0.1:{settings.port}: ")
        assert (only(state).sent_at, only(state).attempts) == (None, 1)
        postbox.data, postbox.refuse = "250 OK", ""
        assert send(state.port, settings, clock, deliver_mail=True) == Sending(sent=1)
    assert len(postbox.taken) == 1


def test_one_of_two_recipients_refused_is_noted_and_not_repeated(state: FakeState) -> None:
    postbox = Postbox(refuse="desk")
    with serving(postbox) as settings:
        assert send(state.port, settings, clock, deliver_mail=True) == Sending(sent=1)
        assert send(state.port, settings, clock, deliver_mail=True) == Sending()
    assert postbox.taken[0].rcpt_tos == ["editor@example.org"]
    assert only(state).error == "delivered, but refused for desk@example.org: 550 no such user"


def test_mail_repeats_only_between_acceptance_and_commit(state: FakeState) -> None:
    postbox = Postbox()
    with serving(postbox) as settings:
        state.fail_on = {"mark_message"}
        with pytest.raises(KilledError):
            send(state.port, settings, clock, deliver_mail=True)
        state.fail_on = set()
        assert send(state.port, settings, clock, deliver_mail=True) == Sending(sent=1)
        assert send(state.port, settings, clock, deliver_mail=True) == Sending()
    first, second = (envelope.content for envelope in postbox.taken)
    assert first == second == only(state).eml


def test_a_sample_run_mails_nobody(state: FakeState) -> None:
    postbox = Postbox()
    before = dict(state.outbox)
    with serving(postbox) as settings:
        assert send(state.port, settings, clock, deliver_mail=False) == Sending(withheld=1)
    assert postbox.taken == []
    assert state.outbox == before


def test_nobody_listens(state: FakeState) -> None:
    settings = SmtpSettings("127.0.0.1", 1, "watch@example.org", "none", timeout=5)
    assert send(state.port, settings, clock, deliver_mail=True) == Sending(failed=1)
    assert only(state).error == f"mail server 127.0.0.1:{settings.port}: Connection refused"


def test_a_server_without_starttls_gets_no_mail(state: FakeState) -> None:
    postbox = Postbox()
    with serving(postbox, "starttls") as settings:
        assert send(state.port, settings, clock, deliver_mail=True) == Sending(failed=1)
    assert "STARTTLS" in (only(state).error or "")
    assert postbox.taken == []


# --- TLS, password ---------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    """The authority that vouches for 127.0.0.1, and a server's context with its certificate."""
    authority, file = trustme.CA(), tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(file)
    return file, certified(authority)


def knows(password: bytes) -> Callable[..., AuthResult]:
    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == password, handled=False)

    return check


@pytest.mark.parametrize("password", ["right", "wrong"])
def test_starttls_with_a_password(
    state: FakeState,
    certificate: tuple[Path, ssl.SSLContext],
    monkeypatch: pytest.MonkeyPatch,
    password: str,
) -> None:
    trusted, context = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    postbox = Postbox()
    with serving(
        postbox,
        "starttls",
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=knows(b"right"),
    ) as plain:
        settings = SmtpSettings(plain.host, plain.port, plain.sender, "starttls", "beat", password, 5)
        if password == "right":
            assert send(state.port, settings, clock, deliver_mail=True) == Sending(sent=1)
        else:
            assert send(state.port, settings, clock, deliver_mail=True) == Sending(failed=1)
            assert "does not accept user or password (535" in (only(state).error or "")
            assert "wrong" not in (only(state).error or "")
    assert len(postbox.taken) == (password == "right")


def test_an_untrusted_certificate_gets_no_mail(state: FakeState, certificate: tuple[Path, ssl.SSLContext]) -> None:
    with (
        serving(Postbox(), "starttls", tls_context=certificate[1]) as settings,
        pytest.raises(DeliveryFailed, match="certificate verify failed"),
    ):
        deliver(settings, only(state))


def test_no_password_in_clear() -> None:
    with pytest.raises(UsageError, match="starttls or tls"):
        SmtpSettings("mail.example.org", 25, "watch@example.org", "none", "beat", "secret")
    shown = repr(SmtpSettings("mail.example.org", 587, "watch@example.org", "starttls", "beat", "secret"))
    assert "secret" not in shown
