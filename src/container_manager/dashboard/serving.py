"""Opens the port and serves, until somebody presses Ctrl-C."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

import uvicorn

from container_manager.dashboard.app import Shown, make_app
from container_manager.dashboard.feed import Feed
from container_manager.dashboard.guard import new_token
from container_manager.errors import PreconditionError, UsageError

HOST = "127.0.0.1"
_GRACE = 1
_LAST_PORT = 65535


def serve(feed: Feed, shown: Shown, *, port: int, ready: Callable[[str], None]) -> None:
    """Serve the page on this machine alone, until Ctrl-C.

    Args:
        feed: looks at the stack.
        shown: what else there is.
        port: the port; 0 takes a free one.
        ready: called with the page's address, token included, once it can be opened.

    Raises:
        KeyboardInterrupt: somebody pressed Ctrl-C.
        PreconditionError: the port is taken.
    """
    with contextlib.closing(_listen(port)) as listener:
        bound, token = listener.getsockname()[1], new_token()
        app = make_app(feed, shown, port=bound, token=token)
        config = uvicorn.Config(
            app,
            log_level="critical",
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=_GRACE,
        )
        # In the part after '#', which a browser keeps for itself: no log and no referrer has it.
        ready(f"http://{HOST}:{bound}/#{token}")
        try:
            uvicorn.Server(config).run(sockets=[listener])
        finally:
            feed.close()


def _listen(port: int) -> socket.socket:
    if port > _LAST_PORT:
        raise UsageError(f"There is no port {port}; the last one is {_LAST_PORT}.")
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise PreconditionError(
            f"The port {port} of {HOST} cannot be used: {error.strerror}.",
            remedy="Name another one, or none: --port 0 takes a free one.",
        ) from error
    listener.listen()
    return listener
