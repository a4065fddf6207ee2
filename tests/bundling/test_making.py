"""Bundles that are not written, or not unpacked: nothing else was done then."""

from __future__ import annotations

import contextlib
import errno
import shutil
from types import SimpleNamespace
from typing import Any

import pytest
from tests.bundling.small import small, written
from tests.conftest import Project

from container_manager import __version__, lifecycle
from container_manager.bundling import archive, images, making, receiving
from container_manager.bundling.contents import Contents
from container_manager.errors import PreconditionError, RuntimeFailure, UsageError

PROGRESS = SimpleNamespace(step=lambda _: None)
FULL = SimpleNamespace(free=3 << 20)


@pytest.fixture
def lab(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose images are none, on a machine without Podman."""
    project.deploy()
    opened = SimpleNamespace(
        project=SimpleNamespace(name="lab", progress=PROGRESS, engine=None, root=project.root),
        build=None,
        stack=SimpleNamespace(services={}),
        only=None,
    )
    nothing = Contents(members=(), files={}, left=())
    monkeypatch.setattr(making, "open_built", lambda *_: opened)
    monkeypatch.setattr(making, "_contents", lambda *_: nothing)
    monkeypatch.setattr(making, "told_by_template", lambda _: contextlib.nullcontext())
    monkeypatch.setattr(making, "changing", lambda _: contextlib.nullcontext())
    monkeypatch.setattr(making, "_references", lambda _: set())
    monkeypatch.setattr(lifecycle, "build_images", lambda *_, **__: None)
    return project


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("services", "services is a folder: nothing was done."),
        ("nowhere/lab.tar", "There is no folder nowhere: nothing was done."),
        ("config.yml", "config.yml is there already: nothing was done."),
    ],
)
def test_a_bundle_needs_a_place_of_its_own(lab: Project, output: str, told: str) -> None:
    with lab.refuses(UsageError) as refusal:
        making.bundle(output=output)
    assert refusal.messages == [told]


def test_a_disk_without_room_is_told_before_anything_is_written(
    lab: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: FULL)
    before = sorted(lab.root.iterdir())
    with lab.refuses(PreconditionError, written=True) as refusal:
        making.bundle()
    assert sorted(lab.root.iterdir()) == before
    assert "takes about 64 MiB for a while, and there are 3 MiB free" in refusal.text


def test_a_disk_that_fills_up_leaves_no_bundle(
    lab: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(making, "_gather", lambda *_: (small(), {}))
    monkeypatch.setattr(archive, "write", full)
    before = sorted(lab.root.iterdir())
    with pytest.raises(RuntimeFailure, match="could not be written: No space left on device"):
        making.bundle()
    assert sorted(lab.root.iterdir()) == before


@pytest.fixture
def unpacking(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The small bundle, on a machine without Podman."""
    (project.root / "lab.bundle.tar").write_bytes(written(small()))
    engine = SimpleNamespace(host=SimpleNamespace(store=""))
    here = SimpleNamespace(engine=engine, progress=PROGRESS)
    monkeypatch.setattr(receiving, "open_project", lambda *_, **__: here)
    monkeypatch.setattr(images, "architecture", lambda _: "amd64")
    return project


def test_a_bundle_of_another_version_is_unpacked_with_a_warning(
    unpacking: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    receiving.unbundle("lab.bundle.tar")
    assert unpacking.read("lab/config.yml") == "project_name: lab\n"
    told = f"The bundle was made with container-manager 1.0, and this is {__version__}."
    assert told in " ".join(capsys.readouterr().err.split())


def test_a_disk_without_room_for_what_is_in_it_is_told(
    unpacking: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=-1))
    with unpacking.refuses(PreconditionError, written=True) as refusal:
        receiving.unbundle("lab.bundle.tar")
    assert [one.name for one in unpacking.root.iterdir()] == ["lab.bundle.tar"]
    assert "nothing was loaded or written." in refusal.text
