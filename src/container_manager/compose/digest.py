"""When is a container, or an image, out of date? When the digest of what it is made of differs."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from container_manager.compose.model import ComposeService, ImageBuild, SecretEntry
from container_manager.config.environment import Environment, Report

_FORMAT = 1
"""Changed when the digests of unchanged services would change."""

_MAX_HASHED = 8 * 1024 * 1024
"""Mounted files beyond this size are data, not configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The files that a stack may mount or build from.

    Attributes:
        build_dir: the build directory.
        digests: absolute path of every file that we wrote -> digest of its content.
    """

    build_dir: Path
    digests: Mapping[str, str]

    def mounted(self, path: Path) -> dict[str, str]:
        """Digests of what lies at a mounted path.

        A folder counts as far as we wrote it: the rest of it is the container's own data.
        """
        if str(path) in self.digests:
            return {"": self.digests[str(path)]}
        if path.is_relative_to(self.build_dir):
            below = f"{path}/"
            own = {p: d for p, d in self.digests.items() if p.startswith(below)}
            if own:
                return {p.removeprefix(below): d for p, d in sorted(own.items())}
        try:
            if path.is_file() and path.stat().st_size <= _MAX_HASHED:
                return {"": _file_digest(path)}
        except OSError:
            pass
        return {}

    def context(self, build: ImageBuild, image: str) -> str:
        """A digest of everything that goes into an image; empty when that cannot be known."""
        if build.context is None:
            return ""
        files = {str(rel): self._content(path) for rel, path in _walk(build.context)}
        if build.dockerfile is not None:
            files["//dockerfile"] = self._content(build.dockerfile)
        return _digest([_FORMAT, image, build.definition, files])

    def _content(self, path: Path) -> str:
        try:
            if path.is_symlink():
                return f"link:{path.readlink()}"
            mode = "x" if os.access(path, os.X_OK) else "-"
            return mode + (self.digests.get(str(path)) or _file_digest(path))
        except OSError as error:
            return f"unreadable: {error.strerror}"


def service_digest(
    service: ComposeService,
    *,
    image_id: str,
    files: Files,
    secrets: Mapping[str, str],
    key: bytes,
) -> str:
    """The digest of one container.

    Args:
        service: what its compose file says.
        image_id: the image it would run.
        files: what it may mount.
        secrets: key in its environment -> value of its secrets.
        key: of the hashes of secrets, so that the digest says nothing about them.
    """
    hashed = {
        name: hmac.new(key, value.encode(), hashlib.sha256).hexdigest()
        for name, value in secrets.items()
    }
    return _digest(
        [
            *(_FORMAT, service.definition, image_id),
            {bind.target: files.mounted(bind.source) for bind in service.binds},
            {str(path): file.digest for path, file in service.env_files.items()},
            hashed,
        ]
    )


def secret_value(entry: SecretEntry, environment: Environment) -> str:
    """What the container gets for an entry that holds a secret."""
    return environment.interpolate(entry.text, Report())


def _walk(folder: Path) -> Iterator[tuple[Path, Path]]:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        for name in sorted([*names, *links]):
            path = Path(parent) / name
            yield path.relative_to(folder), path


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
