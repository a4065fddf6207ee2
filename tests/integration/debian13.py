"""A Debian 13 image from its packages, for test images of programs that are to be had nowhere else.

Nothing is installed on this machine; only ``apt-get`` and ``dpkg-deb`` are used, in folders of our
own.
"""

from __future__ import annotations

import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.conftest import Podman

CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

APT = """
Dir::State "{0}/state";
Dir::State::status "{0}/state/status";
Dir::Cache "{0}/cache";
Dir::Etc "{0}/etc";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
"""


def import_image(podman: Podman, folder: Path, name: str, packages: Sequence[str]) -> None:
    """Import a Debian 13 with these packages and what they need; their scripts are not run.

    Args:
        podman: imports it.
        folder: an empty one, to work in.
        name: of the image.
        packages: their names; ``ca-certificates`` brings its bundle.
    """
    for part in ("state/lists/partial", "cache/archives/partial", "etc/apt.conf.d", "root"):
        (folder / part).mkdir(parents=True)
    (folder / "etc/preferences.d").mkdir()
    (folder / "state/status").touch()
    source = f"deb [signed-by={KEYRING}] {_mirror(podman)} trixie main\n"
    (folder / "etc/sources.list").write_text(source, encoding="utf-8")
    (folder / "apt.conf").write_text(APT.format(folder), encoding="utf-8")
    environment = {**podman.env, "APT_CONFIG": str(folder / "apt.conf")}
    _run(podman, environment, "apt-get", "update")
    _run(podman, environment, "apt-get", "--yes", "--download-only", "install", *packages)
    for package in sorted((folder / "cache/archives").glob("*.deb")):
        _run(podman, environment, "dpkg-deb", "--extract", str(package), str(folder / "root"))
    root = folder / "root"
    # What the script of the package ca-certificates would do.
    authorities = sorted((root / "usr/share/ca-certificates").rglob("*.crt"))
    if authorities:
        bundle = root / CERTIFICATES.lstrip("/")
        bundle.write_bytes(b"".join(path.read_bytes() for path in authorities))
    with tarfile.open(folder / "root.tar", "w") as tar:
        tar.add(root, arcname=".", filter=_owned_by_root)
    podman("import", "--quiet", str(folder / "root.tar"), name, timeout=300)


def _mirror(podman: Podman) -> str:
    """Where this machine gets Debian's packages from."""
    asked = "--format=$(REPO_URI) $(LABEL) $(COMPONENT)"
    listed = _run(podman, podman.env, "apt-get", "indextargets", asked, "Created-By: Packages")
    for line in listed.splitlines():
        address, label, component = line.split(" ", 2)
        if (label, component) == ("Debian", "main"):
            return address
    pytest.fail("The image of these tests is made of Debian's packages, and this is no Debian.")


def _run(podman: Podman, environment: dict[str, str], *argv: str) -> str:
    finished = podman.runner.run(argv, env=environment, timeout=300)
    if not finished.ok:
        pytest.fail(f"'{' '.join(argv[:3])}' failed:\n{finished.last_lines}", pytrace=False)
    return finished.stdout


def _owned_by_root(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info
