"""The main job, end to end: from ``config.yml`` to running containers and back, on real Podman.

Everything is done through the command line, as a user does it; what came of it is asked of Podman.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.conftest import Podman

pytestmark = [pytest.mark.podman, pytest.mark.timeout(900)]

SECRET = "pl4nted $ecret 'with' \"quotes\" # and spaces"

MASKED_SINCE = (5, 3)
"""The version in which Podman began to mask secrets in the environment that it shows."""

STORE_SERVER = """
import os, pathlib
from http.server import BaseHTTPRequestHandler, HTTPServer
class Store(BaseHTTPRequestHandler):
    def do_GET(self):
        path = pathlib.Path("/data/notes")
        body = path.read_text() if path.exists() else ""
        if self.path == "/secret":
            body = os.environ["STORE_TOKEN"] + "|" + os.environ["STORE_URL"]
        self.send_response(200); self.end_headers(); self.wfile.write(body.encode())
    def do_POST(self):
        data = self.rfile.read(int(self.headers["Content-Length"]))
        with open("/data/notes", "ab") as notes: notes.write(data)
        self.send_response(204); self.end_headers()
    def log_message(self, *args): print("store", *args, flush=True)
HTTPServer(("", 9000), Store).serve_forever()
"""

WEB_SERVER = """
import os, time, urllib.error, urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
def store(path, data=None):
    for _ in range(60):
        try:
            with urllib.request.urlopen("http://store:9000" + path, data) as answer:
                return answer.read().decode()
        except urllib.error.URLError:  # Podman's resolver may be taking up another container
            time.sleep(0.1)
class Web(BaseHTTPRequestHandler):
    def do_GET(self):
        body = os.environ["GREETING"] if self.path == "/" else store(self.path)
        self.send_response(200); self.end_headers(); self.wfile.write(body.encode())
    def do_POST(self):
        data = self.rfile.read(int(self.headers["Content-Length"]))
        store("/", data)
        self.send_response(204); self.end_headers()
    def log_message(self, *args): pass
HTTPServer(("", 8000), Web).serve_forever()
"""

FILES = {
    "services/docker-compose.yml.j2": """
        networks:
          shared: {}
        """,
    "services/framework/web/docker-compose.yml.j2": """
        services:
          web:
            build:
              context: ./framework/web
              args: {BASE: {{ images.python | to_json }}}
            environment:
              GREETING: {{ framework.services.web.greeting | to_json }}
            ports: ["127.0.0.1:{{ framework.services.web.port }}:8000"]
            depends_on:
              store: {condition: service_healthy}
            networks: [shared]
            stop_grace_period: 1s
        """,
    "services/framework/web/Dockerfile": """
        ARG BASE
        FROM ${BASE}
        COPY server.py /server.py
        CMD ["python3", "-u", "/server.py"]
        """,
    "services/applications/lab/store/docker-compose.yml.j2": """
        services:
          store:
            build:
              context: ./applications/lab/store
              args: {BASE: {{ images.python | to_json }}}
            environment:
              STORE_TOKEN: ${STORE_TOKEN}
              STORE_URL: {{ applications.lab.services.store.url | to_json }}
            volumes: ["notes:/data"]
            networks: [shared]
            healthcheck:
              test: [CMD, python3, -c, "import urllib.request as u; u.urlopen('http://127.0.0.1:9000/')"]
              interval: 5s
              retries: 5
            stop_grace_period: 1s
        volumes:
          notes: {}
        """,
    "services/applications/lab/store/Dockerfile": """
        ARG BASE
        FROM ${BASE}
        COPY server.py /server.py
        CMD ["python3", "-u", "/server.py"]
        """,
    "app.yml": """
        applications:
          lab:
            services:
              store:
                path: services/applications/lab/store
                url: postgres://app:${STORE_TOKEN}@store/$$db
        """,
}


class Lab:
    """A project on disk and the program that runs it."""

    def __init__(self, root: Path, name: str, port: int, python_image: str) -> None:
        self.root, self.name, self.port = root, name, port
        self.python_image = python_image
        self.output = ""
        for path, text in FILES.items():
            self.write(path, textwrap.dedent(text).lstrip())
        self.write("services/framework/web/server.py", WEB_SERVER)
        self.write("services/applications/lab/store/server.py", STORE_SERVER)
        self.write(".env", f"STORE_TOKEN={json.dumps(SECRET)}\n")
        self.configure("first")

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def configure(self, greeting: str) -> None:
        self.write(
            "config.yml",
            json.dumps(
                {
                    "import": "app.yml",
                    "project_name": self.name,
                    "images": {"python": self.python_image},
                    "deployed_services": ["web", "applications.lab.store"],
                    "framework": {
                        "services": {
                            "web": {
                                "path": "services/framework/web",
                                "port": self.port,
                                "greeting": greeting,
                            }
                        }
                    },
                }
            ),
        )

    def run(self, *argv: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "container_manager", *argv],
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        self.output += done.stdout + done.stderr
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    def get(self, path: str = "/") -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            body: bytes = answer.read()
        return body.decode()

    def post(self, text: str) -> None:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/", data=text.encode())
        urllib.request.urlopen(request, timeout=10).close()


@pytest.fixture
def lab(
    tmp_path: Path,
    project_name: str,
    free_port: Callable[[], int],
    python_image: str,
    podman: Podman,
) -> Lab:
    root = tmp_path / "lab"
    root.mkdir()
    return Lab(root, project_name, free_port(), python_image)


def containers(podman: Podman, lab: Lab) -> dict[str, str]:
    """Compose service -> container id, of what runs."""
    label = f"label=com.docker.compose.project={lab.name}"
    form = '{{index .Labels "com.docker.compose.service"}} {{.ID}}'
    lines = podman.lines("ps", "--filter", label, "--format", form)
    return dict(line.split(" ", 1) for line in lines)


def everything(podman: Podman, lab: Lab) -> dict[str, list[str]]:
    """All that Podman has under the project's name."""
    found = {
        "containers": podman.lines("ps", "--all", "--format={{.Names}}"),
        "networks": podman.lines("network", "ls", "--format={{.Name}}"),
        "volumes": podman.lines("volume", "ls", "--format={{.Name}}"),
        "secrets": podman.lines("secret", "ls", "--format={{.Name}}"),
        "images": podman.lines("images", "--format={{.Repository}}"),
    }
    ours = {kind: [name for name in names if lab.name in name] for kind, names in found.items()}
    return {kind: names for kind, names in ours.items() if names}


def test_the_main_job(lab: Lab, podman: Podman) -> None:
    # Up: the two services run, and find each other by name over the shared network.
    lab.run("up", "--detached")
    first = containers(podman, lab)
    assert set(first) == {"web", "store"}
    assert lab.get("/") == "first"
    lab.post("a note\n")
    assert lab.get("/notes") == "a note\n"

    # The secret arrived, byte for byte, whole and as part of a longer value, and is nowhere else.
    assert lab.get("/secret") == f"{SECRET}|postgres://app:{SECRET}@store/$db"
    assert_nowhere(lab, podman, first)

    # Up again: nothing changes.
    lab.run("up", "--detached")
    assert containers(podman, lab) == first

    # A changed value is live after the next up; what it does not concern is left alone.
    lab.configure("second")
    lab.run("up", "--detached")
    second = containers(podman, lab)
    assert lab.get("/") == "second"
    assert second["store"] == first["store"]
    assert second["web"] != first["web"]

    # Rebuild makes everything afresh; the volume's data stay.
    lab.run("rebuild", "--detached")
    third = containers(podman, lab)
    assert set(third.values()).isdisjoint(second.values())
    assert lab.get("/notes") == "a note\n"

    # Down leaves volumes and images.
    lab.run("down")
    left = everything(podman, lab)
    assert set(left) <= {"volumes", "images", "secrets"}
    assert left["volumes"] == [f"{lab.name}_notes"]

    # Up and clean: everything goes; the volume is saved first.
    lab.run("up", "--detached")
    assert lab.get("/notes") == "a note\n"
    lab.run("clean")
    assert everything(podman, lab) == {}
    saved = list((lab.root / "backups").glob("*/*.tar"))
    assert [path.name for path in saved] == [f"{lab.name}_notes.tar"]

    # Restore brings it back.
    lab.run("restore")
    lab.run("up", "--detached")
    assert lab.get("/notes") == "a note\n"
    lab.run("clean", "--no-backup")
    assert everything(podman, lab) == {}
    assert SECRET not in lab.output


def assert_nowhere(lab: Lab, podman: Podman, ids: dict[str, str]) -> None:
    """The secret is in no file of ours but ``.env``, in no answer of Podman, in no output."""
    assert SECRET not in lab.output
    for path in lab.root.rglob("*"):
        if path.is_file() and path.name != ".env":
            assert SECRET.encode() not in path.read_bytes(), path
    for container in ids.values():
        (inspected,) = json.loads(podman("inspect", container).stdout)
        if podman.host.version < MASKED_SINCE:
            # There, Podman itself shows the environment of what runs; nothing that it stores does.
            del inspected["Config"]["Env"]
        assert "pl4nted" not in json.dumps(inspected)


def test_the_demonstration_of_the_readme(
    tmp_path: Path,
    podman: Podman,
    project_name: str,
    free_port: Callable[[], int],
    python_image: str,
) -> None:
    """The repository itself is a project: its own configuration comes up and goes away."""
    source = Path(__file__).parents[2]
    port = free_port()
    config = tmp_path / "config.yml"
    shutil.copytree(source / "services", tmp_path / "services")
    text = (source / "config.yml").read_text(encoding="utf-8")
    text = text.replace("project_name: container-manager-demo", f"project_name: {project_name}")
    text += f"\nframework: {{services: {{gateway: {{port_host: {port}}}}}}}\n"
    config.write_text(text, encoding="utf-8")
    program = [sys.executable, "-m", "container_manager"]
    up = subprocess.run(
        [*program, "up", "--detached"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert up.returncode == 0, up.stderr
    assert f"http://127.0.0.1:{port}" in up.stdout
    with urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=10) as answer:
        assert b"<html" in answer.read().lower()
    down = subprocess.run(
        [*program, "down"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert down.returncode == 0, down.stderr
    label = f"label=com.docker.compose.project={project_name}"
    assert podman.lines("ps", "--all", "--quiet", "--filter", label) == []
