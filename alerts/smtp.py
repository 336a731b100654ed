"""One message to one mail server, and every way in which that fails as one clear line."""

import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parseaddr
from ipaddress import ip_address
from typing import Literal

from alerts.wording import one_line
from pipeline.errors import Transient, UsageError
from pipeline.records import Message

Security = Literal["starttls", "tls", "none"]


class DeliveryFailed(Transient):
    """The server did not take the message; the next run tries again."""


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """The operator's mail server. `sender` is an address, with or without a display name; `timeout` in seconds.

    Raises `UsageError` where a password would go over the network in clear.
    """

    host: str
    port: int
    sender: str
    security: Security = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float = 30.0

    def __post_init__(self) -> None:
        if self.user and self.security == "none" and not _is_loopback(self.host):
            raise UsageError(f"mail server {self.host}: a password needs security starttls or tls, not none")


def deliver(settings: SmtpSettings, message: Message) -> str | None:
    """Hand the message over; returns which of its recipients were refused, or None. Raises `DeliveryFailed`.

    Once the server has taken the message, nothing that goes wrong in saying goodbye is a failure.
    """
    try:
        session = _connect(settings)
        try:
            refused = session.sendmail(parseaddr(settings.sender)[1], message.recipients, message.eml)
        finally:
            with suppress(OSError):  # smtplib's errors are OSErrors
                session.quit()
            session.close()
    except (OSError, ValueError) as error:
        raise DeliveryFailed(f"mail server {settings.host}:{settings.port}: {_problem(error)}") from error
    return f"delivered, but refused for {_refusals(refused)}" if refused else None


def greet(settings: SmtpSettings) -> None:
    """Come as far as a delivery does before its message, and leave. Raises `DeliveryFailed`."""
    try:
        session = _connect(settings)
        with suppress(OSError):
            session.quit()
        session.close()
    except (OSError, ValueError) as error:
        raise DeliveryFailed(f"mail server {settings.host}:{settings.port}: {_problem(error)}") from error


def _connect(settings: SmtpSettings) -> smtplib.SMTP:
    """A session that is ready for mail; closed again if it cannot be made ready."""
    if settings.security == "tls":
        context = ssl.create_default_context()
        session: smtplib.SMTP = smtplib.SMTP_SSL(
            settings.host, settings.port, timeout=settings.timeout, context=context
        )
    else:
        session = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout)
    try:
        if settings.security == "starttls":
            session.starttls(context=ssl.create_default_context())
        if settings.user:
            session.login(settings.user, settings.password or "")
    except BaseException:
        session.close()
        raise
    return session


def _problem(error: Exception) -> str:
    match error:
        case smtplib.SMTPRecipientsRefused():
            return f"refused {_refusals(error.recipients)}"
        case smtplib.SMTPAuthenticationError():
            return f"does not accept user or password ({_answer(error.smtp_code, error.smtp_error)})"
        case smtplib.SMTPResponseException():
            return f"answered {_answer(error.smtp_code, error.smtp_error)}"
        case smtplib.SMTPServerDisconnected():
            return "closed the connection before it took the message"
        case TimeoutError():
            return "did not answer in time"
        case _:
            return one_line(getattr(error, "strerror", None) or str(error) or type(error).__name__)


def _refusals(recipients: Mapping[str, tuple[int, bytes]]) -> str:
    return "; ".join(f"{address}: {_answer(code, text)}" for address, (code, text) in sorted(recipients.items()))


def _answer(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return one_line(f"{code} {words}")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
