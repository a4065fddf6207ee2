"""When is a container, or an image, out of date? When the digest of what it is made of differs."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from container_manager.compose.model import ComposeService, ImageBuild, SecretEntry
from container_manager.config.environment import Environment, Report

_FORMAT = 2
"""Changed when the digests of unchanged services would change."""

_MAX_HASHED = 8 * 1024 * 1024
"""Mounted files beyond this size are data, not configuration."""

DOCKERFILE = "//dockerfile"
"""The name of a Dockerfile among the files of a context; it may lie elsewhere."""

_LINK = "link:"
_SHORT = 16
"""Characters of the digest of a part: enough to see that it is another one."""

_NOT_OF_A_CONTAINER = frozenset({"build", "environment"})
"""Keys of a definition that count otherwise: as the image, and entry by entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The files that a stack may mount or build from.

    Attributes:
        build_dir: the build directory.
        digests: absolute path of every file that we wrote, or are about to -> digest of its
            content.
        pending: absolute path -> its mode, of files that a build is about to write; None: it is
            about to remove it. Empty once a build is done.
        left_out: which files of an image's context, as paths from its folder, Podman leaves out.
    """

    build_dir: Path
    digests: Mapping[str, str]
    pending: Mapping[str, int | None] = field(default_factory=dict)
    left_out: Callable[[ImageBuild, Mapping[str, int | None]], Callable[[str], bool]] = (
        lambda _build, _pending: lambda _rel: False
    )

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

    def context(self, build: ImageBuild) -> dict[str, str]:
        """Digests of everything that goes into an image; empty when that cannot be known."""
        if build.context is None:
            return {}
        found = {str(rel): path for rel, path in _walk(build.context)}
        below = f"{build.context}/"
        for name, mode in self.pending.items():
            if name.startswith(below):
                rel = name.removeprefix(below)
                if mode is None:
                    found.pop(rel, None)
                else:
                    found[rel] = Path(name)
        left_out = self.left_out(build, self.pending)
        files = {rel: self._content(p) for rel, p in sorted(found.items()) if not left_out(rel)}
        if build.dockerfile is not None:
            files[DOCKERFILE] = self._content(build.dockerfile)
        return files

    def _content(self, path: Path) -> str:
        mode = self.pending.get(str(path))
        if mode is not None:
            digest = self.digests[str(path)]
            return digest if digest.startswith(_LINK) else _marked(bool(mode & 0o100), digest)
        try:
            if path.is_symlink():
                return f"{_LINK}{path.readlink()}"
            return _marked(
                os.access(path, os.X_OK), self.digests.get(str(path)) or _file_digest(path)
            )
        except OSError as error:
            return f"unreadable: {error.strerror}"


def _marked(executable: bool, digest: str) -> str:
    return ("x" if executable else "-") + digest


def context_digest(build: ImageBuild | None, image: str, files: Mapping[str, str]) -> str:
    """A digest of an image's context, as :meth:`Files.context` gives it; empty for an empty one."""
    return _digest([_FORMAT, image, build.definition, files]) if build and files else ""


def service_parts(
    service: ComposeService,
    *,
    image_id: str,
    files: Files,
    secrets: Mapping[str, str],
    key: bytes,
) -> dict[str, str]:
    """What one container is made of: part -> digest.

    Args:
        service: what its compose file says.
        image_id: the image it would run.
        files: what it may mount.
        secrets: key in its environment -> value of its secrets.
        key: of the hashes of secrets, so that the digest says nothing about them.

    Returns:
        ``image``, ``key KEY`` of its definition, ``environment NAME``, ``file PATH`` of what it
        mounts, ``env_file PATH``, ``secret NAME``, ``proxy NAME`` and ``ca_certificates``, each
        with a digest.
    """
    parts = {"image": image_id}
    for name, value in service.definition.items():
        if name not in _NOT_OF_A_CONTAINER:
            parts[f"key {name}"] = _digest(value)[:_SHORT]
    for name, value in service.definition.get("environment", {}).items():
        parts[f"environment {name}"] = _digest(value)[:_SHORT]
    for bind in service.binds:
        for rel, digest in files.mounted(bind.source).items():
            parts[f"file {bind.source / rel}"] = _digest([bind.target, digest])[:_SHORT]
    for path, file in service.env_files.items():
        parts[f"env_file {path}"] = file.digest
    for name, text in service.given_parts.items():
        parts[name] = _digest(text)[:_SHORT]
    for name, value in secrets.items():
        own = name in service.definition.get("environment", {})
        part = f"secret {name}" if own else proxy_part(name)
        parts[part] = hmac.new(key, value.encode(), hashlib.sha256).hexdigest()
    return parts


def proxy_part(name: str) -> str:
    """What a proxy's variable is called among the parts, in whichever spelling."""
    return f"proxy {name.upper()}"


def parts_digest(parts: Mapping[str, str]) -> str:
    """The digest of one container, from that of its parts."""
    return _digest([_FORMAT, dict(parts)])


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
