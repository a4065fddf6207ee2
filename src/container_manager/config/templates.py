"""The key ``templates``: Copier sources that ``new`` offers beside ours, by name."""

from __future__ import annotations

import re

from container_manager.config.environment import holds_credentials
from container_manager.errors import Problem
from container_manager.model import Node

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SHAPE = "a mapping of names to URLs, or a list of {name: NAME, url: URL}"


def template_nodes(tree: Node) -> dict[str, Node]:
    """Name -> the node of its URL; what :func:`template_problems` refuses is left out."""
    found: dict[str, Node] = {}
    for name, url in _entries(tree.find(("templates",))):
        if isinstance(url.value, str):
            found.setdefault(str(name.value), url)
    return found


def template_problems(tree: Node) -> list[Problem]:
    """What is wrong with the key; never quotes a URL, which may hold what is private."""
    node = tree.find(("templates",))
    if node is None or node.value is None:
        return []
    problems: list[Problem] = []
    entries = _entries(node)
    if not isinstance(node.value, (dict, list)) or len(entries) != len(node.value):
        problems.append(Problem(message=f"'templates' must be {_SHAPE}.", where=node.where))
    seen: set[str] = set()
    for name, url in entries:
        problems += _entry_problems(name, url, seen)
    return problems


def _entry_problems(name: Node, url: Node, seen: set[str]) -> list[Problem]:
    text = str(name.value)
    problems = []
    if not isinstance(name.value, str) or not _NAME.fullmatch(text):
        problems.append(
            Problem(
                message=f"{text!r} cannot be the name of a template.",
                where=name.where,
                remedy="Write letters, digits, '.', '-' and '_'.",
            )
        )
    elif text in seen:
        problems.append(
            Problem(message=f"The template {text!r} is listed twice.", where=name.where)
        )
    seen.add(text)
    if not isinstance(url.value, str) or not url.value:
        problems.append(
            Problem(
                message=f"The template {text!r} needs a URL, or a path of the project.",
                where=url.where,
            )
        )
    elif holds_credentials(url.value):
        problems.append(
            Problem(
                message=f"The URL of the template {text!r} holds credentials.",
                where=url.where,
                remedy="Leave them to git's credential helper, or use an SSH address: the URL is "
                "recorded beside everything that the template makes.",
            )
        )
    return problems


def _entries(node: Node | None) -> list[tuple[Node, Node]]:
    """The names and the URLs, each with its place; entries of another shape are left out."""
    if node is None:
        return []
    if isinstance(node.value, dict):
        return [(Node(value=key, where=url.where), url) for key, url in node.value.items()]
    if not isinstance(node.value, list):
        return []
    return [
        (item.value["name"], item.value["url"])
        for item in node.value
        if isinstance(item.value, dict) and set(item.value) == {"name", "url"}
    ]
