"""A bundle is a tar file of which every byte is what the manifest says, or it is refused."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bundling.small import FILES, link, manifest, member, small, written

from container_manager.bundling.archive import Damaged, Reader, size_of, write
from container_manager.bundling.manifest import Member
from container_manager.errors import RuntimeFailure

WHOLE = written(small())


def read(data: bytes) -> dict[str, bytes]:
    """Member -> its content, of a bundle that is verified."""
    found: dict[str, bytes] = {}

    def take(one: Member, content: object) -> None:
        assert hasattr(content, "__iter__")
        found[one.path] = b"".join(content)

    Reader(io.BytesIO(data), "lab.bundle.tar").read(take)
    return found


def test_what_is_written_is_read() -> None:
    assert read(WHOLE) == FILES
    assert len(WHOLE) == size_of(small())
    reader = Reader(io.BytesIO(WHOLE), "lab.bundle.tar")
    assert reader.manifest == small()
    assert reader.sha256() == hashlib.sha256(WHOLE).hexdigest()


def test_other_programs_can_look_into_it() -> None:
    with tarfile.open(fileobj=io.BytesIO(WHOLE), mode="r:") as archive:
        members = archive.getmembers()
        names = [one.name for one in members]
        assert names[:2] == ["container-manager-bundle", "manifest.json"]
        assert names[2:-1] == list(FILES)
        assert (members[-1].name, members[-1].linkname) == (
            "project/services/web/latest",
            "run.sh",
        )
        assert {(one.mtime, one.uid, one.gid, one.uname, one.gname) for one in members} == {
            (0, 0, 0, "", "")
        }
        assert archive.getmember("project/services/web/run.sh").mode == 0o755
        content = archive.extractfile("project/config.yml")
        assert content is not None
        assert content.read() == FILES["project/config.yml"]


def test_the_same_bytes_come_out_everywhere() -> None:
    """Headers are made anew by whoever reads: no version of Python may spell them otherwise."""
    assert hashlib.sha256(WHOLE).hexdigest() == (
        "0f427fc3a9216c113b8a3fec83fd54aa1adbedc3f539b5615cd9cc7e9edf7f76"
    )


def test_every_kind_of_byte_counts() -> None:
    said = manifest(
        member("project/config.yml", FILES["project/config.yml"]), link("project/a", "b")
    )
    whole = bytearray(written(said))
    for place in range(0, len(whole), 7):
        whole[place] ^= 0x20
        with pytest.raises(Damaged):
            read(bytes(whole))
        whole[place] ^= 0x20
    assert read(bytes(whole)) == {"project/config.yml": FILES["project/config.yml"]}


@given(place=st.integers(0, len(WHOLE) - 1), other=st.integers(1, 255))
def test_a_changed_byte_is_refused(place: int, other: int) -> None:
    changed = bytearray(WHOLE)
    changed[place] ^= other
    with pytest.raises(Damaged):
        read(bytes(changed))


@given(length=st.integers(0, len(WHOLE) - 1))
def test_what_is_cut_off_is_refused(length: int) -> None:
    with pytest.raises(Damaged):
        read(WHOLE[:length])


@pytest.mark.parametrize("more", [b"\0", b"x", bytes(512), bytes(10240)])
def test_what_follows_the_end_is_refused(more: bytes) -> None:
    with pytest.raises(Damaged, match="has something after its end"):
        read(WHOLE + more)


def test_what_grows_while_it_is_read_is_refused() -> None:
    stream = io.BytesIO(WHOLE)
    reader = Reader(stream, "lab.bundle.tar")
    stream.seek(0, io.SEEK_END)
    stream.write(b"x")
    with pytest.raises(Damaged, match="something follows its end"):
        reader.read(lambda _, content: [*content].clear())


@pytest.mark.parametrize("data", [b"", b"x", b"\0" * 4096, b"PK\x03\x04" * 1000])
def test_another_file_is_no_bundle(data: bytes) -> None:
    with pytest.raises(Damaged, match=r"lab\.bundle\.tar is no bundle"):
        read(data)


def test_another_tar_file_is_no_bundle(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "other.tar", "w") as archive:
        device = tarfile.TarInfo("project/config.yml")
        device.type = tarfile.CHRTYPE
        archive.addfile(device)
    with pytest.raises(Damaged, match="is no bundle"):
        read((tmp_path / "other.tar").read_bytes())


@pytest.mark.parametrize("kind", [tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_a_member_of_another_kind_is_refused(kind: bytes) -> None:
    """The manifest calls it a file: what stands in the archive has to be just that."""
    changed = bytearray(WHOLE)
    start = WHOLE.index(b"project/config.yml\0")
    info = tarfile.TarInfo("project/config.yml")
    info.size, info.type, info.linkname = len(FILES["project/config.yml"]), kind, "/etc/passwd"
    changed[start : start + 512] = info.tobuf(tarfile.GNU_FORMAT)
    with pytest.raises(Damaged, match=r"what stands before project/config\.yml"):
        read(bytes(changed))


def test_a_member_that_nobody_announced_is_refused() -> None:
    with tarfile.open(fileobj=io.BytesIO(), mode="w") as _:
        extra = tarfile.TarInfo("project/extra").tobuf(tarfile.GNU_FORMAT)
    with pytest.raises(Damaged):
        read(WHOLE[:-1024] + extra + WHOLE[-1024:])


def test_what_changes_while_it_is_written_is_told() -> None:
    said = manifest(member("project/config.yml", b"before"))
    with pytest.raises(RuntimeFailure, match=r"config\.yml changed while it was read"):
        write(io.BytesIO(), said, lambda _: io.BytesIO(b"after!"))
    with pytest.raises(RuntimeFailure, match=r"config\.yml changed while it was read"):
        write(io.BytesIO(), said, lambda _: io.BytesIO(b"be"))


def test_what_changes_between_two_readings_is_refused() -> None:
    stream = io.BytesIO(WHOLE)
    reader = Reader(stream, "lab.bundle.tar")
    reader.sha256()
    other = written(manifest(member("project/config.yml", b"")), {})
    stream.seek(0)
    stream.write(other)
    stream.truncate()
    with pytest.raises(Damaged, match="changed while it was read"):
        reader.sha256()
