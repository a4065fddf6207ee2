"""The how-to "From plain compose files", done as it stands there, to its project and its data."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.conftest import Podman
from tests.integration.program import run_here

pytestmark = pytest.mark.podman

PAGE = Path(__file__).parents[2] / "docs/how-to/from-compose.md"
FILE = re.compile(r"^\*\*`(?P<path>[^`]+)`\*\*\n\n```\w+\n(?P<text>.*?)^```$", re.M | re.S)
DOCKERFILE = re.compile(r"^```dockerfile\n(?P<text>.*?)^```$", re.M | re.S)
BUSYBOX = "docker.io/library/busybox:1.37"


def test_from_plain_compose_files(
    tmp_path: Path,
    project_name: str,
    podman: Podman,
    sh_image: str,
    free_port: Callable[[], int],
) -> None:
    port = str(free_port())
    page = PAGE.read_text(encoding="utf-8").replace(BUSYBOX, sh_image)
    files = {found["path"]: found["text"] for found in FILE.finditer(page)}
    before = files.pop("docker-compose.yml")
    assert len(files) == 4
    (dockerfile,) = DOCKERFILE.findall(page)
    root = tmp_path / project_name

    def write(path: str, text: str) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")

    write("docker-compose.yml", before.replace("8080:8080", f"{port}:8080"))
    write("web/Dockerfile", dockerfile)
    write("html/index.html", "the shop\n")
    write(".env", "DB_PASSWORD=a-quite-long-one-0123\n")
    compose = [sys.executable, "-m", "podman_compose", "--in-pod=0"]
    for words in (["up", "-d"], ["down"]):
        subprocess.run(
            [*compose, *words],
            cwd=root,
            env=podman.env,
            check=True,
            timeout=180,
            capture_output=True,
        )

    for path, text in files.items():
        write(
            path, text.replace("8080\n", f"{port}\n").replace("name: shop", f"name: {project_name}")
        )
    (root / "docker-compose.yml").unlink()
    shutil.move(root / "web/Dockerfile", root / "services/web/Dockerfile")
    shutil.move(root / "html", root / "services/web/html")
    podman.introduce(root)
    assert run_here(["lint"], root).code == 0
    refused = run_here(["up", "-d"], root)
    assert (refused.code, "--adopt" in refused.said) == (2, True)

    started = run_here(["up", "-d", "--adopt"], root)
    assert started.code == 0, started.said
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
        assert answer.read() == b"the shop\n"
    lines = podman("exec", f"{project_name}_db_1", "cat", "/data/starts").stdout.splitlines()
    assert len(lines) == 2  # once there, once here
    assert run_here(["backup"], root).code == 0
    assert run_here(["clean", "--no-backup"], root).code == 0
    assert not podman("volume", "exists", f"{project_name}_data", check=False).ok
