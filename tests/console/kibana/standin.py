"""A stand-in for Kibana: no Kibana can be installed from packages, so this server behaves as its source says it does.

It is no Kibana: it draws nothing and understands no object. What it does is what elastic/kibana (8.19) documents for the two
addresses that we ask: who may ask, which spaces there are, which imports it refuses and in which words, that it writes none
while one is in conflict but counts the others, and that an id which another space has is replaced by one of its own.
"""

import json
import uuid
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import trustme

from tests.serving import certified, encrypt, serving

KEY, USER, PASSWORD = "a2V5OnNlY3JldA==", "analyst", "pass:wörd"
TYPES = ("index-pattern", "search", "lens", "dashboard")
Key = tuple[str, str]


@dataclass
class StandIn:
    """What it holds, and how it shall fail."""

    url: str = ""
    spaces: tuple[str, ...] = ("default", "analysts")
    held: dict[str, dict[Key, dict[str, Any]]] = field(default_factory=dict)  # by space; under (type, id)
    types: tuple[str, ...] = TYPES
    not_ready: int = 0  # answers before it is ready
    may_import: bool = True
    failing: dict[str, str] = field(default_factory=dict)  # why an object of this id cannot be written
    says: tuple[int, str] | None = None  # the answer of something that is no Kibana
    asked: list[str] = field(default_factory=list)

    def import_lines(self, lines: list[dict[str, Any]], space: str, overwrite: bool) -> dict[str, Any]:
        """What Kibana answers to an import."""
        held = self.held.setdefault(space, {})
        given = {(one["type"], one["id"]) for one in lines}
        errors = [error for one in lines if (error := self._problem(one, held, given, overwrite))]
        refused = {(one["type"], one["id"]) for one in errors}
        taken = [one for one in lines if (one["type"], one["id"]) not in refused]
        if not any(one["error"]["type"] in ("conflict", "missing_references") for one in errors):
            results = [self._write(one, space, held) for one in taken]
            errors += [result for result in results if "error" in result]
            successes = [result for result in results if "error" not in result]
        else:  # none is written, and they are told as if they were
            successes = [_told(one) for one in taken]
        answer: dict[str, Any] = {"success": not errors, "successCount": len(successes), "warnings": []}
        return answer | ({"successResults": successes} if successes else {}) | ({"errors": errors} if errors else {})

    def _problem(
        self, one: dict[str, Any], held: dict[Key, dict[str, Any]], given: set[Key], overwrite: bool
    ) -> dict[str, Any] | None:
        if one["type"] not in self.types:
            return _told(one) | {"error": {"type": "unsupported_type"}}
        missing = [
            {"type": need["type"], "id": need["id"]}
            for need in one["references"]
            if (need["type"], need["id"]) not in given | held.keys()
        ]
        if missing:
            return _told(one) | {"error": {"type": "missing_references", "references": missing}}
        if not overwrite and _origin(one, held) is not None:
            return _told(one) | {"error": {"type": "conflict"}}
        return None

    def _write(self, one: dict[str, Any], space: str, held: dict[Key, dict[str, Any]]) -> dict[str, Any]:
        if reason := self.failing.get(one["id"]):
            return _told(one) | {"error": {"type": "unknown", "message": reason, "statusCode": 400}}
        key = (one["type"], one["id"])
        elsewhere = any(key in objects for other, objects in self.held.items() if other != space)
        id_ = _origin(one, held) or (str(uuid.uuid4()) if elsewhere else one["id"])
        held[one["type"], id_] = one | {"id": id_, "originId": one["id"]}
        return _told(one) | ({"destinationId": id_} if id_ != one["id"] else {})


def _origin(one: dict[str, Any], held: dict[Key, dict[str, Any]]) -> str | None:
    """The id under which the space has this object already."""
    found = ((type_, id_) for (type_, id_), kept in held.items() if kept["originId"] == one["id"])
    return next((id_ for type_, id_ in found if type_ == one["type"]), None)


def _told(one: dict[str, Any]) -> dict[str, Any]:
    title = one["attributes"].get("name") or one["attributes"].get("title")
    return {"type": one["type"], "id": one["id"], "meta": {"title": title}}


class _Handler(BaseHTTPRequestHandler):
    kibana: StandIn

    def do_GET(self) -> None:
        """Is a space there?"""
        self._answer(b"")

    def do_POST(self) -> None:
        """Import."""
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body: bytes) -> None:
        self.kibana.asked.append(f"{self.command} {self.path}")
        status, told, headers = self._respond(body)
        sent = told.encode() if isinstance(told, str) else json.dumps(told).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(sent)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(sent)

    def _respond(self, body: bytes) -> tuple[int, Any, dict[str, str]]:
        if self.kibana.says is not None:
            return *self.kibana.says, {"Content-Type": "text/html"}
        if self.kibana.not_ready > 0:
            self.kibana.not_ready -= 1
            return 503, "Kibana server is not ready yet", {"Retry-After": "30", "Content-Type": "text/plain"}
        basic = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers["Authorization"] not in (f"ApiKey {KEY}", f"Basic {basic}"):
            return *_failed(401, "Unauthorized", "[security_exception]: missing authentication credentials"), {}
        if self.command == "GET":
            return *self._space(), {}
        if "kbn-xsrf" not in self.headers:
            return *_failed(400, "Bad Request", "Request must contain a kbn-xsrf header."), {}
        return *self._import(body), {}

    def _space(self) -> tuple[int, Any]:
        space = self.path.removeprefix("/api/spaces/space/")
        if space not in self.kibana.spaces:
            return _failed(404, "Not Found", f"Saved object [space/{space}] not found")
        return 200, {"id": space, "name": space.title(), "disabledFeatures": []}

    def _import(self, body: bytes) -> tuple[int, Any]:
        address = urlsplit(self.path)
        space, path = "default", address.path
        if path.startswith("/s/"):
            _, _, space, rest = path.split("/", 3)
            path = f"/{rest}"
        if path != "/api/saved_objects/_import":
            return _failed(404, "Not Found", "Not Found")
        if not self.kibana.may_import:
            return _failed(403, "Forbidden", "Unable to bulk_create dashboard,index-pattern,lens,search")
        part = _file(self.headers["Content-Type"], body)
        name = part.get_filename() or ""
        if not name.endswith(".ndjson"):
            return _failed(400, "Bad Request", f"Invalid file extension {Path(name).suffix}")
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        lines = [json.loads(line) for line in content.splitlines()]
        return 200, self.kibana.import_lines(lines, space, parse_qs(address.query).get("overwrite") == ["true"])

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _file(content_type: str, body: bytes) -> Message:
    """The one file of a form."""
    whole = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    (part,) = (one for one in whole.walk() if not one.is_multipart())
    return part


def _failed(status: int, error: str, message: str) -> tuple[int, Any]:
    return status, {"statusCode": status, "error": error, "message": message}


@contextmanager
def kibana_standin(authority: trustme.CA | None = None) -> Iterator[StandIn]:
    """A stand-in on loopback, over TLS where an authority vouches for it."""
    state = StandIn()
    handler = type("Handler", (_Handler,), {"kibana": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
    if authority is not None:
        encrypt(server, certified(authority))
    with serving(server) as address:
        state.url = f"{'https' if authority else 'http'}://{address}"
        yield state
