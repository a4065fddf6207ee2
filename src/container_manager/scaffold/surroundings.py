"""What a project holds already, for the answers of a new service: a configuration, flattened."""

from __future__ import annotations

import errno
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from container_manager.build import pipeline
from container_manager.build.trace import to_templates
from container_manager.compose.model import ComposeService, Port, Stack
from container_manager.config.interpolation import Text
from container_manager.config.loader import Config
from container_manager.errors import Location, Problem
from container_manager.names import Match, defined_names, resolve
from container_manager.preflight.ports import PortTest, try_bind

_FIRST_PORT, _LAST_PORT = 8100, 8899
"""Where free ports are looked for: above the usual ports of programs, below those of the system."""

_PROJECT_PORT = 8080
"""Where the search for the port of a new project's example begins."""

MAX_PORT = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """What has a name or a port already, and where it says so."""

    what: str
    where: Location | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a project holds already.

    Attributes:
        names: name, with ``_`` for ``-`` -> the service that has it.
        ports: host port -> the service that publishes it.
        applications: as they are spelled.
        network: the network that services share, where it is known.
        base_image: ``images.python`` as the configuration gives it, where it does.
    """

    names: Mapping[str, Holder] = field(default_factory=dict)
    ports: Mapping[int, Holder] = field(default_factory=dict)
    applications: tuple[str, ...] = ()
    network: str | None = None
    base_image: str | None = None

    def named(self, name: str) -> Holder | None:
        """What has a name; ``-`` and ``_`` are one letter."""
        return self.names.get(_plain(name))

    def application(self, name: str) -> str:
        """An application as it is spelled, if there is one of that name."""
        same = [one for one in self.applications if _plain(one) == _plain(name)]
        return same[0] if len(same) == 1 else name

    def free_port(self, try_port: PortTest = try_bind) -> int | None:
        """The next port that no service publishes and no program of this machine has."""
        return _first_free(_FIRST_PORT, self.ports, try_port)

    def port_problem(self, port: Port, try_port: PortTest = try_bind) -> Problem | None:
        """Why a port cannot be had; None where it can."""
        if port.host_port is None:
            return None
        holder = self.ports.get(port.host_port)
        if holder is None and try_port(port) == errno.EADDRINUSE:
            holder = Holder(what="another program of this machine", where=None)
        if holder is None:
            return None
        place = f" ({holder.where})" if holder.where else ""
        free = self.free_port(try_port)
        return Problem(
            message=f"Port {port.host_port} is taken by {holder.what}{place}.",
            remedy=f"Choose another port: --data port={free}." if free else "Choose another port.",
        )

    def data(self) -> dict[str, object]:
        """What templates may use beside answers; no question asks for it, so none remembers it."""
        free = self.free_port()
        return {
            "taken_ports": sorted(self.ports),
            "taken_names": sorted(self.names),
            "known_applications": list(self.applications),
            **({"free_port": free} if free else {}),
        }


def project_data(try_port: PortTest = try_bind) -> dict[str, object]:
    """What the template of a whole project may use beside answers."""
    free = _first_free(_PROJECT_PORT, {}, try_port)
    return {"free_port": free} if free else {}


def look(config: Config) -> Surroundings:
    """What a project holds; everything is rendered for it, and nothing written.

    Raises:
        ManagerError: the project itself has an error, which is to be mended first.
    """
    # Nothing is deployed where the new service's own fragment will be the first to say anything.
    prepared = pipeline.prepare(config) if config.values.get("deployed_services") else None
    stack = prepared.stack if prepared else None
    rendered = prepared.rendered if prepared else {}
    containers = list(stack.services.values()) if stack else []
    applications = config.values.get("applications")
    return Surroundings(
        names={
            **{_plain(one.name): _holder(one, one.where, rendered) for one in containers},
            **_defined(config),
        },
        ports={
            port.host_port: _holder(one, port.where, rendered)
            for one in containers
            for port in one.ports
            if port.host_port is not None
        },
        applications=tuple(map(str, applications)) if isinstance(applications, Mapping) else (),
        network=_network(config, stack),
        base_image=_base_image(config),
    )


def local_port(number: int) -> Port:
    """A port as our templates publish it: for this machine alone."""
    return Port(
        host_ip="127.0.0.1",
        host_port=number,
        container_port=number,
        protocol="tcp",
        where=Location(Path()),
    )


def _first_free(first: int, taken: Container[int], try_port: PortTest) -> int | None:
    for number in range(first, _LAST_PORT + 1):
        if number not in taken and try_port(local_port(number)) is None:
            return number
    return None


def _holder(
    one: ComposeService, where: Location, rendered: Mapping[Path, tuple[Path, str]]
) -> Holder:
    """What a template says, at the line of the template and not of what it renders to."""
    [placed] = to_templates([Problem(message="", where=where)], rendered)
    return Holder(what=_what(one), where=placed.where)


def _defined(config: Config) -> dict[str, Holder]:
    found = {}
    for name in defined_names(config.values):
        match = resolve(config.values, name)
        if isinstance(match, Match):
            place = config.nearest_origin(match.key_path)
            last = _plain(str(match.key_path[-1]))
            found[last] = Holder(what=f"the service {match.name}", where=place)
    return found


def _network(config: Config, stack: Stack | None) -> str | None:
    said = config.values.get("network")
    if isinstance(said, str) and not isinstance(said, Text):
        return said
    declared = list(stack.networks) if stack else []
    return declared[0] if len(declared) == 1 else None


def _base_image(config: Config) -> str | None:
    images = config.raw.get("images")
    said = images.get("python") if isinstance(images, Mapping) else None
    return said if isinstance(said, str) and "$" not in said else None


def _what(one: ComposeService) -> str:
    owner = one.owner or "the root template"
    return (
        f"the service {owner}"
        if owner.rpartition(".")[2] == one.name
        else (f"the compose service '{one.name}' of {owner}")
    )


def _plain(name: str) -> str:
    return name.replace("-", "_")
