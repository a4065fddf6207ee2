"""What an ordinary user's containers cannot have: other ids, limits, a network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from container_manager.compose.model import ComposeService
from container_manager.errors import Problem
from container_manager.podman.host import PodmanHost

NETWORK_PROGRAMS = ("pasta", "slirp4netns")
"""The programs that carry an ordinary user's network: one of them has to be there."""

TUN = Path("/dev/net/tun")
LINGER = Path("/var/lib/systemd/linger")

_SYSTEM_PATH = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"
_HELPERS = "/usr/local/libexec/podman:/usr/libexec/podman:/usr/local/lib/podman:/usr/lib/podman"
_OF_A_USER = ("keep-id", "nomap")
_DELEGATE = (
    "As root: put [Service] and Delegate=cpu cpuset io memory pids into "
    "/etc/systemd/system/user@.service.d/delegate.conf, then systemctl daemon-reload, and log in "
    "again"
)
_LIMITS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "memory": (("mem_limit",), ("deploy", "resources", "limits", "memory")),
    "pids": (("pids_limit",), ("deploy", "resources", "limits", "pids")),
    "cpu": (("cpus",), ("cpu_quota",), ("cpu_shares",), ("deploy", "resources", "limits", "cpus")),
    "cpuset": (("cpuset",),),
}
"""Controller -> the keys that need it."""


def rootless_problems(
    host: PodmanHost, services: Sequence[ComposeService], environ: Mapping[str, str]
) -> list[Problem]:
    """Everything that ends a start, and is so because of who runs Podman.

    Args:
        host: Podman, as it was found.
        services: those that are to run.
        environ: the environment of Podman.
    """
    if host.remote:
        return []
    if not host.rootless:
        return user_namespaces(services)
    problems = missing_controllers(host, services)
    if any(_has_network(one) for one in services):
        problems += no_network(network_programs(environ), tun=may_use_tun())
    return problems


def user_namespaces(services: Iterable[ComposeService]) -> list[Problem]:
    """User namespaces that exist for ordinary users alone, where Podman runs as root."""
    return [
        Problem(
            message=f"The service '{service.name}' has 'userns_mode: {mode}', which root's "
            "containers cannot have.",
            where=service.where,
            remedy="Run as an ordinary user; or take it out of the template, or of 'defaults' for "
            "this machine (in config.local.yml, say).",
        )
        for service in services
        if (mode := str(_said(service).get("userns_mode") or "")).startswith(_OF_A_USER)
    ]


def missing_controllers(host: PodmanHost, services: Iterable[ComposeService]) -> list[Problem]:
    """Limits that an ordinary user may not set, since systemd hands on no right to them."""
    if host.cgroup_version != "v2":
        return []
    return [
        Problem(
            message=f"The service '{service.name}' has a limit that needs the control group "
            f"controller '{controller}', which this user may not use.",
            where=service.where,
            remedy=f"{_DELEGATE}; or take the limit out.",
        )
        for service in services
        for controller in sorted(needed_controllers(service) - {*host.controllers})
    ]


def ignored_limits(host: PodmanHost, services: Iterable[ComposeService]) -> list[Problem]:
    """A warning where limits have no effect: ordinary users have none with cgroups v1."""
    if host.remote or not host.rootless or host.cgroup_version != "v1":
        return []
    names = [one.name for one in services if needed_controllers(one)]
    if not names:
        return []
    return [
        Problem(
            message=f"Limits of memory, processes and CPU have no effect for {', '.join(names)}: "
            "an ordinary user's containers have none with cgroups v1.",
            remedy="Boot with systemd.unified_cgroup_hierarchy=1 on the kernel's command line.",
        )
    ]


def needed_controllers(service: ComposeService) -> set[str]:
    """The controllers that the limits of a service need."""
    said = _said(service)
    return {
        controller
        for controller, paths in _LIMITS.items()
        if any(_at(said, path) not in (None, "", 0) for path in paths)
    }


def no_network(programs: Sequence[str], *, tun: bool) -> list[Problem]:
    """What keeps an ordinary user's containers from having a network.

    Args:
        programs: which of :data:`NETWORK_PROGRAMS` are there.
        tun: whether the user may open ``/dev/net/tun``.
    """
    if not programs:
        return [
            Problem(
                message="There is neither pasta nor slirp4netns, one of which carries the network "
                "of an ordinary user's containers.",
                remedy="Install passt (Podman 5) or slirp4netns: 'apt-get install passt "
                "slirp4netns', 'dnf install passt'.",
            )
        ]
    if not tun:
        return [
            Problem(
                message=f"{programs[0]} needs {TUN}, which this user cannot open.",
                remedy="As root: modprobe tun; chmod 666 /dev/net/tun",
            )
        ]
    return []


def network_programs(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Which of :data:`NETWORK_PROGRAMS` Podman can find."""
    path = f"{environ.get('PATH', '')}:{_SYSTEM_PATH}:{_HELPERS}"
    return tuple(name for name in NETWORK_PROGRAMS if shutil.which(name, path=path))


def may_use_tun(device: Path = TUN) -> bool:
    """Whether this user may open the device that network programs need."""
    return os.access(device, os.R_OK | os.W_OK)


def lingers(user: str, root: Path = Path("/")) -> bool | None:
    """Whether a user's processes outlive a logout; None without systemd, where nothing ends them.

    Args:
        user: the name.
        root: where the machine's files lie.
    """
    if not (root / "run/systemd/system").is_dir():
        return None
    return (root / LINGER.relative_to("/") / user).exists()


def _has_network(service: ComposeService) -> bool:
    return service.definition.get("network_mode") not in ("none", "host")


def _said(service: ComposeService) -> Mapping[str, Any]:
    return {**service.definition, **service.default_keys}


def _at(value: Any, path: Sequence[str]) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
