"""The complete project of the how-to "A service of your own", brought up as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.podman

PAGE = Path(__file__).parents[2] / "docs/how-to/own-service.md"
FILE = re.compile(r"^\*\*`(?P<path>[^`]+)`\*\*\n\n```\w+\n(?P<text>.*?)^```$", re.M | re.S)


def test_a_service_of_your_own(
    tmp_path: Path, project_name: str, free_port: Callable[[], int], python_image: str
) -> None:
    port = free_port()
    files = {found["path"]: found["text"] for found in FILE.finditer(PAGE.read_text("utf-8"))}
    assert len(files) == 6
    files["config.yml"] = files["config.yml"].replace("lab-own", project_name)
    fragment = "services/framework/notes/service.yml"
    files[fragment] = files[fragment].replace("8085", str(port))
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")

    run(tmp_path, "up", "--detached")
    token = (tmp_path / ".env").read_text(encoding="utf-8").partition("NOTES_TOKEN=")[2].strip()
    assert ask(port, "") == (401, "")
    assert ask(port, token, b"Beam is back") == (201, "")
    assert ask(port, token) == (200, "Beam is back\n")
    run(tmp_path, "rebuild", "--detached")
    assert ask(port, token) == (200, "Beam is back\n")
    run(tmp_path, "clean", "--no-backup")


def run(folder: Path, *argv: str) -> None:
    command = [sys.executable, "-m", "container_manager", *argv]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def ask(port: int, token: str, data: bytes | None = None) -> tuple[int, str]:
    """The answer's status and text."""
    headers = {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}", data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
