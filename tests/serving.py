"""Servers of a test's own on loopback: served from a thread, encrypted by an authority of the test, or not there at all."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import HTTPServer
from threading import Thread

import trustme

NOBODY = "http://127.0.0.1:1"
"""Where nobody listens, nor can by chance: systems give out ports above 1023."""


@contextmanager
def serving(server: HTTPServer) -> Iterator[str]:
    """Serve while the block lasts; the server's ip:port."""
    with server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def certified(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    """What a server needs to prove that it is `name` to whoever trusts the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def encrypt(server: HTTPServer, context: ssl.SSLContext) -> None:
    """Let it speak TLS alone. Hands are shaken by whoever answers, so that a client who does not does not hold up others."""
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
