"""Reads YAML strictly and keeps the place of every value.

The rule, in one line: **a plain value is a number, a truth value or null only if it prints back
exactly as it was written; otherwise it is text.** So ``3.10``, ``22:22``, ``0755``, ``1e3`` and
``2024-01-01`` are text, and ``3.1``, ``8080`` and ``true`` are what they look like. Bare ``yes``,
``no``, ``on`` and ``off``, on which YAML 1.1 and 1.2 disagree, are errors in a configuration.
Duplicate keys are errors everywhere.

Compose files are read by providers with YAML 1.1, so there (``compose=True``) bare ``no`` is a
truth value, and what YAML 1.1 reads differently from us is marked (:attr:`Node.spelled`).
"""

from __future__ import annotations

import re
from collections.abc import Container
from pathlib import Path
from typing import Any

import yaml

from container_manager.config.broken import Place, explained, unprintable
from container_manager.config.text import read_text
from container_manager.errors import ConfigError, Location, Problem
from container_manager.model import Key, Node, Scalar

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # pragma: no cover - PyYAML built without libyaml
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

MAX_NODES = 1_000_000
"""Values in one file, aliases counted each time: a bound against alias bombs."""

MAX_LENGTH = 16_000_000
"""Letters of one file: as many as are read within some seconds."""

MAX_DEPTH = 64
"""Mappings and lists inside each other: libyaml's own recursion would end the process."""

_TAG = "tag:yaml.org,2002:"
_INT = re.compile(r"-?(?:0|[1-9][0-9]{0,4000})")
_CONFLICT = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)
_QUOTED = "Put a text that begins with '{' or '[' in quotes."
_TRUE_FALSE = {"true": True, "false": False}


def read_yaml(path: Path, error: type[ConfigError] = ConfigError) -> Node | None:
    """Read one file.

    Args:
        path: the file.
        error: the class of what is raised.

    Returns:
        Its value with places, or None when it holds nothing but comments.

    Raises:
        ConfigError: with every problem found, each with its line.
    """
    return parse_yaml(read_text(path, error), path, error=error)


def parse_yaml(
    text: str,
    path: Path,
    *,
    compose: bool = False,
    tags: Container[str] = (),
    error: type[Any] = ConfigError,
) -> Node | None:
    """Parse YAML text; ``path`` is only used to say where things are, ``tags`` are allowed.

    Raises:
        ConfigError (or ``error``): with every problem found.
    """
    if len(text) > MAX_LENGTH:
        raise error(
            f"The file is too long for YAML: {len(text)} letters, of which {MAX_LENGTH} may be.",
            where=Location(path),
            remedy="See whether it is the right file; data can lie in files of their own.",
        )
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as cause:
        if marker := _CONFLICT.search(text):
            raise _conflict(text, marker, path, error) from cause
        place, remedy = explained(cause, text)
        why = ", ".join(part for part in (cause.context, cause.problem) if part)
        where = _at(path, place)
        raise error(f"This is not valid YAML: {why}.", where=where, remedy=remedy) from cause
    except (yaml.YAMLError, UnicodeError, ValueError) as cause:
        reason = str(cause).splitlines()[0]
        place = unprintable(text)
        remedy = "Remove the character; it may not be seen in an editor." if place else None
        where = _at(path, place)
        raise error(f"This is not valid YAML: {reason}.", where=where, remedy=remedy) from cause
    if root is None:
        return None
    reader = _Reader(path, compose=compose, tags=tags)
    node = reader.node(root)
    if reader.problems:
        raise error(reader.problems)
    return node


def _at(path: Path, place: Place | None) -> Location:
    return Location(path, place[0] + 1, place[1] + 1) if place else Location(path)


def _conflict(text: str, marker: re.Match[str], path: Path, error: type[Any]) -> Any:
    return error(
        "Conflict markers of a merge or an update stand here.",
        where=Location(path, text.count("\n", 0, marker.start()) + 1),
        remedy="Keep what you want of the lines between <<<<<<< and >>>>>>>, and remove these and "
        "the line =======.",
    )


class _Loader(_SafeLoader):
    """PyYAML's loader, which calls these two for every value that it enters and leaves."""

    _depth = 0

    def descend_resolver(self, current_node: yaml.Node | None, current_index: Any) -> None:
        self._depth += 1
        if current_node is not None and self._depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(
                problem="the values are nested too deeply", problem_mark=current_node.start_mark
            )

    def ascend_resolver(self) -> None:
        self._depth -= 1


class _Reader:
    """Turns PyYAML's nodes into ours, collecting problems instead of stopping at the first."""

    def __init__(self, path: Path, *, compose: bool, tags: Container[str]) -> None:
        self.path = path
        self.tags = tags
        self.compose = compose
        self.problems: list[Problem] = []
        self._count = 0
        self._open: set[int] = set()

    def node(self, node: yaml.Node) -> Node:
        where = self._where(node)
        self._count += 1
        if self._count > MAX_NODES:
            if self._count == MAX_NODES + 1:
                self._problem(where, "The file holds too many values, aliases included.")
            return Node(value=None, where=where)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, where)
        if id(node) in self._open:
            self._problem(where, "This value contains itself through an alias.", "Write it out.")
            return Node(value=None, where=where)
        if len(self._open) > MAX_DEPTH:
            self._problem(where, "The values are nested too deeply through aliases.")
            return Node(value=None, where=where)
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                tag = self._check_tag(node, where, "seq")
                return Node(value=[self.node(c) for c in node.value], where=where, tag=tag)
            return self._mapping(node, where)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: yaml.Node, where: Location) -> Node:
        tag = self._check_tag(node, where, "map")
        own: dict[Key, Node] = {}
        places: dict[Key, Location] = {}
        merged: list[Node] = []
        for key_node, value_node in node.value:
            if key_node.tag == _TAG + "merge":
                merged.append(self.node(value_node))
                continue
            key = self._key(key_node)
            value = self.node(value_node)
            if key is None:
                continue
            if key in own:
                self._problem(
                    self._where(key_node),
                    f"The key {str(key)!r} stands twice in this mapping.",
                    f"It was first set at {places[key]}; remove one of the two.",
                )
                continue
            own[key] = value
            places[key] = self._where(key_node)
        return Node(value=self._with_merged(own, merged), where=where, tag=tag)

    def _with_merged(self, own: dict[Key, Node], merged: list[Node]) -> dict[Key, Node]:
        """YAML's ``<<`` key: the mapping's own keys win, then earlier sources over later ones."""
        result = dict(own)
        for source in merged:
            parts = source.value if isinstance(source.value, list) else [source]
            for part in parts:
                if not isinstance(part.value, dict):
                    self._problem(part.where, "'<<' takes a mapping or a list of mappings.")
                    continue
                for key, value in part.value.items():
                    result.setdefault(key, value)
        return result

    def _key(self, node: yaml.Node) -> Key | None:
        where = self._where(node)
        if not isinstance(node, yaml.ScalarNode):
            self._problem(where, "A key must be text, not a list or a mapping.", _QUOTED)
            return None
        plain = self._scalar(node, where).value
        if isinstance(plain, str) or (isinstance(plain, int) and not isinstance(plain, bool)):
            return plain
        if not self.problems or self.problems[-1].where != where:
            self._problem(where, f"The key {node.value!r} must be text.", "Write it in quotes.")
        return None

    def _scalar(self, node: yaml.ScalarNode, where: Location) -> Node:
        text: str = node.value
        tag = node.tag.removeprefix(_TAG)
        if tag in self.tags:
            return Node(value=None if text in ("", "null") else text, where=where, tag=tag)
        value: Scalar = text
        spelled: str | None = None
        if tag == "bool":
            value = self._bool(text, where)
        elif tag == "null":
            value = None
        elif tag == "int":
            value = int(text) if _INT.fullmatch(text) and text != "-0" else text
        elif tag == "float":
            value = _float(text)
        elif tag not in ("str", "timestamp", "merge", "value"):
            self._problem(where, f"The YAML tag {node.tag!r} is not supported.", "Leave it out.")
        if isinstance(value, str) and tag in ("int", "float", "timestamp"):
            spelled = text
        return Node(value=value, where=where, spelled=spelled)

    def _bool(self, text: str, where: Location) -> bool:
        known = _TRUE_FALSE.get(text.lower())
        if known is not None:
            return known
        value = text.lower() in ("yes", "on")
        if not self.compose:
            self._problem(
                where,
                f"A bare {text!r} is ambiguous: some YAML readers take it for text, "
                "some for a truth value.",
                f"Write {str(value).lower()} for the truth value, or '{text}' in quotes for text.",
            )
        return value

    def _check_tag(self, node: yaml.Node, where: Location, kind: str) -> str:
        """The tag, where it is one of those allowed."""
        if node.tag in self.tags:
            return str(node.tag)
        if node.tag != _TAG + kind:
            self._problem(where, f"The YAML tag {node.tag!r} is not supported.", "Leave it out.")
        return ""

    def _where(self, node: yaml.Node) -> Location:
        return Location(self.path, node.start_mark.line + 1, node.start_mark.column + 1)

    def _problem(self, where: Location, message: str, remedy: str | None = None) -> None:
        self.problems.append(Problem(message=message, where=where, remedy=remedy))


def _float(text: str) -> float | str:
    try:
        value = float(text)
    except ValueError:
        return text
    return value if repr(value) == text else text
