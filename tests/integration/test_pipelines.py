"""The services framework.pipelines and framework.open_webui on real containers, with stand-ins.

Upstream's images cannot be had everywhere. In their place stand a small server that loads modules
the way upstream's does, below our own Dockerfile and start script, and one that asks for models
with the addresses and keys that the template gives to open-webui. Everything else is as shipped.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import Podman

pytestmark = [pytest.mark.podman, pytest.mark.timeout(600)]

PIPELINES_SERVER = '''
"""What upstream's server does with modules and valves, without its frameworks."""
import importlib.util, json, os
from pathlib import Path

FOLDER, loaded = Path(os.environ["PIPELINES_DIR"]), {}

def load():
    for path in FOLDER.glob("*.py"):
        (FOLDER / path.stem).mkdir(exist_ok=True)
        valves = FOLDER / path.stem / "valves.json"
        valves.exists() or valves.write_text("{}")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
            loaded[path.stem] = module.Pipeline()
        except Exception as error:
            print("not loaded:", path.stem, error)
            (FOLDER / "failed").mkdir(exist_ok=True)
            path.rename(FOLDER / "failed" / path.name)

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        load()
        return await send({"type": "lifespan.startup.complete"})
    answer = {"status": True}
    if scope["path"] == "/models":
        answer = {"data": [{"id": name} for name in loaded]}
    elif scope["method"] == "POST":
        pipeline = loaded[scope["path"].strip("/")]
        asked = (await receive())["body"].decode()
        answer = {"content": "".join(pipeline.pipe(asked, "", [], {}))}
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})
'''

OPEN_WEBUI_SERVER = '''
"""Well at /health; elsewhere it tells what it sees of the models that it was told to ask."""
import json, os, urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

ADDRESSES, KEYS = (os.environ[f"OPENAI_API_{n}"].split(";") for n in ("BASE_URLS", "KEYS"))

def models():
    for address, key in zip(ADDRESSES, KEYS, strict=True):
        headers = {"Authorization": f"Bearer {key}"}
        request = urllib.request.Request(f"{address}/models", headers=headers)
        with urllib.request.urlopen(request) as answer:
            yield [model["id"] for model in json.load(answer)["data"]]

class Server(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
        seen = {"status": True} if self.path == "/health" else {
            "models": list(models()), "user": [os.getuid(), os.getgid()],
            "password": len(os.environ["WEBUI_ADMIN_PASSWORD"])}
        self.wfile.write(json.dumps(seen).encode())

(Path(os.environ["DATA_DIR"]) / "webui.db").touch()
Path(os.environ["STATIC_DIR"]).mkdir()
HTTPServer(("", 8080), Server).serve_forever()
'''

FILES = {
    "project/services/docker-compose.yml.j2": "networks: {stack: {}}\n",
    "project/src/lab.py": "ANSWER = 42\n",
    "project/mine/count.py": """
        import lab
        import repo_src.lab
        class Pipeline:
            def pipe(self, user_message, model_id, messages, body):
                return f"{user_message}: {lab.ANSWER + repo_src.lab.ANSWER}"
        """,
    "project/mine/broken.py": "raise RuntimeError('this one is broken')\n",
    "pipelines/main.py": PIPELINES_SERVER,
    "pipelines/Dockerfile": """
        ARG BASE
        FROM ${BASE}
        RUN python3 -m venv /venv && /venv/bin/pip install --no-cache-dir pydantic uvicorn==0.22.0
        ENV PATH=/venv/bin:/usr/bin:/bin
        COPY main.py /app/main.py
        """,
    "open-webui/server.py": OPEN_WEBUI_SERVER,
    "open-webui/start.sh": "exec python3 server.py\n",
    "open-webui/Dockerfile": """
        ARG BASE
        FROM ${BASE}
        RUN printf '#!/bin/sh\\nexec sh "$@"\\n' > /usr/bin/bash && chmod 755 /usr/bin/bash
        COPY server.py start.sh /app/backend/
        WORKDIR /app/backend
        CMD ["bash", "start.sh"]
        """,
}


class Lab:
    """A user's own project, which takes both services from the installed package."""

    def __init__(self, root: Path, name: str, ports: tuple[int, int]) -> None:
        self.root, self.name = root / "project", name
        self.chat, self.pipelines = (f"http://127.0.0.1:{port}" for port in ports)
        self.ports = ports

    def configure(self, *, admin_email: str = "admin@localhost", **pipelines: Any) -> None:
        """Write ``config.yml``."""
        package = "package:container-manager/services/framework"
        services = {
            "open_webui": {
                "path": f"{package}/open-webui",
                "port_host": self.ports[0],
                "admin_email": admin_email,
            },
            "pipelines": {"path": f"{package}/pipelines", "port_host": self.ports[1], **pipelines},
        }
        config = {
            "project_name": self.name,
            "images": {key: f"localhost/{self.name}-{key}:1" for key in services},
            "deployed_services": list(services),
            "framework": {"services": services},
        }
        (self.root / "config.yml").write_text(json.dumps(config), encoding="utf-8")

    def up(self) -> None:
        """``up --detached``; it must go well."""
        self.run("up", "--detached")

    def run(self, *arguments: str, code: int = 0) -> str:
        """The program in the project's folder; what it says, if it ends with this code."""
        argv = [sys.executable, "-m", "container_manager", *arguments]
        done = subprocess.run(
            argv, cwd=self.root, capture_output=True, text=True, timeout=400, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    @property
    def key(self) -> str:
        """The generated key."""
        (key,) = re.findall(r"^PIPELINES_API_KEY=(\w{48})$", (self.root / ".env").read_text(), re.M)
        assert isinstance(key, str)
        return key


def ask(url: str, key: str = "", body: bytes | None = None) -> Any:
    """What a server answers; the status where it refuses."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=20) as got:
            return json.load(got)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture
def lab(
    tmp_path: Path,
    project_name: str,
    free_port: Callable[[], int],
    python_image: str,
    podman: Podman,
    trusting_builds: dict[str, str],
) -> Lab:
    """The project on disk, and the stand-ins for both images."""
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")
    environment = {**podman.env, **trusting_builds}
    for folder, key in (("pipelines", "pipelines"), ("open-webui", "open_webui")):
        image = f"localhost/{project_name}-{key}:1"
        options = ("--quiet", f"--build-arg=BASE={python_image}", f"--tag={image}")
        argv = (podman.host.executable, "build", *options, str(tmp_path / folder))
        built = podman.runner.run(argv, env=environment, timeout=300)
        assert built.ok, built.last_lines
    return Lab(tmp_path, project_name, (free_port(), free_port()))


def test_both_services_work_together(lab: Lab, podman: Podman) -> None:
    # As shipped: the example is served, to open-webui with the key and to nobody without.
    lab.configure()
    lab.up()
    seen = ask(lab.chat)
    assert seen == {"models": [["example_pipeline"]], "user": [1000, 0], "password": 48}
    assert ask(f"{lab.pipelines}/models") == 401
    assert ask(f"{lab.pipelines}/models", "0p3n-w3bu!") == 401
    assert ask(f"{lab.pipelines}/example_pipeline", body=b"hello") == 401
    said = ask(f"{lab.pipelines}/example_pipeline", lab.key, b"hello")["content"]
    assert "You said: hello" in said
    assert said.endswith("could import: lab")
    _change_valves(podman, lab)

    # Pipelines of the project's own take its place; one that is broken hurts nobody.
    lab.configure(additional_dirs=[{"src": "mine", "dst": "user_pipelines"}])
    lab.up()
    assert ask(lab.chat)["models"] == [["count"]]
    assert ask(f"{lab.pipelines}/count", lab.key, b"twice") == {"content": "twice: 84"}

    # A new key reaches both; the valves stayed.
    former = lab.key
    lines = (lab.root / ".env").read_text().splitlines(keepends=True)
    (lab.root / ".env").write_text("".join(line for line in lines if former not in line))
    lab.up()
    assert lab.key != former
    assert ask(f"{lab.pipelines}/models", former) == 401
    assert ask(lab.chat)["models"] == [["count"]]
    assert _valves(podman, lab) == "kept"

    # Where the first stranger would become administrator, there is nobody to ask.
    lab.configure(admin_email="")
    failed = lab.run("up", "--detached", code=1)
    assert "admin_email is empty" in failed
    with pytest.raises(urllib.error.URLError):
        ask(lab.chat)
    lab.run("clean", "--no-backup")


def _container(podman: Podman, lab: Lab) -> str:
    filters = (
        f"label=com.docker.compose.project={lab.name}",
        "label=com.docker.compose.service=pipelines",
    )
    (container,) = podman.lines("ps", "--quiet", *(f"--filter={each}" for each in filters))
    return container


def _change_valves(podman: Podman, lab: Lab) -> None:
    command = "printf kept > /data/example_pipeline/valves.json"
    podman("exec", _container(podman, lab), "sh", "-c", command)


def _valves(podman: Podman, lab: Lab) -> str:
    container = _container(podman, lab)
    return podman("exec", container, "cat", "/data/example_pipeline/valves.json").stdout
