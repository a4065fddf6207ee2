"""Whose stack it is: by path, by what is left of it, and by word of the user."""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import replace
from pathlib import Path
from unittest.mock import ANY

import pytest

from container_manager.errors import Location, PreconditionError
from container_manager.identity import (
    CONFIG,
    PROJECT,
    Identity,
    foreign_problems,
    load_identity,
    private_folder,
    remember_adopted,
)
from container_manager.podman.state import VolumeState


def volume(name: str, labels: dict[str, str]) -> VolumeState:
    return VolumeState(name=name, driver="local", labels=labels, options={}, mountpoint="")


def load(root: Path, *, create: bool = True, adopt: bool = False) -> Identity:
    return load_identity(
        root / "state", project="lab", config=root / "config.yml", create=create, adopt=adopt
    )


def labels(root: Path, project: str = "lab") -> dict[str, str]:
    return {PROJECT: project, CONFIG: str(root / "config.yml")}


def test_an_identity_is_made_once_and_only_when_something_starts(tmp_path: Path) -> None:
    assert load(tmp_path, create=False).checkout is None
    assert list(tmp_path.iterdir()) == []
    first = load(tmp_path)
    assert first == load(tmp_path) == load(tmp_path, create=False)
    assert first.checkout is not None
    state = tmp_path / "state"
    assert state.stat().st_mode & 0o777 == 0o700
    assert (state / "identity.json").stat().st_mode & 0o777 == 0o600
    assert (state / ".gitignore").read_text() == "*\n"
    for damaged in ("damaged", "[" * 100_000):
        (state / "identity.json").write_text(damaged)
        assert load(tmp_path).checkout not in (None, first.checkout)


def test_an_identity_outlives_a_power_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Containers and volumes have its id: with another one they would be somebody else's."""
    on_disk: dict[int, int] = {}

    def synced(descriptor: int) -> None:
        on_disk[os.fstat(descriptor).st_ino] = os.fstat(descriptor).st_size

    monkeypatch.setattr(os, "fsync", synced)
    for change in (lambda: load(tmp_path), lambda: remember_adopted(tmp_path / "state", ["data"])):
        on_disk.clear()
        change()
        file = (tmp_path / "state/identity.json").stat()
        assert on_disk == {file.st_ino: file.st_size, (tmp_path / "state").stat().st_ino: ANY}


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EIO])
def test_only_a_file_system_that_cannot_may_refuse_to_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refused(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refused)
    if number == errno.EIO:
        with pytest.raises(OSError, match="Input/output"):
            load(tmp_path)
        assert sorted(one.name for one in (tmp_path / "state").iterdir()) == [".gitignore"]
    else:
        assert load(tmp_path) == load(tmp_path)


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Another checkout, with its configuration."""
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "config.yml").write_text("{}")
    return folder


def test_ours_is_what_says_our_path_or_a_path_that_is_gone(tmp_path: Path, other: Path) -> None:
    me = load(tmp_path)
    assert me.owns(labels(tmp_path))
    assert not me.owns(labels(tmp_path, "another-project"))
    assert not me.owns({})
    assert not me.owns(labels(other))
    assert load(tmp_path, adopt=True).owns(labels(other))
    shutil.rmtree(other)
    assert me.owns(labels(other))


def test_foreign_things_are_named_with_their_owner(tmp_path: Path, other: Path) -> None:
    me = load(tmp_path)
    volumes = [
        volume("lab_a", labels(other)),
        volume("lab_b", labels(other)),
        volume("lab_mine", labels(tmp_path)),
        volume("lab_unused", {}),
        volume("lab_used", {}),
    ]
    owned, handmade = foreign_problems(me, [], volumes, used=["lab_used"])
    assert f"belongs to {other / 'config.yml'}: the volume lab_a, the volume lab_b" in owned.message
    assert "--adopt" in str(owned.remedy)
    assert "not started by Container Manager: the volume lab_used." in handmade.message
    assert foreign_problems(load(tmp_path, adopt=True), [], volumes) == []
    remember_adopted(tmp_path / "state", ["lab_used"])
    assert len(foreign_problems(load(tmp_path), [], volumes, used=["lab_used"])) == 1
    remember_adopted(tmp_path / "state", ["lab_a", "lab_b"])
    assert foreign_problems(load(tmp_path), [], volumes, used=["lab_used"]) == []


def test_the_key_to_change_is_named_or_the_file_to_add_it_to(tmp_path: Path, other: Path) -> None:
    volumes = [volume("lab_a", labels(other))]
    (unset,) = foreign_problems(load(tmp_path), [], volumes)
    assert f"Add 'project_name: ANOTHER' to {tmp_path / 'config.yml'}" in str(unset.remedy)
    me = replace(load(tmp_path), named=Location(tmp_path / "base.yml", 3, 15))
    (named,) = foreign_problems(me, [], volumes)
    assert named.where == me.named
    assert f"Change project_name ({tmp_path / 'base.yml'}:3:15)" in str(named.remedy)


def test_a_folder_that_is_open_to_others_is_closed(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    state.chmod(0o755)
    load(tmp_path)
    assert state.stat().st_mode & 0o7777 == 0o700


def test_a_folder_that_cannot_be_closed_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when it belongs to somebody else."""

    def refuse(path: Path, mode: int) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), str(path))

    state = tmp_path / "state"
    state.mkdir()
    state.chmod(0o755)
    monkeypatch.setattr(Path, "chmod", refuse)
    with pytest.raises(PreconditionError) as caught:
        load(tmp_path)
    assert str(caught.value) == (
        f"{state}: This folder is open to others, and cannot be closed: Operation not permitted.\n"
        "  It holds what is private: it has to belong to the user who runs this."
    )
    assert list(state.iterdir()) == []


def test_the_private_folder_is_left_as_it_is(tmp_path: Path) -> None:
    private_folder(tmp_path / "state")
    (tmp_path / "state/.gitignore").write_text("mine")
    private_folder(tmp_path / "state")
    assert (tmp_path / "state/.gitignore").read_text() == "mine"
