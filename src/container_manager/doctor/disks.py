"""Checks of free space: where images, volumes and the project lie, and where Podman unpacks."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from container_manager.doctor.catalogue import fine, found
from container_manager.doctor.findings import Finding
from container_manager.doctor.subject import Subject
from container_manager.preflight.host import FLOOR, Space, free_space

LOW_STORE = 2 << 30
"""Bytes: an image with a Python stack takes about a GB, and lies there twice while it is pulled."""

LOW_ELSEWHERE = 500 << 20
"""Bytes: a build writes the project's own files, a copy of `src/` for each service among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A file system that is written to.

    Attributes:
        uses: what lies there, for people.
        path: one of the folders on it.
        space: what is free; None where it cannot be told.
        low: bytes below which it gets tight.
    """

    uses: str
    path: Path
    space: Space | None
    low: int


def disks(subject: Subject) -> list[Finding]:
    """Free space everywhere that a start writes to."""
    return judge_disks(measure_disks(subject))


def measure_disks(subject: Subject) -> list[Disk]:
    """Ask each file system once."""
    wanted: list[tuple[str, Path, int]] = []
    info = subject.info
    if info is not None and not info.remote:
        wanted.append(("images, containers and volumes", Path(info.store), LOW_STORE))
        if info.temporary:
            wanted.append(("images being unpacked", Path(info.temporary), LOW_ELSEWHERE))
    if subject.config is not None:
        wanted.append(("the project", subject.config.root, LOW_ELSEWHERE))
    wanted.append(("temporary files", Path(tempfile.gettempdir()), LOW_ELSEWHERE))
    return by_device(wanted)


def by_device(wanted: Iterable[tuple[str, Path, int]]) -> list[Disk]:
    """Put together what lies on one file system.

    Args:
        wanted: what lies there, one of its folders (which may be still to be made), and the bytes
            below which it gets tight.
    """
    found_disks: dict[int | str, Disk] = {}
    for uses, path, low in wanted:
        existing = next((p for p in (path, *path.parents) if p.exists()), Path("/"))
        try:
            device: int | str = existing.stat().st_dev
        except OSError:
            device = str(existing)
        other = found_disks.get(device)
        if other is None:
            space = free_space(str(existing))
            found_disks[device] = Disk(uses=uses, path=path, space=space, low=low)
        else:
            found_disks[device] = Disk(
                uses=f"{other.uses}; {uses}",
                path=other.path,
                space=other.space,
                low=max(low, other.low),
            )
    return list(found_disks.values())


def judge_disks(measured: Iterable[Disk]) -> list[Finding]:
    """One finding a file system."""
    findings = []
    for disk in measured:
        if disk.space is None:
            continue
        facts: dict[str, Any] = {
            "path": str(disk.path),
            "free": disk.space.bytes,
            "files": disk.space.files,
        }
        said = f"{disk.space} free at {disk.path} ({disk.uses})."
        if disk.space.exhausted(FLOOR):
            findings.append(found("disk-full", f"Only {said}", **facts))
        elif disk.space.bytes < disk.low:
            findings.append(found("disk-low", f"Only {said}", **facts))
        else:
            findings.append(fine("disk", said[0].upper() + said[1:], **facts))
    return findings
