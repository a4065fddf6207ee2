"""Before a container that exists is started again: is all there that it mounts?"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from container_manager.errors import PreconditionError, Problem, raise_all
from container_manager.lifecycle.project import Project
from container_manager.podman.state import ContainerState


def refuse_missing_mounts(project: Project, containers: Iterable[ContainerState]) -> None:
    """Make sure that containers could be started, while what runs still runs.

    Args:
        project: whose.
        containers: those that are to be ended and started, or started.

    Raises:
        PreconditionError: a file or folder that one mounts is gone; nothing was touched.
    """
    if project.engine.host.remote:
        return  # its files are on another machine
    raise_all(
        PreconditionError,
        (
            Problem(
                message=f"{one.name} mounts {source}, which is not there any more.",
                remedy="'up' builds it and makes what mounts it anew.",
            )
            for one in containers
            for source in one.binds
            if not Path(source).exists()
        ),
    )
