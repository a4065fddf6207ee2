"""Finds what ``package:DISTRIBUTION/FOLDER`` names: a folder inside an installed package.

Only the records of the installation are read; the package's code is never imported. All that is
expensive is imported where such a path really occurs.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from container_manager.errors import ConfigError, Location, Problem, did_you_mean, show_as

if TYPE_CHECKING:
    from importlib.metadata import Distribution

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
        build_path: where its service is built, below the build directory: as in the checkout of
            a project whose services lie in ``services/``.
    """

    shown: str
    folder: Path
    build_path: str


def is_package_path(path: object) -> bool:
    """Whether a configured path leads into an installed package.

    >>> [is_package_path(path) for path in ("package:lab/services/web", "services/web", None)]
    [True, False, False]
    """
    return isinstance(path, str) and path.startswith(PREFIX)


def find_package_folder(
    path: str, where: Location | None = None, *, holds: str = TEMPLATE
) -> PackageFolder:
    """Find a folder in an installed package; the first place that holds the wanted file wins.

    Args:
        path: ``package:DISTRIBUTION/FOLDER``.
        where: the place that says it, for messages.
        holds: the file that is wanted in the folder; empty for the folder alone.

    Raises:
        ConfigError: it is misspelled, the package is not installed, or it has no such folder.
    """
    name, folder = _parts(path, where)
    shown = f"{PREFIX}{name}/{folder}"
    installed = _installation(name, where)
    there = [place / folder for place in installed.places() if installed.has(place / folder)]
    for candidate in there:
        if os.path.exists(candidate / holds):  # noqa: PTH110 - Path's raises on names too long
            show_as(candidate, shown)
            return PackageFolder(shown=shown, folder=candidate, build_path=_build_path(folder))
    if there:
        raise ConfigError(
            f"The folder {shown} has no {holds}.",
            where=where,
            remedy=f"It is looked for in {_listed(there)}.",
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
    return _normalised(match["name"]), folder


def _build_path(folder: str) -> str:
    """A leading ``services/`` is not doubled, so that paths in templates mean the same.

    >>> [_build_path(folder) for folder in ("services/framework/jupyter", "lab/web")]
    ['services/framework/jupyter', 'services/lab/web']
    """
    return f"{_SERVICES}/{folder.removeprefix(f'{_SERVICES}/')}"


def _normalised(name: str) -> str:
    """PyPI's rule: case, and runs of ``-``, ``_`` and ``.``, make no difference."""
    return re.sub(r"[-_.]+", "-", name).lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Installation:
    """What the records say of an installed package.

    Attributes:
        site: where its files are installed, beside those of others.
        recorded: its files, relative to ``site``; None where nobody wrote them down.
        packages: the names by which it is imported.
        checkout: the source folder of an editable installation (PEP 610).
    """

    site: Path
    recorded: tuple[str, ...] | None
    packages: tuple[str, ...]
    checkout: Path | None

    def places(self) -> list[Path]:
        """Where folders are looked for, in order."""
        found = [*(self.site / package for package in self.packages), self.site]
        if self.checkout is not None:
            found += [*_import_folders(self.packages, self.checkout), self.checkout]
        return list(dict.fromkeys(found))

    def has(self, folder: Path) -> bool:
        """Whether a folder is there, and is this package's own."""
        if not os.path.isdir(folder):  # noqa: PTH112 - Path's raises on names too long
            return False
        if self.recorded is None or not folder.is_relative_to(self.site):
            return True
        start = f"{folder.relative_to(self.site).as_posix()}/"
        return any(file.startswith(start) for file in self.recorded)

    def services(self) -> list[str]:
        """The folders of its services, as a path names them."""
        found = set()
        for place in self.places():
            for template in (place / _SERVICES).rglob(TEMPLATE):
                if template.parent.name != _SERVICES and self.has(template.parent):
                    found.add(template.parent.relative_to(place).as_posix())
        return sorted(found)


def _installation(name: str, where: Location | None) -> _Installation:
    from importlib.metadata import PackageNotFoundError, distribution, distributions

    try:
        found = distribution(name)
    except PackageNotFoundError:
        others = {str(other.metadata["Name"]) for other in distributions() if other.metadata}
        near = did_you_mean(name, sorted(map(_normalised, others)))
        raise ConfigError(
            f"The package {name!r} is not installed for {sys.executable}.",
            where=where,
            remedy=near or "Install it where container-manager is installed.",
        ) from None
    recorded = _recorded(found)
    tops = [file.partition("/")[0] for file in recorded or () if "/" in file]
    tops += (found.read_text("top_level.txt") or "").split()
    tops.append(name.replace("-", "_"))
    return _Installation(
        site=Path(os.path.abspath(str(found.locate_file("")))),  # noqa: PTH100 - may be relative
        recorded=recorded,
        packages=tuple(dict.fromkeys(top for top in tops if top.isidentifier())),
        checkout=_checkout(found),
    )


def _recorded(distribution: Distribution) -> tuple[str, ...] | None:
    import csv

    text = distribution.read_text("RECORD")
    return None if text is None else tuple(row[0] for row in csv.reader(text.splitlines()) if row)


def _checkout(distribution: Distribution) -> Path | None:
    from urllib.parse import unquote, urlsplit

    try:
        origin = json.loads(distribution.read_text("direct_url.json") or "{}")
        url = urlsplit(str(origin["url"]))
        editable = origin["dir_info"]["editable"] is True and url.scheme == "file"
    except (ValueError, KeyError, TypeError):
        return None
    return Path(unquote(url.path)) if editable else None


def _import_folders(packages: Sequence[str], checkout: Path) -> Iterator[Path]:
    """Where an editable installation's packages are imported from, in its checkout."""
    from importlib.util import find_spec

    for package in packages:
        try:
            spec = find_spec(package)
        except (ImportError, ValueError):
            continue
        for folder in (spec.submodule_search_locations if spec else None) or ():
            if Path(folder).is_relative_to(checkout):
                yield Path(folder)


def _no_folder(name: str, folder: str, installed: _Installation, where: Location | None) -> Problem:
    found = installed.services()
    near = did_you_mean(folder, found)
    held = f"Services that it holds: {', '.join(found)}." if found else "It holds no services."
    looked = f"Looked for in {_listed(installed.places())}."
    return Problem(
        message=f"The package {name!r} has no folder {folder!r}.",
        where=where,
        remedy=" ".join(part for part in (near, held, looked) if part),
    )


def _listed(places: Sequence[Path]) -> str:
    return ", ".join(str(place) for place in places)
