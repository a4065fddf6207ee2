"""The memory of a build misses nothing: whatever was looked at is noted, and a change is seen."""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.build import everything
from tests.build.everything import ENVIRON
from tests.build.laboratory import remove
from tests.build.recording import Lookups, recording
from tests.build.reference import told
from tests.packages.conftest import Site

from container_manager.build import again, memory, pipeline
from container_manager.build.memory import Memory
from container_manager.config.loader import load
from container_manager.errors import ManagerError
from container_manager.model import Build, BuildPlan

if TYPE_CHECKING:
    from tests.conftest import Project


@pytest.fixture
def site(project: Project, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The project with every feature, beside the place where its package is installed."""
    site = Site(project.root.parent / "site-packages")
    monkeypatch.setattr(sys, "path", [str(site.folder), *sys.path])
    everything.write(project, site)
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    return site


def build(project: Project) -> Build:
    return again.build_again(project.root / "config.yml", dict(os.environ))


def recalled(project: Project) -> Memory:
    found = memory.recall(project.root / "config.yml")
    assert found is not None
    return found


# --- what is looked at is noted -------------------------------------------------------------------


@pytest.fixture
def lookups(project: Project, site: Site, monkeypatch: pytest.MonkeyPatch) -> Lookups:
    """All that the first build of the project asked before it began to write.

    What Copier and its libraries ask while they are imported is over by then.
    """
    importlib.import_module("copier")
    execute = pipeline.execute
    with recording(project.root, site.folder) as asked:

        def stop_recording(*args: Any, **kwargs: Any) -> Build:
            asked.stop()
            return execute(*args, **kwargs)

        monkeypatch.setattr(pipeline, "execute", stop_recording)
        build(project)
    return asked


def is_covered(path: str, noted: set[str], project: Project) -> bool:
    """Whether a change at a path cannot be missed.

    It is noted itself, or needs not be:

    - Nothing was there, and the folder around it is noted: to make something there changes that.
    - The build directory: its record and every file in it are compared by themselves.
    - The private folder, where the memory itself lies, and compiled templates that are only a
      faster way to the same.
    - An installer's records of a package: every change of what is installed changes the folder
      that holds them, and that is noted.
    """
    place = Path(path)
    own = (project.root / "build", project.root / ".container-manager")
    return (
        path in noted
        or (not os.path.lexists(place) and str(place.parent) in noted)
        or any(map(place.is_relative_to, own))
        or "lab-1.0.dist-info" in place.parts
    )


def test_every_path_that_is_looked_at_is_noted(project: Project, lookups: Lookups) -> None:
    noted = {os.path.normpath(path) for path in recalled(project).inputs.stamps}
    missed = {p: q for p, q in lookups.paths.items() if not is_covered(p, noted, project)}
    on_the_way = around(noted)
    assert {p: q for p, q in missed.items() if q > {"realpath"} or p not in on_the_way} == {}
    assert len(lookups.paths) > 50


def test_folders_on_the_way_hold_what_is_noted(project: Project, lookups: Lookups) -> None:
    """Of a path that is followed, each folder: if another took its place, what is in it changed."""
    noted = {os.path.normpath(path) for path in recalled(project).inputs.stamps}
    missed = {path for path in lookups.resolved if not is_covered(path, noted, project)}
    assert missed - around(noted) == set()


def around(paths: set[str]) -> set[str]:
    """The folders that hold some paths."""
    return {str(folder) for path in paths for folder in Path(path).parents}


def test_every_variable_that_is_asked_for_is_noted(project: Project, lookups: Lookups) -> None:
    assert lookups.variables - recalled(project).variables.keys() == set()
    some = {"GREETING", "LAB_MOOD", "LAB_ZONE", "LAB_SITE", "LAB_PASSED", "PATH"}
    assert some <= lookups.variables


# --- what is noted is looked at again -------------------------------------------------------------


def settle(project: Project) -> None:
    """Build it, long enough after the last change for the times of files to be believed."""
    time.sleep(0.025)
    build(project)
    assert recalled(project).inputs.changed() == []


def says(plan: Callable[[], BuildPlan], project: Project) -> object:
    """What a plan would do, or the error in its place."""
    try:
        return [(change.path, change.action) for change in plan().pending]
    except ManagerError as error:
        return told(error.problems, project.root)


def check_change(project: Project, path: str, change: str) -> None:
    """The plan says after a change what it says with nothing remembered."""
    config = project.root / "config.yml"
    place = Path(path)
    with changed(place, change):
        assert path in recalled(project).inputs.changed()
        planned = says(lambda: again.plan_again(config, dict(os.environ)).plan, project)
        wanted = says(lambda: pipeline.plan(pipeline.prepare(load(config))), project)
        assert planned == wanted, (path, change)


@contextlib.contextmanager
def changed(place: Path, change: str) -> Iterator[None]:
    """A block in which something else is at a path."""
    kept = place.with_name(f"{place.name}.kept")
    if os.path.lexists(place):
        place.rename(kept)
    elif change == "content":
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("new\n")
    if change == "content" and kept.is_symlink():
        place.symlink_to("/etc/hostname")
    elif change == "content" and kept.is_file():
        place.write_bytes(kept.read_bytes() + b"\nmore\n")
    elif change == "content" and kept.is_dir():
        shutil.copytree(kept, place, symlinks=True)
        (place / "new.txt").write_text("new\n")
    yield
    remove(place)
    if os.path.lexists(kept):
        kept.rename(place)


@pytest.mark.parametrize("change", ["content", "gone"])
def test_a_change_of_anything_noted_is_seen(project: Project, site: Site, change: str) -> None:
    settle(project)
    below = (project.root, site.folder)
    noted = {
        path: stamp
        for path, stamp in recalled(project).inputs.stamps.items()
        if any(map(Path(path).is_relative_to, below)) and Path(path) not in below
    }
    assert len(noted) > 60
    for path, stamp in noted.items():
        if stamp is not None or change == "content":
            check_change(project, path, change)
            settle(project)


def test_a_change_of_the_program_itself_is_seen(
    project: Project, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(project)
    inputs = recalled(project).inputs
    lstat = os.lstat
    outside = [path for path in inputs.stamps if not Path(path).is_relative_to(project.root.parent)]
    assert len(outside) > 50
    for path in outside:
        other = project.root if path != str(project.root) else site.folder
        monkeypatch.setattr(os, "lstat", lambda p, at=path, to=other: lstat(to if p == at else p))
        assert inputs.changed() == [path]


def test_a_change_of_any_variable_is_seen(project: Project, site: Site) -> None:
    settle(project)
    remembered = recalled(project)

    def fits(environ: Mapping[str, str]) -> bool:
        return remembered.fits(project.root / "config.yml", environ)

    assert fits(os.environ)
    for name in remembered.variables:
        others = {key: value for key, value in os.environ.items() if key != name}
        assert not fits({**os.environ, name: "another"}), name
        assert fits(others) == (name not in os.environ), name
