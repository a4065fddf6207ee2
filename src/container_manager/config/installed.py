"""What the records of an installed package say: where its files are, and which are its own.

The package's code is never imported. All that is expensive is imported where a path really leads
into a package.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from container_manager.errors import ConfigError, Location, did_you_mean
from container_manager.inputs import note

if TYPE_CHECKING:
    from importlib.metadata import Distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
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

    def around(self, place: Path) -> Path:
        """What is the package's own around a place, symlinks resolved."""
        checkout, own = self.checkout, place
        if checkout and place.is_relative_to(checkout) and not place.is_relative_to(self.site):
            own = checkout
        return Path(os.path.realpath(own))

    def has(self, folder: Path) -> bool:
        """Whether a folder is there, and is this package's own."""
        note(folder)
        if not os.path.isdir(folder):  # noqa: PTH112 - Path's raises on names too long
            return False
        if self.recorded is None or not folder.is_relative_to(self.site):
            return True
        start = f"{folder.relative_to(self.site).as_posix()}/"
        return any(file.startswith(start) for file in self.recorded)


def normalised(name: str) -> str:
    """PyPI's rule: case, and runs of ``-``, ``_`` and ``.``, make no difference in a name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def installation(name: str, where: Location | None) -> Installation:
    """What is installed under a name.

    Args:
        name: of the distribution, normalised.
        where: the place that says it, for messages.

    Raises:
        ConfigError: it is not installed, or its records cannot be read.
    """
    from csv import Error as CsvError
    from importlib.metadata import PackageNotFoundError, distribution, distributions

    try:
        found = distribution(name)
        recorded = _recorded(found)
        tops = [file.partition("/")[0] for file in recorded or () if "/" in file]
        tops += (found.read_text("top_level.txt") or "").split()
    except PackageNotFoundError:
        others = {_name(other) for other in distributions()}
        near = did_you_mean(name, sorted(others))
        raise ConfigError(
            f"The package {name!r} is not installed for {sys.executable}.",
            where=where,
            remedy=near or "Install it where container-manager is installed.",
        ) from None
    except (UnicodeDecodeError, CsvError) as cause:
        raise ConfigError(
            f"The installer's records of the package {name!r} cannot be read: {_why(cause)}.",
            where=where,
            remedy="Install the package again.",
        ) from cause
    for folder in sys.path:  # whatever is installed, removed or updated changes one of these
        note(os.path.abspath(folder))  # noqa: PTH100 - may be relative, or empty
    tops.append(name.replace("-", "_"))
    return Installation(
        site=Path(os.path.abspath(str(found.locate_file("")))),  # noqa: PTH100 - may be relative
        recorded=recorded,
        packages=tuple(dict.fromkeys(top for top in tops if top.isidentifier())),
        checkout=_checkout(found),
    )


def _why(cause: Exception) -> str:
    return "not UTF-8 text" if isinstance(cause, UnicodeDecodeError) else str(cause)


def _name(distribution: Distribution) -> str:
    """The name that a distribution says it has; empty where it says none."""
    try:
        metadata = distribution.metadata
    except UnicodeDecodeError:
        return ""
    return normalised(str(metadata["Name"])) if metadata else ""


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
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    folder = unquote(url.path)
    return Path(folder) if editable and "\0" not in folder else None


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
