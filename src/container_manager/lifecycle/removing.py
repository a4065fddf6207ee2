"""``down``: containers, networks and secrets go; volumes and images stay.

What is ours is found by label, so it works when the build directory or the configuration's services
are gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from container_manager import identity as labels
from container_manager.compose.overlay import secret_prefix
from container_manager.errors import (
    Location,
    PreconditionError,
    Problem,
    RuntimeFailure,
    raise_all,
)
from container_manager.identity import Identity, foreign_problems
from container_manager.lifecycle.outcome import Outcome
from container_manager.lifecycle.podman_secrets import drop_secrets
from container_manager.lifecycle.previews import Confirm, Preview, hooks_before
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.stopping import stop_and_remove
from container_manager.podman.state import ContainerState, ListedContainer


def down(project: Project, *, confirm: Confirm | None = None) -> Outcome:
    """Stop and remove the containers and networks of the project.

    Args:
        project: whose.
        confirm: told what will be removed; raises where that must not be.

    Raises:
        PreconditionError: the stack of this name is somebody else's; nothing was touched.
        RuntimeFailure: something is still there afterwards.
    """
    identity = project.identity(create=False)
    seen = _look(project, identity)
    for warning in left_behind(identity, seen.everything):
        project.progress.warn(warning)
    if confirm is not None:
        confirm(_preview(project, seen))
    return _remove_all(project, list(seen.containers), seen.networks, secrets=bool(seen.secrets))


def preview_down(project: Project) -> Preview:
    """What :func:`down` would do."""
    return _preview(project, _look(project, project.identity(create=False)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What Podman has of a project, and all its containers."""

    containers: Sequence[ContainerState]
    everything: Sequence[ListedContainer]
    networks: Sequence[str]
    secrets: int


def _look(project: Project, identity: Identity) -> _Seen:
    """Ask Podman everything at the same time: each question takes longest to begin.

    Raises:
        PreconditionError: some containers or volumes of our name are somebody else's.
    """
    engine = project.engine
    with ThreadPoolExecutor(thread_name_prefix="look") as pool:
        containers = pool.submit(own_containers, project, identity)
        everything = pool.submit(engine.everything)
        networks = pool.submit(own_networks, project, identity)
        secrets = pool.submit(engine.secrets, secret_prefix(project.name))
        return _Seen(
            containers=containers.result(),
            everything=everything.result(),
            networks=networks.result(),
            secrets=len(secrets.result()),
        )


def _preview(project: Project, seen: _Seen) -> Preview:
    return Preview(
        verb="down",
        project=project.name,
        config=project.config_path,
        containers=tuple(one.name for one in seen.containers),
        networks=tuple(seen.networks),
        secrets=seen.secrets,
        keeps=("volumes", "images", "what was built"),
        hooks=hooks_before(project, seen.containers),
    )


def own_containers(project: Project, identity: Identity) -> list[ContainerState]:
    """The containers of our name, after making sure that they are ours.

    Raises:
        PreconditionError: some are not.
    """
    containers = project.containers()
    volumes = project.engine.volumes(f"{labels.COMPOSE_PROJECT}={project.name}")
    raise_all(PreconditionError, foreign_problems(identity, containers, volumes))
    return containers


def warn_of_left_behind(project: Project, identity: Identity) -> None:
    """Say what goes on running because the project had another name when it was started."""
    for warning in left_behind(identity, project.engine.everything()):
        project.progress.warn(warning)


def left_behind(identity: Identity, everything: Iterable[ListedContainer]) -> list[Problem]:
    """What this checkout started before its project got another name; nothing else would say so."""
    old: dict[str, list[str]] = {}
    for one in everything:
        name = one.labels.get(labels.PROJECT, identity.project)
        same = one.labels.get(labels.CHECKOUT) == identity.checkout is not None
        if (
            same
            and name != identity.project
            and one.labels.get(labels.CONFIG) == str(identity.config)
        ):
            old.setdefault(name, []).append(one.name)
    return [
        Problem(
            message=f"Under its former project_name '{name}' this configuration has left "
            f"containers: {', '.join(names)}.",
            where=Location(identity.config),
            remedy=f"Remove them with 'podman rm -f {' '.join(names)}', or set project_name back "
            f"to '{name}' and run 'down' or 'clean'.",
        )
        for name, names in sorted(old.items())
    ]


def remove_containers(
    project: Project,
    identity: Identity,
    containers: list[ContainerState],
) -> Outcome:
    """Remove containers, then the networks and secrets of the project."""
    return _remove_all(project, containers, own_networks(project, identity), secrets=True)


def _remove_all(
    project: Project,
    containers: list[ContainerState],
    networks: Sequence[str],
    *,
    secrets: bool,
) -> Outcome:
    stop_and_remove(project, containers)
    _remove_networks(project, networks)
    if secrets:
        drop_secrets(project)
    left = [one.name for one in project.containers()]
    if left:
        raise RuntimeFailure(
            f"These containers are there although all were removed: {', '.join(left)}.",
            remedy="Something starts them again; stop that, then try again.",
        )
    return Outcome(removed=(*(one.name for one in containers), *networks))


def own_networks(project: Project, identity: Identity) -> list[str]:
    """The networks that were made for the project."""
    found = project.engine.networks(f"{labels.PROJECT}={project.name}")
    return [name for name, given in found.items() if identity.owns(given)]


def _remove_networks(project: Project, names: Sequence[str]) -> None:
    problems = []
    for name in names:
        finished = project.engine.remove_network(name)
        if not finished.ok and project.engine.has_network(name):
            problems.append(
                Problem(
                    message=f"The network {name} could not be removed: {finished.last_lines}",
                    remedy="Another container uses it: disconnect or remove that one.",
                )
            )
    raise_all(RuntimeFailure, problems)
