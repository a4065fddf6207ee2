"""Where a project keeps what is the manager's, and how its configuration is found."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from pathlib import Path

from container_manager.errors import ConfigError

CONFIG_NAME = "config.yml"
CONFIG_VARIABLE = "CONTAINER_MANAGER_CONFIG"

STATE_DIR = ".container-manager"
"""In the project: what must outlive a build; for its owner alone."""

MANAGER_DIR = ".manager"
"""In the build directory: staging, lock, journal, manifest, and former builds."""

MANIFEST = "manifest.json"
"""In there: the record of what we wrote."""

KEEP_BUILDS = 3
"""How many former builds are kept, unless ``keep_builds`` says otherwise."""


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
        remedy="Run in a project's folder, or name the file with --config PATH.",
    )


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
