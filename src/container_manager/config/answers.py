"""Reads ``.copier-answers.yml``: where a service or a project was made from, and for which library.

A template of ours records the oldest version of this library that understands what it made. An
older one is refused, wherever a project is built.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from container_manager import __version__
from container_manager.config.source import parse_yaml
from container_manager.config.text import read_text
from container_manager.errors import ConfigError, Location, Problem, raise_all
from container_manager.inputs import note

NAME = ".copier-answers.yml"
SOURCE, COMMIT, LIBRARY = "_src_path", "_commit", "_library"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What an answers file says.

    Attributes:
        path: the file.
        values: everything in it.
        places: key -> the place of its value.
    """

    path: Path
    values: Mapping[str, Any]
    places: Mapping[str, Location] = field(default_factory=dict)

    @property
    def source(self) -> str | None:
        """The template, as a URL; None where it was made from a copy without history."""
        return self._text(SOURCE)

    @property
    def commit(self) -> str | None:
        """The version of the template: a tag, or what ``git describe`` made of a commit."""
        return self._text(COMMIT)

    @property
    def oldest(self) -> str | None:
        """The oldest version of this library that fits; only templates of ours say it."""
        return self._text(LIBRARY)

    @property
    def is_project(self) -> bool:
        """Whether our template made a project here, and not a service."""
        return self.oldest is not None and self.values.get("make") == "project"

    def where(self, key: str) -> Location:
        """The place of a value; of the file, where it has none."""
        return self.places.get(key, Location(self.path))

    def _text(self, key: str) -> str | None:
        value = self.values.get(key)
        return None if value is None else str(value)


def read(path: Path) -> Answers:
    """Read an answers file.

    Raises:
        ConfigError: it cannot be read, is no mapping, or has a key that is no text.
    """
    node = parse_yaml(read_text(path), path, compose=True)
    if node is None or not isinstance(node.value, dict):
        raise ConfigError(
            "This is no file of answers of Copier.",
            where=Location(path),
            remedy="Bring the committed one back: git checkout -- PATH.",
        )
    raise_all(
        ConfigError,
        [
            Problem(
                message=f"The name of an answer must be text, not {key!r}.",
                where=child.where,
                remedy="Bring the committed file back: git checkout -- PATH.",
            )
            for key, child in node.value.items()
            if not isinstance(key, str)
        ],
    )
    return Answers(
        path=path,
        values={str(key): child.plain() for key, child in node.value.items()},
        places={str(key): child.where for key, child in node.value.items()},
    )


def record(path: Path, version: str) -> None:
    """Have an answers file name the version that was chosen.

    Copier asks git for a name of the commit, and of several tags git may take another: one that
    is moved to a later commit hides what has changed since.

    Args:
        path: the file; where there is none, or none with a version, nothing is done.
        version: the tag.
    """
    import yaml

    if not path.is_file():
        return
    line = yaml.safe_dump({COMMIT: version}, allow_unicode=True).rstrip("\n").encode()
    before = path.read_bytes()
    after = re.sub(rb"^%b:[^\r\n]*" % COMMIT.encode(), lambda _: line, before, flags=re.MULTILINE)
    if after != before:
        path.write_bytes(after)


def check(folders: Iterable[Path]) -> Sequence[Problem]:
    """Refuse what a newer template made than this library understands.

    Args:
        folders: those of the project and of its services; most have no answers file.

    Returns:
        Warnings about answers files that cannot be read: only an update needs them.

    Raises:
        ConfigError: this library is too old, once for each file that says so.
    """
    warnings: list[Problem] = []
    problems: list[Problem] = []
    for path in dict.fromkeys(folder / NAME for folder in folders):
        note(path)
        if not os.path.isfile(path):  # noqa: PTH113 - Path's raises on names too long
            continue
        try:
            problem = too_old(read(path))
        except ConfigError as error:
            warnings.extend(error.problems)
            continue
        problems.extend([problem] if problem else [])
    raise_all(ConfigError, problems)
    return warnings


def too_old(answers: Answers, installed: str = __version__) -> Problem | None:
    """The problem that the installed library is older than a template asks for.

    Args:
        answers: what the template recorded.
        installed: the version of this library.
    """
    wanted = answers.oldest
    if wanted is None or wanted == installed:
        return None
    from packaging.version import InvalidVersion, Version

    where = answers.where(LIBRARY)
    try:
        if Version(wanted) <= Version(installed):
            return None
    except InvalidVersion:
        return Problem(
            message=f"'{LIBRARY}' must be a version, not {wanted!r}.",
            where=where,
            remedy="Bring the committed file back: git checkout -- PATH.",
        )
    return Problem(
        message=f"This was made for container-manager {wanted} or newer; {installed} is installed.",
        where=where,
        remedy=f"Upgrade it: pip install --upgrade 'container-manager>={wanted}'.",
    )
