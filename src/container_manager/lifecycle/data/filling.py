"""Makes a volume from an archive, and looks whether it holds what that does."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from pathlib import Path

from container_manager.errors import Problem, RuntimeFailure
from container_manager.lifecycle.data.archives import archived, present
from container_manager.lifecycle.data.manifests import Top
from container_manager.lifecycle.data.volumes import write_top
from container_manager.lifecycle.project import Project
from container_manager.podman.state import VolumeState


def make_filled(
    project: Project,
    name: str,
    archive: Path,
    *,
    labels: Mapping[str, str],
    driver: str,
    options: Mapping[str, str],
    top: Top | None,
) -> VolumeState:
    """Make a volume that is not there yet, with what an archive holds.

    Args:
        project: whose it becomes.
        name: the volume's.
        archive: a tar file, as Podman writes it.
        labels: all labels.
        driver: ``local``, most often.
        options: of its driver.
        top: owner and mode of its own folder; None where they are not known.

    Raises:
        RuntimeFailure: it does not hold what the archive does.
    """
    engine = project.engine
    engine.create_volume(name, labels=labels, driver=driver, options=_options(driver, options, top))
    engine.import_volume(name, archive)
    made = engine.volume(name)
    try:
        same = present(engine, name, project.state_dir) == archived(archive)
    except tarfile.TarError:
        same = False
    if made is None or not same:
        raise RuntimeFailure(
            f"The volume {name} does not hold what {archive} does, after it was filled from it.",
            remedy="See whether its disk is full; where its content came from is as it was.",
        )
    if top is not None and not write_top(project, made, top):
        project.progress.warn(
            Problem(
                message=f"The owner and mode of the volume {name} could not be set.",
                remedy=f"Its folder had the owner {top.uid}:{top.gid} and the mode {top.mode:o}.",
            )
        )
    return made


def _options(driver: str, options: Mapping[str, str], top: Top | None) -> Mapping[str, str]:
    if options or top is None or driver != "local":
        return options
    # Or its first user would become its owner.
    return {"o": f"uid={top.uid},gid={top.gid}"}
