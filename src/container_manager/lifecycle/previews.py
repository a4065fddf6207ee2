"""What a command is about to remove or replace, and what stays: decided before it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from container_manager.lifecycle.data.volumes import disk_size
from container_manager.lifecycle.project import Project
from container_manager.model import Hook
from container_manager.podman.state import VolumeState


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeRow:
    """A volume whose content goes.

    Attributes:
        name: the volume's.
        size: the bytes of disk that it takes; 0 where that is not known.
        saved: whether its content is saved first.
    """

    name: str
    size: int
    saved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a command is about to do.

    Attributes:
        verb: the command.
        project: whose.
        config: its configuration.
        containers: names of those that go.
        networks: the same.
        images: the same.
        secrets: how many Podman secrets go.
        volumes: those whose content goes, be it that they are made anew.
        made: volumes that are brought back.
        source: the backup that they come from.
        backups: where volumes are saved.
        keeps: what stays, for people.
        starts: whether everything is started anew afterwards.
        hooks: the user's own commands that run before.
    """

    verb: str
    project: str
    config: Path
    containers: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    secrets: int = 0
    volumes: tuple[VolumeRow, ...] = ()
    made: tuple[str, ...] = ()
    source: Path | None = None
    backups: Path | None = None
    keeps: tuple[str, ...] = ()
    starts: bool = False
    hooks: tuple[Hook, ...] = ()

    @property
    def unsaved(self) -> tuple[VolumeRow, ...]:
        """The volumes whose content is lost for good."""
        return tuple(one for one in self.volumes if not one.saved)


Confirm = Callable[[Preview], None]
"""Is told what a command is about to do; raises where that must not be."""


def hooks_before(project: Project, containers: Sequence[object]) -> tuple[Hook, ...]:
    """The user's own commands that run before containers go; none where there are no containers."""
    return tuple(one for one in project.hooks if containers and one.name == "before_down")


def volume_rows(
    project: Project, volumes: Iterable[VolumeState], *, saved: bool
) -> tuple[VolumeRow, ...]:
    """Volumes for a preview."""
    return tuple(
        VolumeRow(name=one.name, size=disk_size(project, one), saved=saved) for one in volumes
    )
