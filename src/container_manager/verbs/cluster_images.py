"""``kube.images``: what is built here goes to where a cluster gets it from, and is pinned."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from container_manager import lifecycle
from container_manager.cluster.pins import write_pins
from container_manager.config.loader import load
from container_manager.errors import PreconditionError
from container_manager.lifecycle import pushing
from container_manager.opening import open_built, told_by_template
from container_manager.places import ConfigPath
from container_manager.started import changing
from container_manager.verbs.exporting import manifests_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What ``kube.images`` has done.

    Attributes:
        pins: name of each image in the cluster -> the name with which manifests pin it.
        archive: the file that holds them; None where they were pushed.
    """

    pins: dict[str, str]
    archive: Path | None


def kube_images(
    config: ConfigPath = None, *, archive: str | PathLike[str] | None = None
) -> Delivered:
    """Build the images of the stack that are built here, push them, and pin them by digest.

    Args:
        config: the configuration.
        archive: write them into this file instead, for nodes that reach no registry.

    Raises:
        ManagerError: see the exit code; nothing is pinned then that is not there.
    """
    file = Path(archive).absolute() if archive else None
    if file is not None and not file.parent.is_dir():
        raise PreconditionError(
            f"There is no folder {file.parent}: nothing was done.", remedy="Make it first."
        )
    if file is not None and file.exists() and not file.is_file():
        # A device would be replaced by a file of its name: the archive is moved into place.
        raise PreconditionError(
            f"{file} is a folder or a device, and no file for an archive: nothing was done.",
            remedy="Name a file: --archive images.tar.",
        )
    manifests = manifests_of(load(config))
    needs = [need for need in manifests.images if need.built]
    if not needs:
        return Delivered(pins={}, archive=None)
    opened = open_built(config)
    with told_by_template(opened.build), changing(opened.project):
        ids = lifecycle.build_images(opened.project, opened.build, stack=opened.stack)
        images = {need.target: ids[need.service] for need in needs}
        if file is None:
            pins = pushing.push(opened.project, images)
        else:
            pins = pushing.archive(opened.project, images, file)
        write_pins(opened.project.state_dir, pins)
    return Delivered(pins=pins, archive=file)
