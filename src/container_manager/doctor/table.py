"""The table of checks. A new one is a function and a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from container_manager.doctor import (
    booting,
    clock,
    devices,
    disks,
    podman_itself,
    project,
    provider,
    registries,
    trials,
    user,
)
from container_manager.doctor.findings import Finding
from container_manager.doctor.subject import Subject


@dataclass(frozen=True, slots=True)
class Check:
    """A row.

    Attributes:
        name: for people and programs.
        group: the heading that its findings stand under.
        examine: what is done; no finding means that the check has no object here.
        needs: what of the subject must be there, by name; else it is not made.
        seconds: what it may take.
    """

    name: str
    group: str
    examine: Callable[[Subject], list[Finding]]
    needs: tuple[str, ...] = ()
    seconds: float = 30.0


CHECKS: Sequence[Check] = (
    Check("podman", "Podman", podman_itself.podman, ("engine",)),
    Check("storage", "Podman", podman_itself.storage, ("info",)),
    Check("limits", "Podman", podman_itself.control_groups, ("info",)),
    Check("health checks", "Podman", trials.health, ("laboratory",)),
    Check("folders and time", "Podman", trials.container_clock, ("laboratory",)),
    Check("backend", "Network", podman_itself.network_backend, ("info",)),
    Check("names and ports", "Network", trials.network, ("laboratory",), 60.0),
    Check("low ports", "Network", user.ports, ("info",)),
    Check("registries", "Network", registries.registries, ("stack",)),
    Check("provider", "Provider", provider.provider, ("laboratory",), 90.0),
    Check("user", "Machine", user.ordinary_user),
    Check("SELinux", "Machine", user.selinux, ("info",)),
    Check("devices", "Machine", devices.devices, ("engine",)),
    Check("free space", "Machine", disks.disks, (), 10.0),
    Check("clock", "Machine", clock.clock, (), 10.0),
    Check("reboots", "Machine", booting.reboots, (), 10.0),
    Check("folders", "Project", project.folders, ("config",)),
    Check("start", "Project", project.start, ("stack", "engine"), 60.0),
)
"""All checks, in the order in which they are shown."""
