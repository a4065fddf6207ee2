"""What ``up`` would do to images and containers, found out without doing any of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from container_manager.compose.digest import parts_digest
from container_manager.compose.model import Stack
from container_manager.errors import PreconditionError, Problem
from container_manager.identity import DIGEST
from container_manager.lifecycle.changes import changes_of, other_parts, parts_of
from container_manager.lifecycle.checking import findings_of
from container_manager.lifecycle.compose import Composition
from container_manager.lifecycle.composing import compose
from container_manager.lifecycle.images import ImageRecords, is_local, pull_policy, users_of
from container_manager.lifecycle.made import MadeRecords
from container_manager.lifecycle.planning import RECREATE, ContainerChange
from container_manager.lifecycle.podman_secrets import secret_values
from container_manager.lifecycle.project import Project
from container_manager.model import Build

BUILD, PULL = "build", "pull"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageChange:
    """An image that ``up`` would make or fetch.

    Attributes:
        action: ``build`` or ``pull``.
        image: its name.
        causes: why; for one that is built, the files that changed.
        services: the compose services that run it.
    """

    action: str
    image: str
    causes: tuple[str, ...]
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What ``up`` would do.

    Attributes:
        images: what it would make or fetch first.
        containers: what becomes of each container.
        differing: compose service -> the parts in which its container differs, where known.
        configurations: compose service -> what the configuration was when its container was made.
        problems: why it would refuse, or fail.
    """

    images: tuple[ImageChange, ...]
    containers: tuple[ContainerChange, ...]
    differing: Mapping[str, tuple[str, ...]]
    configurations: Mapping[str, Mapping[str, str]]
    problems: tuple[Problem, ...]


def foresee(
    project: Project, build: Build, stack: Stack, *, only: Collection[str] | None = None
) -> Foreseen:
    """Find out what ``up`` would do; nothing is touched.

    Args:
        project: whose stack.
        build: its generated files, or what a build would generate.
        stack: what they mean together.
        only: canonical names of our services; None: all.
    """
    composition, names = compose(project, build, only, stack=stack, planned=True)
    ids, images = _images(composition, names)
    secrets = secret_values(composition.stack)
    parts = parts_of(composition, names, ids, secrets)
    unknown = {name for one in images for name in one.services}
    changes = changes_of(composition, parts, only_some=only is not None, unknown=unknown)
    records = MadeRecords(project.state_dir, project.name)
    made = {
        one.service: records.of(one.service, one.container.labels.get(DIGEST, ""))
        for one in changes
        if one.container is not None
    }
    findings = findings_of(project, stack, names)
    return Foreseen(
        images=images,
        containers=tuple(
            replace(one, certain=not (one.service in unknown and _is_same_but_image(one, parts)))
            for one in changes
        ),
        differing={
            one.service: other_parts(one, records, parts) for one in changes if one.service in parts
        },
        configurations={name: one.configuration for name, one in made.items() if one is not None},
        problems=(*_without_provider(project), *findings.problems),
    )


def _without_provider(project: Project) -> tuple[Problem, ...]:
    """Why the program that makes containers cannot be used, if so."""
    try:
        _ = project.provider
    except PreconditionError as error:
        return error.problems
    return ()


def _is_same_but_image(change: ContainerChange, parts: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether a container would stay if its image came out as it was."""
    if change.container is None or change.action != RECREATE:
        return False
    same_image = {**parts[change.service], "image": change.container.image_id}
    return parts_digest(same_image) == change.container.labels.get(DIGEST)


def _images(
    composition: Composition, names: Collection[str]
) -> tuple[dict[str, str], tuple[ImageChange, ...]]:
    """The ids of the images that are there, and what would be made or fetched."""
    by_image = users_of(composition, names)
    there = composition.project.engine.images_named(by_image)
    builders = composition.stack.builders
    records = ImageRecords(composition.project.state_dir)
    ids: dict[str, str] = {}
    changes = []
    for image, users in by_image.items():
        state = there[image]
        found = state.id if state is not None else ""
        ids.update({user.name: found for user in users})
        causes: Sequence[str] = ()
        action = BUILD
        if image in builders:
            context = composition.contexts.get(builders[image].name, {})
            causes = records.differences(builders[image], found, context)
        elif not is_local(image) and (policy := pull_policy(users)) != "never":
            action = PULL
            if state is None:
                causes = ("it is not there",)
            elif policy != "missing" and not records.loaded(image, found):
                causes = (f"its 'pull_policy' is {policy}",)
        if causes:
            changes.append(
                ImageChange(
                    action=action,
                    image=image,
                    causes=tuple(causes),
                    services=tuple(user.name for user in users),
                )
            )
    return ids, tuple(changes)
