"""The files that builds and containers mount: what they hold, and what images are built from."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest
import trustme
import yaml

from container_manager.compose.trusting import BUNDLE, IN_BUILDS, Trust
from container_manager.config.certificates import certificates_in
from container_manager.errors import PreconditionError
from container_manager.lifecycle import trust as made
from container_manager.lifecycle.trusting_builds import trusting_builds

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Project

OWN, USUAL, OTHER = (trustme.CA().cert_pem.bytes().decode() for _ in range(3))


@pytest.fixture
def usual(project: Project, tmp_path: Path) -> Path:
    """What this machine trusts."""
    file = tmp_path / "usual.pem"
    file.write_text(f"# the usual ones\n{USUAL}")
    project.files({"config.yml": "ca_certificates: ca.pem\n", "ca.pem": OWN})
    project.environ["SSL_CERT_FILE"] = str(file)
    return file


def trust(project: Project, tmp_path: Path) -> Trust:
    (tmp_path / "state").mkdir(mode=0o700, exist_ok=True)
    found = made.trust_of(project.config(), tmp_path / "state")
    assert found is not None
    return found


def test_the_bundle_has_the_usual_certificates_and_ours(
    project: Project, usual: Path, tmp_path: Path
) -> None:
    found = trust(project, tmp_path)
    assert certificates_in(found.bundle.read_text()) == [USUAL.strip(), OWN.strip()]
    assert stat.S_IMODE(found.folder.stat().st_mode) == 0o755
    modes = {stat.S_IMODE(path.stat().st_mode) for path in found.folder.iterdir()}
    assert modes == {0o644}


def test_what_says_the_same_is_not_written_anew(
    project: Project, usual: Path, tmp_path: Path
) -> None:
    before = trust(project, tmp_path)
    stamps = {path.name: path.stat().st_ino for path in before.folder.iterdir()}
    assert trust(project, tmp_path) == before
    usual.write_text(OTHER)  # the system's certificates are renewed
    after = trust(project, tmp_path)
    changed = {p.name for p in after.folder.iterdir() if stamps[p.name] != p.stat().st_ino}
    assert changed == {BUNDLE}
    assert after.digest == before.digest
    project.write("ca.pem", OTHER)
    assert trust(project, tmp_path).digest != before.digest


def test_without_the_key_nothing_is_made(project: Project, tmp_path: Path) -> None:
    project.write("config.yml", "a: 1\n")
    assert made.trust_of(project.config(), tmp_path) is None
    assert not (tmp_path / "trust").exists()


def test_a_file_that_is_gone_meanwhile(project: Project, usual: Path, tmp_path: Path) -> None:
    config = project.config()
    (project.root / "ca.pem").unlink()
    with pytest.raises(PreconditionError, match=r"ca\.pem: No such file"):
        made.trust_of(config, tmp_path)


def test_a_place_that_cannot_be_mounted(project: Project, usual: Path, tmp_path: Path) -> None:
    with pytest.raises(PreconditionError, match="holds a colon"):
        made.trust_of(project.config(), tmp_path / "a:b")


def test_images_are_built_from_a_file_with_arguments_and_its_own_list_of_what_to_leave_out(
    project: Project, tmp_path: Path
) -> None:
    template = (
        "services:\n  web: {build: ./framework/web}\n"
        "  inline: {build: {context: ., dockerfile_inline: 'FROM a$$b'}}\n"
        "  git: {build: 'https://example.org/x.git'}\n"
        "  none: {image: localhost/x}\n"
    )
    folder = project.deploy(template=template)
    (folder / "Dockerfile").write_text("FROM x\n")
    (folder / "Dockerfile.dockerignore").write_text("*.md\n")
    project.build()
    services = project.prepare().stack.services
    file = trusting_builds(services.values(), tmp_path / "files")
    said = {n: one["build"] for n, one in yaml.safe_load(file.read_text())["services"].items()}
    assert said.keys() == {"web", "inline"}
    written = tmp_path / "files" / "web.Dockerfile"
    assert said["web"] == {"dockerfile": str(written)}
    assert f"\nARG SSL_CERT_FILE={IN_BUILDS}/{BUNDLE} " in written.read_text()
    assert (tmp_path / "files" / "web.Dockerfile.dockerignore").read_text() == "*.md\n"
    # Doubled: the provider fills in variables here.
    assert said["inline"]["dockerfile_inline"].startswith("FROM a$$b\nARG SSL_CERT_FILE=")

    (folder / "Dockerfile.dockerignore").unlink()
    project.build()
    trusting_builds([services["web"]], tmp_path / "files")
    assert not (tmp_path / "files" / "web.Dockerfile.dockerignore").exists()
