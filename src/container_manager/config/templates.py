"""The key ``templates``: Copier sources that ``new`` offers beside ours, by name."""

from __future__ import annotations

from collections.abc import Iterator

from container_manager.config.alternatives import Either
from container_manager.config.secret_names import holds_credentials
from container_manager.config.shapes import ByName, Fields, KnownKey, ListOf, Shape
from container_manager.config.values import TEXT, matching
from container_manager.errors import Problem
from container_manager.model import KeyPath, Node

_NAME = matching(r"[A-Za-z0-9][A-Za-z0-9._-]*", "letters, digits, '.', '-' and '_'")
_ENTRY = Fields(
    expected="{name: NAME, url: URL}",
    required=("name", "url"),
    known={
        "name": KnownKey(shape=_NAME, meaning="what 'new' calls it", examples=("lab",)),
        "url": KnownKey(
            shape=TEXT,
            meaning="a git repository, or a path of the project",
            examples=("https://git.example.org/lab/templates.git",),
        ),
    },
)
SHAPE = Either(
    expected="a mapping of names to URLs, or a list of {name: NAME, url: URL}",
    shapes=(
        ByName(expected="a mapping of names to URLs", each=TEXT, named=_NAME),
        ListOf(expected="a list of {name: NAME, url: URL}", each=_ENTRY),
    ),
)


def template_nodes(tree: Node) -> dict[str, Node]:
    """Name -> the node of its URL; what :func:`told` refuses is left out."""
    found: dict[str, Node] = {}
    for name, url in _entries(tree.find(("templates",))):
        if isinstance(url.value, str):
            found.setdefault(str(name.value), url)
    return found


def told(shape: Shape, node: Node, path: KeyPath) -> Iterator[Problem]:
    """What is wrong with the key; never quotes a URL, which may hold what is private."""
    entries = _entries(node)
    if any(misfit.shape not in (_NAME, TEXT) for misfit in shape.misfits(node, path)):
        yield Problem(message=f"'templates' must be {shape.expected}.", where=node.where)
    seen: set[str] = set()
    for name, url in entries:
        yield from _entry_problems(name, url, seen)


def _entry_problems(name: Node, url: Node, seen: set[str]) -> list[Problem]:
    text = str(name.value)
    problems = []
    if not _NAME.fits(name):
        problems.append(
            Problem(
                message=f"{text!r} cannot be the name of a template.",
                where=name.where,
                remedy=f"Write {_NAME.expected}.",
            )
        )
    elif text in seen:
        problems.append(
            Problem(message=f"The template {text!r} is listed twice.", where=name.where)
        )
    seen.add(text)
    if not isinstance(url.value, str) or not TEXT.fits(url):
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
