"""The how-to "Behind a reverse proxy": its configuration, in nginx and in the services."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import yaml
from tests.services.nginx import Proxy, block, running

if TYPE_CHECKING:
    from tests.conftest import Project

ROOT_TEMPLATE = Path(__file__).parents[2] / "services/docker-compose.yml.j2"
LAB, CHAT = "lab.example.org", "chat.example.org"
READ, WRITE, UI = "127.0.0.1:8088", "127.0.0.1:8089", "127.0.0.1:3000"


class Upstream(ThreadingHTTPServer):
    """Stands for a service: tells what it was asked, and by whom."""

    def __init__(self, name: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.name = name
        self.read_so_far = threading.Event()
        """Set by whoever has read the first word of ``/words``."""


class Handler(BaseHTTPRequestHandler):
    """What it answers."""

    protocol_version = "HTTP/1.1"
    server: Upstream

    def do_GET(self) -> None:
        if self.headers["Upgrade"]:
            self._echo()
        elif self.path == "/words":
            self._words()
        else:
            asked = {"name": self.server.name, "path": self.path, "by": self.request_version}
            body = json.dumps(asked | {"headers": dict(self.headers)}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def _words(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "8")
        self.end_headers()
        self.wfile.write(b"one ")
        self.wfile.flush()
        assert self.server.read_so_far.wait(60)
        self.wfile.write(b"two\n")

    def _echo(self) -> None:
        """A WebSocket only in its first answer; what is sent then comes back."""
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", self.headers["Connection"])
        self.end_headers()
        while got := self.connection.recv(100):
            self.connection.sendall(got)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing on standard error."""


@pytest.fixture(scope="module")
def upstreams() -> Iterator[dict[str, Upstream]]:
    with contextlib.ExitStack() as stack:
        found = {where: stack.enter_context(Upstream(where)) for where in (READ, WRITE, UI)}
        for one in found.values():
            threading.Thread(target=one.serve_forever, daemon=True).start()
            stack.callback(one.shutdown)
        yield found


@pytest.fixture(scope="module")
def proxy(
    upstreams: dict[str, Upstream], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    ports = {where: one.server_port for where, one in upstreams.items()}
    with running(tmp_path_factory.mktemp("nginx"), ports) as proxy:
        yield proxy


def ask(proxy: Proxy, name: str, path: str, **headers: str) -> dict[str, Any]:
    with contextlib.closing(proxy.connection(name)) as connection:
        connection.request("GET", path, headers=headers)
        answer: dict[str, Any] = json.load(connection.getresponse())
        return answer


@pytest.mark.parametrize(
    ("name", "path", "upstream"),
    [
        (LAB, "/jupyter/read/lab?a=%20b", READ),
        (LAB, "/jupyter/write/api/kernels", WRITE),
        (CHAT, "/", UI),
        (CHAT, "/jupyter/read/", UI),
    ],
)
def test_each_service_is_asked_as_browsers_ask(
    proxy: Proxy, name: str, path: str, upstream: str
) -> None:
    asked = ask(proxy, name, path, Connection="keep-alive")
    assert (asked["name"], asked["path"], asked["by"]) == (upstream, path, "HTTP/1.1")
    assert asked["headers"]["Host"] == f"{name}:{proxy.port}"
    assert asked["headers"]["X-Forwarded-Proto"] == "https"
    assert asked["headers"]["X-Forwarded-For"] == asked["headers"]["X-Real-IP"] == "127.0.0.1"
    assert not {"Connection", "Upgrade"} & asked["headers"].keys()


@pytest.mark.parametrize(("name", "path"), [(LAB, "/jupyter/read/x"), (CHAT, "/ws/socket.io/")])
def test_a_websocket_passes(proxy: Proxy, name: str, path: str) -> None:
    with contextlib.closing(proxy.connect(name)) as stream:
        key = "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg=="
        stream.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {name}\r\nUpgrade: websocket\r\n"
            f"Connection: keep-alive, Upgrade\r\n{key}\r\n\r\n".encode()
        )
        reader = stream.makefile("rb")
        assert reader.readline().split()[1] == b"101"
        told = http.client.parse_headers(reader)
        assert (told["Upgrade"], told["Connection"]) == ("websocket", "upgrade")
        stream.sendall(b"in a frame\n")
        assert reader.readline() == b"in a frame\n"


def test_answers_arrive_word_by_word(proxy: Proxy, upstreams: dict[str, Upstream]) -> None:
    with contextlib.closing(proxy.connection(CHAT)) as connection:
        connection.request("GET", "/words")
        answer = connection.getresponse()
        assert answer.read(4) == b"one "
        upstreams[UI].read_so_far.set()
        assert answer.read() == b"two\n"


@pytest.mark.parametrize(("name", "megabytes"), [(LAB, 64), (CHAT, 100)])
def test_larger_requests_are_refused(proxy: Proxy, name: str, megabytes: int) -> None:
    """Their length is said before, and enough to know."""
    assert answered(proxy, name, (megabytes << 20) + 1) == 413


def answered(proxy: Proxy, name: str, size: int) -> int:
    """The status of a request of which nothing follows its head."""
    with contextlib.closing(begun(proxy, name, size)) as connection:
        return connection.getresponse().status


def begun(proxy: Proxy, name: str, size: int, **headers: str) -> http.client.HTTPConnection:
    connection = proxy.connection(name)
    connection.putrequest("POST", "/jupyter/write/api/contents/a")
    for header, value in {"Content-Length": str(size), **headers}.items():
        connection.putheader(header, value)
    connection.endheaders()
    return connection


def test_one_address_cannot_send_too_many_at_once(proxy: Proxy) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(24):
            connection = begun(proxy, LAB, 10, Expect="100-continue")
            stack.callback(connection.close)
            assert connection.sock.recv(100).startswith(b"HTTP/1.1 100 ")  # it was let in
        assert answered(proxy, LAB, 10) == 503


def test_the_configuration_fits_the_services(project: Project) -> None:
    """The ports that nginx asks are those that are published; the paths are those of the URLs."""
    given = yaml.safe_load(block("yaml"))["framework"]["services"]
    places = {"jupyter": "jupyter", "open_webui": "open-webui"}
    assert given.keys() == places.keys()
    for name, folder in places.items():
        given[name]["path"] = f"package:container-manager/services/framework/{folder}"
    project.write("services/docker-compose.yml.j2", ROOT_TEMPLATE.read_text("utf-8"))
    config = {
        "project_name": "lab",
        "deployed_services": list(given),
        "framework": {"services": given},
    }
    project.write("config.yml", json.dumps(config))
    prepared = project.prepare()
    built = {
        name: yaml.safe_load(output.text or "")["services"]
        for name, folder in places.items()
        for path, output in prepared.outputs.items()
        if path.endswith(f"/{folder}/docker-compose.yml")
    }
    wanted = {
        service["ports"][0].rpartition(":")[0]: urlsplit(service["environment"][variable])
        for name, variable in (("jupyter", "PUBLIC_URL"), ("open_webui", "WEBUI_URL"))
        for service in built[name].values()
    }
    found = {}
    for server in block("nginx").split("\nserver {")[1:]:
        (name,) = re.findall(r"server_name (\S+);", server)
        for path, upstream in re.findall(r"location (\S+) \{\n +proxy_pass http://(\S+);", server):
            found[upstream] = (name, path)
    assert found == {where: (url.netloc, url.path or "/") for where, url in wanted.items()}
    assert {url.scheme for url in wanted.values()} == {"https"}
