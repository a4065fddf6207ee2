"""Starts the pipelines server of the image: brings our modules to it, and asks for the key.

Upstream's own start script would install packages at every start, and its server answers some
requests (the models, chats, the valves) without the key. Here every request needs it, except the
one of the health check.
"""

from __future__ import annotations

import hmac
import importlib
import os
import shutil
import sys
import urllib.request
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

PORT = 9099
UPSTREAM = "/app"
HERE = Path(__file__).parent
RECORD = ".shipped"
WELL_KNOWN = "0p3n-w3bu!"
SHORTEST = 16


class KeyGuard:
    """Lets a request through to ``app`` if it brings ``key`` as its bearer token."""

    def __init__(self, app: App, key: str) -> None:
        self.app = app
        self.expected = f"Bearer {key}".encode()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan" or scope["path"] == "/" or self._has_key(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            headers = [(b"content-type", b"application/json"), (b"www-authenticate", b"Bearer")]
            await send({"type": "http.response.start", "status": 401, "headers": headers})
            await send({"type": "http.response.body", "body": b'{"detail": "Invalid API key"}'})
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _has_key(self, scope: Message) -> bool:
        given = dict(scope["headers"]).get(b"authorization", b"")
        return hmac.compare_digest(given, self.expected)


def shipped() -> Path:
    """The folder of the modules to serve: the user's own, or, where there are none, the example."""
    own = HERE / "own"
    return own if any(own.glob("*.py")) else HERE / "example"


def bring(source: Path, target: Path) -> None:
    """Copy the modules of ``source`` into ``target``, which upstream writes to.

    Modules that an earlier start brought and the image no longer has go; valves and uploaded
    modules stay.
    """
    names = sorted(path.name for path in source.glob("*.py"))
    record = target / RECORD
    before = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
    for name in set(before) - set(names):
        (target / name).unlink(missing_ok=True)
    for name in names:
        shutil.copyfile(source / name, target / name)
    record.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")


def checked(key: str) -> str:
    """The key, if it is one; upstream would take a well-known one where there is none."""
    if len(key) < SHORTEST or key == WELL_KNOWN:
        raise SystemExit(
            f"PIPELINES_API_KEY is missing, well known or shorter than {SHORTEST} characters. "
            "Take its line out of .env: the next start makes a new one."
        )
    return key


def main() -> None:
    """Serve until told to stop; with ``--check``, ask the server that runs."""
    if sys.argv[1:] == ["--check"]:
        urllib.request.urlopen(f"http://127.0.0.1:{PORT}/", timeout=5).close()
        return
    key = checked(os.environ.get("PIPELINES_API_KEY", ""))
    bring(shipped(), Path(os.environ["PIPELINES_DIR"]))
    sys.path.insert(0, UPSTREAM)
    app = importlib.import_module("main").app
    uvicorn = importlib.import_module("uvicorn")
    uvicorn.run(KeyGuard(app, key), host="0.0.0.0", port=PORT)  # noqa: S104 - inside its network


if __name__ == "__main__":
    main()
