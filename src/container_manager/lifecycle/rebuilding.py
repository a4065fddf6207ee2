"""``rebuild``: all images afresh, then everything anew; volumes keep their data unless told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from container_manager.compose.model import Stack
from container_manager.identity import SERVICE
from container_manager.lifecycle.cleaning import image_names, own_images, remove_images
from container_manager.lifecycle.credentials import MustOpen
from container_manager.lifecycle.data.emptying import (
    refuse_to_empty,
    remove_volumes,
    stop_and_save,
    told_half_way,
)
from container_manager.lifecycle.data.volumes import own_volumes
from container_manager.lifecycle.images import ensure_images
from container_manager.lifecycle.outcome import Outcome
from container_manager.lifecycle.previews import Preview, volume_rows
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.removing import own_containers, own_networks, remove_containers
from container_manager.lifecycle.starting import prepare, start
from container_manager.lifecycle.stopping import stop_and_remove
from container_manager.model import Build


def rebuild(
    project: Project,
    build: Build,
    *,
    only: Collection[str] | None = None,
    stack: Stack | None = None,
    volumes: bool = False,
    save: bool = True,
    timeout: float | None = None,
    accept_credentials: bool = False,
) -> Outcome:
    """Build all images without cache, and replace everything that runs.

    Args:
        project: whose stack.
        build: its generated files.
        only: canonical names of our services: their images and containers alone are made anew, and
            what they wait for is brought up; None: all.
        stack: what the files mean together; None: they are read.
        volumes: empty the volumes, too.
        save: whether volumes that are emptied are saved first.
        timeout: seconds that each service may take.
        accept_credentials: take the present credentials for those that open the volumes.

    Raises:
        ManagerError: see :func:`~container_manager.lifecycle.up`.
    """
    empties = volumes and only is None
    must_open = MustOpen.when(accepted=accept_credentials, emptied=empties)
    composition, names = prepare(project, build, only, must_open, stack=stack)
    identity = composition.identity
    if empties:  # known before the images are built, which may take long
        there = own_containers(project, identity)
        refuse_to_empty(project, there, own_volumes(project, identity, there), save_first=save)
    targets = _targets(composition.stack, names, only)
    images = ensure_images(composition, [name for name in names if name not in targets])
    images |= ensure_images(composition, targets, fresh=True)
    containers = [
        one for one in own_containers(project, identity) if only is None or one.service in targets
    ]
    emptied = own_volumes(project, identity, containers) if empties else []
    refuse_to_empty(project, containers, emptied, save_first=save)
    with told_half_way(project, identity, containers, emptied, verb="rebuild"):
        folder, there = stop_and_save(project, containers, emptied, save_first=save, verb="rebuild")
        if only is None:
            remove_containers(project, identity, there)
        else:
            stop_and_remove(project, there)
        replaced = [one for one in own_images(project, identity) if one.id not in images.values()]
        gone, kept = remove_images(project, replaced if only is None else [])
        if emptied:
            remove_volumes(project, emptied)
    outcome = start(
        composition,
        names,
        images,
        only_some=only is not None,
        timeout=timeout,
        accept_credentials=accept_credentials,
    )
    return replace(
        outcome, removed=(*outcome.removed, *gone), kept=tuple(kept), backup=_shown(folder)
    )


def _targets(stack: Stack, names: Sequence[str], only: Collection[str] | None) -> list[str]:
    """The compose services that are made anew, not those that they only wait for."""
    if only is None:
        return list(names)
    owned = stack.owned_by(tuple(only))
    return [name for name in names if name in owned]


def preview_rebuild(
    project: Project,
    *,
    only: Collection[str] | None = None,
    volumes: bool = False,
    save: bool = True,
) -> Preview:
    """What :func:`rebuild` would remove, before it starts everything anew.

    Args:
        project: whose stack.
        only: canonical names of our services; None: all.
        volumes: whether volumes are emptied, too.
        save: whether they are saved first.

    Raises:
        PreconditionError: what it would raise about containers and volumes.
    """
    identity = project.identity(create=False)
    there = own_containers(project, identity)
    if only is not None:
        there = [one for one in there if one.labels.get(SERVICE) in only]
        return Preview(
            verb="rebuild",
            project=project.name,
            config=project.config_path,
            containers=tuple(one.name for one in there),
            keeps=("all other services", "volumes with their data"),
            starts=True,
        )
    emptied = own_volumes(project, identity, there) if volumes else []
    refuse_to_empty(project, there, emptied, save_first=save)
    return Preview(
        verb="rebuild",
        project=project.name,
        config=project.config_path,
        containers=tuple(one.name for one in there),
        networks=tuple(own_networks(project, identity)),
        images=tuple(image_names(own_images(project, identity))),
        volumes=volume_rows(project, emptied, saved=save),
        backups=project.backups_dir,
        keeps=("external volumes", "backups") if emptied else ("volumes with their data",),
        starts=True,
    )


def _shown(folder: object) -> str | None:
    return str(folder) if folder else None
