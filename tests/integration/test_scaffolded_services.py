"""Every kind of service: from ``copier copy`` to its own tests passing, with no edit between.

Everything runs as a shell would run it: the programs of this environment, a home of its own,
no git identity, and a template that is a clone of this checkout.
"""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration import postgres_image
from tests.integration.conftest import PREFIX, Podman, trusting_settings
from tests.scaffold.update.labs import Repository
from tests.scaffold.update.shipped import WEB, replace, second_version, third_version
from tests.template.scaffolds import checkout_copy

pytestmark = [pytest.mark.podman, pytest.mark.timeout(900)]

TAGGED, ODD = ("lab", "v1.0.0"), ("Mein Läb — 2", None)
"""Where the project is made, and from which version of the template."""

KINDS = {
    "python": ODD,
    "dockerfile": TAGGED,
    "image": ODD,
    "jupyter": TAGGED,
    "database": ODD,
    "job": TAGGED,
}
PLACES = {
    "python": "framework/web",
    "dockerfile": "applications/als_expert/pages",
    "image": "files",
    "jupyter": "framework/notebooks",
    "database": "applications/als_expert/store",
    "job": "framework/nightly",
}


MINE = """
import urllib.request

import pytest


@pytest.fixture(scope="module")
def stack_services():
    return ["services.web"]


@pytest.mark.containers
def test_my_edit_answers(service_url):
    with urllib.request.urlopen(service_url("services.web") + "/health", timeout=10) as answer:
        assert b"mine" in answer.read()
"""
"""What the owner of the service adds to its tests."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shell:
    """Runs programs in a folder, with an environment of its own."""

    folder: Path
    environ: dict[str, str]

    def __call__(self, *argv: str) -> str:
        """The output of ``python -m ARGV``, which must succeed."""
        done = subprocess.run(
            [sys.executable, "-m", *argv],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, f"{argv}\n{done.stdout[-6000:]}{done.stderr[-6000:]}"
        return done.stdout


@pytest.fixture(scope="module")
def shell(podman: Podman, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """The shell of somebody who has just logged in: an empty home, and no git identity."""
    home = tmp_path_factory.mktemp("home")
    kept = {
        name: os.environ[name] for name in ("PATH", "TMPDIR", "PIP_INDEX_URL") if name in os.environ
    }
    environ = {
        **kept,
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        **trusting_settings(podman, home),
    }
    return Shell(folder=home, environ=environ)


@pytest.mark.parametrize("kind", KINDS)
def test_works_at_once(
    shell: Shell,
    podman: Podman,
    python_image: str,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    record_property: Callable[[str, object], None],
    kind: str,
) -> None:
    folder, tag = KINDS[kind]
    place = f"services/{PLACES[kind]}"
    answers = ["--defaults", "--quiet", "--data", f"kind={kind}"]
    if kind == "database":
        # No registry is asked: an image that keeps the conventions of the default one.
        answers += [
            "--data",
            f"image={postgres_image.ensure_image(podman, tmp_path_factory.mktemp('postgres'))}",
        ]
    template = checkout_copy(tmp_path / folder / "template", tag=tag)
    project = tmp_path / folder / "project"
    started = time.monotonic()

    shell("copier", "copy", "--defaults", "--quiet", str(template), str(project))
    inside = dataclasses.replace(shell, folder=project)
    inside("copier", "copy", *answers, str(template), place)
    inside("container_manager", "build")
    report = inside("pytest", "-p", "no:cacheprovider", "--containers=always", "-rA", place)

    seconds = round(time.monotonic() - started)
    record_property(f"{kind} in '{folder}', copier copy to passing tests", f"{seconds} s")
    assert_all_passed(report)
    if kind == "jupyter":
        keep_layers(podman, shell, python_image, project / "build" / place)


def keep_layers(podman: Podman, shell: Shell, base: str, context: Path) -> None:
    """Make the image once more, to keep what pip needed most of a minute for.

    The next build of the same instructions, here or in the next run, is made from it.
    """
    image = f"localhost/{PREFIX}{uuid.uuid4().hex[:10]}"
    argv = ("build", "--quiet", f"--build-arg=BASE={base}", f"--tag={image}", str(context))
    environ = {**podman.env, **trusting_settings(podman, shell.folder)}
    made = podman.runner.run((podman.host.executable, *argv), env=environ, timeout=600)
    assert made.ok, made.last_lines
    podman.keep_layers(image, "scaffolded-jupyter")
    podman("untag", image, image)


def assert_all_passed(report: str) -> None:
    summary = report.splitlines()[-1]
    assert " passed" in summary
    assert not any(word in summary for word in ("skipped", "failed", "error", "deselected"))
    assert "::TestRules::" in report


def test_an_edited_service_passes_its_tests_after_two_updates(
    shell: Shell, podman: Podman, python_image: str, tmp_path: Path
) -> None:
    template = Repository(checkout_copy(tmp_path / "template", tag="v1.0.0"))
    lab = Repository(tmp_path / "lab")
    shell("copier", "copy", "--defaults", "--quiet", str(template.path), str(lab.path))
    inside = dataclasses.replace(shell, folder=lab.path)
    inside("copier", "copy", "--defaults", "--quiet", str(template.path), WEB)
    lab.git("init", "--quiet", "--initial-branch=main")
    lab.commit()
    replace(lab, f"{WEB}/src/server.py", '{"status": "ok"}', '{"status": "mine"}')
    lab.commit({f"{WEB}/tests/test_mine.py": MINE})

    for version in (second_version, third_version):
        version(template)
        inside("container_manager", "update", "--defaults")
        lab.commit()

    assert "guide.md" in lab.names(WEB)
    assert "unless-stopped # or not" in lab.read(f"{WEB}/docker-compose.yml.j2")
    report = inside("pytest", "-p", "no:cacheprovider", "--containers=always", "-rA", WEB)
    assert "test_mine.py::test_my_edit_answers" in report
    assert_all_passed(report)
