"""The service framework.jupyter on real containers: its doors, its kernels, what these can do."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websocket
from tests.integration.conftest import Podman
from tests.integration.jupyter_api import Proxied, Server
from tests.integration.jupyter_hostile import HOSTILE, SPOIL
from tests.integration.jupyter_project import PUBLIC_HOST, PUBLIC_PATH, Lab, running
from tests.services import nginx

pytestmark = [pytest.mark.podman, pytest.mark.timeout(900)]

READ_KERNEL, WRITE_KERNEL = "python3-epics-readonly", "python3-epics-write"
HELD = "/etc /home /opt/repo /opt/jupyter/share/jupyter/kernels /opt/jupyter/*.*"
"""Where a container has what is not from a package."""


@pytest.fixture(scope="module")
def lab(
    podman: Podman, python_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """The project, brought up once for all tests."""
    with running(podman, python_image, tmp_path_factory.mktemp("jupyter")) as lab:
        yield lab


SHOW = """
    import json, lab, os, repo_src.lab
    print(json.dumps([lab.VALUE, repo_src.lab.VALUE, os.getuid(), dict(os.environ)]))
    """


@pytest.mark.parametrize(
    ("side", "kernel_name", "mode", "gateway"),
    [
        ("read", READ_KERNEL, "read_only", "gateway_read"),
        ("write", WRITE_KERNEL, "write_access", "gateway_write"),
    ],
)
def test_a_kernel_runs_with_what_the_configuration_gives_it(
    lab: Lab, side: str, kernel_name: str, mode: str, gateway: str
) -> None:
    server: Server = getattr(lab, side)
    with server.kernel(kernel_name) as kernel:
        assert f"gateway {gateway}, port 5064" in kernel.banner
        told, shown = kernel.run(SHOW).splitlines()
        assert told in kernel.banner
        assert kernel.run("print('told once')") == "told once"
    value, same, user, environ = json.loads(shown)
    assert value == same == "from the project"
    assert user == 1000
    assert environ["EPICS_EXECUTION_MODE"] == mode
    assert (environ["EPICS_CA_ADDR_LIST"], environ["EPICS_CA_AUTO_ADDR_LIST"]) == (gateway, "NO")
    assert not [name for name in environ if "TOKEN" in name]


GET = "from caproto.sync import client; print(client.read('SR:current', timeout=10).data[0])"
PUT = "client.write('SR:current', {}, notify=True, timeout=10); print('written')"


def test_the_read_only_kernel_is_refused_to_write(lab: Lab) -> None:
    """In both containers: it is the gateway that refuses."""
    for server in (lab.read, lab.write):
        with server.kernel(READ_KERNEL) as kernel:
            assert kernel.run(GET).endswith("1.5")
            refused = kernel.run(PUT.format(99))
            assert "ECA_PUTFAIL" in refused
            assert "written" not in refused
            assert kernel.run(GET) == "1.5"


def test_the_write_kernel_writes(lab: Lab) -> None:
    with lab.write.kernel(WRITE_KERNEL) as kernel:
        assert kernel.run(GET).endswith("1.5")
        assert kernel.run(PUT.format(2.5)) == "written"
        assert kernel.run(GET) == "2.5"


def test_the_read_container_does_not_know_the_write_kernel(lab: Lab, podman: Podman) -> None:
    listed = lab.read.api("GET", "/api/kernelspecs")
    assert (listed["default"], set(listed["kernelspecs"])) == (READ_KERNEL, {READ_KERNEL})
    both = lab.write.api("GET", "/api/kernelspecs")
    assert (both["default"], set(both["kernelspecs"])) == (READ_KERNEL, {READ_KERNEL, WRITE_KERNEL})
    token = {"Authorization": f"token {lab.read.token}"}
    body = json.dumps({"name": WRITE_KERNEL})
    status, _, _ = lab.read.request("POST", "/api/kernels", body, **token)
    assert status >= 400
    search = f"env; grep -rl gateway_write /tmp {HELD}"
    assert "gateway_write" not in exec_in(podman, lab, "read", search)
    assert "python3-epics-write" in exec_in(podman, lab, "write", search)


DOORS = [
    "/",
    "/lab",
    "/lab/tree/a.ipynb",
    "/doc",
    "/tree",
    "/login/x",
    "/files/a.ipynb",
    "/view/a.ipynb",
    "/nbconvert/html/a.ipynb",
    "/api",
    "/api/status",
    "/api/contents",
    "/api/contents/a.ipynb",
    "/api/notebooks/a.ipynb",
    "/api/kernels",
    "/api/kernelspecs",
    "/api/sessions",
    "/api/terminals",
    "/api/me",
    "/api/config/notebook",
    "/api/events",
    "/api/nbconvert",
    "/api/spec.yaml",
    "/metrics",
    "/lsp/status",
    "/kernelspecs/x/logo-64x64.png",
    "/lab/api/settings",
    "/lab/api/workspaces",
    "/lab/api/extensions",
    "/lab/api/translations",
    "/lab/api/licenses/",
]
SOCKETS = [
    "/api/kernels/01234567-0123-0123-0123-0123456789ab/channels",
    "/api/events/subscribe",
    "/terminals/websocket/1",
    "/lsp/ws/pylsp",
]


@pytest.mark.parametrize("side", ["read", "write"])
def test_without_the_token_every_door_is_shut(lab: Lab, side: str) -> None:
    server: Server = getattr(lab, side)
    other = lab.write if side == "read" else lab.read
    for headers in ({}, {"Authorization": f"token {other.token}"}):
        answers = {door: server.request("GET", door, **headers)[0] for door in DOORS}
        # The root says where the pages are; there the answer is no, too.
        assert answers.pop("/") in (302, 403)
        assert set(answers.values()) == {403}, answers
        posted = {door: server.request("POST", door, "{}", **headers)[0] for door in DOORS}
        assert set(posted.values()) <= {403, 405}, posted
    for path in SOCKETS:
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            server.socket(path)
        assert refused.value.status_code == 403


def test_a_browser_is_sent_to_the_login(lab: Lab) -> None:
    status, headers, _ = lab.read.request("GET", "/lab", Accept="text/html")
    assert (status, headers["Location"]) == (302, "/login?next=%2Flab")
    status, _, page = lab.read.request("GET", "/login", Accept="text/html")
    assert status == 200
    assert "new_password" not in page
    assert "username" not in lab.read.log_in("wrong")
    cookies = lab.read.log_in(lab.read.token)
    assert lab.read.request("GET", "/lab", Accept="text/html", Cookie=cookies)[0] == 200


def test_it_works_behind_a_reverse_proxy(lab: Lab) -> None:
    """With the headers that a proxy sends; pages of other sites cannot use somebody's login."""
    proxied = {"Host": PUBLIC_HOST, "X_Forwarded_Proto": "https"}
    status, headers, _ = lab.write.request("GET", "/lab", Accept="text/html", **proxied)
    assert (status, headers["Location"].partition("?")[0]) == (302, f"{PUBLIC_PATH}/login")
    session = {"cookie": lab.write.log_in(lab.write.token, **proxied), "host": PUBLIC_HOST}
    # The same, where the proxy does not hand on the public name.
    plain = {"cookie": lab.write.log_in(lab.write.token)}
    with lab.write.kernel(READ_KERNEL, origin=f"https://{PUBLIC_HOST}", **session) as kernel:
        assert kernel.run("print(6 * 7)").endswith("42")
    there = lab.write.api("POST", "/api/kernels", {})["id"]
    for origin, options, wanted in (
        ("https://elsewhere.example.org", session, False),
        (f"https://elsewhere.{PUBLIC_HOST}", session, False),
        ("null", session, False),
        (f"https://{PUBLIC_HOST}", session, True),
        (f"https://{PUBLIC_HOST}", plain, True),
        ("https://elsewhere.example.org", plain, False),
    ):
        assert opens(lab.write, there, origin=origin, **options) == wanted, origin
    lab.write.api("DELETE", f"/api/kernels/{there}")


def test_it_works_behind_nginx_as_the_guide_sets_that_up(lab: Lab, tmp_path: Path) -> None:
    upstreams = {
        "127.0.0.1:8088": lab.read.port,
        "127.0.0.1:8089": lab.write.port,
        "127.0.0.1:3000": lab.read.port,  # stands for open-webui, which nobody asks here
    }
    with nginx.running(tmp_path, upstreams) as proxy:
        server = Proxied(
            port=proxy.port, token=lab.write.token, path=PUBLIC_PATH, proxy=proxy, name=PUBLIC_HOST
        )
        status, headers, _ = server.request("GET", "/lab", Accept="text/html")
        assert (status, headers["Location"].partition("?")[0]) == (302, f"{PUBLIC_PATH}/login")
        (login,) = (line for line in server.signed_in(server.token) if "_xsrf=" not in line)
        assert {"Secure", f"Path={PUBLIC_PATH}/"} <= set(login.split("; "))
        cookie = server.log_in(server.token)
        page, origin = {"Accept": "text/html", "Cookie": cookie}, f"https://{PUBLIC_HOST}"
        assert server.request("GET", "/lab", **page)[0] == 200
        with server.kernel(READ_KERNEL, origin=origin, cookie=cookie) as kernel:
            assert kernel.run("print(6 * 7)").endswith("42")
        there = server.api("POST", "/api/kernels", {})["id"]
        assert opens(server, there, origin=origin, cookie=cookie)
        assert not opens(server, there, origin="https://elsewhere.example.org", cookie=cookie)
        server.api("DELETE", f"/api/kernels/{there}")


def opens(server: Server, kernel: str, query: str = "", **options: Any) -> bool:
    """Whether a WebSocket to a kernel can be opened."""
    try:
        server.socket(f"/api/kernels/{kernel}/channels{query}", **options).close()
    except websocket.WebSocketBadStatusException:
        return False
    return True


def test_what_it_leaves_behind(lab: Lab, podman: Podman) -> None:
    """Notebooks stay in the volume; the rest of the file system cannot be written."""
    with lab.read.kernel(READ_KERNEL) as kernel:
        kernel.run("open('/home/app/kept.txt', 'w').write('kept')")
        assert "Read-only file system" in kernel.run("open('/opt/repo/repo_src/lab.py', 'a')")
    volume = f"{lab.name}_jupyter_read_home"
    assert "kept" in exec_in(podman, lab, "read", "cat /home/app/kept.txt")
    assert podman.lines("volume", "ls", "--quiet", "--filter", f"name={volume}") == [volume]
    listed = lab.write.api("GET", "/api/contents")["content"]
    assert "kept.txt" not in {entry["name"] for entry in listed}


def test_the_tokens_are_told_nowhere(lab: Lab, podman: Podman) -> None:
    for side, server in (("read", lab.read), ("write", lab.write)):
        # One in an address is hidden, too, also where the answer is an error, and the other side's.
        for token in (server.token, lab.write.token):
            server.request("GET", f"/api/contents/nope?token={token}")
        assert server.request("GET", f"/api/status?token={server.token}")[0] == 200
        assert server.request("PUT", f"/api/config/x?token={server.token}", "{}")[0] == 500
        assert not opens(server, "none", f"?token={server.token}")
        container = f"{lab.name}_jupyter_{side}_1"
        logs = podman("logs", container)
        told = logs.stdout + logs.stderr
        assert "is running at" in told
        for line in (
            "/contents/nope?token=[secret]",
            "HTTPServerRequest(",
            "/channels?token=[secret]",
        ):
            assert line in told
        argv = exec_in(podman, lab, side, "cat /proc/[0-9]*/cmdline")
        assert "jupyter" in argv
        (inspected,) = json.loads(podman("inspect", container).stdout)
        told += argv + json.dumps(
            [inspected["Config"]["CreateCommand"], inspected["Config"]["Labels"]]
        )
        for token in (lab.read.token, lab.write.token):
            assert token not in told
        assert exec_in(podman, lab, side, f"grep -rl $JUPYTER_TOKEN {HELD}") == ""


@pytest.mark.parametrize("side", ["read", "write"])
def test_files_for_everybody_are_there(lab: Lab, side: str) -> None:
    """Below a path, too."""
    server: Server = getattr(lab, side)
    assert server.request("GET", "/favicon.ico")[0] == 200
    assert server.request("GET", "/robots.txt")[0] == 404


def test_a_request_that_is_too_large_ends_no_server(lab: Lab) -> None:
    """Nobody has to log in to send one."""
    with socket.create_connection(("127.0.0.1", lab.read.port), timeout=30) as connection:
        connection.sendall(b"POST /login HTTP/1.1\r\nContent-Length: 67108865\r\n\r\n")
        assert b" 200 " not in connection.recv(1024)
    assert lab.read.api("GET", "/api/status")["connections"] == 0


def test_what_a_notebook_leaves_at_home_opens_no_door(lab: Lab, podman: Podman) -> None:
    """Settings, kernels, extensions and modules, wherever Jupyter or Python may look for them."""
    with lab.read.kernel(READ_KERNEL) as kernel:
        assert kernel.run(HOSTILE).endswith("left")
    podman("restart", "--time=5", f"{lab.name}_jupyter_read_1")
    wait_for(lab.read)
    doors = ("/api/status", "/api/kernels", "/api/contents", "/lab", "/api/kernelspecs")
    assert {lab.read.request("GET", door)[0] for door in doors} == {403}
    assert set(lab.read.api("GET", "/api/kernelspecs")["kernelspecs"]) == {READ_KERNEL}
    with lab.read.kernel(READ_KERNEL) as kernel:
        assert kernel.run("import os; print(os.path.exists('/home/app/ran'))").endswith("False")

    # Nor does it keep the server from starting: not even where the folders cannot be used.
    with lab.read.kernel(READ_KERNEL) as kernel:
        kernel.run(SPOIL)
    podman("restart", "--time=5", f"{lab.name}_jupyter_read_1")
    wait_for(lab.read)
    assert lab.read.request("GET", "/api/status")[0] == 403
    with lab.read.kernel(READ_KERNEL) as kernel:
        assert kernel.run("print(6 * 7)").endswith("42")


def wait_for(server: Server) -> None:
    """Until it answers to its token."""
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            server.api("GET", "/api/status")
            return
        assert time.monotonic() < deadline
        time.sleep(0.5)


def exec_in(podman: Podman, lab: Lab, side: str, script: str) -> str:
    """What a shell script prints in one of the containers."""
    container = f"{lab.name}_jupyter_{side}_1"
    return podman("exec", container, "sh", "-c", script, check=False).stdout
