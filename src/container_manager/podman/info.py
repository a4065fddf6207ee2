"""What ``podman info`` says, reduced to what decisions are made on; as 4.3 and 5.x say it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Info:
    """One Podman, in its own words.

    Attributes:
        version: as numbers.
        rootless: whether it runs as an ordinary user.
        remote: whether it runs on another machine, or in a virtual one.
        driver: how images are stored: ``overlay``, ``vfs``, …
        mount_program: what mounts overlays in place of the kernel; empty where nothing does.
        backing: the file system below the store.
        store: the folder of images, containers and volumes.
        temporary: where images are unpacked on their way into the store.
        cgroup_version: ``v1`` or ``v2``.
        cgroup_manager: ``systemd`` or ``cgroupfs``.
        controllers: the limits that can be set.
        runtime: what starts the containers: ``crun``, ``runc``.
        network_backend: ``netavark`` or ``cni``; empty where Podman does not say.
        rootless_network: the program that carries an ordinary user's network, where Podman says.
        lacks_network_program: whether Podman says that this program is not there.
        selinux: whether containers are confined by SELinux.
        mapped_uids: how many user ids containers have; None for root, who has all.
        mapped_gids: the same for groups.
    """

    version: tuple[int, ...]
    rootless: bool
    remote: bool
    driver: str
    mount_program: str
    backing: str
    store: str
    temporary: str
    cgroup_version: str
    cgroup_manager: str
    controllers: tuple[str, ...]
    runtime: str
    network_backend: str
    rootless_network: str
    lacks_network_program: bool
    selinux: bool
    mapped_uids: int | None
    mapped_gids: int | None


def parse_info(answer: Mapping[str, Any]) -> Info:
    """Read the JSON of ``podman info``; what an older version does not say is empty."""
    host = _table(answer, "host")
    store = _table(answer, "store")
    security = _table(host, "security")
    ids = _table(host, "idMappings")
    wanted = str(host.get("rootlessNetworkCmd") or "")
    return Info(
        version=parse_version(str(_table(answer, "version").get("Version") or "")),
        rootless=bool(security.get("rootless")),
        remote=bool(host.get("serviceIsRemote")),
        driver=str(store.get("graphDriverName") or ""),
        mount_program=_mount_program(_table(store, "graphOptions")),
        backing=str(_table(store, "graphStatus").get("Backing Filesystem") or ""),
        store=str(store.get("graphRoot") or ""),
        temporary=str(store.get("imageCopyTmpDir") or ""),
        cgroup_version=str(host.get("cgroupVersion") or ""),
        cgroup_manager=str(host.get("cgroupManager") or ""),
        controllers=tuple(map(str, host.get("cgroupControllers") or ())),
        runtime=str(_table(host, "ociRuntime").get("name") or ""),
        network_backend=str(host.get("networkBackend") or ""),
        rootless_network=wanted or _rootless_network(host),
        # It names its default, be it installed or not.
        lacks_network_program=bool(wanted) and not _table(host, wanted).get("executable"),
        selinux=bool(security.get("selinuxEnabled")),
        mapped_uids=_mapped(ids.get("uidmap")),
        mapped_gids=_mapped(ids.get("gidmap")),
    )


def parse_version(text: str) -> tuple[int, ...]:
    """The numbers that a version begins with.

    >>> parse_version("5.4.2-dev"), parse_version("")
    ((5, 4, 2), ())
    """
    numbers = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(map(int, numbers[0].split("."))) if numbers else ()


def _table(answer: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = answer.get(key)
    return value if isinstance(value, Mapping) else {}


def _mount_program(options: Mapping[str, Any]) -> str:
    for name, value in options.items():
        if name.endswith("mount_program"):
            return str(value.get("Executable") if isinstance(value, Mapping) else value)
    return ""


def _rootless_network(host: Mapping[str, Any]) -> str:
    found = [name for name in ("slirp4netns", "pasta") if _table(host, name).get("executable")]
    return found[0] if found else ""


def _mapped(ranges: Sequence[Mapping[str, Any]] | None) -> int | None:
    return sum(int(one.get("size") or 0) for one in ranges) if ranges else None
