"""What is left out when a folder is copied: caches and version control, and what people say.

``src/`` and additional directories may hold a ``.containerignore`` or else a ``.dockerignore``.
Its rules are Docker's (reference of ``.dockerignore``): patterns stand for paths from that folder,
``*`` ends at a slash, ``**`` does not, ``!`` brings back, and the last pattern that matches counts.
"""

from __future__ import annotations

import fnmatch
import os
import posixpath
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from container_manager.config.source import read_text
from container_manager.errors import BuildError, Location
from container_manager.inputs import note

IGNORE_FILES = (".containerignore", ".dockerignore")
"""In the order in which they are looked for, which is Podman's."""

IGNORED = (
    *("__pycache__", "*.py[co]", ".ipynb_checkpoints"),
    *(".git", ".hg", ".svn", ".DS_Store", "Thumbs.db"),
    *(".venv", ".tox", ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"),
)
"""Names that are left out everywhere, unless an ignore file brings them back with ``!``."""

_DEFAULT = re.compile("|".join(fnmatch.translate(name) for name in IGNORED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignores:
    """What is left out of one copied folder.

    Attributes:
        matches: whether a path from the folder, with this last part, is left out.
        has_exceptions: whether something below a folder that is left out may be wanted.
    """

    matches: Callable[[str, str], bool]
    has_exceptions: bool = False


BY_NAME = Ignores(matches=lambda _, name: _DEFAULT.match(name) is not None)
"""The defaults alone.

>>> names = ("__pycache__", "main.pyc", ".gitignore", "main.py")
>>> [BY_NAME.matches(name, name) for name in names]
[True, True, False, False]
"""


def ignores_of(folder: Path) -> Ignores:
    """What is left out of a copied folder.

    Raises:
        BuildError: its ignore file cannot be read, or holds a pattern that cannot be.
    """
    for name in IGNORE_FILES:
        file = folder / name
        note(file)
        if os.path.lexists(file):
            return _rules(read_text(file, BuildError), file)
    return BY_NAME


def _rules(text: str, file: Path) -> Ignores:
    from pathspec import PathSpec  # only where somebody wrote such a file

    lines = [*(f"**/{name}" for name in IGNORED), *_patterns(text)]
    try:
        with warnings.catch_warnings(action="ignore", category=FutureWarning):
            spec = PathSpec.from_lines("gitignore", lines)
    except (ValueError, re.error) as error:
        raise BuildError(f"This is no list of patterns: {error}.", where=Location(file)) from error
    return Ignores(
        matches=lambda path, _: spec.match_file(path),
        has_exceptions=any(line.startswith("!") for line in lines),
    )


def _patterns(text: str) -> list[str]:
    r"""Docker's patterns in git's spelling: anchored where they stand, spaces around them cut.

    >>> _patterns("# a comment\n  *.md \n!/docs/a.md\n\n.\n")
    ['/*.md', '/*.md/**', '!/docs/a.md', '!/docs/a.md/**']
    """
    found = []
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        pattern = line.strip()
        negated = pattern.startswith("!")
        cleaned = posixpath.normpath(pattern.removeprefix("!").strip() or ".").lstrip("/")
        if cleaned not in ("", "."):
            sign = "!" if negated else ""
            found += [f"{sign}/{cleaned}", f"{sign}/{cleaned}/**"]  # and all that is below
    return found
