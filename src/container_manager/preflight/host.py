"""What of this machine keeps a stack from starting: cheap enough for every start, no process."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from container_manager.compose.model import ComposeService
from container_manager.errors import Problem
from container_manager.podman.host import PodmanHost
from container_manager.podman.remote import without_user
from container_manager.podman.selinux import confines
from container_manager.preflight.devices import device_problems
from container_manager.preflight.labels import relabelled_system, user_home
from container_manager.preflight.rootless import rootless_problems

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
    host: PodmanHost,
    services: Sequence[ComposeService],
    environ: Mapping[str, str],
    own_folders: Sequence[Path] = (),
) -> list[Problem]:
    """Everything about this machine that a start would fail at.

    Args:
        host: Podman, as it was found.
        services: those that are to run.
        environ: the environment of Podman.
        own_folders: what of this machine is the project's own.
    """
    problems = full_disk(host.store, free_space(host.store)) if host.store else []
    problems += missing_ids(host.mapped_ids)
    problems += far_binds(host, services)
    problems += rootless_problems(host, services, environ)
    problems += device_problems(host, services, environ)
    if confines(host):
        problems += relabelled_system(services, own_folders, home=user_home())
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


def is_far(host: PodmanHost) -> bool:
    """Whether Podman runs where the folders and ports of this machine are others.

    A virtual machine of this one shares folders; its address is a local one.
    """
    if not host.remote or host.sees_folders:
        return False
    return host.sees_folders is False or not (not host.address or _HERE.match(host.address))


def far_binds(host: PodmanHost, services: Iterable[ComposeService]) -> list[Problem]:
    """Whether folders of this machine are to be mounted by a Podman on another one."""
    if not is_far(host):
        return []
    return [
        Problem(
            message=f"The service '{service.name}' mounts {bind.source}, which the Podman at "
            f"{without_user(host.address) or 'the other end'} does not see.",
            where=bind.where,
            remedy="Put what it needs into its image, or into a volume; or run where Podman runs "
            "(unset CONTAINER_HOST and CONTAINER_CONNECTION for the Podman of this machine).",
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
