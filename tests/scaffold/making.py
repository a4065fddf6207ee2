"""A project whose template is the small one, and looks at what is made in it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.conftest import Project, meaning
from tests.scaffold.small_template import GIT, git

from container_manager.cli import run
from container_manager.errors import ManagerError, UsageError
from container_manager.scaffold.new import Made

CONFIG = """
import:
- services/*/service.yml
- services/framework/*/service.yml
- services/applications/*/*/service.yml
project_name: lab
network: stack
images: {python: "localhost/python:1"}
templates: {container-manager: ../template}
deployed_services: []
"""
ROOT = "networks: {stack: {}}\n"


def services(project: Project) -> dict[str, dict[str, object]]:
    """The compose services of a project, as they would be built."""
    prepared = project.prepare()
    return {name: dict(one.definition) for name, one in prepared.stack.services.items()}


def recorded(made: Made) -> dict[str, object]:
    """What the service remembers of its template."""
    text = (made.path / ".copier-answers.yml").read_text(encoding="utf-8")
    answers: dict[str, object] = yaml.safe_load(text)
    return answers


def outcome(*argv: str) -> int:
    """The exit code of the installed program."""
    with pytest.raises(SystemExit) as ended:
        run(argv)
    return int(ended.value.code or 0)


@contextlib.contextmanager
def nobodys_git(cache: Path) -> Iterator[None]:
    """A block without anybody's settings of git, and with a cache of Copier's of its own."""
    from plumbum import local

    with pytest.MonkeyPatch.context() as patch, local.env(**GIT):
        for name, value in {**GIT, "COPIER_CACHE_DIR": str(cache)}.items():
            patch.setenv(name, value)
        yield


@contextlib.contextmanager
def refused(project: Project, error: type[ManagerError] = UsageError) -> Iterator[list[str]]:
    """The block ends with an error of exit code 2, and the same files as before are there."""
    before = meaning(project.tree())
    lines: list[str] = []
    with pytest.raises(error) as caught:
        yield lines
    assert caught.value.exit_code == 2
    assert meaning(project.tree()) == before
    lines.extend(str(caught.value).splitlines())


@contextlib.contextmanager
def listening() -> Iterator[int]:
    """A port that another program of this machine has."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def repository_with(lab: Project, path: str, text: str) -> None:
    """The template with one file changed, as its next version."""
    folder = lab.root.parent / "template"
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=change")
    git(folder, "tag", f"v0.1.{len(git(folder, 'tag').split())}")
