"""What Podman says before anything is done."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from container_manager.podman.state import ContainerState, ListedContainer, VolumeState


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What Podman says before anything is done.

    Attributes:
        own: the containers of the compose project of our name.
        everything: all containers of the machine.
        volumes: the volumes of the compose project of our name.
        known_volumes: the names of external volumes that exist.
        known_networks: the names of external networks that exist.
        fixed: ``volume`` or ``network``, and a name that a template gives one for good -> the
            labels of what has that name.
        every_volume: all volumes of the machine.
    """

    own: Collection[ContainerState]
    everything: Collection[ListedContainer]
    volumes: Collection[VolumeState]
    known_volumes: Collection[str]
    known_networks: Collection[str]
    fixed: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    every_volume: Collection[VolumeState] = ()
