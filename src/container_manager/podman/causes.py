"""Why a Podman may be unable to start a container, and the setting that helps in each case.

A new cause is one more row in :data:`CAUSES`.
"""

from __future__ import annotations

import re
import resource
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from container_manager.podman.containers_conf import Settings

PODMAN_DEFAULT_LIMIT = 1_048_576
"""What Podman asks for open files and processes where nothing else is configured."""

_NETAVARK_PLACES = ("/usr/lib/podman", "/usr/libexec/podman", "/usr/local/libexec/podman")
_CAP_SYS_RESOURCE = 24


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """What the settings depend on."""

    limits: Mapping[str, int]
    has_runc: bool
    has_netavark: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """A failure that we know.

    Attributes:
        pattern: how it looks in Podman's output.
        reason: one sentence for people.
        settings: what helps on this machine; empty where nothing that we could set does.
        remedy: what a person can do about it.
    """

    pattern: re.Pattern[str]
    reason: str
    settings: Callable[[Machine], Settings]
    remedy: str


def _limits(machine: Machine) -> Settings:
    ulimits = [f"{name}={value}:{value}" for name, value in sorted(machine.limits.items())]
    return {"containers": {"default_ulimits": ulimits}} if ulimits else {}


def _runc(machine: Machine) -> Settings:
    return {"engine": {"runtime": "runc"}} if machine.has_runc else {}


def _without_systemd(_: Machine) -> Settings:
    return {"engine": {"cgroup_manager": "cgroupfs", "events_logger": "file"}}


def _netavark(machine: Machine) -> Settings:
    return {"network": {"network_backend": "netavark"}} if machine.has_netavark else {}


LIMITS = Cause(
    pattern=re.compile(r"setting rlimits?\b.*not permitted|setrlimit.*not permitted", re.I),
    reason="Podman's usual limits of open files or processes exceed those of this process.",
    settings=_limits,
    remedy="Raise the hard limits (ulimit -Hn, ulimit -Hu), or set default_ulimits in "
    "containers.conf.",
)
HYBRID = Cause(
    pattern=re.compile(r"cgroups in hybrid mode not supported", re.I),
    reason="The runtime crun refuses this machine's mix of cgroups v1 and v2; runc does not.",
    settings=_runc,
    remedy="Install runc (Debian: apt-get install runc), or boot with cgroups v2 alone.",
)
SYSTEMD = Cause(
    pattern=re.compile(
        r"cannot use systemd cgroups? manager|/run/systemd/private|sd-bus call|"
        r"systemd/journal/socket",
        re.I,
    ),
    reason="Podman is to use systemd for cgroups or events, and systemd does not run here.",
    settings=_without_systemd,
    remedy='Set cgroup_manager = "cgroupfs" and events_logger = "file" in containers.conf.',
)
CNI = Cause(
    pattern=re.compile(r"failed to find plugin|cni plugin .* not found", re.I),
    reason="Podman looks for CNI plugins that are not installed; netavark is.",
    settings=_netavark,
    remedy="Install netavark and aardvark-dns, or the CNI plugins.",
)

CAUSES = (LIMITS, HYBRID, SYSTEMD, CNI)


def recognise(output: str) -> tuple[Cause, ...]:
    """The known causes that ``output`` speaks of.

    >>> [cause is HYBRID for cause in recognise("crun: cgroups in hybrid mode not supported")]
    [True]
    >>> recognise("no space left on device")
    ()
    """
    return tuple(cause for cause in CAUSES if cause.pattern.search(output))


def expected(
    *, runtime: str, cgroup_version: str, rootless: bool, machine: Machine
) -> tuple[Cause, ...]:
    """The causes to expect from facts alone, where no container can be tried."""
    found: list[Cause] = []
    if runtime == "crun" and cgroup_version == "v1" and Path("/sys/fs/cgroup/unified").is_dir():
        found.append(HYBRID)
    # Without root, Podman lowers its wishes to the user's limits by itself.
    if machine.limits and not rootless and not _may_raise_limits():
        found.append(LIMITS)
    return tuple(found)


def examine_machine(path: str) -> Machine:
    """Read this process's limits and look for programs on ``path`` and in Podman's own places."""
    return Machine(
        limits=limits_below_default(),
        has_runc=bool(shutil.which("runc", path=path) or shutil.which("runc", path="/usr/sbin")),
        has_netavark=any((Path(place) / "netavark").is_file() for place in _NETAVARK_PLACES),
    )


def limits_below_default() -> dict[str, int]:
    """What this process may give at most, where Podman's defaults exceed it."""
    # Podman's monitor lowers its own limit of processes to the kernel's highest process id.
    bounds = {
        "nofile": _hard_limit(resource.RLIMIT_NOFILE),
        "nproc": min(_hard_limit(resource.RLIMIT_NPROC), _highest_pid()),
    }
    return {name: bound for name, bound in bounds.items() if bound < PODMAN_DEFAULT_LIMIT}


def _hard_limit(kind: int) -> int:
    _, hard = resource.getrlimit(kind)
    return PODMAN_DEFAULT_LIMIT if hard == resource.RLIM_INFINITY else hard


def _highest_pid() -> int:
    try:
        return int(Path("/proc/sys/kernel/pid_max").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return PODMAN_DEFAULT_LIMIT


def _may_raise_limits() -> bool:
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return True
    effective = re.search(r"^CapEff:\s*([0-9a-f]+)$", status, re.M)
    return effective is None or bool(int(effective[1], 16) >> _CAP_SYS_RESOURCE & 1)
