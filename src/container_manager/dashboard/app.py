"""What the page's server answers: the page's own files, and what there is to show."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from container_manager.dashboard.feed import Feed
from container_manager.dashboard.guard import HEADERS, refusal
from container_manager.errors import ManagerError
from container_manager.lifecycle.daily.gathering import LogLine
from container_manager.lifecycle.status.model import Status
from container_manager.report.status_json import as_json

_TYPES = {"index.html": "text/html", "page.css": "text/css", "graph.css": "text/css"}
_SCRIPTS = ("page.js", "live.js", "status.js", "logs.js", "graph.js")
_BATCH = 0.25
"""Seconds for which news are gathered before they are sent."""

_SILENCE = 5.0
"""Seconds after which a sign of life is sent, so that the page notices a lost connection."""

_API = "/api/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the page shows besides the status and the logs; each is asked in a thread.

    Attributes:
        about: the project's name and the words of commands.
        graph: the picture, an SVG without its style sheet.
        graph_style: that style sheet.
        plan: what ``plan`` would change, as text and data.
    """

    about: Callable[[], dict[str, Any]]
    graph: Callable[[], str]
    graph_style: Callable[[], str]
    plan: Callable[[], dict[str, Any]]


def make_app(feed: Feed, shown: Shown, *, port: int, token: str) -> ASGIApp:
    """The server as an ASGI application.

    Args:
        feed: looks at the stack.
        shown: what else there is.
        port: of the server.
        token: what a request for anything of the stack has to show.
    """

    async def events(_: Request) -> Response:
        return StreamingResponse(_events(feed), media_type="text/event-stream")

    routes = [
        Route("/", partial(_file, "index.html")),
        Route("/static/graph.css", _style(shown)),
        Route("/static/{name}", _static),
        Route("/api/events", events),
        Route("/api/graph", _data(lambda: {"svg": shown.graph()})),
        Route("/api/about", _data(shown.about)),
        Route("/api/plan", _data(shown.plan)),
    ]
    return Guarded(Starlette(routes=routes), port=port, token=token)


class Guarded:
    """Asks :mod:`~container_manager.dashboard.guard` before anything is answered."""

    def __init__(self, app: ASGIApp, *, port: int, token: str) -> None:
        self._app = app
        self._port = port
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        request = Request(scope)
        inside = scope["path"].startswith(_API)
        refused = refusal(
            request.method,
            {name.lower(): value for name, value in request.headers.items()},
            port=self._port,
            token=self._token if inside else None,
        )
        if refused is not None:
            answer = PlainTextResponse(refused.reason + "\n", refused.status, headers=HEADERS)
            await answer(scope, receive, send)
            return

        async def send_guarded(message: Any) -> None:
            if message["type"] == "http.response.start":
                given = [(k.encode(), v.encode()) for k, v in HEADERS.items()]
                message["headers"] = [*message["headers"], *given]
            await send(message)

        await self._app(scope, receive, send_guarded)


async def _events(feed: Feed) -> AsyncIterator[str]:
    """Server-sent events: ``status``, ``lines``, ``failure``, and signs of life."""
    loop, news = asyncio.get_running_loop(), asyncio.Event()

    def wake() -> None:
        loop.call_soon_threadsafe(news.set)

    with feed.viewer(wake) as viewer:
        while True:
            try:
                await asyncio.wait_for(news.wait(), _SILENCE)
            except TimeoutError:
                yield _event("alive", feed.failure)
                continue
            await asyncio.sleep(_BATCH)
            news.clear()
            status, lines, dropped = viewer.take()
            if status is not None:
                yield _event("status", _status(status))
            if lines or dropped:
                yield _event("lines", {"dropped": dropped, "lines": [_line(one) for one in lines]})
            if feed.failure:
                yield _event("alive", feed.failure)


def _event(kind: str, data: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _status(status: Status) -> dict[str, object]:
    return {**as_json(status), "taken": status.taken_at}


def _line(line: LogLine) -> list[str]:
    return [line.service, line.container, line.when, line.text]


def _data(ask: Callable[[], dict[str, Any]]) -> Callable[[Request], Any]:
    """An answer that is asked for in a thread; why there is none is an answer, too."""

    async def answer(_: Request) -> Response:
        try:
            return JSONResponse(await run_in_threadpool(ask))
        except ManagerError as error:
            return JSONResponse({"problem": _told(error)})

    return answer


def _told(error: ManagerError) -> str:
    return str(error)


def _style(shown: Shown) -> Callable[[Request], Any]:
    async def answer(_: Request) -> Response:
        return Response(shown.graph_style(), media_type="text/css")

    return answer


async def _static(request: Request) -> Response:
    return await _file(request.path_params["name"], request)


async def _file(name: str, _: Request) -> Response:
    media = "text/javascript" if name in _SCRIPTS else _TYPES.get(name)
    if media is None:
        return PlainTextResponse("There is no such file.\n", 404)
    text = files("container_manager.dashboard").joinpath("static", name).read_text("utf-8")
    return Response(text, media_type=media)
