"""``ca_certificates``: which files can be trusted, and what is said of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trustme

from container_manager.build import again
from container_manager.config.certificates import certificates_file, certificates_in
from container_manager.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Project

CA = trustme.CA()
PEM = CA.cert_pem.bytes().decode()
KEY = CA.private_key_pem.bytes().decode()


def named(project: Project, **environ: str) -> Path | None:
    config = project.config(**environ)
    return certificates_file(config.values, config.root)


def test_a_file_of_the_project(project: Project) -> None:
    project.files({"config.yml": "ca_certificates: tls/ca.pem\n", "tls/ca.pem": PEM})
    assert named(project) == project.root / "tls/ca.pem"


def test_a_path_from_a_variable_may_be_empty(project: Project) -> None:
    project.write("config.yml", "ca_certificates: ${COMPANY_CA:-}\n")
    assert named(project) is None
    whole = project.write("ca.pem", PEM)
    assert named(project, COMPANY_CA=str(whole)) == whole


def test_a_name_that_no_file_can_have_is_told(project: Project) -> None:
    project.write("config.yml", 'ca_certificates: "a\\0b"\n')
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.messages[0].endswith("no file can be called so.")


def test_remarks_and_line_ends_of_other_systems_are_no_matter(project: Project) -> None:
    text = f"# Company Root\n{PEM}some words\n{PEM}".replace("\n", "\r\n")
    project.files({"config.yml": "ca_certificates: ca.pem\n", "ca.pem": text.encode("latin-1")})
    project.config()
    assert certificates_in(text) == [PEM.strip()] * 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "The file of 'ca_certificates' cannot be read: {path}: No such file or directory."),
        (b"", "{path} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)."),
        (b"\x30\x82\x01\xff", "{path} holds no certificate in PEM form "),
        (f"{PEM}{KEY}".encode(), "{path} holds a private key; every container would be given it."),
        (KEY.encode(), "{path} holds a private key"),
        (
            f"{PEM}{PEM[:100]}AAAA{PEM[100:]}".encode(),
            "1 of the 2 certificates in {path} cannot be read.",
        ),
        (PEM[:100].encode(), "1 of the 1 certificates in {path} cannot be read."),
    ],
    # A certificate is another in each worker, and names of tests must not be.
    ids=["no file", "empty", "DER", "a key beside", "a key", "one of two damaged", "cut short"],
)
def test_what_cannot_be_trusted_is_told_with_its_line(
    project: Project, content: bytes | None, message: str
) -> None:
    project.write("config.yml", "a: 1\nca_certificates: ca.pem\n")
    if content is not None:
        project.write("ca.pem", content)
    with project.refuses(ConfigError) as refusal:
        project.config()
    path = project.root / "ca.pem"
    assert refusal.text.startswith("config.yml:2:18: " + message.format(path=path))


def test_a_folder_is_no_file(project: Project) -> None:
    project.write("config.yml", "ca_certificates: services\n")
    (project.root / "services").mkdir()
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert "Is a directory" in refusal.text


def test_a_build_that_is_made_again_looks_at_the_file(project: Project) -> None:
    project.deploy(more={"ca_certificates": "ca.pem"})
    ca = project.write("ca.pem", PEM)
    path = project.root / "config.yml"
    again.build_again(path, {})
    ca.write_text("nothing")
    with pytest.raises(ConfigError, match="holds no certificate"):
        again.build_again(path, {})
