"""HTTPS: the address guard and the host map hold there too, and a certificate must be valid."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from pipeline.records import Fetch, FetchOutcome, GatherPlan
from tests.crawlers.staged_web import StagedWeb
from tests.serving import certified, encrypt, serving

pytestmark = pytest.mark.server
Make = Callable[..., Any]


@pytest.fixture
def authority() -> trustme.CA:
    """Who vouches for secure.test."""
    return trustme.CA()


class Feed(BaseHTTPRequestHandler):
    """A site with no robots.txt and an empty feed."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/rss" else 404)
        self.end_headers()
        self.wfile.write(b'<rss version="2.0"><channel><title>x</title></channel></rss>')

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[str]:
    """ip:port of a TLS server."""
    server = HTTPServer(("127.0.0.1", 0), Feed)
    server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
    encrypt(server, certified(authority, "secure.test"))
    with serving(server) as address:
        yield address


@pytest.mark.parametrize("trusted", [False, True])
def test_certificates_are_checked(
    trusted: bool, secure: str, authority: trustme.CA, web: StagedWeb, source: Make, plan: Make,
    gather: Callable[[Path, GatherPlan], list[Fetch]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if trusted:
        authority.cert_pem.write_to_path(tmp_path / "authority.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    site = source("secure", home="https://secure.test/", feeds=("https://secure.test/rss",))
    (row,) = gather(tmp_path, plan(web, site, host_map=(("secure.test", secure),)))
    if trusted:
        assert (row.outcome, row.items) == (FetchOutcome.FETCHED, 0)
    else:
        assert row.outcome is FetchOutcome.ROBOTS_UNREACHABLE
        assert "certificate" in (row.reason or "").lower()
