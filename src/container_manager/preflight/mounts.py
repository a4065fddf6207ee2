"""Mounted paths: what is missing, and what a container could not read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from container_manager.compose.model import Bind, ComposeService
from container_manager.errors import Problem


def missing(services: Iterable[ComposeService], root: Path) -> tuple[list[Path], list[Problem]]:
    """What is not there: the project's own folders, to be created, and problems for the rest."""
    folders: dict[Path, None] = {}
    problems = []
    for service in services:
        for bind in service.binds:
            if bind.source.exists():
                continue
            if bind.create and bind.source.is_relative_to(root) and not _names_a_file(bind):
                folders[bind.source] = None
                continue
            problems.append(
                Problem(
                    message=f"The service '{service.name}' mounts {bind.source}, which does not "
                    "exist.",
                    where=bind.where,
                    remedy="Create it, or correct the path; paths in compose files start from "
                    "the folder of the root compose file.",
                )
            )
    return list(folders), problems


def _names_a_file(bind: Bind) -> bool:
    """Whether the two ends look like a file: a folder in its place would only confuse."""
    return all(
        Path(end).suffix not in ("", ".d") and not Path(end).suffix[1:].isdigit()
        for end in (bind.source, bind.target)
    )


def unreadable(
    services: Iterable[ComposeService], root: Path, *, rootless: bool = False
) -> list[Problem]:
    """What ordinary users in containers cannot read: a checkout made with a strict umask, say.

    Args:
        services: those that are to run.
        root: the project's folder; what lies elsewhere is not looked at.
        rootless: whether an ordinary user runs Podman, whose own id is root's in containers.
    """
    warnings = []
    for service in services:
        user = str(service.definition.get("user") or "").partition(":")[0]
        if user in ("", "0", "root") or "userns_mode" in service.definition:
            continue
        for bind in service.binds:
            if not bind.source.is_relative_to(root):
                continue
            shut = next(
                (path for path in _below(bind.source) if _is_shut(path, user, rootless)), None
            )
            if shut is not None:
                warnings.append(
                    Problem(
                        message=f"The service '{service.name}' runs as user {user}, who may not "
                        f"read {shut}, which it mounts.",
                        where=bind.where,
                        remedy="Let others read it ('chmod o+rX'); for a file that the build "
                        "made, the one that it is made from.",
                    )
                )
    return warnings


def _below(path: Path) -> Iterator[Path]:
    yield path
    for parent, folders, files in os.walk(path):
        yield from (Path(parent, name) for name in sorted(folders) + sorted(files))


def _is_shut(path: Path, user: str, rootless: bool) -> bool:
    try:
        info = path.lstat()
    except OSError:
        return False
    # Of an ordinary user's containers, files of other ids may be this very user's.
    own = info.st_uid != os.getuid() if rootless else str(info.st_uid) == user
    if stat.S_ISLNK(info.st_mode) or own:
        return False
    wanted = stat.S_IROTH | (stat.S_IXOTH if stat.S_ISDIR(info.st_mode) else 0)
    return info.st_mode & wanted != wanted
