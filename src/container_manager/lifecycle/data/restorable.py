"""What a restore may not overwrite, and whether there is room for what it brings back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from container_manager.errors import PreconditionError, Problem, raise_all
from container_manager.identity import Identity
from container_manager.lifecycle.data.archives import present
from container_manager.lifecycle.data.manifests import SavedVolume
from container_manager.lifecycle.data.saving import check_space
from container_manager.lifecycle.data.volumes import free_space, own_options
from container_manager.lifecycle.project import Project
from container_manager.podman.state import VolumeState

_MIB = 1024**2


def of_services(
    folder: Path, volumes: Sequence[SavedVolume], only: Collection[str] | None
) -> list[SavedVolume]:
    """The volumes of some services, by canonical name; None: all.

    Raises:
        PreconditionError: the backup holds none of a service.
    """
    if only is None:
        return list(volumes)
    known = sorted({name for one in volumes for name in one.services})
    problems = [
        Problem(
            message=f"The backup {folder} holds no volume of {name}.",
            remedy=f"It holds those of {', '.join(known)}."
            if known
            else "It does not say of which services its volumes are: restore all.",
        )
        for name in sorted(set(only) - set(known))
    ]
    raise_all(PreconditionError, problems)
    return [one for one in volumes if set(only) & set(one.services)]


def without_anonymous(
    project: Project, identity: Identity, volumes: Iterable[SavedVolume]
) -> list[SavedVolume]:
    """Leave out what Podman made for a container that is gone, and what is still there.

    Nothing says whose such a volume is, and no new container would use it.
    """
    kept = []
    for one in volumes:
        there = project.engine.volume(one.name)
        if there is not None and there.anonymous and not _ours(identity, there):
            project.progress.warn(
                Problem(
                    message=f"The volume {one.name} has no owner and is still there: it was left "
                    "as it is.",
                    remedy=f"Its content is in {one.file}.",
                )
            )
        else:
            kept.append(one)
    return kept


def _ours(identity: Identity, volume: VolumeState) -> bool:
    return identity.owns(volume.labels) or volume.name in identity.adopted


def full(project: Project, volumes: Iterable[SavedVolume]) -> list[VolumeState]:
    """Those of the volumes that are there and hold data."""
    there = [project.engine.volume(one.name) for one in volumes]
    return [
        one
        for one in there
        if one is not None and present(project.engine, one.name, project.state_dir).members
    ]


def obstacles(
    project: Project,
    identity: Identity,
    volumes: Iterable[SavedVolume],
    full: Collection[VolumeState],
    *,
    force: bool,
) -> list[Problem]:
    """Why volumes must not be replaced; only the data in our own can be given up with force."""
    problems = []
    holding = {one.name for one in full}
    for one in volumes:
        there = project.engine.volume(one.name)
        plain = one.driver == "local" and not one.options
        if there is None and plain:
            continue
        users = project.engine.volume_users(one.name) if there else []
        if there is None:
            # A manifest could make Podman write anywhere by these.
            message = f"The volume {one.name} has options of its driver; only a start makes it."
            remedy = "Run 'up' and 'down', so that it is there, and then 'restore' again."
        elif not _ours(identity, there):
            message = f"The volume {one.name} does not belong to the project '{project.name}'."
            remedy = "Rename or remove it; if it is yours, take it over with 'up --adopt'."
        elif users:
            names = ", ".join(user.name for user in users)
            message = f"The volume {one.name} is used by: {names}."
            remedy = f"Remove what uses it: 'podman rm {users[0].name}'."
        elif there.name in holding and (own_options(there) or there.driver != "local"):
            # Podman may not empty what such options name, and would mix the two.
            message = f"The volume {one.name} has options of its driver, and holds data."
            remedy = f"Save and empty it by hand: it is {there.mountpoint}."
        elif there.name in holding and not force:
            message = f"The volume {one.name} holds data."
            remedy = "Say --force to replace it; it is saved before."
        else:
            continue
        problems.append(Problem(message=message, remedy=remedy))
    return problems


def check_room(
    project: Project, volumes: Iterable[SavedVolume], replaced: Collection[VolumeState]
) -> None:
    """Refuse where the disk of the volumes has no room for what comes back.

    What is there is removed only then, one after another: a disk that fills up half-way would
    leave nothing whole.

    Raises:
        PreconditionError: there is no room, or none to save what is replaced.
    """
    place = Path(project.engine.volume_folder() or "/nowhere")
    if not place.is_dir():
        return  # a Podman elsewhere
    needed = sum(one.file.stat().st_size for one in volumes)
    free = free_space(place)
    if needed > free:
        raise PreconditionError(
            f"The volumes take {-(-needed // _MIB)} MiB, and {place} has room for "
            f"{free // _MIB} MiB: nothing was touched.",
            remedy="Make room there.",
        )
    if replaced:
        check_space(project, list(replaced))
