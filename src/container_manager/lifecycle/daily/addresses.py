"""Where services are reached: the ports that their running containers publish."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from container_manager.errors import PreconditionError, UsageError
from container_manager.lifecycle.daily.choosing import chosen
from container_manager.lifecycle.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One published port.

    Attributes:
        service: the compose service.
        container_port: the port in the container.
        protocol: ``tcp`` or ``udp``.
        host: the address of this machine that it is bound to.
        host_port: the port there.
        address: where it is reached from here; a link where a browser may know what to do.
    """

    service: str
    container_port: int
    protocol: str
    host: str
    host_port: int
    address: str

    @property
    def is_link(self) -> bool:
        """Whether a browser may be sent there."""
        return self.address.startswith("http")


def addresses(project: Project, names: Sequence[str] = ()) -> list[Address]:
    """What the running containers of some services publish.

    Raises:
        PreconditionError: a name leads to no container, or none of them runs.
    """
    containers = chosen(project, names)
    running = [one for one in containers if one.running]
    if not running:
        shown = ", ".join(names) or f"the stack '{project.name}'"
        raise PreconditionError(
            f"Nothing of {shown} runs.", remedy="'start' starts it, 'up' with new settings."
        )
    return [
        Address(
            service=one.service,
            container_port=port.container_port,
            protocol=port.protocol,
            host=port.host_ip or "0.0.0.0",  # noqa: S104 - shown only
            host_port=port.host_port,
            address=port.address,
        )
        for one in running
        for port in one.ports
    ]


def the_link(project: Project, names: Sequence[str] = (), *, port: int | None = None) -> Address:
    """The one address that a browser is to be sent to.

    Args:
        project: whose.
        names: services; none means all.
        port: its port, in the container or on this machine; None where there is only one.

    Raises:
        PreconditionError: nothing runs, or nothing of it is for a browser.
        UsageError: there are several, or ``port`` is none of them.
    """
    links = [one for one in addresses(project, names) if one.is_link]
    if not links:
        shown = ", ".join(names) or f"the stack '{project.name}'"
        raise PreconditionError(
            f"{shown} publishes no port that a browser could open.",
            remedy="A service publishes one by 'ports' in its template; 'ps' shows what there is.",
        )
    found = [one for one in links if port in (None, one.container_port, one.host_port)]
    if len(found) == 1:
        return found[0]
    listed = "\n  ".join(f"{one.service} --port {one.host_port}: {one.address}" for one in links)
    raise UsageError(
        f"There are {len(found)} addresses to choose from."
        if found
        else f"No address has the port {port}.",
        remedy=listed,
    )


def can_browse() -> bool:
    """Whether somebody sits here who can be shown a browser: a terminal and a screen."""
    if not (sys.stdout.isatty() and sys.stderr.isatty()):
        return False
    if os.environ.get("BROWSER") or sys.platform == "darwin":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
