"""What the choice of Podman and of its settings depends on, found without starting a process."""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
from collections.abc import Mapping
from pathlib import Path

from container_manager.podman import containers_conf

_FORMAT = 3
"""Changed when what is remembered has other fields."""

_VARIABLES = (
    *("CONTAINERS_CONF", "CONTAINERS_CONF_OVERRIDE", "CONTAINERS_STORAGE_CONF"),
    *("CONTAINER_HOST", "CONTAINER_CONNECTION", "HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"),
)


def fingerprint(executable: str, environ: Mapping[str, str]) -> str:
    """Everything that the choice depends on, found without starting a process."""
    status = Path(executable).stat()
    kinds = (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC)
    # Both kinds of user's files are looked at: it costs nothing, and spares a question.
    paths = containers_conf.files(environ, rootless=True, version=())
    override = environ.get("CONTAINERS_CONF_OVERRIDE")
    # Who is given ids or controllers later is not told for ever that they are missing.
    paths += [Path("/etc/subuid"), Path("/etc/subgid"), _delegated(os.getuid())]
    paths += [connections_file(environ)]
    facts = (
        *(_FORMAT, executable, status.st_mtime_ns, status.st_size, os.getuid()),
        _boot_id(),
        [resource.getrlimit(kind)[1] for kind in kinds],
        [environ.get(name) for name in _VARIABLES],
        [shutil.which(name, path=environ.get("PATH", "")) for name in ("crun", "runc")],
        [(str(path), digest(path)) for path in (*paths, *([Path(override)] if override else []))],
    )
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def _delegated(uid: int) -> Path:
    """Which limits systemd lets a user set (control groups v2)."""
    service = f"user.slice/user-{uid}.slice/user@{uid}.service"
    return Path("/sys/fs/cgroup") / service / "cgroup.controllers"


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def digest(path: Path) -> str:
    """A digest of a file's content; empty where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def connections_file(environ: Mapping[str, str]) -> Path:
    """Where Podman 5 keeps its connections; older ones keep them in containers.conf.

    Source: podman-system-connection(1).
    """
    if chosen := environ.get("PODMAN_CONNECTIONS_CONF"):
        return Path(chosen)
    home = Path(environ.get("HOME") or "/")
    configured = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    return configured / "containers" / "podman-connections.json"
