"""The record of what we wrote below a build directory: the only licence to replace or remove it.

It says of each file its permission bits and the digest of its content, and which versions made
them; nothing in it differs from one machine or day to the next.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from container_manager import __version__
from container_manager.errors import BuildError, Location
from container_manager.places import MANAGER_DIR, MANIFEST, may_be_ours

JOURNAL, NEXT, STAGING = "journal.json", "manifest.next.json", "staging"
"""What a build is about to do, its manifest, and its files: see the module ``journal``."""

VERSION = 2

PACKAGES = ("copier", "jinja2", "pyyaml")
"""What the bytes of a build depend on, besides its sources and ourselves."""


def written(digest: str, mode: int) -> str:
    """A file as a record spells it, permission bits and digest of its content: ``0644 sha256:…``.

    >>> written("sha256:ab", 0o640)
    '0640 sha256:ab'
    """
    return f"{mode:04o} {digest}"


def digest_of(entry: str) -> str:
    """The digest in an entry of a record.

    >>> digest_of("0640 sha256:ab")
    'sha256:ab'
    """
    return entry[5:]


def mode_of(entry: str) -> int:
    """The permission bits in an entry of a record.

    >>> mode_of("0640 sha256:ab") == 0o640
    True
    """
    return int(entry[:4], 8)


_CONTENT = len("sha256:") + 64
_LINK = len("0777 link:")


def is_content(digest: str) -> bool:
    """Whether a digest is that of a content, whose hexadecimal digits are its name in the store."""
    return digest.startswith("sha256:") and len(digest) == _CONTENT and digest[7:].isalnum()


def entries_of(data: dict[str, str]) -> dict[str, str]:
    """The entries of a record, each of them checked: what is not ours must not become ours.

    Raises:
        ValueError, AttributeError: one makes no sense, or names what cannot be ours.
    """
    for name, entry in data.items():
        good = (entry[4:5] == " " and is_content(entry[5:])) or (
            entry.startswith(" link:", 4) and "\0" not in entry and len(entry) > _LINK
        )
        if not good or entry[:4].strip("01234567"):
            raise ValueError(f"{entry!r} is no record of a file")
        if not may_be_ours(name):
            raise ValueError(f"{name!r} leads out of the build directory")
    return data


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What we own below a build directory.

    Attributes:
        files: path -> what the last finished build wrote there, as :func:`written` spells it.
        made_with: package -> version.
        begun: what a build that did not finish wants; only who cannot finish it needs to know.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    made_with: Mapping[str, str] = field(default_factory=dict)
    begun: Mapping[str, str] = field(default_factory=dict)

    @property
    def known(self) -> set[str]:
        """Every path that is ours."""
        return {*self.files, *self.begun}

    def owns(self, path: str) -> bool:
        """Whether the file at ``path`` was written by us."""
        return path in self.files or path in self.begun

    def wrote(self, path: str, digest: str) -> bool:
        """Whether we wrote this very content there."""
        return any(
            path in known and digest_of(known[path]) == digest for known in (self.files, self.begun)
        )


def place(build_dir: Path) -> Path:
    """Where the manifest of a build directory is."""
    return build_dir / MANAGER_DIR / MANIFEST


def read(build_dir: Path) -> Manifest:
    """The manifest of a build directory; an empty one where there is none.

    Raises:
        BuildError: it cannot be understood; nothing may be replaced then.
    """
    data = load_record(place(build_dir))
    return Manifest() if data is None else data


def read_with_begun(build_dir: Path) -> Manifest:
    """The same for who must not finish a build that was stopped: what it wants is ours, too."""
    folder = build_dir / MANAGER_DIR
    manifest = read(build_dir)
    begun = load_record(folder / NEXT) if (folder / JOURNAL).exists() else None
    return replace(manifest, begun=begun.files if begun else {})


def needs_recovery(build_dir: Path) -> bool:
    """Whether a build was stopped, before or after it began to change files."""
    folder = build_dir / MANAGER_DIR
    return any(os.path.lexists(folder / name) for name in (JOURNAL, NEXT, STAGING))


def load_record(path: Path) -> Manifest | None:
    """Read one record of files; None where there is none.

    Raises:
        BuildError: it cannot be understood.
    """
    try:
        data = json.loads(path.read_bytes())
        if data["version"] != VERSION:
            raise ValueError(f"it is of version {data['version']}, not {VERSION}")
        return Manifest(
            files=entries_of(data["files"]),
            made_with={str(k): str(v) for k, v in data.get("made_with", {}).items()},
        )
    except FileNotFoundError:
        return None
    except UNREADABLE as error:
        raise unreadable(path, error) from error


UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What reading a record of another program's, or none, ends with."""


def unreadable(path: Path, error: Exception) -> BuildError:
    """The error that a record of ours makes no sense."""
    return BuildError(
        f"The record of what was built cannot be read: {error}.",
        where=Location(path),
        remedy="Move the build directory away; the next build makes a new one.",
    )


@cache
def versions() -> Mapping[str, str]:
    """The versions of what generates a build, which stay the same as long as a process runs."""
    from importlib.metadata import version  # only where something is written

    found = {name: version(name) for name in PACKAGES}
    return MappingProxyType({"container-manager": __version__, **found})


def dump(manifest: Manifest) -> str:
    """The manifest as text, a line a file, in an order that depends on nothing else."""
    files = {path: manifest.files[path] for path in sorted(manifest.files)}
    data = {"version": VERSION, "made_with": dict(manifest.made_with), "files": files}
    return json.dumps(data, ensure_ascii=False, separators=(",\n", ": ")) + "\n"


def store(path: Path, text: str) -> None:
    """Write a record so that there is the old one or the new one, never half of it.

    A power failure may undo that: see ``apply``, which makes all that it wrote durable at once.

    Args:
        path: the record.
        text: all of it.

    Raises:
        OSError: it cannot be written.
    """
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.unlink(missing_ok=True)
    with temporary.open("x", encoding="utf-8") as stream:
        stream.write(text)
    temporary.replace(path)
