"""What must never get another label for SELinux: the machine would not be itself any more."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable
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

_FOR_CONTAINERS = re.compile(r":(container_\w+|svirt_sandbox_file|usr|nfs|cifs|fusefs)_t\b")
"""Types that containers may use, or read.

Source: container_selinux(8).
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


def unlabelled(
    services: Iterable[ComposeService],
    folders: Collection[Path],
    label_of: Callable[[Path], str],
) -> list[Problem]:
    """A warning for each folder from elsewhere that has no label for containers.

    Args:
        services: those that are to run, on a machine where SELinux confines them.
        folders: what is the project's own, and gets ``z`` by itself.
        label_of: the label of a path; empty where it has none.
    """
    warnings = []
    for service in services:
        if keeps_labels(service):
            continue
        ours = to_label(service, folders)
        for bind in service.binds:
            if bind.labelled or bind in ours or not bind.source.is_dir():
                continue  # files of the system (/etc/localtime) may be read as they are
            label = label_of(bind.source)
            if label and not _FOR_CONTAINERS.search(label):
                warnings.append(
                    Problem(
                        message=f"The service '{service.name}' mounts {bind.source}, whose label "
                        f"{label} SELinux may keep containers from.",
                        where=bind.where,
                        remedy="Write ':z' after the mount, if other programs need no label of "
                        "their own there; or give the service 'security_opt: [label=disable]'.",
                    )
                )
    return warnings


def label_of(path: Path) -> str:
    """The label that SELinux knows a path by; empty where it has none."""
    try:
        return os.getxattr(path, "security.selinux").rstrip(b"\0").decode("ascii", "replace")
    except (OSError, AttributeError):  # macOS has no such function
        return ""


def user_home() -> Path:
    """The user's home, or a path that nothing lies below."""
    return Path(os.path.expanduser("~"))  # noqa: PTH111 - the other one raises without a home


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
