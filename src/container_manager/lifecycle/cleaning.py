"""``clean``: everything of the project goes, after each volume was saved and verified."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from container_manager import identity as labels
from container_manager.compose.overlay import secret_prefix
from container_manager.config.source import read_yaml
from container_manager.errors import RenderError
from container_manager.identity import Identity
from container_manager.lifecycle.data.emptying import (
    refuse_to_empty,
    remove_volumes,
    stop_and_save,
    told_half_way,
)
from container_manager.lifecycle.data.volumes import own_volumes
from container_manager.lifecycle.outcome import Outcome
from container_manager.lifecycle.previews import Confirm, Preview, hooks_before, volume_rows
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.removing import (
    own_containers,
    own_networks,
    remove_containers,
    warn_of_left_behind,
)
from container_manager.lifecycle.stopping import stop_and_remove
from container_manager.podman.state import ContainerState, ImageState, VolumeState


def clean(
    project: Project,
    *,
    save: bool = True,
    all_images: bool = False,
    confirm: Confirm | None = None,
) -> Outcome:
    """Remove containers, networks, secrets, the images that were built here, and last the volumes.

    Args:
        project: whose.
        save: whether volumes are saved in ``backups/`` first; where that fails, all stays.
        all_images: remove the other images of the stack's containers, too.
        confirm: told what will be removed; raises where that must not be.

    Raises:
        PreconditionError: the stack is somebody else's, a volume is used by others, or there is no
            room for the backup.
        RuntimeFailure: a volume could not be saved (nothing was removed), or something is left.
    """
    identity = project.identity(create=False)
    containers = own_containers(project, identity)
    warn_of_left_behind(project, identity)
    volumes = own_volumes(project, identity, containers)
    images = own_images(project, identity)
    pulled = _pulled(containers) if all_images else []
    refuse_to_empty(project, containers, volumes, save_first=save)
    if confirm is not None:
        confirm(
            _preview(project, identity, containers, volumes, [*image_names(images), *pulled], save)
        )
    with told_half_way(project, identity, containers, volumes, verb="clean"):
        folder, there = stop_and_save(project, containers, volumes, save_first=save, verb="clean")
        gone = remove_containers(project, identity, there).removed
        images_gone, kept = remove_images(project, images, names=pulled)
        emptied = remove_volumes(project, volumes)
    return Outcome(
        removed=(*gone, *images_gone, *emptied),
        kept=tuple(kept),
        backup=str(folder) if folder else None,
    )


def preview_clean(project: Project, *, save: bool = True, all_images: bool = False) -> Preview:
    """What :func:`clean` would do; raises what it would raise before it touches anything."""
    identity = project.identity(create=False)
    containers = own_containers(project, identity)
    volumes = own_volumes(project, identity, containers)
    refuse_to_empty(project, containers, volumes, save_first=save)
    pulled = _pulled(containers) if all_images else []
    images = [*image_names(own_images(project, identity)), *pulled]
    return _preview(project, identity, containers, volumes, images, save)


def _preview(
    project: Project,
    identity: Identity,
    containers: Sequence[ContainerState],
    volumes: Sequence[VolumeState],
    images: Sequence[str],
    save: bool,
) -> Preview:
    return Preview(
        verb="clean",
        project=project.name,
        config=project.config_path,
        containers=tuple(one.name for one in containers),
        networks=tuple(own_networks(project, identity)),
        images=tuple(dict.fromkeys(images)),
        secrets=len(project.engine.secrets(secret_prefix(project.name))),
        volumes=volume_rows(project, volumes, saved=save),
        backups=project.backups_dir,
        keeps=("external volumes", "what was built", "backups"),
        hooks=hooks_before(project, containers),
    )


def _pulled(containers: Iterable[ContainerState]) -> list[str]:
    return sorted({one.image for one in containers})


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
    refuse_to_empty(project, containers, volumes, save_first=save)
    built = {one.image_id for one in containers}
    images = [one for one in own_images(project, identity) if one.id in built]
    with told_half_way(project, identity, containers, volumes, verb="clean"):
        folder, now = stop_and_save(project, containers, volumes, save_first=save, verb="clean")
        if len(containers) == len(there):
            gone = list(remove_containers(project, identity, now).removed)
        else:
            stop_and_remove(project, now)
            gone = [one.name for one in now]
        images_gone, kept = remove_images(project, images)
        emptied = remove_volumes(project, volumes)
    return Outcome(
        removed=(*gone, *images_gone, *emptied),
        kept=tuple(kept),
        backup=str(folder) if folder else None,
    )


def own_images(project: Project, identity: Identity) -> list[ImageState]:
    """The images that were built for this project.

    An image made FROM one of ours inherits its labels; it is told apart by its name.
    """
    return [
        one
        for one in project.engine.images(f"{labels.PROJECT}={project.name}")
        if identity.owns(one.labels) and (not one.tags or _own_tag(one))
    ]


def image_names(images: Iterable[ImageState]) -> list[str]:
    """What people call images that we built: the tag that we gave, else the id."""
    return [_own_tag(one) or one.id for one in images]


def remove_images(
    project: Project, images: Iterable[ImageState], *, names: Iterable[str] = ()
) -> tuple[list[str], list[str]]:
    """Remove images unless somebody uses them.

    Returns:
        The names of what is gone, and what was kept, with the reason.
    """
    gone: list[str] = []
    kept: list[str] = []
    for name in dict.fromkeys([*image_names(images), *names]):
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
