"""The published wheel, installed alone: where nothing of this checkout is within reach."""

from __future__ import annotations

import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import snapshot
from tests.integration.somebody import Somebody
from tests.published import build
from tests.template.scaffolds import ROOT

from container_manager import __version__
from container_manager.bundling import wheels
from container_manager.run import ProcessRunner

pytestmark = [pytest.mark.podman, pytest.mark.timeout(600)]

COUNTER = f"""
deployed_services: {{add: [applications.demo.counter]}}
applications:
  demo:
    services:
      counter: {{path: package:{wheels.OURS}/services/applications/demo/counter}}
"""


def test_the_wheel_alone_makes_builds_and_runs_a_project(
    tmp_path: Path,
    project_name: str,
    free_port: Callable[[], int],
    python_image: str,
) -> None:
    """A project by our command and by Copier, from the installed template; shipped services run."""
    somebody, programs = Somebody(tmp_path / "home"), environment(tmp_path)
    container_manager = str(programs / "container-manager")
    said = somebody.run(tmp_path, container_manager, "--version")
    assert said == f"container-manager {__version__}\n"

    port = free_port()
    answers = [
        f"--data={name}" for name in (f"project_name={project_name}", f"example_port={port}")
    ]
    (package,) = programs.parent.glob("lib/python*/site-packages/container_manager")
    copy = [str(programs / "copier"), "copy", "--quiet", "--defaults", *answers]
    somebody.run(tmp_path, *copy, str(package / "scaffold/bundled"), "copied")
    somebody.run(tmp_path, container_manager, "new", "--project", "made", "--defaults", *answers)
    made, copied = (snapshot(tmp_path / name) for name in ("made", "copied"))
    assert {name: seen.meaning for name, seen in made.items()} == {
        name: seen.meaning for name, seen in copied.items()
    }

    project, invoke = tmp_path / "copied", str(programs / "invoke")
    deploy_the_counter(project)
    try:
        somebody.run(project, invoke, "up", "--detached")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=10) as answer:
            assert answer.read().decode() == f"Hello from {project_name}\n"
        assert "All 2 do what they should." in somebody.run(project, invoke, "status")
    finally:
        somebody.run(project, invoke, "clean", "--no-backup")


def environment(folder: Path) -> Path:
    """A virtual environment with the wheel and what it asks for; its programs.

    What it asks for comes from this environment, made into wheels again: no index is needed.
    """
    (needs := folder / "needs").mkdir()
    wheels.make(wheels.needed([wheels.OURS]).keys() - {wheels.OURS}, needs, ProcessRunner())
    wheel = build(ROOT, folder / "dist", "wheel")
    programs = folder / "alone/bin"
    run(folder, "venv", "--without-pip", str(programs.parent))
    offline = ("--no-index", f"--find-links={needs}", "--no-compile", "--quiet")
    run(folder, "pip", f"--python={programs}/python", "install", *offline, str(wheel))
    return programs


def run(folder: Path, *arguments: str) -> None:
    """A module of the Python that runs these tests."""
    done = ProcessRunner().run((sys.executable, "-m", *arguments), cwd=folder, timeout=300)
    assert done.ok, done.last_lines


def deploy_the_counter(project: Path) -> None:
    config = project / "config.yml"
    text = config.read_text(encoding="utf-8")
    assert "\ndeployed_services: []\n" in text
    config.write_text(text.replace("\ndeployed_services: []\n", COUNTER), encoding="utf-8")
