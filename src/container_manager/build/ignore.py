"""What is left out when a folder is copied: caches and version control, and what people say.

``src/`` and additional directories may hold a ``.containerignore`` or else a ``.dockerignore``.
Its rules are Docker's (reference of ``.dockerignore``): patterns stand for paths from that folder,
``*`` ends at a slash, ``**`` does not, ``!`` brings back, and the last pattern that matches counts.
Podman reads such a file in the context of an image, too.
"""

from __future__ import annotations

import fnmatch
import functools
import os
import posixpath
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from container_manager.config.text import read_text
from container_manager.errors import BuildError, Location
from container_manager.inputs import note

IGNORE_FILES = (".containerignore", ".dockerignore")
"""In the order in which they are looked for, which is Podman's."""

DOCKERFILES = ("Containerfile", "Dockerfile")
"""The usual names of what an image is built from."""

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


def context_ignores(context: Path, dockerfile: Path | None) -> tuple[Path, Ignores] | None:
    """What Podman leaves out of an image's context, and the file that says so.

    Args:
        context: the folder.
        dockerfile: what is built, where that is not one of the usual names.

    Returns:
        None where nothing is left out, or where that cannot be told: a Dockerfile may have a list
        of its own, which not every Podman reads.
    """
    usual = [context / name for name in DOCKERFILES] if dockerfile is None else [dockerfile]
    if any(os.path.lexists(f"{path}{name}") for path in usual for name in IGNORE_FILES):
        return None
    file = next((context / n for n in IGNORE_FILES if os.path.lexists(context / n)), None)
    try:
        return None if file is None else (file, _rules(read_text(file, BuildError), file, ()))
    except BuildError:
        return None


def _rules(text: str, file: Path, defaults: Sequence[str] = IGNORED) -> Ignores:
    lines = [*((f"**/{name}", False) for name in defaults), *_patterns(text)]
    negated = [brings_back for _, brings_back in lines]
    try:
        rules = [_compiled(pattern) for pattern, _ in lines]
    except re.error as error:
        raise BuildError(f"This is no list of patterns: {error}.", where=Location(file)) from error

    @functools.cache
    def last(path: str) -> int:
        """The last rule that matches a path, or a folder that it is in; -1 where none does."""
        around = path.rpartition("/")[0]
        found = last(around) if around else -1
        numbers = range(len(rules) - 1, found, -1)
        return next((number for number in numbers if rules[number].fullmatch(path)), found)

    return Ignores(
        matches=lambda path, _: (rule := last(path)) >= 0 and not negated[rule],
        has_exceptions=any(negated),
    )


_PARTS = re.compile(r"\*\*/?|\*|\?|\\.|\[[^]]*\]|.", re.DOTALL)


def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of Docker's as a regular expression for whole paths.

    >>> [bool(_compiled("**/docs/*.md").fullmatch(p)) for p in ("docs/a.md", "x/docs/y/a.md")]
    [True, False]
    """
    return re.compile("".join(map(_expression, _PARTS.finditer(pattern))), re.DOTALL)


def _expression(match: re.Match[str]) -> str:
    part = match[0]
    if part.startswith("**"):
        return ".*" if match.end() == len(match.string) else "(?:.*/)?"
    if part in ("*", "?"):
        return "[^/]*" if part == "*" else "[^/]"
    if part.startswith("[") and len(part) > 1:
        return "[" + re.sub(r"[\[&~|]", r"\\\g<0>", part[1:])
    return re.escape(part[1:] if part.startswith("\\") and len(part) > 1 else part)


def _patterns(text: str) -> list[tuple[str, bool]]:
    r"""Docker's patterns, cleaned, and whether each brings back.

    >>> _patterns("# a comment\n  *.md \n!/docs/a.md\n/data/\n.\n")
    [('*.md', False), ('docs/a.md', True), ('data', False)]
    """
    found = []
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        pattern = line.strip()
        negated = pattern.startswith("!")
        cleaned = posixpath.normpath(pattern.removeprefix("!").strip() or ".").lstrip("/")
        if cleaned not in ("", "."):
            found.append((cleaned, negated))
    return found
