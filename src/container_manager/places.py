"""Where a project keeps what is the manager's, and how its configuration is found."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Mapping
from os import PathLike
from pathlib import Path

from container_manager.errors import ConfigError, Location, display_path
from container_manager.inputs import look

ConfigPath = str | PathLike[str] | None
"""How people name a configuration; None: it is found upwards from here."""

CONFIG_NAME = "config.yml"
CONFIG_VARIABLE = "CONTAINER_MANAGER_CONFIG"

STATE_DIR = ".container-manager"
"""In the project: what must outlive a build; for its owner alone."""

BUILD_DIR = "./build"
"""The build directory, unless ``build_dir`` says otherwise."""

BACKUPS = "backups"
"""In the project: what was in volumes."""

MANAGER_DIR = ".manager"
"""In the build directory: staging, lock, journal, manifest, and former builds."""

MANIFEST = "manifest.json"
"""In there: the record of what we wrote."""

KEEP_BUILDS = 3
"""How many former builds are kept, unless ``keep_builds`` says otherwise."""

KEEP_BACKUPS = 10
"""How many automatic backups are kept, unless ``keep_backups`` says otherwise; 0 keeps all."""


def find_config(start: Path | None = None, environ: Mapping[str, str] | None = None) -> Path:
    """The configuration to use: ``CONTAINER_MANAGER_CONFIG``, else ``config.yml`` found upwards.

    Raises:
        ConfigError: there is none.
    """
    environ = os.environ if environ is None else environ
    named = environ.get(CONFIG_VARIABLE)
    if named:
        return Path(named)
    start = (start or Path.cwd()).absolute()
    for folder in (start, *start.parents):
        if (folder / CONFIG_NAME).is_file():
            return folder / CONFIG_NAME
    raise ConfigError(
        f"There is no {CONFIG_NAME} in {start} or any folder above it.",
        remedy="Run in a project's folder, or name the file with --config PATH; "
        "'new --project FOLDER' makes a project.",
    )


def absolute_config(config: ConfigPath, environ: Mapping[str, str] | None = None) -> Path:
    """The configuration that people named, else the one that is found; absolute.

    A configuration that is reached through a symlink belongs to the link's folder.

    Raises:
        ConfigError: there is none, or its name is empty.
    """
    if config is not None and not os.fspath(config):
        raise ConfigError("The name of the configuration file is empty.")
    return Path(os.path.abspath(config or find_config(environ=environ)))  # noqa: PTH100


def refuse_no_file(path: Path) -> None:
    """Refuse a configuration that is not there, or is a folder.

    Raises:
        ConfigError: it is so.
    """
    if not os.path.exists(path):  # noqa: PTH110 - Path.exists() raises on names too long
        raise ConfigError(
            "There is no such configuration file.",
            where=Location(path),
            remedy="Name another with --config PATH, or run in a project's folder.",
        )
    if os.path.isdir(path):  # noqa: PTH112 - as above
        shown = display_path(path)
        if shown == ".":
            shown = str(path)  # a dot tells nobody which folder that is
        inside = f"{shown}/{CONFIG_NAME}"
        remedy = "Name a file with --config PATH, or run in a project's folder."
        if os.path.isfile(inside):  # noqa: PTH113 - as above
            remedy = f"Name the file in it: --config {inside}"
        raise ConfigError(f"A configuration is a file, and {shown} is a folder.", remedy=remedy)


def leads_away(build_dir: str, path: str, known: dict[str, bool]) -> bool:
    """Whether a folder on the way to a path of the build is a link, or no folder at all.

    Args:
        build_dir: the build directory.
        path: below it.
        known: folders that were looked at before; gains those on this way.
    """
    folder = path.rpartition("/")[0]
    if not folder:
        return False
    if folder not in known:
        stamp = look(f"{build_dir}/{folder}")
        away = stamp is not None and not stat.S_ISDIR(stamp[4])
        known[folder] = away or leads_away(build_dir, folder, known)
    return known[folder]


def may_be_ours(path: str) -> bool:
    """Whether a recorded path is one that a build can have written below its directory.

    >>> [may_be_ours(path) for path in ("a/b", "../a", "/a", "a/../b", "a//b", ".manager/lock", "")]
    [True, False, False, False, False, False, False]
    """
    if path.isascii():
        pass
    elif path.encode(errors="replace").decode() != path:  # what is no text was never written
        return False
    parts = path.split("/")
    return not ({"", ".", ".."} & set(parts)) and parts[0] != MANAGER_DIR and "\0" not in path


def escapes(path: str) -> bool:
    """Whether a relative POSIX path is absolute or climbs out of where it starts.

    >>> [escapes(path) for path in ("a/../b", "../a", "/a", "a/../../b", "")]
    [False, True, True, True, False]
    """
    if "\0" in path or path.startswith("/"):
        return True
    if ".." not in path:
        return False
    return posixpath.normpath(path).split("/", 1)[0] == ".."
