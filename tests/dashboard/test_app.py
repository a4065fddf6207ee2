"""What the page's server answers, asked as an ASGI application."""

from __future__ import annotations

import asyncio
import json
import re
from types import SimpleNamespace
from typing import Any, cast

import pytest

from container_manager.dashboard.app import Shown, make_app
from container_manager.dashboard.feed import HELD, Feed, Viewer
from container_manager.dashboard.guard import HEADERS
from container_manager.errors import ConfigError
from container_manager.lifecycle.daily.gathering import LogLine

PORT, TOKEN = 8123, "token"


def refuse() -> str:
    """What cannot be drawn."""
    raise ConfigError("No such key.")


SHOWN = Shown(
    about=lambda: {"project": "laboratory"},
    graph=lambda: "<svg/>",
    graph_style=lambda: ".cm-graph {}",
    plan=lambda: {"pending": False},
)
BROKEN = Shown(about=dict, graph=refuse, graph_style=str, plan=dict)


def ask(
    path: str, *, token: str | None = TOKEN, method: str = "GET", shown: Shown = SHOWN
) -> tuple[int, dict[str, str], str]:
    """One request: status, headers and text of the answer."""
    app = make_app(cast("Feed", SimpleNamespace()), shown, port=PORT, token=TOKEN)
    headers = [(b"host", f"127.0.0.1:{PORT}".encode())]
    if token is not None:
        headers.append((b"authorization", f"Bearer {token}".encode()))
    scope: dict[str, Any] = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(),
        "query_string": b"", "headers": headers, "root_path": "", "scheme": "http",
        "server": ("127.0.0.1", PORT), "client": ("127.0.0.1", 1), "http_version": "1.1",
    }  # fmt: skip
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(cast("Any", app)(scope, receive, send))
    given = {k.decode().lower(): v.decode() for k, v in sent[0]["headers"]}
    text = b"".join(one.get("body", b"") for one in sent[1:]).decode()
    return sent[0]["status"], given, text


def test_the_page_is_there_without_a_token_and_nothing_else_is() -> None:
    code, headers, page = ask("/", token=None)
    assert (code, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "laboratory" not in page
    for path in ("/api/about", "/api/graph", "/api/plan", "/api/events", "/api/none"):
        assert ask(path, token=None)[0] == 403
        assert ask(path, token="wrong")[0] == 403
    assert json.loads(ask("/api/about")[2]) == {"project": "laboratory"}
    assert json.loads(ask("/api/graph")[2]) == {"svg": "<svg/>"}


def test_every_file_that_the_page_names_is_there() -> None:
    page = ask("/", token=None)[2]
    named = re.findall(r'(?:src|href)="(/[^"]*)"', page)
    assert "/static/page.js" in named
    script = ask("/static/page.js", token=None)[2]
    named += [f"/static/{name}" for name in re.findall(r'from "\./([\w.]+)"', script)]
    for path in named:
        code, headers, _ = ask(path, token=None)
        assert (code, path) == (200, path)
        assert headers["content-type"].startswith("text/")


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/app.py", "/static/", "/nothing"])
def test_no_other_file_is(path: str) -> None:
    assert ask(path)[0] == 404


@pytest.mark.parametrize("path", ["/", "/static/page.css", "/api/about", "/api/none"])
def test_every_answer_forbids_what_the_page_does_not_need(path: str) -> None:
    for token in (TOKEN, None):
        headers = ask(path, token=token)[1]
        assert {name.lower(): value for name, value in HEADERS.items()}.items() <= headers.items()
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")


def test_nothing_is_changed_by_any_request() -> None:
    assert ask("/api/plan", method="POST")[0] == 405


def test_a_configuration_that_cannot_be_used_is_told() -> None:
    code, _, text = ask("/api/graph", shown=BROKEN)
    assert (code, json.loads(text)) == (200, {"problem": "No such key."})


def test_a_slow_viewer_loses_the_oldest_lines_and_is_told_how_many() -> None:
    viewer = Viewer(wake=lambda: None)
    for number in range(HELD + 5):
        viewer.say(LogLine(service="web", container="web", when="", text=str(number)))
    status, lines, dropped = viewer.take()
    assert (status, len(lines), dropped) == (None, HELD, 5)
    assert lines[0].text == "5"
    assert viewer.take() == (None, [], 0)
