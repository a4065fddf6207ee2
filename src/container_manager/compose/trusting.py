"""Certificates to trust, as programs in containers and image builds are told about them.

A folder of ours is mounted, and variables name its files. No file of an image is covered: one whose
own list of certificates is mounted over cannot renew it (``update-ca-certificates``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from container_manager.compose.giving import given, named
from container_manager.compose.model import ComposeService, Stack

IN_CONTAINERS = "/run/container-manager"
IN_BUILDS = "/dev/container-manager"
"""Below ``/dev``, which is made anew for each step: so no layer gets an empty folder."""

BUNDLE = "certificates.pem"
_APT = "apt-in-{}.conf"
_READERS = (
    "SSL_CERT_FILE",  # OpenSSL and with it Python, Ruby, curl; Go; programs with rustls
    "REQUESTS_CA_BUNDLE",  # Python's requests
    "PIP_CERT",  # whatever pip is built on
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "NODE_EXTRA_CA_CERTS",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Certificates that are ready to be mounted.

    Attributes:
        folder: with the files.
        digest: of the certificates that the project adds to the usual ones.
    """

    folder: Path
    digest: str

    @property
    def bundle(self) -> Path:
        """All certificates to trust, the usual ones too."""
        return self.folder / BUNDLE


def with_trust(stack: Stack, trust: Trust | None) -> Stack:
    """The stack whose containers trust the certificates.

    A service that names one of the variables has it as it says.

    Args:
        stack: with its defaults.
        trust: the certificates; None where there are none of the project's own.
    """
    if trust is None:
        return stack
    services = {name: _trusting(one, trust) for name, one in stack.services.items()}
    return replace(stack, services=services)


def _trusting(service: ComposeService, trust: Trust) -> ComposeService:
    known = named(service)
    further = {n: v for n, v in variables(IN_CONTAINERS).items() if n not in known}
    # Several containers read it, hence z; where there is no SELinux, it means nothing.
    mount = f"{trust.folder}:{IN_CONTAINERS}:ro,z"
    trusting = given(service, further, parts={"ca_certificates": trust.digest})
    return replace(trusting, given_mounts=(*service.given_mounts, mount))


def variables(place: str) -> dict[str, str]:
    """The variables that lead programs to the certificates.

    Args:
        place: where the folder is mounted: :data:`IN_CONTAINERS` or :data:`IN_BUILDS`.
    """
    bundle = f"{place}/{BUNDLE}"
    return {**dict.fromkeys(_READERS, bundle), "APT_CONFIG": f"{place}/{_apt(place)}"}


def files(certificates: str) -> Mapping[str, str]:
    """What the folder holds: name -> text.

    Args:
        certificates: all that are to be trusted.
    """
    # apt reads no variable for certificates, but one for a further file of its settings.
    settings = {
        _apt(place): f'Acquire::https::CaInfo "{place}/{BUNDLE}";\n'
        for place in (IN_CONTAINERS, IN_BUILDS)
    }
    return {BUNDLE: certificates, **settings}


def build_options(trust: Trust) -> list[str]:
    """The options of ``podman build`` with which the certificates are there for its commands."""
    return [f"--volume={trust.folder}:{IN_BUILDS}:ro,z"]


def _apt(place: str) -> str:
    return _APT.format("builds" if place == IN_BUILDS else "containers")
