"""Sees that what was made works in its project, before it may stay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from container_manager.build import pipeline
from container_manager.compose.model import Port
from container_manager.config.loader import Config, load
from container_manager.config.packages import FRAGMENT
from container_manager.config.source import read_yaml
from container_manager.errors import (
    ConfigError,
    Location,
    ManagerError,
    Problem,
    UsageError,
    raise_all,
)
from container_manager.names import Match, resolve
from container_manager.podman.state import PublishedPort
from container_manager.scaffold.naming import Target
from container_manager.scaffold.surroundings import Surroundings


def works(config: Config, target: Target, around: Surroundings, template: str) -> tuple[str, ...]:
    """See that a project, loaded anew, deploys a service and renders.

    Args:
        config: the project as it was before.
        target: the service that was made.
        around: what the project held before.
        template: what the service was made from, for messages.

    Returns:
        Where the service will be reached from this machine.

    Raises:
        ManagerError: it does not work.
    """
    with _taken_back(config.root / target.path):
        loaded = load(config.path)
        found = resolve(loaded.values, target.canonical)
        fragment = config.root / target.path / FRAGMENT
        if not isinstance(found, Match) and fragment not in loaded.imported_from:
            raise ConfigError(_not_found(loaded, target, template))
        prepared = pipeline.prepare(loaded)
        if target.canonical not in {service.name for service in prepared.services}:
            raise ConfigError(
                f"The service {target.canonical} would not be deployed.",
                where=loaded.nearest_origin("deployed_services"),
                remedy=f"Its {FRAGMENT} has to say deployed_services: "
                f"{{add: [{target.canonical}]}}, and no file may remove it.",
            )
        own = prepared.stack.owned_by([target.canonical])
        ports = [port for name in own for port in prepared.stack.services[name].ports]
        problems = (around.port_problem(port) for port in ports)
        raise_all(UsageError, [problem for problem in problems if problem])
        return _addresses(ports)


def project_works(path: Path) -> tuple[str, ...]:
    """See that a project renders.

    Args:
        path: its configuration.

    Returns:
        Where its services will be reached from this machine.

    Raises:
        ManagerError: it does not work.
    """
    with _taken_back(path.parent):
        containers = pipeline.prepare(load(path)).stack.services.values()
        return _addresses(port for one in containers for port in one.ports)


def _addresses(ports: Iterable[Port]) -> tuple[str, ...]:
    return tuple(
        PublishedPort(
            host_ip=port.host_ip,
            host_port=port.host_port,
            container_port=port.container_port,
            protocol=port.protocol,
        ).address
        for port in ports
        if port.host_port is not None
    )


def _not_found(config: Config, target: Target, template: str) -> Problem:
    if not (config.root / target.path / FRAGMENT).is_file():
        return Problem(
            message=f"The template {template} made no {FRAGMENT}, so nothing defines "
            f"{target.canonical}.",
            remedy="A template of services has to make one that defines and deploys them.",
        )
    pattern = f"{Path(target.path).parent.as_posix()}/*/{FRAGMENT}"
    if target.application:
        pattern = f"services/applications/*/*/{FRAGMENT}"
    own = read_yaml(config.path)
    said = own.find(("import",)) if own else None
    line = f"import: ['{pattern}']" if said is None else f"- {pattern}"
    return Problem(
        message=f"The configuration does not import {target.path}/{FRAGMENT}.",
        where=said.where if said else Location(config.path),
        remedy=f"Add to {'it' if said is None else 'this list'}: {line}",
    )


@contextmanager
def _taken_back(folder: Path) -> Iterator[None]:
    """A block whose errors are about what was just made, and end with its removal."""
    try:
        yield
    except ManagerError as error:
        told = Problem(message=f"So {folder} was not made.")
        raise type(error)([*error.problems, told]) from error
