"""A gate before an Elasticsearch that has none: encryption by an authority of its own, and an `Authorization` that it
demands, as the security module of the full distribution does both."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import trustme

from tests.serving import certified, encrypt, serving


class Gate(ThreadingHTTPServer):
    """Passes on what comes with `authorization`, and refuses everything else as Elasticsearch would."""

    daemon_threads = True

    def __init__(self, node: str, authority: trustme.CA, authorization: str) -> None:
        super().__init__(("127.0.0.1", 0), _Passage)
        self.node = urlsplit(node).netloc
        self.authorization = authorization
        self.refusing: list[tuple[str, int]] = []
        """(beginning of a path, status): each is good for one request, which is answered so."""
        encrypt(self, certified(authority))

    @property
    def url(self) -> str:
        """Its address."""
        return f"https://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Who does not trust the certificate hangs up: nothing to tell."""


class _Passage(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Gate

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Authorization") != self.server.authorization:
            return self._answer(401, [], _refusal("security_exception", "unable to authenticate"))
        for beginning, status in self.server.refusing:
            if self.path.startswith(beginning):
                self.server.refusing.remove((beginning, status))
                return self._answer(status, [], _refusal("refusal", "the gate was told to refuse this"))
        inner = http.client.HTTPConnection(self.server.node, timeout=60)
        try:
            inner.request(self.command, self.path, body, dict(self.headers))
            told = inner.getresponse()
            kept = [(name, value) for name, value in told.getheaders() if name.lower() not in _OF_A_CONNECTION]
            return self._answer(told.status, kept, told.read())
        finally:
            inner.close()

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _pass_on

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers or [("X-Elastic-Product", "Elasticsearch"), ("Content-Type", "application/json")]:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


_OF_A_CONNECTION = ("content-length", "transfer-encoding", "connection")


def _refusal(kind: str, reason: str) -> bytes:
    return json.dumps({"error": {"type": kind, "reason": reason}}).encode()


@contextmanager
def gate(node: str, folder: Path, authorization: str) -> Iterator[tuple[Gate, Path]]:
    """A gate before `node`, and the file of the authority that signed its certificate."""
    authority = trustme.CA()
    file = folder / "authority.pem"
    authority.cert_pem.write_to_path(file)
    opened = Gate(node, authority, authorization)
    with serving(opened):
        yield opened, file
