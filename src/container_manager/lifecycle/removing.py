"""``down``: containers, networks and secrets go; volumes and images stay.

What is ours is found by label, so it works when the build directory or the configuration's services
are gone.
"""

from __future__ import annotations

from container_manager import identity as labels
from container_manager.errors import PreconditionError, Problem, RuntimeFailure, raise_all
from container_manager.identity import Identity, foreign_problems
from container_manager.lifecycle.outcome import Outcome
from container_manager.lifecycle.podman_secrets import drop_secrets
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.stopping import stop_and_remove
from container_manager.podman.state import ContainerState


def down(project: Project) -> Outcome:
    """Stop and remove the containers and networks of the project.

    Raises:
        PreconditionError: the stack of this name is somebody else's; nothing was touched.
        RuntimeFailure: something is still there afterwards.
    """
    identity = project.identity(create=False)
    containers = own_containers(project, identity)
    return remove_containers(project, identity, containers)


def own_containers(project: Project, identity: Identity) -> list[ContainerState]:
    """The containers of our name, after making sure that they are ours.

    Raises:
        PreconditionError: some are not.
    """
    containers = project.containers()
    volumes = project.engine.volumes(f"{labels.COMPOSE_PROJECT}={project.name}")
    raise_all(PreconditionError, foreign_problems(identity, containers, volumes))
    return containers


def remove_containers(
    project: Project,
    identity: Identity,
    containers: list[ContainerState],
    *,
    anonymous_volumes: bool = False,
) -> Outcome:
    """Remove containers, then the networks and secrets of the project."""
    stop_and_remove(project, containers, anonymous_volumes=anonymous_volumes)
    networks = _remove_networks(project, identity)
    drop_secrets(project)
    left = [one.name for one in project.containers()]
    if left:
        raise RuntimeFailure(
            f"These containers are there although all were removed: {', '.join(left)}.",
            remedy="Something starts them again; stop that, then try again.",
        )
    return Outcome(removed=(*(one.name for one in containers), *networks))


def _remove_networks(project: Project, identity: Identity) -> list[str]:
    found = project.engine.networks(f"{labels.PROJECT}={project.name}")
    own = [name for name, given in found.items() if identity.owns(given)]
    problems = []
    for name in own:
        finished = project.engine.remove_network(name)
        if not finished.ok and project.engine.has_network(name):
            problems.append(
                Problem(
                    message=f"The network {name} could not be removed: {finished.last_lines}",
                    remedy="Another container uses it: disconnect or remove that one.",
                )
            )
    raise_all(RuntimeFailure, problems)
    return own
