"""Projects of the original framework run as they are, by the command that its users know."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration import originals
from tests.integration.conftest import Podman

pytestmark = pytest.mark.podman


def manager(root: Path, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the module as the original was run."""
    command = [sys.executable, "-m", "container_manager", "config.yml", *words]
    done = subprocess.run(
        command, cwd=root, env={**os.environ}, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def answer(port: int) -> str:
    """What is served there, once it is."""
    until = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as found:
                text: str = found.read().decode()
                return text
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def states(podman: Podman, name: str) -> dict[str, str]:
    """Name of a container -> its state."""
    listed = podman.lines("ps", "--all", f"--filter=name=^{name}-", "--format=json")
    return {one["Names"][0]: one["State"] for one in json.loads("".join(listed) or "[]")}


def test_framework_and_application_services(
    podman: Podman,
    project_name: str,
    sh_image: str,
    free_port: Callable[[], int],
    tmp_path: Path,
) -> None:
    port = free_port()
    root = originals.write(
        tmp_path / project_name,
        originals.HIERARCHICAL,
        name=project_name,
        image=sh_image,
        port=str(port),
    )
    podman.introduce(root)

    listed = manager(root).stdout.splitlines()
    assert [line.partition("build/")[2] for line in listed] == [
        "services/docker-compose.yml",
        "services/framework/jupyter/docker-compose.yml",
        "services/framework/pipelines/docker-compose.yml",
        "services/applications/als_expert/mongo/docker-compose.yml",
    ]
    jupyter = root / "build/services/framework/jupyter"
    assert (jupyter / "repo_src/applications/als_expert/config.yml").is_file()
    assert (jupyter / "scripts/hello.py").is_file()
    kernel = json.loads((jupyter / "python3-epics-readonly/kernel.json").read_text("utf-8"))
    assert kernel["argv"] == ["python", f"{root}/x.py"]
    assert kernel["display_name"] == "America/Los_Angeles"
    secret = "sk-quite-secret"
    assert not [
        file
        for file in (root / "build").rglob("*")
        if file.is_file() and secret in file.read_text(encoding="utf-8", errors="replace")
    ]

    manager(root, "up", "-d")
    assert states(podman, project_name) == dict.fromkeys(
        (
            f"{project_name}-{one}"
            for one in ("jupyter-read", "jupyter-write", "mongo", "pipelines")
        ),
        "running",
    )
    assert answer(port) == "piped\n"
    modes = ("exec", f"{project_name}-jupyter-write", "sh", "-c")
    assert podman(*modes, "echo $EPICS_EXECUTION_MODE").stdout == "write_access\n"
    podman(*modes, "echo found > /opt/scripts/result")
    scripts = root / "_agent_data/executed_scripts/result"
    assert scripts.read_text(encoding="utf-8") == "found\n"
    key = podman("exec", f"{project_name}-pipelines", "sh", "-c", "echo $OPENAI_API_KEY").stdout
    assert key == "sk-quite-secret-0123456789\n"

    manager(root, "rebuild", "-d")
    assert set(states(podman, project_name).values()) == {"running"}
    manager(root, "down")
    assert states(podman, project_name) == {}
    manager(root, "clean")
    assert podman(
        "volume", "exists", f"{project_name}_{project_name}-mongo", check=False
    ).returncode


def test_services_directly_under_services(
    podman: Podman,
    project_name: str,
    sh_image: str,
    free_port: Callable[[], int],
    tmp_path: Path,
) -> None:
    port = free_port()
    root = originals.write(
        tmp_path / project_name,
        originals.FLAT,
        name=project_name,
        image=sh_image,
        port=str(port),
    )
    podman.introduce(root)

    said = manager(root, "up", "--detached").stderr
    assert "deprecat" not in said.lower()
    assert answer(port) == "flat\n"
    podman("exec", f"{project_name}-mongo", "sh", "-c", "echo measured > /data/db/run1")
    manager(root, "down")
    manager(root, "up", "-d")
    assert podman("exec", f"{project_name}-web", "cat", "/data/run1").stdout == "measured\n"
    manager(root, "clean")
    assert states(podman, project_name) == {}
