"""Kibana's API, as far as we need it: is the space there, and import these objects into it.

An import into a space that does not exist succeeds and is never seen again: Kibana looks a space up for its pages, not for
its API. So we ask for the space first. While Kibana starts it answers 503 with the time to wait; then, and where nothing
answers or too much is asked, we try again.
"""

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from pipeline.errors import KibanaError, UsageError

TRIES = 6
SHORTEST, LONGEST = 1.0, 60.0  # seconds between two tries; a Kibana that starts asks for 30
PASSING = (429, 502, 503, 504)
THERE = ("conflict", "ambiguous_conflict")
UNRESOLVED = (*THERE, "missing_references")
DEFAULT_SPACE = "default"


@dataclass(frozen=True, slots=True)
class KibanaAddress:
    """Where Kibana is, which space is meant and how we say who we are. Secrets are in no repr."""

    url: str
    space: str = DEFAULT_SPACE
    ca_file: str | None = None
    user: str | None = None
    secret: str | None = None
    """Password of `user`, or without one an API key."""

    @property
    def path(self) -> str:
        """With which the addresses of its space begin, after the address of Kibana."""
        return "" if self.space == DEFAULT_SPACE else f"/s/{self.space}"

    def __repr__(self) -> str:
        return f"KibanaAddress({self.url!r}, {self.space!r})"


@dataclass(frozen=True, slots=True)
class Refused:
    """An object that Kibana did not take, and why; `there`: because the space has it already."""

    type: str
    id: str
    title: str
    reason: str
    there: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """How many objects Kibana took, which it did not, and the ids (by type and ours) of those to which it gave others,
    since ours are taken in another space."""

    taken: int
    refused: tuple[Refused, ...]
    renamed: Mapping[tuple[str, str], str]


class _Passing(Exception):
    """Something that may be over at the next try, with the seconds that Kibana asks us to wait."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        self.wait = wait
        super().__init__(message)


class Kibana:
    """One Kibana. Every failure is a `KibanaError` with what to do about it."""

    def __init__(self, address: KibanaAddress, sleep: Callable[[float], None] = time.sleep) -> None:
        """No request is made yet. Raises `UsageError` where address, key or authority file cannot be used."""
        self._address = address
        self._sleep = sleep
        _check_address(address.url)
        self._client = httpx.Client(
            base_url=address.url, timeout=60, trust_env=False, verify=_trusted(address.ca_file), headers=_identity(address)
        )  # fmt: skip

    def __enter__(self) -> "Kibana":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def check_space(self) -> None:
        """Raise `KibanaError` where the space is not there for us."""
        answer = self._ask("GET", f"/api/spaces/space/{self._address.space}")
        if answer.status_code == 404:
            raise self._error(
                f"there is no space {self._address.space!r}: make it in Kibana, or set BEATWATCH_KIBANA_SPACE"
            )
        self._expect_well(answer)

    def import_objects(self, file: bytes, *, overwrite: bool) -> Imported:
        """Bring the objects of an import file into the space."""
        parts = {"file": ("beatwatch.ndjson", file, "application/ndjson")}
        answer = self._ask(
            "POST",
            f"{self._address.path}/api/saved_objects/_import",
            params={"overwrite": str(overwrite).lower()},
            files=parts,
        )
        self._expect_well(answer)
        return _imported(self._json(answer))

    def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The answer, after as many tries as it takes."""
        tries = Retrying(
            stop=stop_after_attempt(TRIES), wait=_pause, sleep=self._sleep, retry=retry_if_exception_type(_Passing), reraise=True
        )  # fmt: skip
        try:
            return tries(self._once, method, path, **options)
        except _Passing as error:
            raise self._error(f"{error}, tried {TRIES} times") from error
        except httpx.HTTPError as error:
            raise self._error(_explained(error)) from error

    def _once(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            answer = self._client.request(method, path, **options)
        except httpx.TransportError as error:
            if _is_tls(error):
                raise
            raise _Passing(f"it does not answer ({error or type(error).__name__})") from error
        if answer.status_code in PASSING:
            raise _Passing(f"{answer.status_code}: {_told(answer)}", _asked_wait(answer))
        return answer

    def _expect_well(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if status == 200:
            return
        if status == 401:
            raise self._error(
                "it does not know us (401): check BEATWATCH_KIBANA_SECRET (API key, or password of the user)"
            )
        if status == 403:
            space = self._address.space
            raise self._error(
                f"we may not (403): our role needs Saved Objects Management in the space {space!r}: {_told(answer)}"
            )
        if status == 404:
            raise self._error("nothing is at this address (404): is BEATWATCH_KIBANA Kibana's own, with its base path?")
        if status == 413:
            raise self._error("the import is larger than Kibana allows (413): raise savedObjects.maxImportPayloadBytes")
        raise self._error(f"{status}: {_told(answer)}")

    def _json(self, answer: httpx.Response) -> Mapping[str, Any]:
        try:
            told = answer.json()
        except ValueError:
            told = None
        if not isinstance(told, dict) or "successCount" not in told:
            raise self._error("what answers does not speak as Kibana does: check BEATWATCH_KIBANA")
        return told

    def _error(self, problem: str) -> KibanaError:
        return KibanaError(f"{self._address.url}: Kibana: {problem}")


def _check_address(url: str) -> None:
    try:
        whole = httpx.URL(url).host != ""
    except httpx.InvalidURL:
        whole = False
    if not whole:
        raise UsageError(f"BEATWATCH_KIBANA: {url!r} is no address such as https://host:5601")


def _trusted(ca_file: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"BEATWATCH_KIBANA_CA: {ca_file}: no file with certificates: {error}") from error


def _identity(address: KibanaAddress) -> dict[str, str]:
    """Kibana refuses changes without `kbn-xsrf`, by which it knows that no page of another site sent them."""
    headers = {"kbn-xsrf": "beatwatch"}
    if address.user is not None:
        basic = httpx.BasicAuth(address.user, address.secret or "")
        request = next(basic.auth_flow(httpx.Request("GET", address.url)))
        headers["Authorization"] = request.headers["Authorization"]
    elif address.secret is not None:
        if not (address.secret.isascii() and address.secret.isprintable()):
            raise UsageError(
                "BEATWATCH_KIBANA_SECRET: an API key is one line of letters and digits, as Kibana showed it"
            )
        headers["Authorization"] = f"ApiKey {address.secret}"
    return headers


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _Passing) and error.wait is not None:
        return min(error.wait, LONGEST)
    return wait_exponential(multiplier=SHORTEST, max=LONGEST)(state)


def _asked_wait(answer: httpx.Response) -> float | None:
    seconds = answer.headers.get("Retry-After", "")
    return float(seconds) if seconds.isascii() and seconds.isdigit() else None


def _is_tls(error: Exception) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _explained(error: httpx.HTTPError) -> str:
    if _is_tls(error):
        return f"its certificate is not trusted or it does not speak TLS: check BEATWATCH_KIBANA_CA ({error})"
    return str(error) or type(error).__name__


def _told(answer: httpx.Response) -> str:
    """What Kibana says of a failure, on one line."""
    try:
        told = answer.json()
    except ValueError:
        told = answer.text
    message = told.get("message", told) if isinstance(told, dict) else told
    return " ".join(str(message).split())[:300]


def _imported(told: Mapping[str, Any]) -> Imported:
    """While an object is in conflict or lacks what it refers to Kibana writes none, but counts the others as successes."""
    errors = told.get("errors") or ()
    none = any(error["error"].get("type") in UNRESOLVED for error in errors)
    renamed = {
        (one["type"], one["id"]): one["destinationId"] for one in told.get("successResults") or () if one.get("destinationId")
    }  # fmt: skip
    return Imported(0 if none else int(told["successCount"]), tuple(map(_refused, errors)), renamed)


def _refused(error: Mapping[str, Any]) -> Refused:
    title = (error.get("meta") or {}).get("title") or error.get("title") or ""
    there = error["error"].get("type") in THERE
    return Refused(str(error["type"]), str(error["id"]), str(title), _reason(error["error"]), there)


def _reason(cause: Mapping[str, Any]) -> str:
    match cause.get("type"):
        case "conflict" | "ambiguous_conflict":
            return "it is there already: leave out --no-overwrite to replace it"
        case "missing_references":
            missing = ", ".join(f"{one['type']} {one['id']}" for one in cause.get("references", ()))
            return f"what it refers to is missing: {missing}"
        case "unsupported_type":
            return "this Kibana does not know its type"
    return str(cause.get("message") or cause.get("type"))
