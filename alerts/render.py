"""A digest as a mail: text and HTML, made from the same templates' data, the same bytes for the same digest.

The HTML asks nothing of the network, keeps to inline CSS (mail programs drop the rest) and sets no page colours, so
that a dark mode stays readable. Both parts are quoted-printable: seven-bit for every server, readable in the file.
"""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from alerts.digest import Digest
from alerts.wording import moment_words, one_line
from pipeline.records import Message

KIND_HEADER = "X-Beatwatch-Kind"
"""What a mail tells (`alerts.digest.Kind`): for mail filters, and for the outbox, which keeps the mail itself alone."""
_TEMPLATES = Path(__file__).parent / "templates"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["moment"] = moment_words
    environment.filters["words"] = lambda name: str(name).replace("_", " ")
    return environment


def render(digest: Digest, recipients: tuple[str, ...], sender: str) -> Message:
    """The message of `digest`, dated by the run's clock. `sender` is an address, with or without a display name."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = one_line(sender)
    mail["To"] = ", ".join(one_line(recipient) for recipient in recipients)
    mail["Subject"] = one_line(digest.subject)
    mail["Date"] = format_datetime(digest.now)
    mail["Message-ID"] = f"<{digest.id}>"
    mail[KIND_HEADER] = digest.kind
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies
    mail.set_content(_part("digest.txt", digest), charset="utf-8", cte="quoted-printable")
    mail.add_alternative(_part("digest.html", digest), subtype="html", charset="utf-8", cte="quoted-printable")
    mail.set_boundary(f"=_{digest.id.partition('@')[0]}")  # "=_" never occurs in quoted-printable
    return Message(digest.id, digest.rule, one_line(digest.subject), recipients, mail.as_bytes(), digest.now)


def _part(template: str, digest: Digest) -> str:
    return _environment().get_template(template).render(digest=digest)
