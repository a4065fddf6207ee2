"""Wheels of what is installed: whole, in the same bytes each time, or refused."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from importlib.metadata import Distribution, PathDistribution, distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import parse_wheel_filename

from container_manager.bundling.wheels import NotAWheel, make, needed, repack
from container_manager.errors import PreconditionError, RuntimeFailure
from container_manager.run import Finished, ProcessRunner

FILES = {
    "lab/__init__.py": "value = 1\n",
    "lab/run.sh": "#!/bin/sh\n",
    "lab-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: lab\nVersion: 1.0\n",
    "lab-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nTag: cp311-cp311-linux_x86_64\n",
    "lab-1.0.dist-info/entry_points.txt": "[console_scripts]\nlab = lab:main\n",
}


def install(site: Path, files: Mapping[str, str] = FILES, *more: str) -> Distribution:
    """A package as an installer leaves it."""
    rows = [
        "../../bin/lab,sha256=x,1",
        "lab/__pycache__/__init__.cpython-311.pyc,,",
        "lab-1.0.dist-info/INSTALLER,sha256=x,4",
        "lab-1.0.dist-info/RECORD,,",
        *more,
    ]
    for path, text in files.items():
        file = site / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
        rows.append(f"{path},sha256={digest.decode().rstrip('=')},{len(text)}")
    (site / "lab/run.sh").chmod(0o755)
    (site / "lab-1.0.dist-info/RECORD").write_text("\n".join(rows) + "\n")
    return PathDistribution(site / "lab-1.0.dist-info")


def test_what_was_in_the_wheel_is_in_it_again(tmp_path: Path) -> None:
    wheel = repack(install(tmp_path / "site"), tmp_path)
    assert wheel.name == "lab-1.0-cp311-cp311-linux_x86_64.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        texts = {name: archive.read(name).decode() for name in names}
        modes = {one.filename: one.external_attr >> 16 & 0o777 for one in archive.infolist()}
    record = texts.pop("lab-1.0.dist-info/RECORD")
    assert texts == FILES
    assert names[-1] == "lab-1.0.dist-info/RECORD"
    assert {row.split(",")[0] for row in record.splitlines()} == set(names)
    assert (modes["lab/run.sh"], modes["lab/__init__.py"]) == (0o755, 0o644)


def test_the_same_package_gives_the_same_bytes(tmp_path: Path) -> None:
    package = distribution("markupsafe")  # it has a compiled module
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    wheels = [repack(package, folder) for folder in (first, second)]
    assert wheels[0].read_bytes() == wheels[1].read_bytes()
    name, version, _, tags = parse_wheel_filename(wheels[0].name)
    assert (name, str(version)) == ("markupsafe", package.version)
    assert tags


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda site: (site / "lab/__init__.py").write_text("value = 2\n"), "was changed since"),
        (lambda site: (site / "lab/__init__.py").unlink(), "is missing"),
        (lambda site: (site / "lab-1.0.dist-info/RECORD").unlink(), "no record of its files"),
        (lambda site: install(site, FILES, "../../share/x,sha256=x,1"), r"has \.\./\.\./share/x"),
        (lambda site: install(site, FILES, "lab/data,,"), "is missing"),
        (
            lambda site: install(
                site, {**FILES, "lab-1.0.dist-info/WHEEL": "Tag: py2-none-any\nTag: cp3-abi3-x"}
            ),
            "fit in no name",
        ),
        (
            lambda site: install(site, {**FILES, "lab-1.0.dist-info/WHEEL": "Tag: any\n"}),
            "its tags make no sense",
        ),
        (
            lambda site: (site / "lab-1.0.dist-info/RECORD").write_text("lab/__init__.py,,\n"),
            r"no checksum of lab/__init__\.py",
        ),
        (
            lambda site: (site / "lab-1.0.dist-info/RECORD").write_text("../../bin/lab,,\n"),
            r"no \.dist-info",
        ),
    ],
)
def test_what_is_no_longer_as_it_was_installed_is_refused(
    change: object, told: str, tmp_path: Path
) -> None:
    package = install(tmp_path / "site")
    assert callable(change)
    change(tmp_path / "site")
    with pytest.raises(NotAWheel, match=told):
        repack(package, tmp_path)
    assert list(tmp_path.glob("*.whl")) == []


def test_all_that_we_need_and_nothing_for_tests() -> None:
    found = needed(["container-manager"])
    assert found.keys() >= {"container-manager", "pyyaml", "jinja2", "markupsafe", "copier"}
    assert not {"pytest", "mypy", "pip"} & found.keys()
    assert list(found) == sorted(found)


def test_an_extra_brings_what_it_needs() -> None:
    assert "pytest" in needed(["container-manager[test]"])


def test_a_package_that_is_not_there_is_told() -> None:
    with pytest.raises(PreconditionError, match="no-such-package is needed and not installed"):
        needed(["no-such-package"])


class NoPip(ProcessRunner):
    """A pip that fails, and what it was asked."""

    def __init__(self) -> None:
        self.argv: tuple[str, ...] = ()

    def run(self, argv: Sequence[str], **_: Any) -> Finished:
        self.argv = tuple(argv)
        return Finished(argv=self.argv, returncode=1, stdout="", stderr="no index")


def test_what_cannot_be_made_is_downloaded_in_the_same_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = install(tmp_path / "site")
    (tmp_path / "site/lab/__init__.py").write_text("changed\n")
    monkeypatch.setattr("container_manager.bundling.wheels.distribution", lambda _: package)
    pip = NoPip()
    with pytest.raises(RuntimeFailure, match="No wheel of lab can be had:\nno index"):
        make(["lab"], tmp_path, pip)
    assert pip.argv[-1] == "lab==1.0"
    assert "--only-binary=:all:" in pip.argv


def test_ourselves_come_from_no_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = install(tmp_path / "site")
    (tmp_path / "site/lab/__init__.py").write_text("changed\n")
    monkeypatch.setattr("container_manager.bundling.wheels.distribution", lambda _: package)
    pip = NoPip()
    with pytest.raises(RuntimeFailure, match=r"lab/__init__\.py was changed since"):
        make(["container-manager"], tmp_path, pip)
    assert pip.argv == ()
