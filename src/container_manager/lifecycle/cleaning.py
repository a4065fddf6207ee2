"""``clean``: everything of the project goes, after each volume was saved and verified."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from container_manager import identity as labels
from container_manager.config.source import read_yaml
from container_manager.errors import (
    PreconditionError,
    Problem,
    RenderError,
    RuntimeFailure,
    raise_all,
)
from container_manager.identity import Identity
from container_manager.lifecycle.outcome import Outcome
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.removing import (
    own_containers,
    remove_containers,
    warn_of_left_behind,
)
from container_manager.lifecycle.saving import check_space, own_volumes, save
from container_manager.lifecycle.stopping import stop
from container_manager.podman.state import ContainerState, ImageState, VolumeState


def clean(project: Project, *, save: bool = True, all_images: bool = False) -> Outcome:
    """Remove containers, networks, volumes, secrets and the images that were built here.

    Args:
        project: whose.
        save: whether volumes are saved in ``backups/`` first; where that fails, all stays.
        all_images: remove the other images of the stack's containers, too.

    Raises:
        PreconditionError: the stack is somebody else's, a volume is used by others, or there is no
            room for the backup.
        RuntimeFailure: a volume could not be saved (nothing was removed), or something is left.
    """
    identity = project.identity(create=False)
    containers = own_containers(project, identity)
    warn_of_left_behind(project, identity)
    volumes = own_volumes(project, identity, containers)
    folder = stop_and_save(project, containers, volumes, save_first=save)
    images = own_images(project, identity)
    pulled = {one.image for one in containers} if all_images else set()
    gone = remove_containers(project, identity, containers, anonymous_volumes=True)
    removed = [*gone.removed, *remove_volumes(project, volumes)]
    images_gone, kept = remove_images(project, images, names=pulled)
    return Outcome(
        removed=(*removed, *images_gone),
        kept=tuple(kept),
        backup=str(folder) if folder else None,
    )


def clean_files(project: Project, files: Sequence[Path], *, save: bool = True) -> Outcome:
    """The same for the services of some compose files only, root file first.

    Networks and secrets go when no container of the project is left.
    """
    services, declared = _names(files)
    identity = project.identity(create=False)
    there = own_containers(project, identity)
    containers = [one for one in there if one.service in services]
    actual = {f"{project.name}_{name}" for name in declared} | set(declared)
    mounted = {name for one in containers for name in one.volumes}
    others = {name for one in there if one not in containers for name in one.volumes}
    volumes = [
        one
        for one in own_volumes(project, identity, containers)
        if one.name in actual | mounted and one.name not in others
    ]
    folder = stop_and_save(project, containers, volumes, save_first=save)
    built = {one.image_id for one in containers}
    images = [one for one in own_images(project, identity) if one.id in built]
    if len(containers) == len(there):
        gone = list(
            remove_containers(project, identity, containers, anonymous_volumes=True).removed
        )
    else:
        gone = remove_some(project, containers)
    gone += remove_volumes(project, volumes)
    images_gone, kept = remove_images(project, images)
    return Outcome(
        removed=(*gone, *images_gone), kept=tuple(kept), backup=str(folder) if folder else None
    )


def remove_some(project: Project, containers: Collection[ContainerState]) -> list[str]:
    """Remove containers and leave everything else of the project."""
    from container_manager.lifecycle.stopping import stop_and_remove

    stop_and_remove(project, containers, anonymous_volumes=True)
    return [one.name for one in containers]


def stop_and_save(
    project: Project,
    containers: Collection[ContainerState],
    volumes: Sequence[VolumeState],
    *,
    save_first: bool,
) -> Path | None:
    """Stop containers and save volumes that are to go; the folder of the backup, if one was made.

    Raises:
        PreconditionError: see :func:`refuse_to_empty`; nothing was touched.
        RuntimeFailure: a volume could not be saved.
    """
    refuse_to_empty(project, containers, volumes, save_first=save_first)
    stop(project, containers)
    if not (save_first and volumes):
        return None
    folder = save(project, volumes)
    project.progress.step(f"Saved the volumes in {folder}")
    return folder


def refuse_to_empty(
    project: Project,
    containers: Collection[ContainerState],
    volumes: Sequence[VolumeState],
    *,
    save_first: bool,
) -> None:
    """Make sure, while all still runs, that volumes can be saved and removed.

    Raises:
        PreconditionError: others than ``containers`` use some, be it that they are stopped;
            backups cannot be kept, or there is no room for one.
    """
    _refuse_shared(project, containers, volumes)
    if save_first and volumes:
        check_space(project, volumes)


def _refuse_shared(
    project: Project, containers: Collection[ContainerState], volumes: Iterable[VolumeState]
) -> None:
    own = {one.name for one in containers}
    problems = []
    for volume in volumes:
        others = [one.name for one in project.engine.volume_users(volume.name)]
        others = [name for name in others if name not in own]
        if others:
            problems.append(
                Problem(
                    message=f"The volume {volume.name}, which is to be removed, is used by: "
                    f"{', '.join(others)}. Nothing was touched.",
                    remedy=f"Remove what uses it: 'podman rm {others[0]}'.",
                )
            )
    raise_all(PreconditionError, problems)


def remove_volumes(project: Project, volumes: Iterable[VolumeState]) -> list[str]:
    """Remove volumes; the names of those that are gone.

    Raises:
        RuntimeFailure: some could not be removed.
    """
    problems = []
    gone = []
    for one in volumes:
        if project.engine.volume(one.name) is None:
            gone.append(one.name)  # an anonymous one goes with its container
            continue
        finished = project.engine.remove_volume(one.name)
        if finished.ok:
            gone.append(one.name)
        else:
            problems.append(
                Problem(
                    message=f"The volume {one.name} could not be removed: {finished.last_lines}",
                    remedy="Another container uses it: remove that one.",
                )
            )
    raise_all(RuntimeFailure, problems)
    return gone


def own_images(project: Project, identity: Identity) -> list[ImageState]:
    """The images that were built for this project.

    An image made FROM one of ours inherits its labels; it is told apart by its name.
    """
    return [
        one
        for one in project.engine.images(f"{labels.PROJECT}={project.name}")
        if identity.owns(one.labels) and (not one.tags or _own_tag(one))
    ]


def remove_images(
    project: Project, images: Iterable[ImageState], *, names: Iterable[str] = ()
) -> tuple[list[str], list[str]]:
    """Remove images unless somebody uses them.

    Returns:
        The names of what is gone, and what was kept, with the reason.
    """
    gone: list[str] = []
    kept: list[str] = []
    wanted = [_own_tag(one) or one.id for one in images]
    for name in dict.fromkeys([*wanted, *names]):
        finished = project.engine.remove_image(name)
        if finished.ok:
            gone.append(name)
        elif project.engine.image(name) is not None:
            reason = (finished.last_lines.splitlines() or ["no reason given"])[-1]
            kept.append(f"the image {name} ({project.redact(reason)})")
    return gone, kept


def _own_tag(image: ImageState) -> str | None:
    """The tag under which we built an image; None when it does not have it any more."""
    name = image.labels.get(labels.IMAGE, "")
    tagged = name if ":" in name.rpartition("/")[2] else f"{name}:latest"
    return next((tag for tag in image.tags if tag in (tagged, f"localhost/{tagged}")), None)


def _names(files: Sequence[Path]) -> tuple[set[str], set[str]]:
    """The services, and the volumes, that compose files define."""
    services: set[str] = set()
    volumes: set[str] = set()
    for file in files:
        document = read_yaml(file, RenderError)  # type: ignore[arg-type]
        for found, kind in ((services, "services"), (volumes, "volumes")):
            node = document.find((kind,)) if document else None
            if node is not None and isinstance(node.value, dict):
                found.update(str(name) for name in node.value)
    return services, volumes
