"""HTTPS: the address guard and the host map hold there too, and a certificate must be valid."""

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pipeline.records import Fetch, FetchOutcome, GatherPlan
from tests.crawlers.staged_web import StagedWeb

pytestmark = pytest.mark.server
Make = Callable[..., Any]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate for secure.test with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "secure.test")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("secure.test")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path / "secure.pem"
    path.write_bytes(private + built.public_bytes(pem))
    return path


class Feed(BaseHTTPRequestHandler):
    """A site with no robots.txt and an empty feed."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/rss" else 404)
        self.end_headers()
        self.wfile.write(b'<rss version="2.0"><channel><title>x</title></channel></rss>')

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def secure(certificate: Path) -> Iterator[str]:
    """ip:port of a TLS server with the self-signed certificate."""
    server = HTTPServer(("127.0.0.1", 0), Feed)
    server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("trusted", [False, True])
def test_certificates_are_checked(
    trusted: bool, secure: str, certificate: Path, web: StagedWeb, source: Make, plan: Make,
    gather: Callable[[Path, GatherPlan], list[Fetch]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    site = source("secure", home="https://secure.test/", feeds=("https://secure.test/rss",))
    (row,) = gather(tmp_path, plan(web, site, host_map=(("secure.test", secure),)))
    if trusted:
        assert (row.outcome, row.items) == (FetchOutcome.FETCHED, 0)
    else:
        assert row.outcome is FetchOutcome.ROBOTS_UNREACHABLE
        assert "certificate" in (row.reason or "").lower()
