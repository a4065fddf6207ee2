"""A backup as a folder: what it may say, and that any damage to it is noticed."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import random
import tarfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.lifecycle.data.stores import Store, project_with

from container_manager.errors import PreconditionError, RuntimeFailure
from container_manager.lifecycle.data import backups
from container_manager.lifecycle.data.backups import (
    SUMS,
    backups_folder,
    drop_partial,
    sums_text,
    verify,
)
from container_manager.lifecycle.data.manifests import MANIFEST, read_manifest
from container_manager.lifecycle.project import Project


def _archive(name: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = 1_000
        archive.addfile(member, io.BytesIO(b"d" * member.size))
    return file.getvalue()


CONTENT = _archive("./data")


def entry(**changes: Any) -> dict[str, Any]:
    """One volume of a manifest, as we write it."""
    return {
        "name": "lab_data",
        "file": "lab_data.tar",
        "size": len(CONTENT),
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "driver": "local",
        "labels": {"io.container-manager.project": "lab"},
        "options": {},
        "services": ["framework.web"],
        "top": {"uid": 999, "gid": 999, "mode": 0o700},
        "credentials": {},
    } | changes


def manifest(*volumes: Any, **changes: Any) -> dict[str, Any]:
    made = {"project": "lab", "created": "20260102T030405Z", "made_by": "clean", "automatic": True}
    return {"format": 2, **made, "volumes": list(volumes or [entry()])} | changes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A whole backup of one volume."""
    (tmp_path / "lab_data.tar").write_bytes(CONTENT)
    write(tmp_path, manifest())
    return tmp_path


def write(folder: Path, said: Any) -> None:
    text = json.dumps(said, indent=1).encode()
    (folder / MANIFEST).write_bytes(text)
    sums = {"lab_data.tar": hashlib.sha256(CONTENT).hexdigest()}
    (folder / SUMS).write_text(sums_text(text, sums))


def test_a_whole_backup_is_read_as_it_was_written(folder: Path) -> None:
    said = verify(folder)
    (volume,) = said.volumes
    assert (said.project, said.automatic, said.made_by) == ("lab", True, "clean")
    assert (volume.name, volume.file, volume.services) == (
        "lab_data", folder / "lab_data.tar", ("framework.web",),
    )  # fmt: skip
    assert volume.top is not None
    assert (volume.top.uid, volume.top.mode) == (999, 0o700)


@pytest.mark.parametrize("name", ["lab_data.tar", MANIFEST, SUMS])
def test_one_flipped_bit_anywhere_is_refused(folder: Path, name: str) -> None:
    whole = (folder / name).read_bytes()
    places = random.Random(name).sample(range(len(whole) * 8), 120)
    for place in places:
        broken = bytearray(whole)
        broken[place // 8] ^= 1 << place % 8
        (folder / name).write_bytes(broken)
        with pytest.raises(RuntimeFailure) as caught:
            verify(folder)
        assert "no volume was touched" in str(caught.value)
    (folder / name).write_bytes(whole)
    verify(folder)


@pytest.mark.parametrize("name", ["lab_data.tar", MANIFEST, SUMS])
def test_a_missing_or_cut_file_is_refused(folder: Path, name: str) -> None:
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[:-1])
    with pytest.raises(RuntimeFailure):
        verify(folder)
    (folder / name).unlink()
    with pytest.raises(RuntimeFailure):
        verify(folder)


def test_no_link_and_no_pipe_is_read_as_an_archive(folder: Path, tmp_path: Path) -> None:
    archive = folder / "lab_data.tar"
    elsewhere = archive.rename(tmp_path / "elsewhere")
    archive.symlink_to(elsewhere)
    with pytest.raises(RuntimeFailure, match="is no plain file"):
        verify(folder)
    archive.unlink()
    os.mkfifo(archive)
    with pytest.raises(RuntimeFailure, match="is no plain file"):
        verify(folder)


def test_what_would_leave_its_volume_or_is_no_archive_is_refused(folder: Path) -> None:
    for content, message in (
        (
            _archive("../data"),
            "could write outside of the volume, by its '../da",
        ),
        (b"what a volume held" * 100, "is no whole tar file"),
    ):
        digest = hashlib.sha256(content).hexdigest()
        (folder / "lab_data.tar").write_bytes(content)
        said = json.dumps(manifest(entry(size=len(content), sha256=digest))).encode()
        (folder / MANIFEST).write_bytes(said)
        (folder / SUMS).write_text(sums_text(said, {"lab_data.tar": digest}))
        with pytest.raises(RuntimeFailure, match=message):
            verify(folder)


def test_the_first_format_had_no_sums(folder: Path) -> None:
    old = entry()
    for key in ("services", "top"):
        del old[key]
    write(folder, {"format": 1, "project": "lab", "volumes": [old]})
    (folder / SUMS).unlink()
    assert verify(folder).automatic is False
    (folder / "lab_data.tar").write_bytes(CONTENT[:-1] + b"x")
    with pytest.raises(RuntimeFailure, match="its checksum differs"):
        verify(folder)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ([], "it is not a mapping"),
        ({"format": 3}, "its format is 3"),
        ({"format": True, "volumes": [entry()]}, "its format is True"),
        (manifest(volumes=[]), "it lists no volumes"),
        (manifest(volumes={}), "it lists no volumes"),
        (manifest("text"), "volume number 1 is not a mapping"),
        (manifest(entry(), entry()), "it lists the volume lab_data more than once"),
        (manifest(entry(), entry(name="b")), "the file lab_data.tar more than once"),
        (manifest(project=7), "it has no project"),
        (manifest(project="a\0b"), "it has no project"),
        (manifest(project="\ud800"), "it has no project"),
        (manifest(entry(file="\ud800.tar")), "number 1 has no file"),
        (manifest(entry(sha256="\ud800")), "has no sha256"),
        (manifest(entry(labels={"\ud800": ""})), "the labels of"),
        (manifest(entry(services=["\ud800"])), "the services of"),
        (manifest(automatic="yes"), "whether it is automatic"),
        (manifest(entry(name="--all")), "no volume can have"),
        (manifest(entry(name="a/b")), "no volume can have"),
        (manifest(entry(file="../x.tar")), "not a plain file name"),
        (manifest(entry(file="/etc/passwd")), "not a plain file name"),
        (manifest(entry(file=MANIFEST)), "not a plain file name"),
        (manifest(entry(sha256=None)), "has no sha256"),
        (manifest(entry(size=-1)), "the size of"),
        (manifest(entry(size=True)), "the size of"),
        (manifest(entry(labels=["a"])), "the labels of"),
        (manifest(entry(labels={"a": 1})), "the labels of"),
        (manifest(entry(options={"o\0": "bind"})), "the options of"),
        (manifest(entry(services="web")), "the services of"),
        (manifest(entry(top={"uid": 0})), "the owner and mode of"),
        (manifest(entry(top={"uid": 0, "gid": 0, "mode": 0o10000})), "the owner and mode of"),
        (manifest(entry(top={"uid": "0", "gid": 0, "mode": 0})), "the owner and mode of"),
        (manifest(entry(top={"uid": 2**32 - 1, "gid": 0, "mode": 0})), "the owner of"),
        (manifest(created=7), "it has no created, or one that is not a text"),
        (manifest(made_by=""), "it has no made_by, or one that is not a text"),
        (manifest(entry(driver=7)), "its volume number 1 has no driver, or one that is not"),
        (manifest(entry(credentials="A")), "the credentials of its volume number 1 are not a map"),
        (manifest(entry(credentials={"A": {"salt": "x"}})), "a salt and a hash"),
    ],
)
def test_a_manifest_that_we_would_not_write_is_refused(folder: Path, said: Any, why: str) -> None:
    write(folder, said)
    with pytest.raises(RuntimeFailure) as caught:
        read_manifest(folder)
    assert why in str(caught.value)


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 100_000, b'{"format": NaN}'])
def test_what_is_no_json_is_refused(folder: Path, text: bytes) -> None:
    (folder / MANIFEST).write_bytes(text)
    with pytest.raises(RuntimeFailure, match="has no usable manifest"):
        read_manifest(folder)


def test_only_what_a_killed_backup_has_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / "20260102T030405Z-abc_12x.partial"
    noted = tmp_path / "20260102T030405Z-abc_12y.partial"
    named = tmp_path / "mine.partial"
    for one in (left, noted, named):
        one.mkdir()
        (one / "lab_data.tar").write_bytes(b"half")
    (noted / "why-i-keep-this.txt").write_text("important")
    assert drop_partial(tmp_path) == [left.name]
    assert sorted(one.name for one in tmp_path.iterdir()) == [noted.name, named.name]


def test_what_the_disk_does_not_give_is_told_with_its_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Path) -> str:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(backups, "sha256", broken)
    with pytest.raises(RuntimeFailure, match=r"lab_data\.tar cannot be read: Input/output error"):
        verify(folder)
    (folder / SUMS).unlink()
    (folder / SUMS).mkdir()
    with pytest.raises(RuntimeFailure, match=f"{SUMS} cannot be read: Is a directory"):
        verify(folder)


def test_a_file_of_an_impossible_name_is_told_with_its_volume(folder: Path) -> None:
    write(folder, manifest(entry(file=f"{'x' * 300}.tar")))
    why = r"x\.tar of the volume lab_data cannot be read: File name too long"
    with pytest.raises(RuntimeFailure, match=why):
        verify(folder)


def test_a_folder_that_cannot_keep_backups_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = project_with(Store(), tmp_path)
    long = SimpleNamespace(root=tmp_path, backups_dir=tmp_path / ("x" * 300))
    with pytest.raises(PreconditionError, match="x cannot be made: File name too long"):
        backups_folder(cast(Project, long))
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PreconditionError, match="backups cannot be written to"):
        backups_folder(project)
