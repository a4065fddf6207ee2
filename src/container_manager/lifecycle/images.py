"""Makes sure that every image is there before a container is touched."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from container_manager.compose.digest import DOCKERFILE, context_digest
from container_manager.compose.model import ComposeService
from container_manager.errors import (
    Location,
    Problem,
    RuntimeFailure,
    display_path,
    raise_all,
)
from container_manager.lifecycle.compose import Composition
from container_manager.lifecycle.meanwhile import tried_again
from container_manager.lifecycle.trusting_builds import trusting_builds
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
    by_image = users_of(composition, names)
    problems: list[Problem] = []
    there = composition.project.engine.images_named(by_image)
    every = composition.stack.builders
    builders = {image: every[image] for image in by_image if image in every}
    ids = {
        image: state.id
        for image, users in by_image.items()
        if image not in builders
        and (state := _fetched(composition, there[image], users, problems)) is not None
    }
    ids |= _built(composition, list(builders.values()), there, problems, fresh=fresh)
    raise_all(RuntimeFailure, problems)
    return {user.name: ids[image] for image, users in by_image.items() for user in users}


def users_of(composition: Composition, names: Iterable[str]) -> dict[str, list[ComposeService]]:
    """Image -> the compose services, of some, that run it."""
    found: dict[str, list[ComposeService]] = {}
    for name in names:
        service = composition.stack.services[name]
        found.setdefault(service.image, []).append(service)
    return found


def pull_policy(users: Iterable[ComposeService]) -> str:
    """When an image is fetched: ``missing``, ``never``, or the most eager one that a user names."""
    policies = {str(user.definition.get("pull_policy") or "missing") for user in users}
    return next((one for one in ("always", "newer", "never") if one in policies), "missing")


def is_local(image: str) -> bool:
    """Whether an image is of this machine, and never to be pulled."""
    return image.startswith(_LOCAL)


def _fetched(
    composition: Composition,
    there: ImageState | None,
    users: list[ComposeService],
    problems: list[Problem],
) -> ImageState | None:
    project = composition.project
    engine, progress = project.engine, project.progress
    policy, image, where = pull_policy(users), users[0].image, users[0].where
    enough = policy in ("missing", "never") or is_local(image)
    if there is not None and (enough or ImageRecords(project.state_dir).loaded(image, there.id)):
        return there
    if is_local(image) or policy == "never":
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
    redact = project.redact
    try:
        finished = engine.pull(
            image,
            lambda line: progress.detail(redact(line)),
            policy=policy,
            more=project.outward,
        )
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
    there: Mapping[str, ImageState | None],
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
    records = ImageRecords(project.state_dir)
    ids = {service.image: _id(there[service.image]) for service in services}
    stale = [
        service
        for service in services
        if fresh
        or records.differences(
            service, ids[service.image], composition.contexts.get(service.name, {})
        )
    ]
    if not stale:
        return ids
    names = [service.name for service in stale]
    said = _build(composition, stale, fresh=fresh)
    ids |= {service.image: _id(engine.image(service.image)) for service in stale}
    missing = [service.name for service in stale if not ids[service.image]]
    if said or missing:
        reason = project.redact(said) or "the provider gave no reason"
        problems.append(_not_built(missing or names, reason, stale[0].where))
    else:
        records.remember(stale, ids, composition.contexts)
    return ids


def _build(composition: Composition, stale: list[ComposeService], *, fresh: bool) -> str:
    """Have the images of some services built; what was said where that failed, else nothing."""
    project, names = composition.project, [service.name for service in stale]
    project.progress.step("Building the images of " + ", ".join(names))
    composition.write_overlay()
    if project.trust is not None:
        file = trusting_builds(stale, project.state_dir / "dockerfiles")
        composition = replace(composition, further=(file,))
    try:
        finished = tried_again(partial(composition.build_images, no_cache=fresh), names)
    except RuntimeFailure as error:
        return str(error)
    return "" if finished.ok else finished.last_lines


def _not_built(names: Sequence[str], reason: str, where: Location) -> Problem:
    what = (
        f"image of the service '{names[0]}'" if len(names) == 1 else "images of " + ", ".join(names)
    )
    return Problem(
        message=f"The {what} could not be built:\n{reason}",
        where=where,
        remedy="Mend what it says; 'build --images' tries again.",
    )


def _id(state: ImageState | None) -> str:
    return state.id if state is not None else ""


class ImageRecords:
    """What each image was built from. A label would change the image's id with every context."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / "images.json"
        try:
            known = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            known = {}
        self._known: dict[str, object] = known if isinstance(known, dict) else {}

    def differences(
        self, service: ComposeService, image: str, files: Mapping[str, str]
    ) -> tuple[str, ...]:
        """Why ``image`` is not what this service's context gives; empty where it is.

        Args:
            service: one that builds its image.
            image: the id of the image that is there; empty where none is.
            files: of its context, with their digests.
        """
        if not image:
            return ("it is not there",)
        if not files:
            return ("what it is built from cannot be known here",)
        known = self._known.get(service.image)
        if not isinstance(known, dict) or known.get("image") != image:
            return ("it was not built by us from here",)
        if known.get("context") == context_digest(service.build, service.image, files):
            return ()
        before = known.get("files")
        if not isinstance(before, dict):
            return ("its context is another one",)
        changed = [rel for rel in {**files, **before} if files.get(rel) != before.get(rel)]
        return tuple(_named(service, rel) for rel in sorted(changed)) or ("its 'build' changed",)

    def remember(
        self,
        services: Iterable[ComposeService],
        ids: Mapping[str, str],
        contexts: Mapping[str, Mapping[str, str]],
    ) -> None:
        """Note what images were built from."""
        for service in services:
            files = contexts.get(service.name, {})
            self._known[service.image] = {
                "context": context_digest(service.build, service.image, files),
                "image": ids[service.image],
                "files": dict(files),
            }
        self._store()

    def of(self, images: Iterable[str]) -> dict[str, Any]:
        """What is noted of images that were built here, for :meth:`take`; digests alone."""
        return {image: self._known[image] for image in images if image in self._known}

    def take(self, loaded: Mapping[str, str], entries: Mapping[str, Any]) -> None:
        """Note images that were loaded from a bundle.

        Args:
            loaded: image -> its id.
            entries: what other records say of those that were built.
        """
        self._known |= {name: {"image": one, "loaded": True} for name, one in loaded.items()}
        self._known |= entries
        self._store()

    def loaded(self, image: str, name: str) -> bool:
        """Whether an id is that of an image as a bundle brought it: there is no newer one here."""
        return self._known.get(image) == {"image": name, "loaded": True}

    def _store(self) -> None:
        write_private(self._path, json.dumps(self._known, indent=1, sort_keys=True))


def _named(service: ComposeService, rel: str) -> str:
    assert service.build is not None
    if rel == DOCKERFILE and service.build.dockerfile is not None:
        return display_path(service.build.dockerfile)
    return display_path((service.build.context or Path()) / rel)
