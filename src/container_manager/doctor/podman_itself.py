"""Checks of Podman itself: what it is, what we add, how it stores images, which limits it has."""

from __future__ import annotations

from typing import Any

from container_manager.doctor.catalogue import fine, found
from container_manager.doctor.findings import Finding
from container_manager.doctor.subject import Subject
from container_manager.opening import SECRETS_MASKED
from container_manager.podman.host import PodmanHost
from container_manager.podman.info import Info

OLDEST = (4, 3)
"""The oldest Podman that the tests run with."""

_NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb2", "9p", "ceph", "fuse.sshfs", "gpfs"}
)


def podman(subject: Subject) -> list[Finding]:
    """What Podman is, and what we add to its settings."""
    if subject.host is None:
        return []
    return judge_podman(subject.host)


def judge_podman(host: PodmanHost) -> list[Finding]:
    """The findings about a Podman that answers and starts containers."""
    version = ".".join(map(str, host.version))
    who = "as an ordinary user" if host.rootless else "as root"
    facts: dict[str, Any] = {
        "executable": host.executable,
        "version": version,
        "rootless": host.rootless,
    }
    findings = [fine("podman", f"Podman {version} ({host.executable}) answers, {who}.", **facts)]
    if host.version < OLDEST:
        findings.append(found("podman-old", f"Podman {version} is older than 4.3.", **facts))
    if host.remote:
        findings.append(
            found(
                "podman-remote",
                "Podman is called through a socket, and may run on another machine.",
            )
        )
    if host.changes:
        said = "Podman gets settings of ours for our calls: " + "; ".join(host.changes)
        said = "\n".join([f"{said}.", *host.reasons])
        findings.append(found("podman-settings", said, settings=list(host.changes)))
    if host.version < SECRETS_MASKED:
        said = f"'podman inspect' of Podman {version} shows the secrets of running containers."
        findings.append(found("podman-shows-secrets", said))
    return findings


def storage(subject: Subject) -> list[Finding]:
    """How images are stored."""
    return judge_storage(subject.info) if subject.info else []


def judge_storage(info: Info) -> list[Finding]:
    """The findings about the storage driver."""
    facts: dict[str, Any] = {
        "driver": info.driver,
        "store": info.store,
        "file_system": info.backing,
    }
    findings = []
    if info.driver == "vfs":
        findings.append(found("store-vfs", f"Images in {info.store} are stored with vfs.", **facts))
    if info.mount_program:
        said = f"Overlays are mounted by {info.mount_program}, not by the kernel."
        findings.append(found("store-fuse", said, **facts))
    if info.backing in _NETWORK_FILE_SYSTEMS:
        said = f"Podman's store {info.store} lies on {info.backing}."
        findings.append(found("store-on-network", said, **facts))
    if not findings:
        on = f" on {info.backing}" if info.backing else ""
        said = f"Images are stored with {info.driver} in {info.store}{on}."
        findings.append(fine("storage", said, **facts))
    return findings


def network_backend(subject: Subject) -> list[Finding]:
    """Which network backend Podman uses."""
    return judge_network_backend(subject.info) if subject.info else []


def judge_network_backend(info: Info) -> list[Finding]:
    """The finding about the network backend."""
    if info.network_backend == "cni":
        return [found("network-cni", "Networks are made by CNI.")]
    said = f"Networks are made by {info.network_backend or 'a backend that Podman does not name'}."
    return [fine("network-backend", said, backend=info.network_backend)]


def control_groups(subject: Subject) -> list[Finding]:
    """Which control groups there are, and whether limits take effect."""
    if subject.info is None:
        return []
    findings = judge_control_groups(subject.info)
    if subject.laboratory is not None:
        findings += judge_limits(*measure_limits(subject))
    return findings


def judge_control_groups(info: Info) -> list[Finding]:
    """The finding about the kind of control groups."""
    facts: dict[str, Any] = {
        "version": info.cgroup_version,
        "manager": info.cgroup_manager,
        "controllers": list(info.controllers),
        "runtime": info.runtime,
    }
    said = f"Control groups {info.cgroup_version}, managed by {info.cgroup_manager}; {info.runtime}"
    if info.cgroup_version == "v1":
        return [found("cgroups-old", f"{said} starts containers.", **facts)]
    return [fine("control-groups", f"{said} starts containers.", **facts)]


LIMITS = {"memory": 67_108_864, "processes": 50, "cpu": 50_000}
"""What a trial container may have: bytes, a number, microseconds of CPU in 100 ms."""

_PLACES = {
    "memory": ("memory.max", "memory/memory.limit_in_bytes"),
    "processes": ("pids.max", "pids/pids.max"),
    "cpu": ("cpu.max", "cpu/cpu.cfs_quota_us"),
}


def measure_limits(subject: Subject) -> tuple[dict[str, str], str]:
    """Start a container with limits: what it sees of them, and what Podman said."""
    assert subject.laboratory is not None
    look = "; ".join(
        f"echo {name}=$(cat {' '.join(f'/sys/fs/cgroup/{place}' for place in places)} 2>/dev/null)"
        for name, places in _PLACES.items()
    )
    options = ("--network=none", "--memory=64m", "--pids-limit=50", "--cpus=0.5")
    finished = subject.laboratory.run("sh", "-c", look, options=options)
    seen = dict(line.partition("=")[::2] for line in finished.stdout.splitlines() if "=" in line)
    return {name: value.strip() for name, value in seen.items()}, finished.last_lines


def judge_limits(seen: dict[str, str], said: str) -> list[Finding]:
    """Compare what a container sees with what it was given.

    Args:
        seen: limit -> what the container reads of it; cpu as ``50000`` or ``50000 100000``.
        said: what Podman printed.
    """
    values: dict[str, Any] = {name: seen.get(name, "").split(" ")[0] for name in LIMITS}
    ignored = [name for name, limit in LIMITS.items() if values[name] != str(limit)]
    if not ignored:
        return [fine("limits", "Limits of memory, processes and CPU take effect.", **values)]
    reason = "" if seen else f"\n{said}"
    what = ", ".join(ignored)
    told = f"These limits of containers do not take effect: {what}.{reason}"
    return [found("limits-ignored", told, **values)]
