"""What an environment changes in what is read: the variables, the name and the build folder.

So two environments of one checkout never meet, whatever the files say that they have in common.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from container_manager.config.completing import normalise_name
from container_manager.config.dotenv_file import dotenv_lines, read_dotenv
from container_manager.config.environment import Environment
from container_manager.config.interpolation import Placeholder, Text
from container_manager.environments import NamedEnvironment
from container_manager.errors import Location, Problem
from container_manager.inputs import this_host
from container_manager.model import Node
from container_manager.places import BUILD_DIR


def variables_of(
    root: Path, own: NamedEnvironment | None, environ: Mapping[str, str]
) -> Environment:
    """The variables of a project, without the rules of its configuration about them.

    Args:
        root: the project's folder.
        own: the environment, whose ``.env.NAME`` is read over ``.env``; None outside of one.
        environ: the process environment.

    Raises:
        ConfigError: a file is no list of variables.
    """
    below = root / ".env"
    dotenv = read_dotenv(below)
    if own is None:
        return Environment(process=environ, dotenv=dotenv, dotenv_path=below, host=this_host())
    return Environment(
        process=environ,
        dotenv={**dotenv, **read_dotenv(own.dotenv)},
        dotenv_path=own.dotenv,
        dotenv_below=below,
        host=this_host(),
    )


def with_own_credentials(environment: Environment, generated: frozenset[str]) -> Environment:
    """The variables, with the credentials that ``up`` generates.

    Those of ``.env`` are of the stack outside of environments: none of its passwords opens another
    stack, nor does a change of one lock another out. Whatever else stands there counts everywhere.
    """
    dotenv = environment.dotenv
    if environment.dotenv_below is not None and not generated.isdisjoint(dotenv):
        own = dotenv_lines(environment.dotenv_path) if environment.dotenv_path else {}
        dotenv = {n: v for n, v in dotenv.items() if n in own or n not in generated}
    return replace(environment, dotenv=dotenv, generated=generated)


def keep_apart(values: dict[str, Any], tree: Node, own: NamedEnvironment) -> None:
    """Give the project's name and its build folder the name of an environment.

    What the environment's own file says of them is taken as it is. What comes from anywhere else
    holds for other environments, too, and gets ``-NAME`` appended.

    Args:
        values: the expanded configuration.
        tree: the same with places.
        own: the environment.
    """
    name = values.get("project_name")
    if not _says(own, tree, "project_name") and _is_plain(name):
        given = normalise_name(str(name or own.path.parent.name))
        if given:  # else it is refused, as everywhere
            values["project_name"] = f"{given}-{own.name}"
    folder = values.get("build_dir")
    if not _says(own, tree, "build_dir") and _is_plain(folder):
        values["build_dir"] = f"{os.path.normpath(str(folder or BUILD_DIR))}-{own.name}"


def rule_of(key: str, tree: Node, own: NamedEnvironment | None) -> str | None:
    """Why a key has another value than is written; None where it has not."""
    if own is None or key not in ("project_name", "build_dir") or _says(own, tree, key):
        return None
    return f"'-{own.name}' is appended, since {own.path.name} itself does not say {key}"


def stands_alone(own: NamedEnvironment, imported: Mapping[Path, Location]) -> list[Problem]:
    """A suspicion where an environment's file imports nothing.

    Args:
        own: the environment.
        imported: file -> the place that imported it.
    """
    if any(where.file == own.path for where in imported.values()):
        return []
    return [
        Problem(
            message=f"This environment imports nothing: {own.base.name} does not count in it.",
            where=Location(own.path),
            remedy=f"Write 'import: {own.base.name}' into {own.path.name}.",
        )
    ]


def _says(own: NamedEnvironment, tree: Node, key: str) -> bool:
    node = tree.find((key,))
    return node is not None and node.value is not None and node.where.file == own.path


def _is_plain(value: Any) -> bool:
    """Whether a value holds no variable that is not set, nor a secret: such is refused later."""
    parts = value.parts if isinstance(value, Text) else ()
    return not any(isinstance(part, Placeholder) for part in parts)
