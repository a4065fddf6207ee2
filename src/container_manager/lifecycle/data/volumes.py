"""The volumes of a stack: which are ours, who uses them, how large they are, whose their top is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from container_manager import identity as labels
from container_manager.compose.model import Stack
from container_manager.errors import PreconditionError
from container_manager.identity import Identity
from container_manager.lifecycle.data.manifests import Top
from container_manager.lifecycle.data.notes import unfinished_removal
from container_manager.lifecycle.project import Project
from container_manager.podman.state import ContainerState, VolumeState

KIB = 1024
_BLOCK = 512
_TAR_SLACK = 64 * KIB


def own_volumes(
    project: Project, identity: Identity, containers: Collection[ContainerState]
) -> list[VolumeState]:
    """The volumes that belong to the stack; never external ones.

    Those are the volumes with our labels, and of those that our containers mount the ones that were
    made for them: by the provider for this project, or by Podman because the image says so. What a
    removal that was cut short had begun with is among them.
    """
    engine = project.engine
    found = {
        one.name: one
        for one in engine.volumes(f"{labels.PROJECT}={project.name}")
        if identity.owns(one.labels)
    }
    mounted = {name for one in containers for name in one.volumes} | identity.adopted
    begun = unfinished_removal(project)
    for name in sorted((mounted | begun.keys()) - found.keys()):
        one = engine.volume(name)
        if one is not None and (
            (one.anonymous and name in mounted)
            or name in identity.adopted
            or one.labels.get(labels.COMPOSE_PROJECT) == project.name
            or (one.anonymous and begun.get(name) == one.created_at)
        ):
            found[name] = one
    return [found[name] for name in sorted(found)]


def own_options(volume: VolumeState) -> dict[str, str]:
    """The options of a volume's driver, without those that only say whose its folder is.

    A restore makes volumes with the latter: Podman would give a volume at its first use to whoever
    uses it.
    """
    owner = volume.options.get("o", "")
    known = all(one.partition("=")[0] in ("uid", "gid") for one in owner.split(",") if one)
    plain = {"UID", "GID", "o"} if known else set()
    return {key: value for key, value in volume.options.items() if key not in plain}


def users_of(project: Project, volumes: Iterable[VolumeState]) -> dict[str, list[ContainerState]]:
    """Volume -> all containers that mount it, whoever made them, the stopped ones too."""
    engine = project.engine
    ids = {one.name: engine.container_ids(f"volume={one.name}") for one in volumes}
    every = sorted({each for some in ids.values() for each in some})
    states = {one.id: one for one in engine.inspect(every)}
    return {name: [states[one] for one in some if one in states] for name, some in ids.items()}


def services_of(
    volumes: Iterable[str], users: Mapping[str, Collection[ContainerState]], stack: Stack | None
) -> dict[str, tuple[str, ...]]:
    """Volume -> the services of ours that use it, by canonical name.

    Args:
        volumes: names.
        users: the containers that mount each.
        stack: what the compose files say; None where they cannot be used.
    """
    declared: dict[str, set[str]] = {}
    for service in stack.services.values() if stack else ():
        for name in service.volumes:
            volume = stack.volumes.get(name) if stack else None
            if volume is not None and service.owner:
                declared.setdefault(volume.actual, set()).add(service.owner)
    result = {}
    for name in volumes:
        mounting = {one.labels.get(labels.SERVICE, "") for one in users.get(name, ())}
        result[name] = tuple(sorted((mounting - {""}) | declared.get(name, set())))
    return result


def archive_size(project: Project, volume: VolumeState) -> int:
    """The bytes that a volume's archive takes; 0 where that cannot be found out.

    A file with holes takes its full length there, one with several names its length once.
    """
    return _measure(project, volume, "--apparent-size")


def disk_size(project: Project, volume: VolumeState) -> int:
    """The bytes of disk that a volume takes; 0 where that cannot be found out."""
    return _measure(project, volume, None)


def _measure(project: Project, volume: VolumeState, option: str | None) -> int:
    if project.engine.host.remote:
        return 0  # what lies at that path here is another volume's
    top = Path(volume.mountpoint)
    if not os.access(top, os.R_OK | os.X_OK):
        finished = project.engine.disk_usage(volume.mountpoint, *([option] if option else []))
        size = finished.stdout.split()[:1]
        known = int(size[0]) * KIB if finished.ok and size and size[0].isdecimal() else 0
        return known + (_TAR_SLACK if option and known else 0)
    total = _TAR_SLACK if option else 0
    seen: set[int] = set()
    for parent, folders, files in os.walk(top):
        total += len(folders) * _BLOCK if option else 0
        for name in files:
            total += _file_size(Path(parent) / name, seen, in_archive=option is not None)
    return total


def _file_size(file: Path, seen: set[int], *, in_archive: bool) -> int:
    try:
        status = file.lstat()
    except OSError:
        return 0  # its container runs, and has removed it
    if status.st_nlink > 1 and status.st_ino in seen:
        return _BLOCK if in_archive else 0
    seen.add(status.st_ino)
    if not in_archive:
        return status.st_blocks * _BLOCK
    return _BLOCK + -(-status.st_size // _BLOCK) * _BLOCK


def read_top(project: Project, volume: VolumeState) -> Top | None:
    """Owner and mode of a volume's own folder; None where they cannot be found out."""
    if project.engine.host.remote:
        return None  # what lies at that path here is another volume's
    try:
        status = os.stat(volume.mountpoint)  # noqa: PTH116 - may be empty
    except OSError:
        pass
    else:
        if os.geteuid() == 0:
            return Top(uid=status.st_uid, gid=status.st_gid, mode=status.st_mode & 0o7777)
    # Without root's rights, ids are those that containers see.
    finished = project.engine.unshared("stat", "-c", "%u %g %a", "--", volume.mountpoint)
    try:
        uid, gid, mode = (finished.stdout if finished.ok else "").split()
        return Top(uid=int(uid), gid=int(gid), mode=int(mode, 8))
    except ValueError:
        return None


def write_top(project: Project, volume: VolumeState, top: Top) -> bool:
    """Give a volume's own folder its owner and mode; whether that was done."""
    place = volume.mountpoint
    if project.engine.host.remote:
        return False
    if os.geteuid() == 0:
        try:
            os.chown(place, top.uid, top.gid)
            os.chmod(place, top.mode)  # noqa: PTH101
        except OSError:
            return False
        return True
    engine = project.engine
    return (
        engine.unshared("chown", f"{top.uid}:{top.gid}", "--", place).ok
        and engine.unshared("chmod", f"{top.mode:o}", "--", place).ok
    )


REMOTE_COPIES = (5, 6)
"""The version of Podman since which a remote one gives and takes what volumes hold.

Source: pull request 26434 of Podman.
"""


def refuse_remote(project: Project) -> None:
    """Refuse to copy volumes where Podman cannot do it; nothing is touched.

    Raises:
        PreconditionError: Podman is a remote one, and too old for that.
    """
    host = project.engine.host
    if host.remote and host.version < REMOTE_COPIES:
        version = ".".join(map(str, host.version))
        raise PreconditionError(
            f"Podman {version} neither saves nor restores volumes through a socket: nothing was "
            "touched.",
            remedy="Run this where Podman runs, or use Podman 5.6 or later there and here. Where "
            "the volumes may be lost, --no-backup leaves saving out.",
        )


def free_space(folder: Path) -> int:
    """The free bytes of the disk that a folder lies on."""
    return shutil.disk_usage(folder).free
