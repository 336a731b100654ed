"""Foreign words made safe to show: what comes from the press must not break a header, a line or the reader's trust.

Bidirectional overrides and isolates are taken out because they can make a headline or an address read as another one;
marks and joiners stay, since Arabic, Persian and Indic spelling needs them.
"""

import re
from urllib.parse import urlsplit

from babel.dates import format_date, format_datetime

from pipeline.records import Moment, Provenance

HEADLINE = 300
"""Code points of a headline or quote that are shown; longer ones end with an ellipsis."""
_UNSHOWN = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
_PROVENANCE: dict[Provenance, str] = {
    "feed": "by its feed", "page_metadata": "by its page's metadata", "page_text": "by its page's text",
    "address": "by its address", "first_seen": "first seen",
}  # fmt: skip
_PATTERNS = {"day": "d MMM y", "month": "MMM y", "year": "y"}


def one_line(text: str, limit: int = HEADLINE) -> str:
    """`text` without line breaks, control characters and overrides, cut at `limit` code points, always encodable."""
    encodable = text.encode("utf-8", "replace").decode("utf-8")
    line = " ".join(_UNSHOWN.sub("", encodable).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def web_link(url: str) -> str | None:
    """`url` if it may be shown as a link: http or https, a host, no credentials, nothing invisible in it."""
    if one_line(url, 2000) != url or " " in url:
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and host and "@" not in parts.netloc else None


def moment_words(moment: Moment) -> str:
    """A time with what is known of it; "first seen" is never called a date of publication."""
    if moment.precision in _PATTERNS:
        when = format_date(moment.at, _PATTERNS[moment.precision], locale="en")
    else:
        when = format_datetime(moment.at, "d MMM y, HH:mm 'UTC'", locale="en")
    if moment.provenance == "first_seen":
        return f"not dated, first seen {when}"
    return f"{when}, {_PROVENANCE[moment.provenance]}"
