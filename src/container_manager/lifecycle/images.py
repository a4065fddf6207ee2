"""Makes sure that every image is there before a container is touched."""

from __future__ import annotations

from collections.abc import Iterable

from container_manager import identity as labels
from container_manager.compose.model import ComposeService
from container_manager.errors import Problem, RuntimeFailure, raise_all
from container_manager.lifecycle.compose import Composition
from container_manager.podman.state import ImageState

_LOCAL = "localhost/"


def ensure_images(
    composition: Composition, names: Iterable[str], *, fresh: bool = False
) -> dict[str, str]:
    """Pull what is missing, build what is out of date.

    Args:
        composition: the project.
        names: the compose services that need their images.
        fresh: build everything anew, without cache.

    Returns:
        Compose service -> id of its image.

    Raises:
        RuntimeFailure: an image cannot be had; no container was touched.
    """
    services = [composition.stack.services[name] for name in names]
    problems: list[Problem] = []
    found: dict[str, str] = {}
    by_image: dict[str, list[ComposeService]] = {}
    for service in services:
        if service.build is None:
            by_image.setdefault(service.image, []).append(service)
    for image, users in by_image.items():
        state = _fetched(composition, image, users, problems)
        if state is not None:
            found.update({service.name: state.id for service in users})
    built = [service for service in services if service.build is not None]
    found.update(_built(composition, built, problems, fresh=fresh))
    raise_all(RuntimeFailure, problems)
    return found


def _fetched(
    composition: Composition, image: str, users: list[ComposeService], problems: list[Problem]
) -> ImageState | None:
    engine, progress = composition.project.engine, composition.project.progress
    policies = {str(user.definition.get("pull_policy") or "missing") for user in users}
    policy = next((one for one in ("always", "newer") if one in policies), "missing")
    state = engine.image(image)
    if state is not None and (policy == "missing" or image.startswith(_LOCAL)):
        return state
    where = users[0].where
    if image.startswith(_LOCAL) or "never" in policies:
        problems.append(
            Problem(
                message=f"The image {image} of the service '{users[0].name}' is not on this "
                "machine, and it is not to be pulled.",
                where=where,
                remedy="Build it first, or name an image of a registry.",
            )
        )
        return None
    progress.step(f"Pulling {image}")
    redact = composition.project.redact
    try:
        finished = engine.pull(image, lambda line: progress.detail(redact(line)), policy=policy)
        said = "" if finished.ok else finished.last_lines
    except RuntimeFailure as error:
        said = str(error)
    state = engine.image(image)
    if said or state is None:
        problems.append(
            Problem(
                message=f"The image {image} of the service '{users[0].name}' cannot be had:\n"
                f"{redact(said)}",
                where=where,
                remedy=f"Try 'podman pull {image}', and see that its name and the network are "
                "right.",
            )
        )
    return state


def _built(
    composition: Composition,
    services: list[ComposeService],
    problems: list[Problem],
    *,
    fresh: bool,
) -> dict[str, str]:
    """Build what is out of date; an image says in a label which context it was built from."""
    if not services:
        return {}
    engine, project = composition.project.engine, composition.project
    states = {service.name: engine.image(service.image) for service in services}
    stale = [
        service.name
        for service in services
        if fresh or not _current(composition, service, states[service.name])
    ]
    said = ""
    if stale:
        project.progress.step("Building the images of " + ", ".join(stale))
        composition.write_overlay()
        try:
            finished = composition.build_images(stale, no_cache=fresh)
            said = "" if finished.ok else finished.last_lines
        except RuntimeFailure as error:
            said = str(error)
        states |= {s.name: engine.image(s.image) for s in services if s.name in stale}
    for service in services:
        if service.name in stale and (said or not _labelled(composition, service, states)):
            if said and _labelled(composition, service, states) and not fresh:
                continue  # it was another one that failed
            problems.append(
                Problem(
                    message=f"The image of the service '{service.name}' could not be built:\n"
                    f"{project.redact(said) or 'the provider gave no reason'}",
                    where=service.where,
                )
            )
    return {name: state.id for name, state in states.items() if state is not None}


def _current(composition: Composition, service: ComposeService, state: ImageState | None) -> bool:
    wanted = composition.contexts.get(service.name)
    return state is not None and bool(wanted) and state.labels.get(labels.CONTEXT) == wanted


def _labelled(
    composition: Composition, service: ComposeService, states: dict[str, ImageState | None]
) -> bool:
    """Whether an image is there that was built from the context as it is now."""
    state = states[service.name]
    wanted = composition.contexts.get(service.name, "")
    return state is not None and state.labels.get(labels.CONTEXT, "") == wanted
