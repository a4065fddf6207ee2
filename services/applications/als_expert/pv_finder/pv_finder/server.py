"""The server: three tools over HTTP, a door with a lock, and a word about its health."""

from __future__ import annotations

import hmac
import logging
import sys
from collections.abc import Callable
from typing import Annotated, TypeVar

import anyio.to_thread
import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import ToolAnnotations
from pydantic import Field
from pymongo.errors import PyMongoError
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pv_finder import settings
from pv_finder.channels import (
    Channel,
    ChannelList,
    ChannelStore,
    Limit,
    Words,
    name_filter,
    text_filter,
)

HEALTH = "/health"
"""The one door without a lock: the health check has no token."""

_MAX_BODY = 64 * 1024
_OUR_NAMES = (b"host", b"origin")
_STOP_SECONDS = 5
_INSTRUCTIONS = """\
Finds channels (process variables) of the control system. Use search_channels for words such as
"horizontal beam position", find_channels for names or parts of names, with * and ?.\
"""
_READS_ONLY = ToolAnnotations(read_only_hint=True, open_world_hint=False)

_T = TypeVar("_T")
_log = logging.getLogger("pv_finder")


def build(store: ChannelStore) -> MCPServer:
    """The server with its tools, not yet connected to anything."""
    server = MCPServer("pv_finder", title="PV Finder", instructions=_INSTRUCTIONS)

    @server.tool(annotations=_READS_ONLY)
    def find_channels(
        pattern: Annotated[
            Words,
            Field(description="Part of a name, or with * and ? a whole name; case does not matter"),
        ],
        limit: Limit = 20,
    ) -> ChannelList:
        """Find channels by name."""
        return _asking(lambda: store.find(name_filter(pattern), limit))

    @server.tool(annotations=_READS_ONLY)
    def search_channels(
        text: Annotated[Words, Field(description="Words, all of which must occur, in any order")],
        limit: Limit = 20,
    ) -> ChannelList:
        """Find channels by words in their name, description, area or device."""
        try:
            wanted = text_filter(text)
        except ValueError as error:
            raise ToolError(f"text: {error}") from error
        return _asking(lambda: store.find(wanted, limit))

    @server.tool(annotations=_READS_ONLY)
    def describe_channel(
        name: Annotated[Words, Field(description="The exact name of a channel")],
    ) -> Channel:
        """Tell what is known about one channel."""
        channel = _asking(lambda: store.get(name))
        if channel is None:
            raise ToolError(f"There is no channel {name!r}; find_channels knows parts of names.")
        return channel

    return server


def _asking(ask: Callable[[], _T]) -> _T:
    """Ask the database; what went wrong is for the log, not for the client."""
    try:
        return ask()
    except PyMongoError as error:
        _log.warning("The database does not answer: %s", error)
        raise ToolError("The database of channels does not answer; try again later.") from error


class RequireToken:
    """Lets in who has the token; everybody may ask for the health.

    Args:
        app: what is behind the door.
        token: the one token.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        if not token:
            raise ValueError("the token is empty")
        self._app = app
        self._expected = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401, or hand on."""
        # "lifespan" is the web server's own event; anything else comes from outside.
        if scope["type"] == "lifespan" or self._may_enter(scope):
            await self._app(scope, receive, send)
            return
        refusal = PlainTextResponse(
            "A bearer token is needed.\n", status_code=401, headers={"WWW-Authenticate": "Bearer"}
        )
        await refusal(scope, receive, send)

    def _may_enter(self, scope: Scope) -> bool:
        if scope["type"] != "http":
            return False
        if scope["path"] == HEALTH:
            return True
        kind, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
        # The time that this takes does not tell how much of a wrong token is right.
        right = hmac.compare_digest(given.strip().encode("latin-1"), self._expected)
        return right and kind.lower() == "bearer"


class SmallLetters:
    """Hands on how a client names us in small letters: case does not matter there."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on."""
        if scope["type"] == "http":
            headers = [
                (name, value.lower() if name in _OUR_NAMES else value)
                for name, value in scope["headers"]
            ]
            scope = {**scope, "headers": headers}
        await self._app(scope, receive, send)


async def _health(store: ChannelStore) -> Response:
    """200 while the database answers, else 503; a word, since nobody had to say who they are."""
    try:
        await anyio.to_thread.run_sync(store.ping)
    except PyMongoError as error:
        _log.warning("The database does not answer: %s", error)
        return PlainTextResponse("database\n", status_code=503)
    return PlainTextResponse("ok\n")


def application(store: ChannelStore, doors: settings.Doors) -> ASGIApp:
    """All of it, as the web server runs it: the tools are at ``/mcp``."""

    async def health(_: Request) -> Response:
        return await _health(store)

    app = build(store).streamable_http_app(
        # Each request stands alone, so a restart or a second copy of the server disturbs nobody.
        stateless_http=True,
        json_response=True,
        max_request_body_size=_MAX_BODY,
        transport_security=TransportSecuritySettings(
            allowed_hosts=list(doors.hosts), allowed_origins=list(doors.origins)
        ),
    )
    app.router.routes.append(Route(HEALTH, health))
    return RequireToken(SmallLetters(app), doors.token)


def main() -> None:
    """Serve until told to stop; SIGTERM lets the requests under way finish."""
    try:
        database, doors = settings.database(), settings.doors()
    except settings.SettingsError as error:
        sys.exit(f"pv_finder: {error}")
    with database.client() as client:
        store = ChannelStore(client[database.name][database.collection])
        uvicorn.run(
            application(store, doors),
            host="0.0.0.0",  # noqa: S104 - inside of a container; the compose file says who may
            port=settings.PORT,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_STOP_SECONDS,
        )
