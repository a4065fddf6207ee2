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


@dataclass(frozen=True, kw_only=True)
class Server:
    """One of the two Jupyter servers, as a client sees it."""

    port: int
    token: str
    path: str = ""

    def request(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, str]:
        """Ask once, without the token, and follow nothing."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
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
        _, answered, _ = self.request("GET", "/login", Accept="text/html", **headers)
        xsrf = SimpleCookie(answered["Set-Cookie"])["_xsrf"].value
        form = urlencode({"_xsrf": xsrf, "password": token})
        headers |= {
            "Cookie": f"_xsrf={xsrf}",
            "Content_Type": "application/x-www-form-urlencoded",
        }
        _, answered, _ = self.request("POST", "/login", form, **headers)
        cookies = [f"_xsrf={xsrf}"]
        for line in answered.get_all("Set-Cookie", []):
            cookies += [f"{name}={each.value}" for name, each in SimpleCookie(line).items()]
        return "; ".join(cookies)

    @contextlib.contextmanager
    def kernel(self, name: str, **options: Any) -> Iterator[Kernel]:
        """Start a kernel, and end it afterwards."""
        there = self.api("POST", "/api/kernels", {"name": name})
        path = f"/api/kernels/{there['id']}"
        channels = self.socket(f"{path}/channels", **(options or self.with_token))
        with contextlib.closing(channels):
            yield Kernel(channels)
        self.api("DELETE", path)


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
