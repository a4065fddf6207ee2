"""A client of Jupyter's REST and WebSocket interface, as small as the tests allow."""

from __future__ import annotations

import contextlib
import http.client
import json
import textwrap
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

import websocket
from tests.services import nginx


@dataclass(frozen=True, kw_only=True)
class Server:
    """One of the two Jupyter servers, as a client sees it."""

    port: int
    token: str
    path: str = ""

    def connection(self) -> http.client.HTTPConnection:
        """A new one."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def request(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, str]:
        """Ask once, without the token, and follow nothing."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        with contextlib.closing(self.connection()) as connection:
            connection.request(method, self.path + path, body, names)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode(errors="replace")

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Ask with the token; the answer's JSON."""
        text = json.dumps(body) if body is not None else None
        status, _, answer = self.request(method, path, text, Authorization=f"token {self.token}")
        assert status < 400, answer
        return json.loads(answer) if answer else None

    def socket(self, path: str, **options: Any) -> websocket.WebSocket:
        """Open a WebSocket, without the token."""
        url = f"ws://127.0.0.1:{self.port}{self.path}{path}"
        return websocket.create_connection(url, timeout=60, **options)

    @property
    def with_token(self) -> dict[str, list[str]]:
        """The option that opens a WebSocket with the token."""
        return {"header": [f"Authorization: token {self.token}"]}

    def log_in(self, token: str, **headers: str) -> str:
        """Fill in the login page; the cookies that it gives."""
        given = [SimpleCookie(line) for line in self.signed_in(token, **headers)]
        return "; ".join(f"{name}={one.value}" for each in given for name, one in each.items())

    def signed_in(self, token: str, **headers: str) -> list[str]:
        """The same: the lines that set these cookies."""
        _, answered, _ = self.request("GET", "/login", Accept="text/html", **headers)
        first = answered.get_all("Set-Cookie", [])
        xsrf = SimpleCookie(first[0])["_xsrf"].value
        form = urlencode({"_xsrf": xsrf, "password": token})
        headers |= {
            "Cookie": f"_xsrf={xsrf}",
            "Content_Type": "application/x-www-form-urlencoded",
        }
        _, answered, _ = self.request("POST", "/login", form, **headers)
        return [*first, *answered.get_all("Set-Cookie", [])]

    @contextlib.contextmanager
    def kernel(self, name: str, **options: Any) -> Iterator[Kernel]:
        """Start a kernel, and end it afterwards."""
        there = self.api("POST", "/api/kernels", {"name": name})
        path = f"/api/kernels/{there['id']}"
        channels = self.socket(f"{path}/channels", **(options or self.with_token))
        with contextlib.closing(channels):
            yield Kernel(channels)
        self.api("DELETE", path)


@dataclass(frozen=True, kw_only=True)
class Proxied(Server):
    """One of the servers, as browsers reach it: by its public name, through nginx."""

    proxy: nginx.Proxy
    name: str

    def connection(self) -> http.client.HTTPConnection:
        return self.proxy.connection(self.name)

    def socket(self, path: str, **options: Any) -> websocket.WebSocket:
        url = f"wss://{self.name}:{self.port}{self.path}{path}"
        stream = self.proxy.connect(self.name)
        return websocket.create_connection(url, timeout=60, socket=stream, **options)


class Kernel:
    """A kernel, through its WebSocket."""

    def __init__(self, channels: websocket.WebSocket) -> None:
        self._channels = channels

    def ask(self, kind: str, **content: Any) -> Iterator[dict[str, Any]]:
        """Every message that answers one request, the reply among them.

        Reply and output come in no order: all is there with the reply and the word "idle".
        """
        header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": "test", "username": ""}
        header |= {"version": "5.3", "date": ""}
        message = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}}
        self._channels.send(json.dumps({**message, "content": content}))
        replied = idle = False
        while not (replied and idle):
            answer: dict[str, Any] = json.loads(self._channels.recv())
            if answer["parent_header"].get("msg_id") != header["msg_id"]:
                continue
            yield answer
            replied |= answer["msg_type"].endswith("_reply")
            idle |= answer["content"].get("execution_state") == "idle"

    def run(self, code: str) -> str:
        """What a cell prints; an exception's name and text if it ends with one."""
        text = ""
        for answer in self.ask("execute_request", code=textwrap.dedent(code), silent=False):
            content = answer["content"]
            if answer["msg_type"] == "stream":
                text += content["text"]
            elif answer["msg_type"] == "error":
                text += f"{content['ename']}: {content['evalue']}"
        return text.strip()

    @property
    def banner(self) -> str:
        """What it tells clients that ask who it is."""
        answers = [answer["content"] for answer in self.ask("kernel_info_request")]
        return str(next(content["banner"] for content in answers if "banner" in content))
