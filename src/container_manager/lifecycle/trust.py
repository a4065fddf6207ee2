"""Makes the files of certificates that image builds and containers mount."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from container_manager.compose.trusting import Trust, files
from container_manager.config.certificates import KEY, certificates_file, certificates_in
from container_manager.config.loader import Config
from container_manager.errors import PreconditionError

_FOLDER = "trust"
_USUAL = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Arch, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora and its like
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # macOS, the BSDs
)


def trust_of(config: Config, state_dir: Path) -> Trust | None:
    """What the project is told to trust, ready to be mounted; None where nothing is.

    Files are only written where they are to say something else.

    Args:
        config: the configuration.
        state_dir: the private folder.

    Raises:
        PreconditionError: the certificates cannot be read any more, or not be mounted.
    """
    path = certificates_file(config.values, config.root)
    if path is None:
        return None
    try:
        own = "\n".join(certificates_in(path.read_text(encoding="latin-1")))
        usual = _usual(config)
    except OSError as error:
        raise PreconditionError(
            f"The certificates cannot be read: {error.filename}: {error.strerror}.",
            where=config.origin(KEY),
            remedy="Make the file readable, or name another one.",
        ) from error
    folder = state_dir / _FOLDER
    if ":" in str(folder):
        raise PreconditionError(
            f"The path {folder} holds a colon, at which Podman cuts the paths of mounts.",
            where=config.origin(KEY),
            remedy="Move the project, or trust no certificates of your own.",
        )
    folder.mkdir(mode=0o755, exist_ok=True)
    folder.chmod(0o755)  # containers read it as any user; the folder around it is private
    for name, text in files(f"{usual}\n{own}\n").items():
        _write(folder / name, text)
    return Trust(folder=folder, digest=hashlib.sha256(own.encode()).hexdigest())


def _usual(config: Config) -> str:
    """What this machine's own programs trust; from ``SSL_CERT_FILE``, where that is set."""
    for name in _places(config):
        if name and Path(name).is_file():
            return "\n".join(certificates_in(Path(name).read_text(encoding="latin-1")))
    return ""


def _places(config: Config) -> Iterator[str]:
    yield config.environment.get("SSL_CERT_FILE") or ""
    yield from _USUAL


def _write(path: Path, text: str) -> None:
    """Replace a file in one step: containers read it meanwhile."""
    if path.is_file() and path.read_text(encoding="latin-1") == text:
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="latin-1")
    temporary.chmod(0o644)
    temporary.replace(path)
