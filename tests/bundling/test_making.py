"""Bundles that are not written, or not unpacked: nothing else was done then."""

from __future__ import annotations

import errno
import os
import shutil
from types import SimpleNamespace

import pytest
from tests.bundling.small import small, written
from tests.conftest import Project
from tests.puppet import Puppet

from container_manager import __version__
from container_manager.bundling import making, receiving, wheels
from container_manager.errors import PreconditionError, RuntimeFailure, UsageError


def bundles(lab: Project) -> list[str]:
    """What is called after a bundle, or was to become one."""
    return [one.name for one in lab.root.iterdir() if "bundle" in one.name]


FULL = SimpleNamespace(free=3 << 20)


@pytest.fixture
def lab(project: Project, puppet: Puppet) -> Project:
    """A project without containers, on a machine whose Podman has nothing."""
    project.deploy("web", "services: {}\n")
    project.build()
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
    with lab.refuses(UsageError, written=True) as refusal:
        making.bundle(output=output)
    assert refusal.messages == [told]


def test_a_disk_without_room_is_told_before_anything_is_written(
    lab: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: FULL)
    with lab.refuses(PreconditionError, written=True) as refusal:
        making.bundle()
    assert "takes about 64 MiB for a while, and there are 3 MiB free" in refusal.text
    assert bundles(lab) == []


def test_a_disk_that_fills_up_leaves_no_bundle(
    lab: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def make(*_: object) -> dict[str, str]:  # the true one takes half a minute
        monkeypatch.setattr(os, "fsync", full)  # only now: other records were written before
        return {}

    monkeypatch.setattr(wheels, "make", make)
    with pytest.raises(RuntimeFailure, match="could not be written: No space left on device"):
        making.bundle()
    assert bundles(lab) == []


@pytest.fixture
def unpacking(project: Project, puppet: Puppet) -> Project:
    """The small bundle, on a machine whose Podman has nothing."""
    puppet.says("info", "amd64")
    (project.root / "lab.bundle.tar").write_bytes(written(small()))
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
