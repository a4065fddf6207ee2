"""What was measured on, without anything that names the machine or its people."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

_LIBRARIES = ("container-manager", "copier", "invoke", "Jinja2", "PyYAML")
_GIB = 1024**3


def describe(folder: Path) -> list[tuple[str, str]]:
    """Names and values of what times depend on.

    Args:
        folder: where files are written; only the type of its file system is told.
    """
    libraries = ", ".join(f"{name} {metadata.version(name)}" for name in _LIBRARIES)
    facts: list[tuple[str, Callable[[], str]]] = [
        ("processor", _processor),
        ("cores", lambda: str(os.cpu_count())),
        ("memory", lambda: f"{_bytes_of_memory() / _GIB:.1f} GiB"),
        ("kernel", lambda: f"{platform.system()} {platform.release()}"),
        ("file system of the projects", lambda: file_system(folder)),
        ("Python", lambda: f"{platform.python_implementation()} {platform.python_version()}"),
        ("libraries", lambda: libraries),
    ]
    return [(name, _or_unknown(fact)) for name, fact in facts]


def _or_unknown(fact: Callable[[], str]) -> str:
    try:
        return fact()
    except (OSError, LookupError, ValueError):
        return "not known"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _bytes_of_memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def file_system(folder: Path) -> str:
    """The type of the file system that a folder lies on, such as ``ext4``."""
    found: dict[Path, str] = {}
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        mount, _, source = line.partition(" - ")
        found[Path(mount.split()[4])] = source.split()[0]  # the last mount covers those before
    place = folder.resolve()
    return next(found[path] for path in (place, *place.parents) if path in found)
