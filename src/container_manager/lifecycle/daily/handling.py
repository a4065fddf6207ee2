"""Small services around containers: their processes, files and images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from container_manager.errors import PreconditionError, RuntimeFailure, UsageError
from container_manager.lifecycle.daily.choosing import chosen, one_of
from container_manager.lifecycle.project import Project

_COPY_TIMEOUT = 6 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedImage:
    """An image that a container was made of.

    Attributes:
        service: the compose service.
        container: the container's name.
        image: the image's name.
        id: its id; another one than that of ``image`` now, if that was built or pulled anew.
        newer: whether ``image`` is another one by now, which the next ``up`` uses.
    """

    service: str
    container: str
    image: str
    id: str
    newer: bool


def images(project: Project, names: Sequence[str] = ()) -> list[UsedImage]:
    """The images that the containers of some services were made of.

    Raises:
        PreconditionError: a name leads to no container.
    """
    containers = chosen(project, names)
    now = {name: project.engine.image(name) for name in {one.image for one in containers}}
    return [
        UsedImage(
            service=one.service,
            container=one.name,
            image=one.image,
            id=one.image_id,
            newer=(state := now[one.image]) is not None and state.id != one.image_id,
        )
        for one in containers
    ]


def processes(project: Project, names: Sequence[str] = ()) -> dict[str, list[str]]:
    """The processes in the running containers of some services.

    Returns:
        Container -> the lines of a table, its head first; secrets in arguments are hidden.

    Raises:
        PreconditionError: a name leads to no container, or none of them runs.
        RuntimeFailure: Podman cannot tell.
    """
    running = [one for one in chosen(project, names) if one.running]
    if not running:
        raise PreconditionError("None of these containers runs.", remedy="'start' starts them.")
    listed = {one.name: project.engine.order("top", one.id).stdout for one in running}
    return {name: project.redact(text).splitlines() for name, text in listed.items()}


def copy(project: Project, source: str, destination: str) -> None:
    """Copy files between this machine and a container, which need not run.

    Args:
        project: whose container.
        source: a path, or ``SERVICE:PATH`` for one in a container.
        destination: the same.

    Raises:
        UsageError: not exactly one of them is in a container.
        PreconditionError: which container is meant is not clear.
        RuntimeFailure: Podman cannot copy.
    """
    inside = [_inside(one) for one in (source, destination)]
    if sum(one is not None for one in inside) != 1:
        raise UsageError(
            "One of the two has to be in a container, and the other here.",
            remedy="As in: cp web:/etc/hosts . or: cp notes.txt web:/tmp/",
        )
    words, names = [], {}
    for given, one in zip((source, destination), inside, strict=True):
        # A path with a colon would be taken for one in a container.
        here = given if given.startswith(("/", "./", "../")) else f"./{given}"
        if one is None:
            words.append(here)
            continue
        container = one_of(project, one[0])
        names[container.id] = container.service
        words.append(f"{container.id}:{one[1]}")
    finished = project.engine.call("cp", *words, timeout=_COPY_TIMEOUT)
    if not finished.ok:
        said = project.redact(finished.last_lines)
        for long_id, name in names.items():
            said = said.replace(long_id, name)
        raise RuntimeFailure(f"Nothing was copied: {said}")


def _inside(given: str) -> tuple[str, str] | None:
    """Service and path, for what lies in a container.

    >>> _inside("web:/etc"), _inside("./a:b"), _inside("notes.txt")
    (('web', '/etc'), None, None)
    """
    service, colon, path = given.partition(":")
    return (service, path) if colon and service and "/" not in service and path else None
