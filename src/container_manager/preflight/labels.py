"""What must never get another label for SELinux: the machine would not be itself any more."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path

from container_manager.compose.labelling import keeps_labels, to_label
from container_manager.compose.model import ComposeService
from container_manager.errors import Problem

_SYSTEM = frozenset(
    {
        *("/", "/bin", "/boot", "/dev", "/etc", "/etc/pki", "/home", "/lib", "/lib64", "/media"),
        *("/mnt", "/opt", "/proc", "/root", "/run", "/sbin", "/srv", "/sys", "/usr", "/usr/bin"),
        *("/usr/lib", "/usr/local", "/var", "/var/lib", "/var/log"),
        *("/tmp", "/var/tmp"),  # noqa: S108 - named, not used
    }
)
"""Folders that belong to the system, with those that Podman itself refuses to relabel.

Source: the paths that opencontainers/selinux excludes (pull request 180 lists them).
"""


def relabelled_system(
    services: Iterable[ComposeService], folders: Collection[Path], *, home: Path
) -> list[Problem]:
    """Every mount that would give a folder of the system another label.

    Args:
        services: those that are to run, on a machine where SELinux confines them.
        folders: what is the project's own, and gets ``z`` by itself.
        home: the user's home, which the user could no longer log in to.
    """
    problems = []
    for service in services:
        if keeps_labels(service):
            continue
        ours = to_label(service, folders)
        for bind in service.binds:
            if (bind.labelled or bind in ours) and is_system(bind.source, home):
                problems.append(
                    Problem(
                        message=f"The service '{service.name}' mounts {bind.source} with a label "
                        "for containers, and all of it would lose the label that the system needs.",
                        where=bind.where,
                        remedy="Mount a folder below it; or give the service "
                        "'security_opt: [label=disable]', which needs no label.",
                    )
                )
    return problems


def is_system(path: Path, home: Path) -> bool:
    """Whether a folder is the system's, a user's home, or one that holds such.

    >>> ada = Path("/home/ada")
    >>> is_system(Path("/home"), ada), is_system(Path("/home/ada/lab"), ada)
    (True, False)
    """
    real = Path(os.path.realpath(path))
    return any(
        str(one) in _SYSTEM or home.is_relative_to(one) or one.parent == Path("/home")
        for one in (path, real)
    )
