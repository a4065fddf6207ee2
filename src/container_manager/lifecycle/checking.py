"""Asks Podman what is there, and refuses a start that could not go well, with all its reasons."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from container_manager import identity as labels
from container_manager.compose.model import Stack
from container_manager.errors import Location, PreconditionError, Problem, raise_all
from container_manager.identity import Identity, remember_adopted
from container_manager.lifecycle.credentials import MustOpen, locked_volumes
from container_manager.lifecycle.project import Project
from container_manager.podman.state import ListedContainer
from container_manager.preflight import Surroundings, check


def check_surroundings(
    project: Project, stack: Stack, names: Collection[str], must_open: MustOpen = MustOpen.ALL
) -> None:
    """Raise everything that keeps services from starting; create the missing mounted folders.

    Args:
        project: whose stack.
        stack: all services.
        names: those that are to run.
        must_open: which of the volumes that are there the credentials must open.

    Raises:
        PreconditionError: something is missing, taken or locked; no container was touched.
    """
    engine = project.engine
    compose_label = f"{labels.COMPOSE_PROJECT}={project.name}"
    externals = [one.actual for one in stack.volumes.values() if one.external]
    networks = [one.actual for one in stack.networks.values() if one.external]
    surroundings = Surroundings(
        own=project.containers(),
        everything=engine.everything(),
        volumes=engine.volumes(compose_label),
        known_volumes=[name for name in externals if engine.volume(name) is not None],
        known_networks=[name for name in networks if engine.has_network(name)],
    )
    identity = project.identity(create=False)
    findings = check(stack, names, identity, surroundings, root=project.root)
    for warning in (*findings.warnings, *_left_behind(identity, surroundings.everything)):
        project.progress.warn(warning)
    locked = locked_volumes(project, stack, names, must_open)
    raise_all(PreconditionError, (*findings.problems, *locked))
    for folder in findings.folders:
        project.progress.step(f"Creating the folder {folder}, which is mounted")
        folder.mkdir(parents=True, exist_ok=True)
    if project.adopt:
        project.identity(create=True)
        bare = [one.name for one in surroundings.volumes if labels.PROJECT not in one.labels]
        remember_adopted(project.state_dir, bare)


def _left_behind(identity: Identity, everything: Iterable[ListedContainer]) -> list[Problem]:
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
            f"to '{name}' and run 'down'.",
        )
        for name, names in sorted(old.items())
    ]
