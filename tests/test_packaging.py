"""What is published: the wheel holds what it needs and no more, and the version stands once."""

from __future__ import annotations

import re
import tarfile
import tomllib
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
from tests.published import NAME, build
from tests.template.scaffolds import ROOT, git

from container_manager import __version__

MOVED = {
    "src/container_manager/": "container_manager/",
    "services/framework/": "container_manager/services/framework/",
    "services/applications/": "container_manager/services/applications/",
    "template/": "container_manager/scaffold/bundled/template/",
    "copier.yml": "container_manager/scaffold/bundled/copier.yml",
}
"""What of the repository is in the wheel -> where it is there."""

ABOUT = f"{NAME}.dist-info/"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel; the source archive lies beside it."""
    return build(ROOT, tmp_path_factory.mktemp("dist"), "sdist", "wheel")


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        return message_from_bytes(archive.read(f"{ABOUT}METADATA"))


def tracked() -> set[str]:
    """The files of this checkout, new ones included, but for what git ignores."""
    listing = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return {name for name in listing.split("\0") if (ROOT / name).is_file()}


def test_the_wheel_holds_code_services_and_templates_and_nothing_else(wheel: Path) -> None:
    """Where ``path: package:container-manager/services/…`` and ``new`` look for them."""
    wanted = {
        to + file.removeprefix(of)
        for file in tracked()
        for of, to in MOVED.items()
        if file.startswith(of)
    }
    about = {f"{ABOUT}{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt")}
    with zipfile.ZipFile(wheel) as archive:
        found = set(archive.namelist())
    assert found == wanted | about | {f"{ABOUT}licenses/LICENSE"}


def test_the_source_archive_gives_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(wheel.with_name(f"{NAME}.tar.gz")) as archive:
        archive.extractall(tmp_path, filter="data")
    unpacked = tmp_path / NAME
    assert (unpacked / "LICENSE").is_file()
    again = build(unpacked, tmp_path / "again", "wheel")
    assert again.read_bytes() == wheel.read_bytes()


def test_what_people_are_told_to_install_exists(metadata: Message) -> None:
    texts = [ROOT / name for name in tracked() if name.endswith((".md", ".py", ".jinja"))]
    own = Path(__file__)
    named = {
        extra
        for file in texts
        if file != own
        for extra in re.findall(r"container-manager\[(\w+)\\?\]", file.read_text("utf-8"))
    }
    assert named == set(metadata.get_all("Provides-Extra", []))


def test_the_version_stands_in_one_place(metadata: Message) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert settings["project"]["dynamic"] == ["version"]
    assert metadata["Version"] == __version__


def test_the_licence_is_told_and_comes_along(metadata: Message) -> None:
    assert (metadata["License-Expression"], metadata["License-File"]) == ("MIT", "LICENSE")
