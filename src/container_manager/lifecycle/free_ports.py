"""Before a start: other ports in place of those of ``auto`` that somebody else has by now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path

from container_manager.config.auto_ports import Avoided
from container_manager.config.loader import Config, load
from container_manager.identity import COMPOSE_PROJECT
from container_manager.lifecycle.project import Project, open_project
from container_manager.podman.state import ContainerState, ListedContainer
from container_manager.preflight.holders import UNKNOWN, holder
from container_manager.preflight.ports import holds_ports
from container_manager.sockets import PROTOCOLS, is_free


def load_to_start(
    path: str | PathLike[str] | None, *, adopt: bool = False, as_it_is: bool = False
) -> Config:
    """Load a configuration for a start.

    Args:
        path: the configuration's.
        adopt: whether the stack of this name is taken over.
        as_it_is: whether what is built runs, which has the ports that it has.

    Raises:
        ManagerError: see :func:`with_free_ports`.
    """
    config = load(path)
    return config if as_it_is else with_free_ports(config, adopt=adopt)


def with_free_ports(
    config: Config, *, adopt: bool = False, state_dir: Path | None = None
) -> Config:
    """The same configuration; where ports were lost, with others, which are not remembered yet.

    A port that our own stack holds is ours. One that is chosen now is also none that a container
    of somebody else publishes, even if it is stopped.

    Args:
        config: the configuration.
        adopt: whether the stack of this name is taken over.
        state_dir: where to keep what is found out about Podman; None: the private folder.

    Raises:
        ManagerError: Podman cannot be asked, or the configuration not be loaded again.
    """
    ports = config.ports
    remembered = [key for key in ports.chosen if key not in ports.fresh]
    busy = [key for key in remembered if not is_free(ports.addresses[key], ports.chosen[key])]
    if not busy and not ports.fresh:
        return config
    project = open_project(config, adopt=adopt, state_dir=state_dir)
    everything, identity = project.engine.everything(), project.identity(create=False)

    def is_ours(one: ListedContainer) -> bool:
        return one.labels.get(COMPOSE_PROJECT) == project.name and identity.owns(one.labels)

    ours = [one for one in everything if is_ours(one)]
    others = [one for one in everything if not is_ours(one)]
    held = _held(project, ours, others, {ports.chosen[key] for key in busy})
    lost = {
        key: _holder(ports.addresses[key], ports.chosen[key], others)
        for key in busy
        if ports.chosen[key] not in held
    }
    of_others = _ports(others)
    if not lost and of_others.isdisjoint(ports.chosen[key] for key in ports.fresh):
        return config
    avoided = Avoided(ports=of_others, given_up=lost)
    return load(config.path, config.environment.process, avoided)


def _held(
    project: Project,
    ours: Sequence[ListedContainer],
    others: Sequence[ListedContainer],
    busy: set[int],
) -> frozenset[int]:
    """The ports that our own containers hold; those that are busy are what counts."""
    held = _ports(one for one in ours if one.running)
    if busy <= held:
        return held
    # One that is restarted again and again may be down now, and up when its port was tried; or it
    # may be so because somebody else has its port.
    restarted = _ports(one for one in project.containers() if holds_ports(one))
    return held | (restarted - _ports(one for one in others if one.running))


def _ports(containers: Iterable[ContainerState | ListedContainer]) -> frozenset[int]:
    return frozenset(port.host_port for one in containers for port in one.ports)


def _holder(address: str, port: int, others: Sequence[ListedContainer]) -> str:
    """Who has a port, of whichever protocol."""
    said = [holder(address, port, protocol, others) for protocol in PROTOCOLS]
    return next((one for one in said if one != UNKNOWN), UNKNOWN)
