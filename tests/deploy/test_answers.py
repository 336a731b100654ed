"""The health check of our image: 0 for an answer, 1 for a refusal, an error, or nobody there."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deploy.answers import main
from tests.serving import NOBODY, serving


class Service(BaseHTTPRequestHandler):
    """Well at /, ill elsewhere."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/" else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""


@pytest.mark.parametrize(("path", "status"), [("/", 0), ("/health", 1)])
def test_a_service_that_answers(path: str, status: int) -> None:
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Service)) as address:
        assert main(f"http://{address}{path}") == status


def test_nobody_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(f"{NOBODY}/") == 1
    assert capsys.readouterr().err.startswith(f"{NOBODY}/: ")
