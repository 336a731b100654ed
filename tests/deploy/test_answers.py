"""The health check of our image: 0 for an answer, 1 for a refusal, an error, or nobody there."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deploy.answers import main


class Service(BaseHTTPRequestHandler):
    """Well at /, ill elsewhere."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/" else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""


@pytest.mark.parametrize(("path", "status"), [("/", 0), ("/health", 1)])
def test_a_service_that_answers(path: str, status: int) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            assert main(f"http://127.0.0.1:{server.server_port}{path}") == status
        finally:
            server.shutdown()
            thread.join()


def test_nobody_there(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert main(f"http://127.0.0.1:{port}/") == 1
    assert capsys.readouterr().err.startswith(f"http://127.0.0.1:{port}/: ")
