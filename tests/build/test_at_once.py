"""Several commands on one project at once: each sees whole files, and the newest sources win."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.build.crash_scenes import WEB
from tests.build.striking import DONE, KILLED, run_apart
from tests.build.trees import Tree, everything, files
from tests.conftest import Project

from container_manager import building
from container_manager.build.lock import WAIT_SECONDS, build_lock

COMMAND = (sys.executable, "-m", "container_manager", "build")
REFUSALS = ("The build directory is being written by", "Run the command again.")
"""What a build may say that meets another one, or sources that change under its eyes."""

MOMENTS = {
    "before it compares": "container_manager.build.pipeline.settle",
    "before it has the lock": "container_manager.build.pipeline.build_lock",
    "before it remembers": "container_manager.build.memory.remember",
}
"""Functions at which the second of two builds may come between."""


def put(project: Project, text: str) -> None:
    """Replace a file that is copied, and one that is rendered, each at once."""
    for name in ("copied.txt", "rendered.txt.j2"):
        project.write(f"{WEB}/{name}.new", text).replace(project.root / WEB / name)


@pytest.fixture
def lab(project: Project) -> Project:
    """A project that was built, and has changed since."""
    project.deploy()
    put(project, "first\n")
    building.build()
    put(project, "second\n")
    return project


def fresh(project: Project) -> Tree:
    """What a build from nothing gives."""
    for kept in ("build", ".container-manager"):
        (project.root / kept).rename(project.root / f"{kept}.kept")
    building.build()
    return files(project)


def test_many_builds_while_sources_change(lab: Project) -> None:
    early = [start(lab) for _ in range(6)]
    for number in range(60):
        put(lab, f"{number}\n")
        time.sleep(0.02)
    late = [start(lab) for _ in range(3)]
    said = [(one, one.communicate(timeout=120)[1]) for one in (*early, *late)]
    for process, told in said:
        refused = process in early and any(refusal in told for refusal in REFUSALS)
        assert process.returncode == 0 or refused, told
    assert lab.read(f"build/{WEB}/copied.txt") == lab.read(f"build/{WEB}/rendered.txt") == "59\n"
    there = everything(lab)
    building.build()
    assert everything(lab) == there
    assert files(lab) == fresh(lab)


def start(project: Project) -> subprocess.Popen[str]:
    return subprocess.Popen(
        COMMAND, cwd=project.root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_build_of_newer_sources_comes_between(
    lab: Project, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    with monkeypatch.context() as patch:
        meet(patch, MOMENTS[moment], lambda: build_of_newer_sources(lab))
        building.build()
    assert lab.read(f"build/{WEB}/rendered.txt") == "third\n"
    building.build()
    assert files(lab) == fresh(lab)


def meet(patch: pytest.MonkeyPatch, name: str, other: Callable[[], None]) -> None:
    """Let something else happen before the first call of a function."""
    module, _, attribute = name.rpartition(".")
    function = getattr(importlib.import_module(module), attribute)
    left = [other]

    def called(*args: Any, **kwargs: Any) -> Any:
        if left:
            left.pop()()
        return function(*args, **kwargs)

    patch.setattr(name, called)


def build_of_newer_sources(project: Project) -> None:
    """Another process changes the sources and builds."""
    project.write(f"{WEB}/rendered.txt.j2", "third\n")
    assert run_apart(building.build) == DONE


def test_a_dead_holder_s_lock_does_not_block(lab: Project) -> None:
    lock = lab.root / "build/.manager/lock"

    def hold_and_die() -> None:
        with build_lock(lab.root / "build"):
            assert str(os.getpid()) in lock.read_text()
            os.kill(os.getpid(), signal.SIGKILL)

    assert run_apart(hold_and_die) == KILLED
    assert lock.read_text() != ""
    begun = time.monotonic()
    building.build()
    assert time.monotonic() - begun < WAIT_SECONDS / 2
    assert lab.read(f"build/{WEB}/copied.txt") == "second\n"
    assert str(os.getpid()) in lock.read_text()
