"""Scrapy's and Twisted's exceptions as outcomes with a reason that a person can read."""

import re

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)

from crawlers.errands import Answer
from crawlers.robots import Refused
from pipeline.records import FetchOutcome

_REASONS: tuple[tuple[type[Exception], FetchOutcome, str], ...] = (
    (DownloadTimeoutError, FetchOutcome.TIMED_OUT, "no whole answer within the time cap"),
    (DownloadCancelledError, FetchOutcome.TOO_LARGE, "more bytes than the size cap"),
    # Only the decompression middleware raises a bare one.
    (IgnoreRequest, FetchOutcome.TOO_LARGE, "more bytes than the size cap after decompression"),
    (CannotResolveHostError, FetchOutcome.FAILED, "the host's name cannot be resolved"),
    (DownloadConnectionRefusedError, FetchOutcome.FAILED, "connection refused"),
    (ResponseDataLossError, FetchOutcome.FAILED, "the answer broke off"),
)
# Twisted prints a list of failures: "[<twisted.python.failure.Failure ...Error: the message>]".
_TWISTED = re.compile(r"(?:<twisted\.python\.failure\.Failure )?[\w.]+\.(\w+): (.*?)\.?(?:>|\Z)")


def answer_to(error: BaseException | None) -> Answer:
    """The answer that ends an errand whose request raised `error`."""
    if isinstance(error, Refused):
        return error.answer
    for kind, outcome, reason in _REASONS:
        if isinstance(error, kind):
            return Answer(outcome=outcome, reason=reason)
    return Answer(outcome=FetchOutcome.FAILED, reason=described(error))


def described(error: BaseException | None) -> str:
    """An exception in one line."""
    for kind, _, reason in _REASONS:
        if isinstance(error, kind):
            return reason
    text = " ".join(str(error).split())
    match = _TWISTED.search(text)
    if match:
        text = match.group(2)
    prefix = "connection failed" if isinstance(error, DownloadFailedError) else type(error).__name__
    return f"{prefix}: {text[:200]}" if text else prefix
