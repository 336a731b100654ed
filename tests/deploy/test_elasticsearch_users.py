"""Roles and users are put with no more rights than they need. A node with its security module cannot be had as a package,
so a server on loopback takes down what it is told."""

import base64
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from deploy import elasticsearch_users, secret_files
from tests.serving import serving


class Node(ThreadingHTTPServer):
    """Keeps method, path, body and who asked; answers with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.told: list[tuple[str, str, dict[str, Any], str]] = []
        self.status = 200


class Answers(BaseHTTPRequestHandler):
    """Answers as Elasticsearch does."""

    def _answer(self) -> None:
        assert isinstance(self.server, Node)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        who = base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
        self.server.told.append((self.command, self.path, body, who))
        answer = b"{}" if self.server.status == 200 else b'{"error": {"type": "security_exception", "reason": "no"}}'
        self.send_response(self.server.status)
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Type", "application/vnd.elasticsearch+json;compatible-with=8")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_PUT = do_POST = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    secret_files.make(tmp_path / "secrets")
    return tmp_path / "secrets"


@pytest.fixture
def node(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    """A node that the settings name, with the superuser's password in a file."""
    server = Node()
    monkeypatch.setenv("BEATWATCH_ELASTICSEARCH", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("BEATWATCH_ELASTICSEARCH_USER", "elastic")
    monkeypatch.setenv("BEATWATCH_ELASTICSEARCH_SECRET_FILE", str(folder / "elasticsearch_elastic"))
    monkeypatch.setattr("sys.argv", ["elasticsearch_users", str(folder)])
    with serving(server):
        yield server


def test_roles_come_before_the_users_that_have_them(
    node: Node, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert elasticsearch_users.main() == 0
    assert [(method, path) for method, path, _, _ in node.told] == [
        ("PUT", "/_security/role/beatwatch_indexer"),
        ("PUT", "/_security/role/beatwatch_reader"),
        ("PUT", "/_security/user/beatwatch"),
        ("PUT", "/_security/user/analyst"),
        ("PUT", "/_security/user/kibana_system/_password"),
    ]
    read = {name: (folder / f"elasticsearch_{name}").read_text() for name in ("elastic", "beatwatch", "kibana_system")}
    assert {who for _, _, _, who in node.told} == {f"elastic:{read['elastic']}"}
    assert node.told[2][2] == {"password": read["beatwatch"], "roles": ["beatwatch_indexer"]}
    assert node.told[4][2] == {"password": read["kibana_system"]}
    told = capsys.readouterr()
    assert not any(password in told.out + told.err for password in read.values())


def test_no_role_reaches_beyond_our_own_indices(node: Node) -> None:
    elasticsearch_users.main()
    for _, path, role, _ in node.told[:2]:
        assert [index["names"] for index in role["indices"]] == [["beatwatch*"]], path
    assert node.told[0][2]["cluster"] == ["manage_index_templates", "monitor"]
    assert "cluster" not in node.told[1][2]


def test_a_refusal_is_one_line(node: Node, capsys: pytest.CaptureFixture[str]) -> None:
    node.status = 403
    assert elasticsearch_users.main() == 1
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert "security_exception" in told.err


@pytest.mark.parametrize("text", [None, "\n"])
def test_nothing_is_put_while_a_password_is_missing(
    node: Node, folder: Path, capsys: pytest.CaptureFixture[str], text: str | None
) -> None:
    file = folder / "elasticsearch_analyst"
    file.unlink()
    if text is not None:
        file.write_text(text, encoding="utf-8")
    assert elasticsearch_users.main() == 2
    assert node.told == []
    assert "elasticsearch_analyst" in capsys.readouterr().err


@pytest.mark.usefixtures("node")
def test_without_an_address_it_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("BEATWATCH_ELASTICSEARCH")
    assert elasticsearch_users.main() == 2
    assert "BEATWATCH_ELASTICSEARCH" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("BEATWATCH_ELASTICSEARCH", "https://elastic:hush@127.0.0.1:9200", "it holds a user or a password"),
        ("BEATWATCH_ELASTICSEARCH", "127.0.0.1:9200", "is no address"),
        ("BEATWATCH_ELASTICSEARCH_CA", "/nowhere/ca.crt", "is not encrypted"),
        ("BEATWATCH_ELASTICSEARCH_SECRET_FILE", "/dev/null", "the password of elastic is empty"),
    ],
)
def test_an_address_that_cannot_be_used_is_one_line(
    node: Node, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    assert elasticsearch_users.main() == 2
    told = capsys.readouterr()
    assert (node.told, told.out, told.err.count("\n")) == ([], "", 1)
    assert words in told.err
    assert "hush" not in told.err
