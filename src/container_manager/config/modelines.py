"""The schema that a configuration file names for editors: is it there, and of this version?

A comment names it: ``# yaml-language-server: $schema=PATH`` for editors with the YAML language
server, ``# $schema: PATH`` for those of JetBrains; a path is relative to the file
(https://github.com/redhat-developer/yaml-language-server and its issue 959).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from container_manager.config.json_schema import TITLE, schema_text
from container_manager.errors import Location, Problem, display_path

_NAMED = re.compile(r"#\s*(?:yaml-language-server\s*:\s*\$schema\s*=|\$schema\s*:)\s*(\S+)")


def schema_findings(files: Iterable[Path]) -> list[Problem]:
    """What is wrong with the schemas that files name, each told once.

    Schemas that somebody else wrote are theirs, and nothing is fetched.

    Args:
        files: files of a configuration.
    """
    found: dict[Path, Problem | None] = {}
    for file in files:
        for line, named in _named(file):
            schema = Path(os.path.normpath(file.parent / named))
            if schema not in found:
                found[schema] = _finding(schema, Location(file, line))
    return [problem for problem in found.values() if problem is not None]


def _named(file: Path) -> Iterator[tuple[int, str]]:
    """The paths in the comments that a file begins with, each with its line."""
    for number, line in enumerate(file.read_text(encoding="utf-8-sig").splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            return
        match = _NAMED.match(line)
        if match and "://" not in match[1]:
            yield number, match[1]


def _finding(schema: Path, where: Location) -> Problem | None:
    shown = display_path(schema)
    try:
        text = schema.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return Problem(
            message=f"Editors are to read the schema {shown}, which cannot be read.",
            where=where,
            remedy=f"'schema --output {shown}' writes it.",
        )
    if TITLE not in text or text == schema_text():
        return None
    return Problem(
        message=f"The schema for editors, {shown}, is not that of this version.",
        where=where,
        remedy=f"'schema --output {shown}' writes it anew.",
    )
