"""From ``secrets_command`` in a configuration to what runs it."""

from __future__ import annotations

from pathlib import Path

from container_manager.config.environment import Environment, Report, expand_value
from container_manager.config.hooks import secrets_in
from container_manager.config.supplied import KEY, NOTHING, Supplied
from container_manager.errors import Problem
from container_manager.model import Node


def supplied_by(
    tree: Node, environment: Environment, root: Path, errors: list[Problem]
) -> Supplied:
    """What a configuration's program prints; it is not run yet.

    Args:
        tree: the configuration; without errors so far, or no program is run.
        environment: the variables that others give: the program's words know no more.
        root: the project's folder.
        errors: gains what is wrong.
    """
    node = tree.find((KEY,))
    if errors or node is None or not isinstance(node.value, list):
        return NOTHING
    report = Report()
    argv = [expand_value(w.value, w.where, environment, report, errors) for w in node.value]
    errors += secrets_in(argv, KEY, node.where)
    if errors or not argv:
        return NOTHING
    return Supplied(
        argv=tuple(map(str, argv)),
        root=root,
        environ={**environment.dotenv, **environment.process},
        where=node.where,
    )
