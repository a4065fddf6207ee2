"""``up``: images, secrets, containers, started in waves, watched until they are up."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from container_manager.compose.digest import parts_digest
from container_manager.compose.model import Stack
from container_manager.config.leaves import leaves
from container_manager.errors import Problem, RuntimeFailure, raise_all
from container_manager.lifecycle.changes import changes_of, parts_of, tell_changes
from container_manager.lifecycle.checking import check_surroundings
from container_manager.lifecycle.compose import Composition
from container_manager.lifecycle.composing import compose
from container_manager.lifecycle.credentials import MustOpen, remembering
from container_manager.lifecycle.images import ensure_images
from container_manager.lifecycle.made import MadeRecords
from container_manager.lifecycle.meanwhile import tried_again
from container_manager.lifecycle.outcome import Outcome, failures, service_outcomes
from container_manager.lifecycle.planning import (
    CREATE,
    KEEP,
    RECREATE,
    REMOVE,
    START,
    ContainerChange,
    is_one_off,
)
from container_manager.lifecycle.podman_secrets import drop_secrets, secret_values, store_secrets
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.stopping import stop_and_remove
from container_manager.lifecycle.waiting import Waves
from container_manager.model import Build
from container_manager.podman.state import ContainerState
from container_manager.run import Finished


def up(
    project: Project,
    build: Build,
    *,
    only: Collection[str] | None = None,
    stack: Stack | None = None,
    timeout: float | None = None,
    accept_credentials: bool = False,
) -> Outcome:
    """Make the stack run as its files say, and wait until it does.

    Args:
        project: whose stack.
        build: its generated files.
        only: canonical names of our services: they, and what they wait for; no other is touched.
        stack: what the files mean together; None: they are read.
        timeout: seconds each service may take, over what the configuration says.
        accept_credentials: take the present credentials for those that open the volumes.

    Raises:
        RenderError: the compose files cannot be used; nothing was touched.
        PreconditionError: something is missing or taken; no container was touched.
        RuntimeFailure: an image cannot be had, or a service did not come up.
    """
    must_open = MustOpen.when(accepted=accept_credentials, emptied=False)
    composition, names = prepare(project, build, only, must_open, stack=stack)
    images = ensure_images(composition, names)
    return start(
        composition,
        names,
        images,
        only_some=only is not None,
        timeout=timeout,
        accept_credentials=accept_credentials,
    )


def build_images(
    project: Project,
    build: Build,
    *,
    only: Collection[str] | None = None,
    stack: Stack | None = None,
    fresh: bool = False,
) -> dict[str, str]:
    """Pull and build the images of the stack; no container is touched.

    Args:
        project: whose stack.
        build: its generated files.
        only: canonical names of our services; None: all.
        stack: what the files mean together; None: they are read.
        fresh: build everything anew, without cache.

    Returns:
        Compose service -> id of its image.

    Raises:
        RuntimeFailure: an image cannot be had.
    """
    composition, names = compose(project, build, only, stack=stack)
    return ensure_images(composition, names, fresh=fresh)


def prepare(
    project: Project,
    build: Build,
    only: Collection[str] | None = None,
    must_open: MustOpen = MustOpen.ALL,
    *,
    stack: Stack | None = None,
) -> tuple[Composition, list[str]]:
    """Read the stack and check that it can run; creates the missing mounted folders.

    Args:
        project: whose stack.
        build: its generated files.
        only: canonical names of our services; None: all.
        must_open: which of the volumes that are there the credentials must open.
        stack: what the files mean together; None: they are read.

    Returns:
        The composition, and the compose services that are to run.
    """
    composition, names = compose(project, build, only, stack=stack)
    composition.check()
    check_surroundings(project, composition.stack, names, must_open)
    return composition, names


def start(
    composition: Composition,
    names: list[str],
    images: Mapping[str, str],
    *,
    only_some: bool = False,
    timeout: float | None = None,
    accept_credentials: bool = False,
    as_they_are: Mapping[str, Mapping[str, str]] | None = None,
) -> Outcome:
    """Bring services up whose images are there.

    Args:
        composition: the project.
        names: the compose services that are to run.
        images: compose service -> id of its image.
        only_some: whether other services are left alone.
        timeout: seconds each service may take, over what the configuration says.
        accept_credentials: take the present credentials for those that open the volumes.
        as_they_are: compose service -> what its container was made of; it is not made anew.

    Raises:
        RuntimeFailure: a service did not come up.
    """
    project, stack = composition.project, composition.stack
    secrets = secret_values(stack)
    parts = {**parts_of(composition, names, images, secrets), **(as_they_are or {})}
    changes = changes_of(composition, parts, only_some=only_some)
    new = [one.service for one in changes if one.action in (CREATE, RECREATE)]
    records = MadeRecords(project.state_dir, project.name)
    tell_changes(project, changes, records, parts)
    _take_away(project, changes)
    digests = {name: parts_digest(one) for name, one in parts.items()}
    composition.write_overlay(digests, secrets)
    store_secrets(project, secrets, renewed=new)
    made = {name: (digests[name], parts[name]) for name in new}
    records.remember(made, leaves(project.configuration), keep=stack.services)
    with remembering(project, stack, names, accept=accept_credentials):
        states, lost = _create(composition, new, changes)
    to_start = {*new, *(one.service for one in changes if one.action == START)}
    waves = Waves(
        project.engine,
        stack,
        {name: states[name] for name in names if name in states and name not in lost},
        project.progress,
        lost=lost,
        timeout=timeout,
    )
    verdicts = waves.run(to_start)
    if not only_some:
        drop_secrets(project, keep=secrets)
    raise_all(RuntimeFailure, failures(project, stack, verdicts, waves.states))
    gone = [one.container for one in changes if one.action == REMOVE and one.container]
    return Outcome(
        services=service_outcomes(stack, verdicts, waves.states, to_start),
        created=tuple(new),
        removed=tuple(one.name for one in gone),
        warnings=stack.warnings,
    )


def _take_away(project: Project, changes: Sequence[ContainerChange]) -> None:
    """Remove the containers that go, and let paused ones that stay go on."""
    going = [one.container for one in changes if one.action in (RECREATE, REMOVE)]
    stop_and_remove(project, [one for one in going if one is not None])
    paused = [
        one.container.id
        for one in changes
        if one.action == START and one.container is not None and one.container.status == "paused"
    ]
    if paused:
        project.engine.unpause(paused)


def _create(
    composition: Composition, names: Sequence[str], changes: Sequence[ContainerChange]
) -> tuple[dict[str, ContainerState], dict[str, str]]:
    """Make containers.

    Returns:
        The containers that there are now, by service; and which services have none, and why.
    """
    project = composition.project
    if not names:
        staying = [one for one in changes if one.action in (KEEP, START)]
        return {one.service: one.container for one in staying if one.container is not None}, {}
    project.progress.step("Creating " + ", ".join(names))

    def lost() -> list[str]:
        there = _containers(project)
        return [name for name in names if name not in there]

    try:
        finished = tried_again(composition.create_containers, names, lost)
        said, ok = finished.last_lines or _silent_end(finished), finished.ok
    except RuntimeFailure as error:
        said, ok = str(error), False
    there = _containers(project)
    lacking = [name for name in names if name not in there]
    if not ok and not lacking:
        project.progress.warn(
            Problem(message=f"{project.provider.name} reports: {project.redact(said)}")
        )
    reason = f"{project.provider.name} made no container for it:\n{project.redact(said)}"
    return there, dict.fromkeys(lacking, reason)


def _containers(project: Project) -> dict[str, ContainerState]:
    """Those of compose services, by service."""
    return {one.service: one for one in project.containers() if not is_one_off(one)}


def _silent_end(finished: Finished) -> str:
    if finished.returncode < 0:
        return f"it was ended by signal {-finished.returncode} and had said nothing"
    return f"it gave no reason and ended with exit code {finished.returncode}"
