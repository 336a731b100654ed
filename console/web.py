"""The web console: read-only pages over the state, for one machine. The caller says where it listens; only requests
for this machine's own names are answered, so a proxy before it asks for one of them.

Server-rendered, no script at all: what it shows comes from the press, and a page without scripts under a policy that
allows none leaves a hostile headline nothing to run. The pages read the state on the server's own thread, as the
contract of `State` asks, so handlers are coroutines that do not await.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path

from babel.dates import format_date, format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alerts.wording import moment_words, one_line
from console.story_pages import day_page, source_views, story_page
from pipeline.ports import State
from pipeline.records import Source

_HERE = Path(__file__).parent
HOSTS = ("127.0.0.1", "localhost")
"""Host names that are answered: a page elsewhere must not read the console by pointing its own name at loopback."""
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class SecurityHeaders:
    """Puts the headers on every answer but that of `_failed`, which Starlette makes outside of all middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; add the headers when the answer begins."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self._app(scope, receive, with_headers)


def web_app(state: State, sources: Callable[[], Mapping[str, Source]], clock: Callable[[], datetime]) -> Starlette:
    """The console as an ASGI application. It writes nothing and answers GET and HEAD only. `sources`, by id, are asked for
    with each page: the first run may come after the console has started."""

    async def today(_request: Request) -> Response:
        return _page("day.html", page=day_page(state, sources(), clock()))

    async def story(request: Request) -> Response:
        asked = request.path_params["story_id"]
        found = state.story(asked)
        if found is None:
            raise HTTPException(404)
        if found.id != asked:
            return RedirectResponse(f"/story/{found.id}", status_code=302)
        item, articles = story_page(state, sources(), found)
        return _page("story.html", story=found, headline=one_line(found.headline), item=item, articles=articles)

    async def catalogue(_request: Request) -> Response:
        return _page("sources.html", sources=source_views(state, sources()))

    return Starlette(
        routes=[
            Route("/", today),
            Route("/story/{story_id}", story),
            Route("/sources", catalogue),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
        ],
        middleware=[Middleware(SecurityHeaders), Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)],
        exception_handlers={404: _not_found, 500: _failed},
    )


async def _not_found(_request: Request, _error: Exception) -> Response:
    return _page("error.html", 404, title="Not found", words="There is no such page, or the story is not known here.")


async def _failed(_request: Request, _error: Exception) -> Response:
    answer = _page("error.html", 500, title="Failed", words="The page could not be made; the console's log says why.")
    answer.headers.update(_HEADERS)
    return answer


def _page(template: str, status: int = 200, **shown: object) -> HTMLResponse:
    return HTMLResponse(_environment().get_template(template).render(shown), status_code=status)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"moment": moment_words, "words": _words, "day": _day, "time": _time, "line": one_line}
    return environment


def _words(name: str) -> str:
    return name.replace("_", " ")


def _day(day: date) -> str:
    return format_date(day, "d MMM y", locale="en")


def _time(at: datetime) -> str:
    return format_datetime(at, "d MMM y, HH:mm 'UTC'", locale="en")
