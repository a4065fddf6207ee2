"""One service built alone, from plain dicts: where its template lies, and whether it may be."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from container_manager.build.guards import overlaps
from container_manager.config.packages import find_package_folder, is_package_path
from container_manager.config.schema import setting_problems
from container_manager.discovery import TEMPLATE_FILENAME
from container_manager.errors import BuildError, Location, raise_all
from container_manager.model import Service
from container_manager.places import MANAGER_DIR, escapes


def service_at(template_path: str, settings: Mapping[str, Any], root: Path) -> Service:
    """The service of a template, relative to ``root`` or ``package:DISTRIBUTION/FOLDER/NAME``.

    Raises:
        ManagerError: there is no such template, or it may not be used.
    """
    folder, _, name = template_path.rpartition("/")
    found = find_package_folder(folder, holds=name) if is_package_path(template_path) else None
    template = found.folder / name if found else Path(os.path.normpath(root / template_path))
    where = Location(template)
    if template.name != TEMPLATE_FILENAME:
        raise BuildError(f"A service's template is called {TEMPLATE_FILENAME}.", where=where)
    if not template.is_file():
        raise BuildError("There is no such template.", where=where)
    if found is None and not template.is_relative_to(root):
        raise BuildError("The template lies outside the current directory.", where=where)
    path = found.build_path if found else template.parent.relative_to(root).as_posix()
    if path == "." or escapes(path):
        raise BuildError("A service needs a folder of its own.", where=where)
    raise_all(BuildError, setting_problems(settings, where))
    return Service(
        name=path,
        key_path=(path,),
        settings=settings,
        path=path,
        folder=template.parent,
        where=where,
        package=found.shown if found else None,
    )


def check_places(build_dir: Path, root: Path, service: Service) -> None:
    """Refuse a build directory for one service alone that would do harm.

    Raises:
        BuildError: it holds what is built from, or what we did not write.
    """
    where = Location(build_dir)
    if root.is_relative_to(build_dir) or overlaps(build_dir, service.folder):
        raise BuildError("The build directory contains what is built from.", where=where)
    if build_dir.exists() and not build_dir.is_dir():
        raise BuildError("The build directory is not a folder.", where=where)
    marked = (build_dir / MANAGER_DIR).is_dir()
    if not marked and build_dir.is_dir() and any(build_dir.iterdir()):
        raise BuildError(
            "The build directory holds files that we did not write.",
            where=where,
            remedy="Move them away, or name another build_dir.",
        )
