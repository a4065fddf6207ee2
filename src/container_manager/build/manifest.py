"""The record of what we wrote below a build directory: the only licence to replace or remove it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from container_manager.build.guards import MANAGER_DIR, MANIFEST, escapes
from container_manager.errors import BuildError, Location

JOURNAL = "manifest.next.json"
"""The manifest of a build that has begun; its presence says that it did not finish."""

_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file as we wrote it: digest of its content and permission bits."""

    digest: str
    mode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What we own below a build directory.

    Attributes:
        files: path -> what the last finished build wrote there.
        begun: path -> what a build wanted there that did not finish; empty normally.
        interrupted: whether there is such a build.
    """

    files: Mapping[str, Written] = field(default_factory=dict)
    begun: Mapping[str, Written] = field(default_factory=dict)
    interrupted: bool = False

    def owns(self, path: str) -> bool:
        """Whether the file at ``path`` was written by us."""
        return path in self.files or path in self.begun

    def wrote(self, path: str, digest: str) -> bool:
        """Whether we wrote this very content there."""
        return any(
            known[path].digest == digest for known in (self.files, self.begun) if path in known
        )


def read(build_dir: Path) -> Manifest:
    """The manifest of a build directory; an empty one where there is none.

    Raises:
        BuildError: it cannot be understood; nothing may be replaced then.
    """
    files = _load(build_dir / MANAGER_DIR / MANIFEST)
    begun = _load(build_dir / MANAGER_DIR / JOURNAL)
    return Manifest(files=files or {}, begun=begun or {}, interrupted=begun is not None)


def begin(build_dir: Path, files: Mapping[str, Written]) -> None:
    """Say durably which files are about to be written."""
    _store(build_dir / MANAGER_DIR / JOURNAL, files)


def commit(build_dir: Path) -> None:
    """The begun manifest becomes the manifest."""
    folder = build_dir / MANAGER_DIR
    (folder / JOURNAL).replace(folder / MANIFEST)


def _load(path: Path) -> dict[str, Written] | None:
    try:
        data = json.loads(path.read_bytes())
        return {
            _inside(name): Written(digest=str(entry["digest"]), mode=int(entry["mode"], 8))
            for name, entry in data["files"].items()
        }
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BuildError(
            f"The record of what was built cannot be read: {error}.",
            where=Location(path),
            remedy="Move the build directory away; the next build makes a new one.",
        ) from error


def _inside(name: str) -> str:
    """What is not ours must not become ours through a changed record."""
    if escapes(name):
        raise ValueError(f"{name!r} leads out of the build directory")
    return name


def _store(path: Path, files: Mapping[str, Written]) -> None:
    data = {
        "version": _VERSION,
        "files": {
            name: {"digest": entry.digest, "mode": f"{entry.mode:04o}"}
            for name, entry in sorted(files.items())
        },
    }
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("w", encoding="utf-8") as stream:
        json.dump(data, stream, indent=1, ensure_ascii=False)
        stream.write("\n")
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
