"""``up``: images, secrets, containers, started in waves, watched until they are up."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from container_manager import identity as labels
from container_manager.compose.digest import Files, service_digest
from container_manager.compose.graph import with_dependencies
from container_manager.compose.model import COMPLETED, Stack
from container_manager.compose.stack import read_stack
from container_manager.errors import Problem, RuntimeFailure, raise_all
from container_manager.lifecycle.checking import check_surroundings
from container_manager.lifecycle.compose import Composition
from container_manager.lifecycle.credentials import MustOpen, remembering
from container_manager.lifecycle.images import ensure_images
from container_manager.lifecycle.outcome import Outcome, failures, service_outcomes
from container_manager.lifecycle.podman_secrets import drop_secrets, secret_values, store_secrets
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.stopping import stop_and_remove
from container_manager.lifecycle.waiting import Waves
from container_manager.model import Build
from container_manager.podman.mounts import has_ghosts
from container_manager.podman.state import ContainerState
from container_manager.run import Finished


def up(
    project: Project,
    build: Build,
    *,
    only: Collection[str] | None = None,
    timeout: float | None = None,
    accept_credentials: bool = False,
) -> Outcome:
    """Make the stack run as its files say, and wait until it does.

    Args:
        project: whose stack.
        build: its generated files.
        only: canonical names of our services: they, and what they wait for; no other is touched.
        timeout: seconds each service may take, over what the configuration says.
        accept_credentials: take the present credentials for those that open the volumes.

    Raises:
        RenderError: the compose files cannot be used; nothing was touched.
        PreconditionError: something is missing or taken; no container was touched.
        RuntimeFailure: an image cannot be had, or a service did not come up.
    """
    must_open = MustOpen.when(accepted=accept_credentials, emptied=False)
    composition, names = prepare(project, build, only, must_open)
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
    project: Project, build: Build, *, only: Collection[str] | None = None, fresh: bool = False
) -> dict[str, str]:
    """Pull and build the images of the stack; no container is touched.

    Args:
        project: whose stack.
        build: its generated files.
        only: canonical names of our services; None: all.
        fresh: build everything anew, without cache.

    Returns:
        Compose service -> id of its image.

    Raises:
        RuntimeFailure: an image cannot be had.
    """
    composition, names = _compose(project, build, only)
    return ensure_images(composition, names, fresh=fresh)


def prepare(
    project: Project,
    build: Build,
    only: Collection[str] | None = None,
    must_open: MustOpen = MustOpen.ALL,
) -> tuple[Composition, list[str]]:
    """Read the stack and check that it can run; creates the missing mounted folders.

    Args:
        project: whose stack.
        build: its generated files.
        only: canonical names of our services; None: all.
        must_open: which of the volumes that are there the credentials must open.

    Returns:
        The composition, and the compose services that are to run.
    """
    composition, names = _compose(project, build, only)
    check_surroundings(project, composition.stack, names, must_open)
    return composition, names


def _compose(
    project: Project, build: Build, only: Collection[str] | None
) -> tuple[Composition, list[str]]:
    stack = read_stack(
        build.compose_files,
        project.services,
        project.environment,
        project_name=project.name,
        defaults=project.defaults,
    )
    chosen = with_dependencies(stack, stack.owned_by(tuple(only))) if only is not None else None
    names = [name for name in stack.services if chosen is None or name in chosen]
    files = Files(build_dir=build.build_dir, digests=build.digests)
    contexts = {
        service.name: files.context(service.build, service.image)
        for service in stack.services.values()
        if service.build is not None
    }
    composition = Composition(
        project=project,
        build=build,
        stack=stack,
        identity=project.identity(create=True),
        files=files,
        contexts=contexts,
    )
    return composition, names


def start(
    composition: Composition,
    names: list[str],
    images: Mapping[str, str],
    *,
    only_some: bool = False,
    timeout: float | None = None,
    accept_credentials: bool = False,
) -> Outcome:
    """Bring services up whose images are there."""
    project, stack = composition.project, composition.stack
    secrets = secret_values(stack)
    digests = {
        name: service_digest(
            stack.services[name],
            image_id=images[name],
            files=composition.files,
            secrets=secrets[name],
            key=composition.identity.key,
        )
        for name in names
    }
    there = [one for one in project.containers() if composition.identity.owns(one.labels)]
    adopted = {one.id for one in there if not composition.identity.has_marked(one.labels)}
    current, outdated = _sort(stack, digests, there, adopted, only_some=only_some)
    new = [name for name in names if name not in current]
    stop_and_remove(project, outdated)
    composition.write_overlay(digests, secrets)
    store_secrets(project, secrets, renewed=new)
    with remembering(project, stack, names, accept=accept_credentials):
        lost = _create(composition, new)
    states = {one.service: one for one in project.containers() if one.service in names}
    ids = {name: states[name].id for name in names if name in states and name not in lost}
    waves = Waves(project.engine, stack, ids, project.progress, lost=lost, timeout=timeout)
    to_start = _to_start(stack, states, new)
    verdicts = waves.run(to_start)
    if not only_some:
        drop_secrets(project, keep=secrets)
    raise_all(RuntimeFailure, failures(project, stack, verdicts, waves.states))
    return Outcome(
        services=service_outcomes(stack, verdicts, waves.states, to_start),
        created=tuple(new),
        removed=tuple(one.name for one in outdated if one.service not in stack.services),
        warnings=stack.warnings,
    )


def _sort(
    stack: Stack,
    digests: Mapping[str, str],
    there: Collection[ContainerState],
    adopted: Collection[str],
    *,
    only_some: bool,
) -> tuple[set[str], list[ContainerState]]:
    """Which services have a container that is as it should be, and which containers must go."""
    current: set[str] = set()
    outdated: list[ContainerState] = []
    for one in there:
        if one.service in digests:
            same = one.labels.get(labels.DIGEST) == digests[one.service] and one.id not in adopted
            if same and one.service not in current and not has_ghosts(one.pid):
                current.add(one.service)
            else:
                outdated.append(one)
        elif one.service not in stack.services and not only_some:
            outdated.append(one)
    # Whoever lives in another container's namespace has to follow it.
    while follow := {
        name
        for name in current
        if any(other in digests and other not in current for other in stack.services[name].implied)
    }:
        current -= follow
        outdated += [one for one in there if one.service in follow]
    return current, outdated


def _create(composition: Composition, names: list[str]) -> dict[str, str]:
    """Make containers; the result says which services have none afterwards, and why."""
    if not names:
        return {}
    project = composition.project
    try:
        finished = composition.create_containers(names)
        said, ok = finished.last_lines or _silent_end(finished), finished.ok
    except RuntimeFailure as error:
        said, ok = str(error), False
    there = {one.service for one in project.containers()}
    lost = [name for name in names if name not in there]
    if not ok and not lost:
        project.progress.warn(
            Problem(message=f"{project.provider.name} reports: {project.redact(said)}")
        )
    reason = f"{project.provider.name} made no container for it:\n{project.redact(said)}"
    return dict.fromkeys(lost, reason)


def _silent_end(finished: Finished) -> str:
    if finished.returncode < 0:
        return f"it was ended by signal {-finished.returncode} and had said nothing"
    return f"it gave no reason and ended with exit code {finished.returncode}"


def _to_start(stack: Stack, states: Mapping[str, ContainerState], new: Collection[str]) -> set[str]:
    """What is to be started: what does not run, but not again what has done its work.

    A job that has ended well runs again when somebody who waits for it starts.
    """
    done = {
        name
        for name, one in states.items()
        if stack.services[name].one_shot and one.ended and one.exit_code == 0
    } - set(new)
    found = {name for name, one in states.items() if not one.running} - done
    todo = list(found)
    while todo:
        for name, condition in stack.services[todo.pop()].depends_on.items():
            if condition == COMPLETED and name in done - found:
                found.add(name)
                todo.append(name)
    return found
