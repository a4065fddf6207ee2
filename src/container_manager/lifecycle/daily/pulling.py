"""``pull``: newer images, and which containers the next ``up`` makes anew because of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from container_manager.compose.model import Stack
from container_manager.errors import Problem, RuntimeFailure, raise_all
from container_manager.lifecycle.images import is_local
from container_manager.lifecycle.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What a pull has brought.

    Attributes:
        new: images that are others now, or were not here before.
        same: images that are what they were.
        built: compose services whose images are built here.
        local: images of this machine, which no registry has.
        outdated: containers that the next ``up`` makes anew, since their image is another one.
    """

    new: tuple[str, ...]
    same: tuple[str, ...]
    built: tuple[str, ...]
    local: tuple[str, ...]
    outdated: tuple[str, ...]


def pull(project: Project, stack: Stack, only: Collection[str] | None = None) -> Pulled:
    """Pull the images of services that are not built here; no container is touched.

    Args:
        project: whose.
        stack: its services.
        only: canonical names of our services; None: all.

    Raises:
        RuntimeFailure: some images cannot be had; the others were pulled.
    """
    services = [one for one in stack.services.values() if only is None or one.owner in only]
    built = [one for one in services if one.image in stack.builders]
    users = {one.image: one for one in services if one.image not in stack.builders}
    local = [image for image in users if is_local(image)]
    new: list[str] = []
    same: list[str] = []
    problems: list[Problem] = []
    for image in users.keys() - set(local):
        before = project.engine.image(image)
        said = _pull(project, image)
        after = project.engine.image(image)
        if said or after is None:
            problems.append(
                Problem(
                    message=f"The image {image} of the service '{users[image].name}' cannot be "
                    f"had:\n{said}",
                    where=users[image].where,
                    remedy=f"Try 'podman pull {image}', and see that its name and the network are "
                    "right.",
                )
            )
        elif before is not None and before.id == after.id:
            same.append(image)
        else:
            new.append(image)
    raise_all(RuntimeFailure, problems)
    ids = {image: state.id for image in users if (state := project.engine.image(image))}
    outdated = [
        one.name
        for one in project.containers()
        if (service := stack.services.get(one.service)) in services
        and service is not None
        and service.image in ids
        and ids[service.image] != one.image_id
    ]
    return Pulled(
        new=tuple(sorted(new)),
        same=tuple(sorted(same)),
        built=tuple(one.name for one in built),
        local=tuple(local),
        outdated=tuple(sorted(outdated)),
    )


def _pull(project: Project, image: str) -> str:
    """Pull one image; what went wrong, or nothing."""
    progress, redact = project.progress, project.redact
    progress.step(f"Pulling {image}")
    try:
        finished = project.engine.pull(
            image,
            lambda line: progress.detail(redact(line)),
            policy="always",
            more=project.outward,
        )
    except RuntimeFailure as error:
        return redact(str(error))
    return "" if finished.ok else redact(finished.last_lines) or "Podman gave no reason"
