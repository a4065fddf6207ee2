"""Finds what ``package:DISTRIBUTION/FOLDER`` names: a folder inside an installed package.

Where that is, :mod:`container_manager.config.installed` knows.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from container_manager.config.installed import Installation, installation, normalised
from container_manager.errors import ConfigError, Location, Problem, did_you_mean, show_as
from container_manager.inputs import note

PREFIX = "package:"
TEMPLATE = "docker-compose.yml.j2"
"""The file that makes a folder a service's."""

FRAGMENT = "service.yml"
"""The configuration that a service in a package brings along."""

_SERVICES = "services"
_SPELLING = re.compile(
    PREFIX + r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)/(?P<folder>[^/\\].*)", re.DOTALL
)
_EXAMPLE = f"{PREFIX}container-manager/services/framework/jupyter"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageFolder:
    """A folder inside an installed package; nothing is ever written there.

    Attributes:
        shown: ``package:DISTRIBUTION/FOLDER`` in its one spelling.
        folder: where it lies on this machine, absolute.
        package: the folder of the package around it, symlinks resolved: nothing is read elsewhere.
        build_path: where its service is built, below the build directory: as in the checkout of
            a project whose services lie in ``services/``.
    """

    shown: str
    folder: Path
    package: Path
    build_path: str

    def contains(self, path: Path) -> bool:
        """Whether a path, symlinks resolved, stays in the package."""
        return Path(os.path.realpath(path)).is_relative_to(self.package)


def is_package_path(path: object) -> bool:
    """Whether a configured path leads into an installed package.

    >>> [is_package_path(path) for path in ("package:lab/services/web", "services/web", None)]
    [True, False, False]
    """
    return isinstance(path, str) and path.startswith(PREFIX)


def in_one_spelling(path: str) -> str:
    """The path as it is compared: a package's in its one spelling, any other as it is.

    >>> [in_one_spelling(path) for path in ("package:My_Lab/./web/", "services/web")]
    ['package:my-lab/web', 'services/web']
    """
    match = _SPELLING.fullmatch(path)
    if match is None:
        return path
    return f"{PREFIX}{normalised(match['name'])}/{posixpath.normpath(match['folder'])}"


def find_package_folder(
    path: str, where: Location | None = None, *, holds: str = TEMPLATE
) -> PackageFolder:
    """Find a folder in an installed package; the first place that holds the wanted file wins.

    Args:
        path: ``package:DISTRIBUTION/FOLDER``.
        where: the place that says it, for messages.
        holds: the file that is wanted in the folder; empty for the folder alone.

    Raises:
        ConfigError: it is misspelled, the package is not installed, or it has no such folder of
            its own.
    """
    name, folder = _parts(path, where)
    shown = f"{PREFIX}{name}/{folder}"
    installed = installation(name, where)
    there = [place for place in installed.places() if installed.has(place / folder)]
    for place in there:
        candidate = place / folder
        note(candidate / holds)
        if os.path.exists(candidate / holds):  # noqa: PTH110 - Path's raises on names too long
            show_as(candidate, shown)
            found = PackageFolder(
                shown=shown,
                folder=candidate,
                package=installed.around(place),
                build_path=_build_path(folder),
            )
            return _own(found, where)
    if there:
        raise ConfigError(
            f"The folder {shown} has no {holds}.",
            where=where,
            remedy=f"It is looked for in {_listed([place / folder for place in there])}.",
        )
    raise ConfigError(_no_folder(name, folder, installed, where))


def file_in_package(path: str) -> Path:
    """The file that ``package:DISTRIBUTION/FOLDER/NAME`` means.

    Raises:
        ConfigError: there is none.
    """
    folder, _, name = path.rpartition("/")
    return find_package_folder(folder, holds=name).folder / name


def _parts(path: str, where: Location | None) -> tuple[str, str]:
    """The normalised name of the distribution, and the normalised folder."""
    match = _SPELLING.fullmatch(path)
    folder = posixpath.normpath(match["folder"]) if match else "."
    if match is None or folder == "." or ".." in match["folder"].split("/") or "\0" in folder:
        raise ConfigError(
            f"The path {path!r} names no folder in a package.",
            where=where,
            remedy=f"Write {PREFIX}DISTRIBUTION/FOLDER without '..', for example {_EXAMPLE}.",
        )
    return normalised(match["name"]), folder


def _own(found: PackageFolder, where: Location | None) -> PackageFolder:
    if not found.contains(found.folder):
        raise ConfigError(
            f"The folder {found.shown} is a symlink that leads out of the package.",
            where=where,
            remedy=f"It leads to {os.path.realpath(found.folder)}.",
        )
    return found


def _build_path(folder: str) -> str:
    """A leading ``services/`` is not doubled, so that paths in templates mean the same.

    >>> [_build_path(folder) for folder in ("services/framework/jupyter", "lab/web")]
    ['services/framework/jupyter', 'services/lab/web']
    """
    return f"{_SERVICES}/{folder.removeprefix(f'{_SERVICES}/')}"


def _no_folder(name: str, folder: str, installed: Installation, where: Location | None) -> Problem:
    found = _services(installed)
    near = did_you_mean(folder, found)
    held = f"Services that it holds: {', '.join(found)}." if found else "It holds no services."
    looked = f"Looked for in {_listed(installed.places())}."
    return Problem(
        message=f"The package {name!r} has no folder {folder!r}.",
        where=where,
        remedy=" ".join(part for part in (near, held, looked) if part),
    )


def _services(installed: Installation) -> list[str]:
    """The folders of its services, as a path names them."""
    found = set()
    for place in installed.places():
        for template in (place / _SERVICES).rglob(TEMPLATE):
            if template.parent.name != _SERVICES and installed.has(template.parent):
                found.add(template.parent.relative_to(place).as_posix())
    return sorted(found)


def _listed(places: Sequence[Path]) -> str:
    return ", ".join(str(place) for place in places)
