"""What of this machine keeps a stack from starting: cheap enough for every start, no process."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from container_manager.compose.model import ComposeService
from container_manager.errors import Problem
from container_manager.podman.host import PodmanHost

FLOOR = 100 << 20
"""Bytes below which nothing is started: a start alone writes layers, logs and a database's first
files, and a database that runs out of space may not come up again."""

PORT_START = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")

_HERE = re.compile(r"^(unix:|ssh://([^@/]*@)?(127\.\d+\.\d+\.\d+|localhost|\[::1\])([:/]|$))")


@dataclass(frozen=True, slots=True)
class Space:
    """What is free on a file system for this user: bytes, and files (None: without bound)."""

    bytes: int
    files: int | None

    def exhausted(self, floor: int) -> bool:
        """Whether fewer than ``floor`` bytes, or no file, can be had."""
        return self.bytes < floor or self.files == 0

    def __str__(self) -> str:
        if self.files == 0:
            return "0 files"
        for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20)):
            if self.bytes >= size:
                return f"{self.bytes / size:.1f} {unit}"
        return f"{self.bytes} bytes"


def free_space(path: str) -> Space | None:
    """What is free where ``path`` lies; None where that cannot be told."""
    try:
        stats = os.statvfs(path)
    except OSError:
        return None
    # Some file systems (btrfs) make files as they are wanted, and say 0 of 0.
    files = stats.f_favail if stats.f_files else None
    return Space(stats.f_bavail * stats.f_frsize, files)


def host_problems(
    host: PodmanHost, services: Iterable[ComposeService], environ: Mapping[str, str]
) -> list[Problem]:
    """Everything about this machine that a start would fail at.

    Args:
        host: Podman, as it was found.
        services: those that are to run.
        environ: the environment of Podman.
    """
    problems = full_disk(host.store, free_space(host.store)) if host.store else []
    problems += missing_ids(host.mapped_ids)
    problems += far_binds(host, services, environ.get("CONTAINER_HOST", ""))
    return problems


def full_disk(store: str, space: Space | None) -> list[Problem]:
    """Whether there is room for a start in Podman's store."""
    if space is None or not space.exhausted(FLOOR):
        return []
    return [
        Problem(
            message=f"Only {space} free at {store}, where Podman keeps images, containers and "
            "volumes: databases could be damaged.",
            remedy="Make room: 'podman image prune' removes images without a name, 'podman system "
            "df' shows what takes it.",
        )
    ]


def missing_ids(mapped: int | None) -> list[Problem]:
    """Whether an ordinary user has more ids than its own: nearly every image needs some."""
    if mapped is None or mapped > 1:
        return []
    return [
        Problem(
            message="This user has no subordinate user ids: images whose files belong to several "
            "users cannot be unpacked.",
            remedy="As root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER "
            "(a range that nobody in /etc/subuid has); then as the user: podman system migrate",
        )
    ]


def far_binds(host: PodmanHost, services: Iterable[ComposeService], address: str) -> list[Problem]:
    """Whether folders of this machine are to be mounted by a Podman on another one.

    A virtual machine of this one shares folders; its address is a local one.
    """
    if not host.remote or not address or _HERE.match(address):
        return []
    return [
        Problem(
            message=f"The service '{service.name}' mounts {bind.source}, which the Podman at "
            f"{_without_user(address)} does not see.",
            where=bind.where,
            remedy="Run where Podman runs, or unset CONTAINER_HOST.",
        )
        for service in services
        for bind in service.binds
    ]


def unprivileged_ports(file: Path = PORT_START) -> int:
    """The first port that an ordinary user may publish."""
    try:
        return int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 1024


def _without_user(address: str) -> str:
    return re.sub(r"//[^@/]*@", "//", address)
