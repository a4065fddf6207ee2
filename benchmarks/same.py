"""Whether two ways lead to the same files."""

from __future__ import annotations

import functools
import stat
from pathlib import Path
from typing import Any

import yaml

_OWN_RECORDS = ".manager"
_FLATTENED = "config.yml"


def differences(ours: Path, theirs: Path) -> list[str]:
    """Compare what was generated: the names, contents and modes of all files.

    The manager's own records are left aside. Of a flattened configuration the meaning counts, but
    for the project's place.

    Args:
        ours: a project that our build has built.
        theirs: the same project, in another folder, that a rival has built.

    Returns:
        The paths that differ, or that only one has, below the build directory.
    """
    left, right = files(ours), files(theirs)
    return sorted(
        left.keys() ^ right.keys()
        | {
            path
            for path in left.keys() & right.keys()
            if _mode(left[path]) != _mode(right[path])
            or not _equal(left[path], ours, right[path], theirs)
        }
    )


def files(project: Path) -> dict[str, Path]:
    """The generated files of a project, by their path below the build directory."""
    build = project / "build"
    found = {path.relative_to(build): path for path in build.rglob("*") if not path.is_dir()}
    return {
        relative.as_posix(): path
        for relative, path in found.items()
        if relative.parts[0] != _OWN_RECORDS
    }


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _equal(left: Path, ours: Path, right: Path, theirs: Path) -> bool:
    if left.name != _FLATTENED:
        return left.read_bytes() == right.read_bytes()
    one, other = _placeless(left, ours), _placeless(right, theirs)
    return one == other or _parsed(one) == _parsed(other)


def _placeless(config: Path, project: Path) -> str:
    return config.read_text(encoding="utf-8").replace(str(project), "PROJECT")


@functools.lru_cache(maxsize=4)  # all services have the same one
def _parsed(text: str) -> Any:
    return yaml.load(text, yaml.CSafeLoader)
