"""The scripts ``run`` of a clone and of projects, as far as they prepare nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OF_A_CLONE = ROOT / "run"
OF_A_PROJECT = ROOT / "template/project/run"

ASKING: tuple[list[str], ...] = ([], ["--list"], ["-l"], ["--help"], ["-h"], ["help"])

OWN = {"clone": ("test", "coverage", "benchmark", "pictures", "docs"), "project": ("test",)}


def said_by(folder: Path, *words: str) -> str:
    """What the script in a folder prints; it must end well."""
    path = f"{folder / 'programs'}:{os.environ['PATH']}"
    done = subprocess.run(
        ["./run", *words],
        cwd=folder,
        env={**os.environ, "PATH": path},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    return done.stdout


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone that is prepared, with a program that says what it was given."""
    shutil.copy(OF_A_CLONE, tmp_path)
    sources = ("run", "pyproject.toml", "src/container_manager/__init__.py", "requirements.lock")
    for name in sources[1:]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    for name in ("container-manager", "python"):
        program(tmp_path / ".venv/bin" / name, 'echo "given: $*"')
    program(tmp_path / "programs/podman", "")
    sums = subprocess.run(["cksum", *sources], cwd=tmp_path, check=True, capture_output=True)
    stamp = f"{tmp_path.resolve()}\n{sums.stdout.decode()}"
    (tmp_path / ".venv/prepared-requirements.lock").write_text(stamp, encoding="utf-8")
    return tmp_path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that is prepared, likewise."""
    shutil.copy(OF_A_PROJECT, tmp_path)
    (tmp_path / "pyproject.toml").write_text("[dependency-groups]\ntest = []\n", encoding="utf-8")
    program(tmp_path / ".venv/bin/container-manager", 'echo "given: $*"')
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    program(tmp_path / "programs/podman", "")
    (tmp_path / ".venv/place").write_text(f"{tmp_path.resolve()}\n", encoding="utf-8")
    (tmp_path / ".venv/prepared").write_text("{'test': []}\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("words", ASKING, ids=lambda words: " ".join(words) or "nothing")
@pytest.mark.parametrize("kind", ["clone", "project"])
def test_lists_and_help_tell_the_scripts_own_commands(
    kind: str, words: list[str], request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue(kind)
    said = said_by(folder, *words)
    assert said.startswith(f"given: {' '.join(words)}\n\nBesides")
    commands = [line.split()[1] for line in said.splitlines() if line.startswith("   ./run")]
    assert tuple(commands) == OWN[kind]


@pytest.mark.parametrize("words", [["--list", "kube"], ["up", "--help"], ["services", "--json"]])
@pytest.mark.parametrize("kind", ["clone", "project"])
def test_nothing_is_added_to_what_programs_may_read(
    kind: str, words: list[str], request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue(kind)
    assert said_by(folder, *words) == f"given: {' '.join(words)}\n"


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize(
    ("script", "command"),
    [*((OF_A_CLONE, name) for name in OWN["clone"] if name != "benchmark"), (OF_A_PROJECT, "test")],
    ids=["test", "coverage", "pictures", "docs", "test-of-a-project"],
)
def test_help_for_one_of_them_prepares_nothing(
    tmp_path: Path, script: Path, command: str, option: str
) -> None:
    shutil.copy(script, tmp_path)
    assert said_by(tmp_path, command, option).startswith(f"Usage: ./run {command} ")
    assert [one.name for one in tmp_path.iterdir()] == ["run"]
