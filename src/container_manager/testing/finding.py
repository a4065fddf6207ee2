"""Finds the user's project; imports nothing of the library, since every pytest run may ask."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

CONFIG_NAME = "config.yml"
ROOT_TEMPLATE = "services/docker-compose.yml.j2"


def find_project(starts: Iterable[Path]) -> Path | None:
    """The configuration of the nearest project that holds one of some paths, the first one first.

    A project is a folder with ``config.yml`` and the root template: the fragments of services and
    applications may be called ``config.yml`` too.
    """
    for start in starts:
        for folder in (start, *start.parents):
            if _is_file(folder / CONFIG_NAME) and _is_file(folder / ROOT_TEMPLATE):
                return folder / CONFIG_NAME
    return None


def _is_file(path: Path) -> bool:
    """The same as ``Path.is_file()``, which raises where one may not look."""
    return os.path.isfile(path)  # noqa: PTH113
