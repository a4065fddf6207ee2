"""What two archives have in common, and what they differ in."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from container_manager.lifecycle.data.archives import archived, stray

Change = Callable[[tarfile.TarInfo], object]


def archive(path: Path, *names: str, change: Change = bool, content: bytes = b"content") -> Path:
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as made:
        top = tarfile.TarInfo("./")
        top.type = tarfile.DIRTYPE
        made.addfile(top)
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.mtime = 1_700_000_000
            change(member)
            made.addfile(member, io.BytesIO(content))
    return path


def test_order_and_parts_of_seconds_do_not_count(tmp_path: Path) -> None:
    first = archived(archive(tmp_path / "a", "x", "y"))
    second = archived(
        archive(tmp_path / "b", "y", "x", change=lambda m: setattr(m, "mtime", 1_700_000_000.5))
    )
    assert first == second
    assert first.members == 2


def test_an_empty_volume_has_no_members(tmp_path: Path) -> None:
    assert archived(archive(tmp_path / "a")).members == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda m: setattr(m, "name", "z"),
        lambda m: setattr(m, "mode", 0o600),
        lambda m: setattr(m, "uid", 7),
        lambda m: setattr(m, "gid", 7),
        lambda m: setattr(m, "mtime", 1_700_000_001),
        lambda m: m.pax_headers.update({"SCHILY.xattr.user.a": "b"}),
        lambda m: setattr(m, "type", tarfile.CHRTYPE),
    ],
)
def test_whatever_a_file_is_counts(tmp_path: Path, change: Change) -> None:
    same = archived(archive(tmp_path / "a", "x", "y"))
    assert archived(archive(tmp_path / "b", "x", "y", change=change)) != same


def test_every_byte_counts(tmp_path: Path) -> None:
    assert archived(archive(tmp_path / "a", "x")) != archived(
        archive(tmp_path / "b", "x", content=b"contenT")
    )


def test_half_an_archive_is_none(tmp_path: Path) -> None:
    whole = archive(tmp_path / "a", "x", "y", content=b"x" * 20_000).read_bytes()
    (tmp_path / "b").write_bytes(whole[:25_000])
    with pytest.raises(tarfile.TarError):
        archived(tmp_path / "b")


def members(
    file: Path, *listed: tuple[str, bytes, str], headers: dict[str, str] | None = None
) -> Path:
    """An archive of names, types and what they link to."""
    with tarfile.open(file, "w", format=tarfile.PAX_FORMAT, pax_headers=headers) as made:
        for name, kind, target in listed:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, target
            made.addfile(member)
    return file


FILE, FOLDER, LINK, HARD = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


def test_what_volumes_hold_stays_in_them(tmp_path: Path) -> None:
    listed = [
        ("./", FOLDER, ""), ("./a", FOLDER, ""), ("./a/..b", FILE, ""), ("./a/c", HARD, "./a/..b"),
        ("./out", LINK, "/etc/passwd"), ("./up", LINK, "../../x"), ("./out2/x", FILE, ""),
    ]  # fmt: skip
    assert stray(members(tmp_path / "a", *listed)) is None
    assert stray(archive(tmp_path / "b")) is None


@pytest.mark.parametrize(
    "listed",
    [
        [("../x", FILE, "")],
        [("./a/../../x", FILE, "")],
        [("/etc/x", FILE, "")],
        [("./l", LINK, "/etc"), ("./l/x", FILE, "")],
        [("l", LINK, "/etc"), (".//l/./d/x", FOLDER, "")],
        [("./a/l", LINK, "/"), ("./a/l", FOLDER, ""), ("./a/l/x", FILE, "")],
        [("./", LINK, "/etc"), ("./x", FILE, "")],
        [("./h", HARD, "../../etc/passwd")],
        [("./h", HARD, "/etc/passwd")],
        [("./l", LINK, "/etc"), ("./h", HARD, "./l/passwd")],
    ],
)
def test_what_could_be_written_elsewhere_is_found(
    tmp_path: Path, listed: list[tuple[str, bytes, str]]
) -> None:
    assert stray(members(tmp_path / "a", *listed)) is not None


def test_headers_that_readers_understand_differently_are_found(tmp_path: Path) -> None:
    """Podman passes them over; to others they name every member."""
    assert stray(members(tmp_path / "a", ("x", FILE, ""), headers={"path": "l"})) is not None
