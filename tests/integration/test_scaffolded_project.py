"""A new project, from ``copier copy`` to its own tests passing, with no edit in between."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.conftest import Podman
from tests.integration.somebody import Somebody
from tests.template.scaffolds import checkout_copy

pytestmark = [pytest.mark.podman, pytest.mark.timeout(900)]


@pytest.fixture
def somebody(tmp_path: Path) -> Somebody:
    return Somebody(tmp_path / "home")


def test_its_two_commands(
    somebody: Somebody,
    tmp_path: Path,
    project_name: str,
    free_port: Callable[[], int],
    python_image: str,
    podman: Podman,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Everything is installed anew, from the template's repository and a package index."""
    template = checkout_copy(tmp_path / "Vorlagen für alle", tag="v0.1.0")
    project, port = tmp_path / "Mein Stück 測定", free_port()
    answers = [
        f"--data={name}" for name in (f"project_name={project_name}", f"example_port={port}")
    ]
    started = time.monotonic()
    copy = ["-m", "copier", "copy", "--defaults", "--quiet", *answers]
    somebody.run(tmp_path, sys.executable, *copy, str(template), str(project))

    said = somebody.run(project, "./run", "up", "--detached")
    up = time.monotonic() - started
    assert said.count("Making .venv, once") == 1
    assert get(port) == f"Hello from {project_name}\n"
    (container,) = json.loads(podman("inspect", f"{project_name}_hello_1").stdout)
    log = container["HostConfig"]["LogConfig"]
    assert (log["Type"], log["Size"]) == ("json-file", "10MB")

    said = somebody.run(project, "./run", "test", "--containers=always")
    passed = time.monotonic() - started
    assert "Preparing" not in said
    only_passed(said)
    assert get(port) == f"Hello from {project_name}\n"
    with capsys.disabled():
        print(f"\nA new project: up after {up:.0f} s, its tests passed after {passed:.0f} s")

    somebody.run(project, "./run", "clean", "--no-backup")
    work_goes_on_without_a_network(somebody, project)


def work_goes_on_without_a_network(somebody: Somebody, project: Path) -> None:
    """What is prepared stays usable, also where something new cannot be fetched."""
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}
    settings = project / "pyproject.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("xfail_strict = true\n", ""), encoding="utf-8")
    assert "Preparing" not in somebody.run(project, "./run", "services", more=offline)

    asked = text.replace('"pytest>=8",', '"pytest>=8", "no-such-package-of-ours",')
    settings.write_text(asked, encoding="utf-8")
    said = somebody.run(project, "./run", "services", more=offline, code=2)
    assert "Preparing .venv failed" in said
    settings.write_text(text, encoding="utf-8")
    assert "services.hello" in somebody.run(project, "./run", "services", more=offline)

    settings.write_text("[dependency-groups\n", encoding="utf-8")
    assert "pyproject.toml: " in somebody.run(project, "./run", "services", code=2)


def test_builds_and_passes_its_own_tests(
    somebody: Somebody, tmp_path: Path, project_name: str, python_image: str
) -> None:
    """In the environment of these tests; from an untagged template, moved, and without git.

    Without families of services: the test above has them.
    """
    template = checkout_copy(tmp_path / "template", tag=None)
    made, project = tmp_path / "made", tmp_path / "später verschoben"
    python = [sys.executable, "-m"]
    answers = [f"--data=project_name={project_name}", "--data=families=false"]
    copy = ["copier", "copy", "--defaults", "--quiet", *answers, str(template), str(made)]
    somebody.run(tmp_path, *python, *copy)
    shutil.move(made, project)
    somebody.run(project, *python, "container_manager", "build")
    only_passed(somebody.run(project, *python, "pytest", "--containers=always"))


def only_passed(said: str) -> None:
    """Tests ran, containers included, and nothing but passed."""
    last = said.rstrip().splitlines()[-1]
    assert " passed" in last, said
    assert not any(word in last for word in ("failed", "error", "skipped", "warning")), said


def get(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=10) as answer:
        body: bytes = answer.read()
    return body.decode()
