"""Fills in what a configuration may leave out and everybody relies on, and checks it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from container_manager.config.certificates import certificate_problems
from container_manager.config.environment import is_utf8
from container_manager.config.images import resolve_python
from container_manager.config.interpolation import Placeholder, Text
from container_manager.errors import ConfigError, Problem
from container_manager.model import Node


def normalise_name(name: str) -> str:
    """A project name as providers take it; may be empty.

    >>> normalise_name("My Lab (2026)")
    'my-lab-2026'
    """
    lowered = re.sub(r"[^a-z0-9_-]+", "-", name.lower())
    return lowered.strip("-_")


def _placeholders(value: Any) -> list[Placeholder]:
    parts = value.parts if isinstance(value, Text) else ()
    return [part for part in parts if isinstance(part, Placeholder)]


def default_values(values: dict[str, Any], root: Path, errors: list[Problem], tree: Node) -> None:
    """Fill in what the contract promises to be there; what cannot be used is among the errors."""
    if not is_utf8(str(root)):
        raise ConfigError("The name of the project's folder is not UTF-8 text.")
    given = values.get("project_root")
    if given is None or any(not placeholder.secret for placeholder in _placeholders(given)):
        values["project_root"] = Text((str(root),)) if "$" in str(root) else str(root)
    name = normalise_name(str(values.get("project_name") or root.name))
    if not name:
        errors.append(
            Problem(
                message="The project's name has no letter or digit that can be used.",
                where=tree.nearest(("project_name",)).where,
                remedy="Set project_name to letters, digits, '-' and '_'.",
            )
        )
    if values.get("project_name") is None:
        values["project_name"] = name
    for key in ("project_name", "build_dir"):
        if _placeholders(values.get(key)):
            errors.append(
                Problem(
                    message=f"'{key}' holds a variable that is not set, or a secret.",
                    where=tree.nearest((key,)).where,
                    remedy="Set the variable, or give a default: ${NAME:-default}.",
                )
            )
    images = values.get("images")
    if isinstance(images, dict) and images.get("python") == "auto":
        images["python"] = resolve_python("auto")
    errors += certificate_problems(tree, values, root)
