"""From a merged tree to plain values with their variables filled in."""

from __future__ import annotations

from typing import Any

from container_manager.config.environment import Environment, Report, expand_value
from container_manager.errors import Problem
from container_manager.model import Node


def expand_tree(
    tree: Node, environment: Environment, report: Report, errors: list[Problem]
) -> dict[str, Any]:
    """The values of a configuration; secrets are still their placeholders.

    Args:
        tree: the configuration, a mapping.
        environment: the variables.
        report: gains what was referred to.
        errors: gains what is malformed.
    """
    values = _expand(tree, environment, report, errors)
    assert isinstance(values, dict)
    return values


def _expand(node: Node, environment: Environment, report: Report, errors: list[Problem]) -> Any:
    if isinstance(node.value, dict):
        return {
            key: _expand(child, environment, report, errors) for key, child in node.value.items()
        }
    if isinstance(node.value, list):
        return [_expand(child, environment, report, errors) for child in node.value]
    return expand_value(node.value, node.where, environment, report, errors)
