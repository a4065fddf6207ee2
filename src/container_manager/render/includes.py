"""Finds what templates include: files of the project and of the service, but nothing private."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import jinja2

from container_manager.config.text import read_text
from container_manager.errors import RenderError
from container_manager.inputs import note
from container_manager.places import BACKUPS, STATE_DIR

_SEPARATOR = "\0"
_TEMPLATE, _INCLUDED = "template", "included"
_PRIVATE_FOLDERS = (STATE_DIR, BACKUPS)


def template_name(service_dir: Path, template: Path) -> str:
    """The name under which Jinja knows a template: it says whose folder includes may use."""
    return _SEPARATOR.join((str(service_dir), _TEMPLATE, str(template)))


def included_name(name: str, parent: str) -> str:
    """The name of what a template includes; it keeps the service of that template."""
    service_dir = parent.partition(_SEPARATOR)[0]
    return _SEPARATOR.join((service_dir, _INCLUDED, name))


class ProjectLoader(jinja2.BaseLoader):
    """Finds templates by absolute path, by path from the project, or from the service's folder.

    Args:
        root: the project.
        build_dir: the build directory, which no template includes from.
        dotenv: the variables of an environment, which are private as ``.env`` is.
    """

    def __init__(self, root: Path, build_dir: Path, dotenv: Path | None = None) -> None:
        self._root = root
        self._dotenvs = {_real(path) for path in (root / ".env", dotenv) if path is not None}
        self._private = [*(root / name for name in _PRIVATE_FOLDERS), build_dir]

    def get_source(
        self, environment: jinja2.Environment, template: str
    ) -> tuple[str, str, Callable[[], bool] | None]:
        """What Jinja asks for: the text, the file, and whether it is up to date."""
        service_dir, role, name = template.split(_SEPARATOR, 2)
        for base in (self._root, Path(service_dir)):
            path = base / name
            note(path)
            if path.is_file():
                if not _inside(path, (self._root, Path(service_dir))):
                    raise jinja2.TemplateError(f"{name!r} leads out of the project.")
                if role == _INCLUDED and self._is_private(path):
                    raise jinja2.TemplateError(f"{name!r} is private, and never included.")
                return read_text(path, RenderError), str(path), None
        raise jinja2.TemplateNotFound(name)

    def _is_private(self, path: Path) -> bool:
        """Whether a file holds what nothing generated may hold, by this name or by its real one."""
        if _real(path) in self._dotenvs:
            return True
        for spelled in (Path(os.path.normpath(path)), _real(path)):
            if _is_dotenv(spelled.name) or any(map(spelled.is_relative_to, self._folders())):
                return True
        return False

    def _folders(self) -> Iterator[Path]:
        for folder in self._private:
            yield folder
            yield _real(folder)


def _is_dotenv(name: str) -> bool:
    """Whether a file holds variables of a project; an example does not.

    >>> [_is_dotenv(name) for name in (".env", ".env.prod", ".env.example", "env.j2")]
    [True, True, False, False]
    """
    return name == ".env" or (fnmatch.fnmatchcase(name, ".env.*") and name != ".env.example")


def _inside(path: Path, roots: tuple[Path, ...]) -> bool:
    return any(_real(path).is_relative_to(_real(root)) for root in roots)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
