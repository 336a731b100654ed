"""A web on loopback whose sites do what a test tells them: scripted answers, and a record of who asked what when."""

import gzip
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote


@dataclass(frozen=True)
class Reply:
    """A scripted answer; `raw` is sent as it is, `stall` seconds pass before it, `cut` breaks the body off."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    stall: float = 0.0
    chunked: bool = False
    cut: bool = False
    reset: bool = False


@dataclass(frozen=True)
class Asked:
    """One request that arrived: `began` and `ended` on the monotonic clock."""

    host: str
    target: str
    headers: Mapping[str, str]
    began: float
    ended: float


Script = Callable[[Mapping[str, str], int], Reply]
"""From the request's headers (lower case) and how often the address was asked before, the answer."""


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that break off are part of the play."""


class StagedWeb:
    """Sites by host and path; hosts need no registration, unknown pages answer 404."""

    def __init__(self) -> None:
        self._scripts: dict[tuple[str, str], Script] = {}
        self._counts: dict[tuple[str, str], int] = defaultdict(int)
        self._lock = threading.Lock()
        self.asked: list[Asked] = []
        self._server = _QuietServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def address(self) -> str:
        """ip:port for a host map."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def on(self, url: str, answer: Reply | bytes | str | Script) -> None:
        """Script an address ("http://host/path")."""
        host, _, path = url.removeprefix("http://").partition("/")
        self._scripts[host, "/" + quote(path, safe="/?&=%")] = _script(answer)

    def targets(self, host: str) -> list[str]:
        """What was asked of a host, in order of arrival."""
        with self._lock:
            return [item.target for item in sorted(self.asked, key=lambda item: item.began) if item.host == host]

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, host: str, target: str, headers: Mapping[str, str]) -> Reply:
        """The scripted answer."""
        with self._lock:
            before = self._counts[host, target]
            self._counts[host, target] += 1
        script = self._scripts.get((host, target))
        if script is None:
            return Reply(b"nothing here", 404)
        return script(headers, before)

    def note(self, asked: Asked) -> None:
        """Remember a request."""
        with self._lock:
            self.asked.append(asked)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                began = time.monotonic()
                host = self.headers["Host"]
                headers = {name.lower(): value for name, value in self.headers.items()}
                reply = web.answer(host, self.path, headers)
                web.note(Asked(host, self.path, headers, began, time.monotonic() + reply.stall))
                time.sleep(reply.stall)
                self._send(reply)

            def _send(self, reply: Reply) -> None:
                if reply.reset:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if reply.chunked:
                    self.send_header("Transfer-Encoding", "chunked")
                elif reply.status != 304:
                    self.send_header("Content-Length", str(len(reply.body) + 1000 * reply.cut))
                self.end_headers()
                self.wfile.write(_chunked(reply.body) if reply.chunked else reply.body)
                self.close_connection = reply.cut or self.close_connection

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return Handler


def _script(answer: Reply | bytes | str | Script) -> Script:
    if isinstance(answer, str):
        answer = answer.encode()
    if isinstance(answer, bytes):
        answer = page(answer)
    if isinstance(answer, Reply):
        reply = answer
        return lambda headers, before: reply
    return answer


def _chunked(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def page(body: bytes, status: int = 200, **headers: str) -> Reply:
    """An HTML page."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(body, status, {"Content-Type": "text/html; charset=utf-8"} | named)


def packed(body: bytes) -> Reply:
    """An HTML page, gzipped and chunked on the way."""
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Encoding": "gzip"}
    return Reply(gzip.compress(body), headers=headers, chunked=True)


def unchanged_if(etag: str, reply: Reply) -> Script:
    """Answers 304 to whoever shows the ETag, else the reply with it."""
    tagged = Reply(reply.body, reply.status, {**reply.headers, "ETag": etag})

    def script(headers: Mapping[str, str], before: int) -> Reply:
        return Reply(status=304, headers={"ETag": etag}) if headers.get("if-none-match") == etag else tagged

    return script


def rss(*items: tuple[str, str, str], **headers: str) -> Reply:
    """An RSS 2.0 feed of (link, title, RFC 822 date)."""
    parts = "".join(f"<item><title>{t}</title><link>{u}</link><pubDate>{d}</pubDate></item>" for u, t, d in items)
    body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{parts}</channel></rss>'
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(body.encode(), headers={"Content-Type": "application/rss+xml; charset=utf-8"} | named)


def urlset(*rows: str) -> Reply:
    """A sitemap of <url> contents."""
    body = "".join(f"<url>{row}</url>" for row in rows)
    return _sitemap(f"urlset {_NAMESPACES}", body, "urlset")


def index(*rows: str) -> Reply:
    """A sitemap index of <sitemap> contents."""
    body = "".join(f"<sitemap>{row}</sitemap>" for row in rows)
    return _sitemap(f"sitemapindex {_NAMESPACES}", body, "sitemapindex")


_NAMESPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
)


def _sitemap(start: str, body: str, end: str) -> Reply:
    text = f'<?xml version="1.0" encoding="UTF-8"?><{start}>{body}</{end}>'
    return Reply(text.encode(), headers={"Content-Type": "application/xml"})
