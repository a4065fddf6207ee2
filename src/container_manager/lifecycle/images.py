"""Makes sure that every image is there before a container is touched."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from container_manager.compose.model import ComposeService
from container_manager.errors import Problem, RuntimeFailure, raise_all
from container_manager.lifecycle.compose import Composition
from container_manager.podman.containers_conf import write_private
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
    by_image: dict[str, list[ComposeService]] = {}
    for name in names:
        service = composition.stack.services[name]
        by_image.setdefault(service.image, []).append(service)
    problems: list[Problem] = []
    every = composition.stack.builders
    builders = {image: every[image] for image in by_image if image in every}
    ids = {
        image: state.id
        for image, users in by_image.items()
        if image not in builders
        and (state := _fetched(composition, image, users, problems)) is not None
    }
    ids |= _built(composition, list(builders.values()), problems, fresh=fresh)
    raise_all(RuntimeFailure, problems)
    return {user.name: ids[image] for image, users in by_image.items() for user in users}


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
    """Build what is out of date; we remember from which context each image was built.

    Returns:
        Image -> its id, of all that exist.
    """
    if not services:
        return {}
    engine, project = composition.project.engine, composition.project
    records = _Records(project.state_dir / "images.json")
    ids = {service.image: _id(engine.image(service.image)) for service in services}
    stale = [
        service
        for service in services
        if fresh or not records.current(service, ids[service.image], composition.contexts)
    ]
    if not stale:
        return ids
    names = [service.name for service in stale]
    project.progress.step("Building the images of " + ", ".join(names))
    composition.write_overlay()
    try:
        finished = composition.build_images(names, no_cache=fresh)
        said = "" if finished.ok else finished.last_lines
    except RuntimeFailure as error:
        said = str(error)
    ids |= {service.image: _id(engine.image(service.image)) for service in stale}
    missing = [service.name for service in stale if not ids[service.image]]
    if said or missing:
        lost = missing or names
        what = (
            f"image of the service '{lost[0]}'"
            if len(lost) == 1
            else "images of " + ", ".join(lost)
        )
        problems.append(
            Problem(
                message=f"The {what} could not be built:\n"
                f"{project.redact(said) or 'the provider gave no reason'}",
                where=stale[0].where,
            )
        )
    else:
        records.remember(stale, ids, composition.contexts)
    return ids


def _id(state: ImageState | None) -> str:
    return state.id if state is not None else ""


class _Records:
    """What each image was built from. A label would change the image's id with every context."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            known = {}
        self._known: dict[str, object] = known if isinstance(known, dict) else {}

    def current(self, service: ComposeService, image: str, contexts: Mapping[str, str]) -> bool:
        """Whether ``image`` is what this service's context was built to."""
        context = contexts.get(service.name)
        return bool(image and context) and self._known.get(service.image) == [context, image]

    def remember(
        self,
        services: Iterable[ComposeService],
        ids: Mapping[str, str],
        contexts: Mapping[str, str],
    ) -> None:
        """Note what images were built from."""
        self._known |= {s.image: [contexts.get(s.name, ""), ids[s.image]] for s in services}
        write_private(self._path, json.dumps(self._known, indent=1, sort_keys=True))
