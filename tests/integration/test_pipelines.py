"""The services framework.pipelines and framework.open_webui on real containers, with stand-ins.

Upstream's images cannot be had everywhere; ``chat_images`` stands in for them. Our own Dockerfile,
start scripts, templates, addresses and keys are as shipped.
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
from tests.integration import chat_images
from tests.integration.conftest import Podman

pytestmark = [pytest.mark.podman, pytest.mark.timeout(600)]

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
    (tmp_path / "images").mkdir()
    chat_images.build(podman, tmp_path / "images", project_name, python_image, trusting_builds)
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
