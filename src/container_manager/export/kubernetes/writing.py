"""Manifests as files: a base that is ours, and an overlay that belongs to the user.

``build/kubernetes/base/`` is made anew each time; a file there that does not begin with our mark is
somebody's and stays. Overlays lie in the project, outside of what a build owns; the first one is
written as an example where there is none, and never again.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from container_manager.errors import BuildError, PreconditionError, display_path
from container_manager.export.kubernetes.model import Manifests
from container_manager.export.kubernetes.names import NAME, object_name
from container_manager.export.kubernetes.yaml_text import yaml_of

MARK = "# Made by Container Manager ('kube.build'): it is written anew, changes are lost.\n"
_UNFINISHED = ".kube-"
"""What names of files begin with that are being written; one stays where that was killed."""

BASE = "kubernetes/base"
"""Below the build directory."""

OVERLAYS = "kubernetes/overlays"
"""In the project."""

_EXAMPLE = """\
# Yours: it was written once as an example, and is never changed. What a site has of its own belongs
# here; 'kube.up --overlay {name}' applies the stack with it, 'kubectl kustomize {here}' shows it.
# Secrets are in no file: 'kube.up' makes them from .env, under the names that the manifests use.
# A kubectl before 1.21 wants 'bases:' here instead of 'resources:'.
resources:
  - {base}

# namespace: lab-test
# images:
#   - name: registry.example.org/lab/web
#     newTag: "2.0"
# replicas:
#   - name: web
#     count: 3
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of the files.

    Attributes:
        folder: the base.
        changed: names of files there that were written.
        kept: how many were as they are to be.
        removed: names of files that nothing asks for any more.
        overlay: the example, where it was made now.
    """

    folder: Path
    changed: tuple[str, ...]
    kept: int
    removed: tuple[str, ...]
    overlay: Path | None


def files_of(manifests: Manifests) -> dict[str, str]:
    """Name -> text of each file of the base: one a service, and the kustomization."""
    by_file: dict[str, list[Mapping[str, Any]]] = {}
    for one in manifests.objects:
        service = one["metadata"]["labels"][NAME]
        by_file.setdefault(f"{object_name(service)}.yaml", []).append(one)
    found = {name: MARK + yaml_of(objects) for name, objects in sorted(by_file.items())}
    kustomization: dict[str, Any] = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
    }
    if manifests.namespace:
        kustomization["namespace"] = manifests.namespace
    kustomization["resources"] = sorted(by_file)
    return {**found, "kustomization.yaml": MARK + yaml_of([kustomization])}


def write(manifests: Manifests, *, build_dir: Path, root: Path) -> Written:
    """Write all files that are not as they are to be.

    Args:
        manifests: of the stack.
        build_dir: the build directory.
        root: the project.

    Raises:
        BuildError: they cannot be written, or something else is in their place.
    """
    folder = build_dir / BASE
    files = files_of(manifests)
    try:
        _check_folders(folder, build_dir)
        folder.mkdir(parents=True, exist_ok=True)
        changed = tuple(name for name, text in files.items() if _write(folder / name, text))
        there = sorted(each.name for each in folder.iterdir())
        for name in there:
            if name.startswith(_UNFINISHED) and (folder / name).is_file():
                (folder / name).unlink()
        removed = tuple(name for name in there if _gone(folder, name, files))
        for name in removed:
            (folder / name).unlink()
        overlay = _example(root, folder)
    except OSError as error:
        at = display_path(Path(error.filename)) if error.filename else display_path(folder)
        raise BuildError(f"{at} cannot be written: {error.strerror}.") from error
    return Written(
        folder=folder,
        changed=changed,
        kept=len(files) - len(changed),
        removed=removed,
        overlay=overlay,
    )


def told_if_outdated(manifests: Manifests, build_dir: Path) -> None:
    """Refuse files that are not what the configuration says now.

    Raises:
        PreconditionError: some are not.
    """
    for name, text in files_of(manifests).items():
        path = build_dir / BASE / name
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if path.read_text(encoding="utf-8") == text:
                continue
        raise PreconditionError(
            f"{display_path(path)} is not what the configuration says now, and an overlay is "
            "laid over it.",
            remedy="'kube.build' writes it anew.",
        )


def _check_folders(folder: Path, build_dir: Path) -> None:
    """What we write goes nowhere else, by a link say."""
    for one in (folder, folder.parent):
        if one.is_symlink() or (one.exists() and not one.is_dir()):
            raise BuildError(
                f"{display_path(one)} is not a folder of the build; nothing was written.",
                remedy="Move it away: manifests are generated there.",
            )


def _write(path: Path, text: str) -> bool:
    """Replace a file by ours; whoever reads it sees the old one or the new one, whole."""
    if path.is_dir() and not path.is_symlink():
        raise BuildError(f"{display_path(path)} is a folder; a manifest is to be written there.")
    there = b"" if path.is_symlink() or not path.exists() else path.read_bytes()
    if there == text.encode():
        return False
    if there and not there.startswith(MARK.encode()):
        raise BuildError(
            f"{display_path(path)} was not made by 'kube.build', which is to write there.",
            remedy=f"Move it away; what is yours belongs into {OVERLAYS}/.",
        )
    handle, name = tempfile.mkstemp(prefix=_UNFINISHED, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return True


def _gone(folder: Path, name: str, files: Mapping[str, str]) -> bool:
    """Whether a file is ours and nothing asks for it."""
    path = folder / name
    if name in files or not name.endswith(".yaml") or path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(MARK.encode())) == MARK.encode()


def _example(root: Path, base: Path) -> Path | None:
    folder = root / OVERLAYS
    if folder.exists() or folder.is_symlink():
        return None
    path = folder / "example" / "kustomization.yaml"
    path.parent.mkdir(parents=True)
    relative = os.path.relpath(base, path.parent)
    here = path.parent.relative_to(root).as_posix()
    path.write_text(
        _EXAMPLE.format(base=relative, here=here, name=path.parent.name), encoding="utf-8"
    )
    return path
