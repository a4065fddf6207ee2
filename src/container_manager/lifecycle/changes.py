"""What a start has to change, from what is wanted and what Podman says; and how it is told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from container_manager.compose.digest import parts_digest, service_parts
from container_manager.errors import display_path
from container_manager.identity import DIGEST
from container_manager.lifecycle.compose import Composition
from container_manager.lifecycle.made import MadeRecords
from container_manager.lifecycle.planning import (
    OTHER_PARTS,
    RECREATE,
    REMOVE,
    ContainerChange,
    decide,
)
from container_manager.lifecycle.project import Project
from container_manager.podman.mounts import has_ghosts

_SHOWN_CAUSES = 5


def parts_of(
    composition: Composition,
    names: Collection[str],
    images: Mapping[str, str],
    secrets: Mapping[str, Mapping[str, str]],
) -> dict[str, dict[str, str]]:
    """Compose service -> what its container is to be made of.

    Args:
        composition: the project.
        names: the compose services that are to run.
        images: compose service -> id of its image.
        secrets: as :func:`~container_manager.lifecycle.podman_secrets.secret_values` gives them.
    """
    return {
        name: service_parts(
            composition.stack.services[name],
            image_id=images[name],
            files=composition.files,
            secrets=secrets[name],
            key=composition.identity.key,
        )
        for name in names
    }


def changes_of(
    composition: Composition,
    parts: Mapping[str, Mapping[str, str]],
    *,
    only_some: bool,
    unknown: Collection[str] = (),
) -> list[ContainerChange]:
    """What has to happen to the containers that are there.

    Args:
        composition: the project.
        parts: compose service -> what its container is to be made of.
        only_some: whether other services are left alone.
        unknown: services whose images are to be made first.
    """
    identity = composition.identity
    return decide(
        composition.stack,
        {name: "" if name in unknown else parts_digest(one) for name, one in parts.items()},
        [one for one in composition.project.containers() if identity.owns(one.labels)],
        identity,
        only_some=only_some,
        # The processes of another machine are none of this one's.
        has_ghosts=_none if composition.project.engine.host.remote else has_ghosts,
    )


def _none(_: int) -> bool:
    return False


def other_parts(
    change: ContainerChange, records: MadeRecords, parts: Mapping[str, Mapping[str, str]]
) -> tuple[str, ...]:
    """The parts in which a container that is made anew differs; empty where nobody knows.

    Args:
        change: what has to happen to it.
        records: what the containers were made of.
        parts: what they are to be made of.
    """
    if change.container is None or OTHER_PARTS not in change.causes:
        return ()
    made = records.of(change.service, change.container.labels.get(DIGEST, ""))
    if made is None:
        return ()
    now = parts[change.service]
    return tuple(one for one in {**now, **made.parts} if now.get(one) != made.parts.get(one))


def tell_changes(
    project: Project,
    changes: Sequence[ContainerChange],
    records: MadeRecords,
    parts: Mapping[str, Mapping[str, str]],
) -> None:
    """Say which containers that are there go, and why.

    Args:
        project: whose.
        changes: what has to happen.
        records: what the containers were made of.
        parts: what they are to be made of.
    """
    for one in changes:
        if one.action in (RECREATE, REMOVE) and one.container is not None:
            causes = [shown_part(part) for part in other_parts(one, records, parts)] or one.causes
            what = "is made anew" if one.action == RECREATE else "is removed"
            shown = ", ".join(causes[:_SHOWN_CAUSES])
            more = f" and {len(causes) - _SHOWN_CAUSES} more" if causes[_SHOWN_CAUSES:] else ""
            project.progress.step(f"{one.container.name} {what}: {shown}{more}")


def shown_part(part: str) -> str:
    """A part of a container that is another one, as people are told.

    >>> shown_part("environment GREETING"), shown_part("image")
    ("'environment.GREETING' changed", 'its image is another one')
    """
    kind, _, name = part.partition(" ")
    match kind:
        case "image":
            return "its image is another one"
        case "key":
            what = f"'{name}'"
        case "file" | "env_file":
            what = display_path(Path(name))
        case "proxy":
            what = f"the variable {name}"
        case "ca_certificates":
            what = "the file of 'ca_certificates'"
        case "secret":
            what = f"the secret in 'environment.{name}'"
        case _:
            what = f"'{kind}.{name}'"
    return f"{what} changed"
