"""Copies a project for its tests: what it is made of, without what was built, and no secret."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Collection, Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path

from container_manager.config.dotenv_file import read_dotenv
from container_manager.config.environment import Environment
from container_manager.config.loader import Config
from container_manager.config.text import read_text
from container_manager.places import BACKUPS, MANAGER_DIR, MANIFEST, STATE_DIR

TEST_DOTENV = ".env.test"
"""The variables of a project's tests; it stands in for ``.env``."""

_SKIPPED = (
    *("build", BACKUPS, STATE_DIR, ".git", ".hg", ".svn"),
    *(".env", ".env.*", ".envrc"),
    *(".venv", "__pycache__", ".*_cache", ".hypothesis", ".tox", ".nox", "*.egg-info"),
)
_KEPT = (".env.example",)
_AT_THE_TOP = ("build", BACKUPS)


def copy_project(
    root: Path, target: Path, skipped: Collection[Path], ignore: Collection[str] = ()
) -> None:
    """Copy a project's folder; what cannot be read is left out.

    Args:
        root: the project.
        target: the folder to make.
        skipped: folders that stay out: the build directory, and where tests write.
        ignore: further globs of names and of paths from the root.
    """

    def wanted(path: Path) -> bool:
        inner = path.relative_to(root)
        name = inner.name
        if path in skipped or any(fnmatch(name, g) or fnmatch(str(inner), g) for g in ignore):
            return False
        if name in _KEPT or (name in _AT_THE_TOP and inner.parent != Path()):
            return True
        return not any(fnmatch(name, glob) for glob in _SKIPPED)

    target.mkdir(parents=True)
    for path in _walk(root, wanted):
        _copy(path, root, target / path.relative_to(root))


def _walk(folder: Path, wanted: Callable[[Path], bool]) -> Iterator[Path]:
    """Everything below a folder that is wanted, folders before what is in them."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except PermissionError:
        return
    for entry in entries:
        path = Path(entry.path)
        if not wanted(path) or _is_environment(path) or _is_build(path):
            continue
        folder_itself = entry.is_dir(follow_symlinks=False)
        if folder_itself and not os.access(path, os.R_OK | os.X_OK):
            continue  # what a container left under another user id
        yield path
        if folder_itself:
            yield from _walk(path, wanted)


def _is_environment(path: Path) -> bool:
    # Path.is_file() raises where one may not look.
    return os.path.isfile(path / "pyvenv.cfg")  # noqa: PTH113


def _is_build(path: Path) -> bool:
    return os.path.isfile(path / MANAGER_DIR / MANIFEST)  # noqa: PTH113


def _copy(path: Path, root: Path, target: Path) -> None:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        link = path.readlink()
        leads = Path(os.path.normpath(path.parent / link))
        # What leads into the project leads into the copy; all else goes on to lead where it led.
        inside = leads.is_relative_to(root)
        target.symlink_to(os.path.relpath(leads, path.parent) if inside else leads)
    elif stat.S_ISDIR(mode):
        target.mkdir()
    elif stat.S_ISREG(mode) and os.access(path, os.R_OK):
        shutil.copy2(path, target)


def variables_for_tests(root: Path, original: Config | None) -> tuple[str, Collection[str]]:
    """What ``.env`` says in a copy: ``.env.test``, else the part of ``.env`` that is no secret.

    Of an environment, its own ``.env.NAME`` counts as a part of it.

    Args:
        root: the project.
        original: its configuration, which says what is secret; None where it cannot be read.

    Returns:
        The text, and the names of the secrets that were left out.

    Raises:
        ConfigError: the one file, or the other, is no list of variables.
    """
    own = root / TEST_DOTENV
    if own.is_file():
        read_dotenv(own)  # its mistakes are told by its own name
        return read_text(own), ()
    if original is None:
        read_dotenv(root / ".env")
        return "", ()
    given = original.environment.dotenv
    environment = Environment(process={}, dotenv=given, patterns=original.environment.patterns)
    public = {name: value for name, value in given.items() if not environment.is_secret(name)}
    return _written(public), sorted(given.keys() - public.keys())


def write_variables(path: Path, values: Mapping[str, str]) -> None:
    """Write a ``.env`` of exactly these variables; for us alone."""
    path.write_text(_written(values), encoding="utf-8")
    path.chmod(0o600)


def _written(values: Mapping[str, str]) -> str:
    quoted = {
        name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in values.items()
    }
    return "".join(f"{name}='{value}'\n" for name, value in quoted.items())
