"""An S3-compatible store that answers what a test tells it to."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from crawlers.vault.place import S3Place
from tests.serving import serving

SECRET = "the-secret-of-the-key"
EMPTY = b'<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>'


@contextmanager
def answering(*answers: tuple[int, bytes]) -> Iterator[tuple[S3Place, list[str]]]:
    """A server that gives these answers in turn, the last one for ever; with the methods that it was asked by."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline()
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body = answers[min(len(asked), len(answers) - 1)]
            asked.append(self.command)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if not body:
                self.send_header("ETag", '"0"')
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as address:
        yield place(f"http://{address}"), asked


def place(endpoint: str) -> S3Place:
    """A place in the store that answers there."""
    return S3Place("pages", "desk", endpoint, "us-east-1", "AKIDEXAMPLE", SECRET)


def refusal(status: int, code: str) -> tuple[int, bytes]:
    """An error as S3 writes it; a wrong signature is answered with what was signed."""
    return status, f"<Error><Code>{code}</Code><StringToSign>AKIDEXAMPLE {SECRET}</StringToSign></Error>".encode()
