"""What happens to files while they are looked at, read and copied."""

from __future__ import annotations

import os
import shutil
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.build.checking import refuses
from tests.build.reference import attempt, generated

from container_manager import building
from container_manager.errors import BuildError, ManagerError
from container_manager.render import Renderer

if TYPE_CHECKING:
    from tests.conftest import Project

WEB = "services/framework/web"


@pytest.fixture
def lab(project: Project) -> Project:
    """A project that copies ``src/`` and was built once; nothing is remembered of that."""
    project.deploy(copy_src=True)
    project.files({"src/a.txt": "a\n", f"{WEB}/page.html.j2": "page\n"})
    building.build("config.yml")
    forget(project)
    return project


def forget(project: Project) -> None:
    shutil.rmtree(project.root / ".container-manager")


@pytest.mark.parametrize("kind", ["pipe", "folder", "gone"])
def test_what_takes_the_place_of_a_file_is_not_waited_for(
    lab: Project, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Somebody puts it there after the folder was listed."""
    path = lab.write("src/a.txt", "changed\n")
    real_open = os.open

    def exchange_and_open(name: Any, *args: Any, **kwargs: Any) -> int:
        if name == str(path) and path.is_file():
            path.unlink()
            if kind == "pipe":
                os.mkfifo(path)
            elif kind == "folder":
                path.mkdir()
        return real_open(name, *args, **kwargs)

    monkeypatch.setattr(os, "open", exchange_and_open)
    with refuses(lab) as refusal:
        building.build("config.yml")
    assert refusal.type is BuildError
    assert "a.txt" in str(refusal.value)


def test_all_that_cannot_be_read_is_told_at_once(
    lab: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.files({"src/one.txt": "1\n", "src/two.txt": "2\n", "src/folder/x.txt": "x\n"})
    denying(monkeypatch, "open", "one.txt", "two.txt")
    with refuses(lab) as refusal:
        building.build("config.yml")
    assert str(refusal.value) == (
        "src/one.txt: The file cannot be read: Permission denied.\n  Make it readable.\n"
        "src/two.txt: The file cannot be read: Permission denied.\n  Make it readable."
    )
    denying(monkeypatch, "scandir", "folder")
    with refuses(lab) as refusal:
        building.build("config.yml")
    assert str(refusal.value) == (
        "src/folder: This folder cannot be read: Permission denied.\n"
        "  Let this user read it, or move it away."
    )


def denying(monkeypatch: pytest.MonkeyPatch, function: str, *names: str) -> None:
    """A function of ``os`` refuses to touch files of some names."""
    real = getattr(os, function)

    def denied(path: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(path, int) and Path(os.fsdecode(path)).name in names:
            raise PermissionError(13, "Permission denied", path)
        return real(path, *args, **kwargs)

    monkeypatch.setattr(os, function, denied)


@pytest.mark.parametrize("change", ["appended", "shortened", "touched"])
@pytest.mark.parametrize("moment", ["read", "copy_file_range"])
def test_a_file_that_changes_meanwhile(
    lab: Project, monkeypatch: pytest.MonkeyPatch, moment: str, change: str
) -> None:
    """While it is read, to see whether it has to be copied; and while it is copied."""
    path = lab.write("src/a.txt", "changed\n" * 1000)
    real = getattr(os, moment)

    def change_and_go_on(descriptor: int, *args: Any) -> Any:
        result = real(descriptor, *args)
        if os.path.realpath(f"/proc/self/fd/{descriptor}") == str(path):
            if change == "touched":
                os.utime(path)
            else:
                os.truncate(path, 16000 if change == "appended" else 8)
        return result

    monkeypatch.setattr(os, moment, change_and_go_on)
    with refuses(lab) as refusal:
        building.build("config.yml")
    said = {
        "read": "The file cannot be read: it changes while it is being read.",
        "copy_file_range": "The file changed while it was being copied.",
    }
    assert str(refusal.value) == f"src/a.txt: {said[moment]}\n  Run the command again."
    monkeypatch.undo()
    building.build(lab.root / "config.yml")
    assert lab.read(f"build/{WEB}/repo_src/a.txt") == path.read_text()


def test_a_file_that_goes_while_its_folder_is_listed(
    lab: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = lab.write("src/folder/x.txt")
    scandir = os.scandir

    def list_and_remove(folder: Any) -> Any:
        if folder != str(path.parent):
            return scandir(folder)
        entries = list(scandir(folder))
        path.unlink()
        return nullcontext(entries)

    monkeypatch.setattr(os, "scandir", list_and_remove)
    with refuses(lab) as refusal:
        building.build("config.yml")
    assert str(refusal.value) == (
        "src/folder/x.txt: This cannot be looked at: No such file or directory.\n"
        "  Run the command again."
    )


@pytest.mark.parametrize(
    ("path", "owner", "function", "after"),
    [
        ("services/docker-compose.yml.j2", Renderer, "render", True),
        (f"{WEB}/page.html.j2", Renderer, "render", True),
        (f"{WEB}/docker-compose.yml.j2", Renderer, "render", True),
        ("src/link", os, "readlink", False),
        ("requirements.txt", os.path, "realpath", True),
        ("docs/one.md", os.path, "realpath", True),
    ],
)
def test_what_goes_between_two_looks_is_an_error_of_ours(
    lab: Project, monkeypatch: pytest.MonkeyPatch, path: str, owner: Any, function: str, after: bool
) -> None:
    lab.deploy(copy_src=True, additional_dirs=["docs/one.md"])
    lab.files({"requirements.txt": "numpy\n", "docs/one.md": "# One\n"})
    (lab.root / "src/link").symlink_to("a.txt")
    building.build("config.yml")
    going, real = lab.root / path, getattr(owner, function)

    def gone(*args: Any, **kwargs: Any) -> Any:
        asked = going in args or str(going) in args
        if asked and not after:
            going.unlink(missing_ok=True)
        try:
            return real(*args, **kwargs)
        finally:
            if asked:
                going.unlink(missing_ok=True)

    forget(lab)
    monkeypatch.setattr(owner, function, gone)
    before = generated(lab.tree("build"))
    built = attempt(lambda: building.build("config.yml"))
    if isinstance(built, ManagerError):  # else it was read before it went
        assert generated(lab.tree("build")) == before
