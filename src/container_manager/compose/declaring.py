"""Volumes, networks and secrets that compose files declare at their top level."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from container_manager.compose.attached import NAME_REMEDY, is_name, name_rule
from container_manager.compose.interpolate import Reader
from container_manager.compose.laying import laid_over
from container_manager.compose.model import Declared
from container_manager.compose.overrides import Overrides
from container_manager.model import Node

SHARED = ("volumes", "networks", "secrets")
"""Top-level mappings that several templates may declare, if they say the same."""


def children(document: Node, kind: str) -> list[tuple[str, Node]]:
    """What a compose file says under a key of its top level."""
    node = document.find((kind,))
    if node is None or not isinstance(node.value, dict):
        return []
    return [(str(name), child) for name, child in node.value.items()]


@dataclass(slots=True, kw_only=True)
class Declarations:
    """All declarations of a stack.

    Attributes:
        reader: fills in variables and keeps the findings.
        project: the compose project's name.
        base: the folder that relative paths start from.
        found: kind -> name -> what is declared.
    """

    reader: Reader
    project: str
    base: Path
    found: dict[str, dict[str, Declared]] = field(
        default_factory=lambda: {kind: {} for kind in SHARED}
    )
    _nodes: dict[tuple[str, str], Node] = field(default_factory=dict)

    def add(self, document: Node) -> None:
        """Add those of a compose file; two that differ are a problem."""
        for kind in SHARED:
            for name, node in children(document, kind):
                if self._declare(kind, name, node):
                    self._nodes[kind, name] = node

    def lay_over(self, overrides: Overrides) -> None:
        """Change those that the user's own compose files change, and add theirs."""
        for kind in SHARED:
            for name, above in overrides.declared(kind):
                below, node = self._nodes.get((kind, name)), above
                if below is not None:
                    node = laid_over(below, above, (kind, name), self.reader)
                    self.found[kind].pop(name, None)
                if self._declare(kind, name, node):
                    self._nodes[kind, name] = node

    def _declare(self, kind: str, name: str, node: Node) -> bool:
        """Note one; whether it says more than what is known."""
        reader, known = self.reader, self.found[kind]
        definition = reader.plain(node, (kind, name)) or {}
        if not isinstance(definition, dict):
            reader.problem(node.where, f"'{kind}.{name}' must be a mapping or empty.")
            return False
        if kind == "secrets":
            self._check_secret(name, node, definition)
        earlier = known.get(name)
        if earlier and earlier.definition and definition and earlier.definition != definition:
            reader.problem(
                node.where,
                f"'{kind}.{name}' is declared differently elsewhere.",
                f"It is declared first at {earlier.where}; a provider would mix the two. "
                "Make them equal, or declare it in the root template alone.",
            )
            return False
        if earlier and not definition:
            return False
        external = definition.get("external")
        old_name = external.get("name") if isinstance(external, dict) else None
        given = definition.get("name") or old_name
        actual = given or (name if external else f"{self.project}_{name}")
        for one in (name, given) if given else (name,):
            if kind != "secrets" and not is_name(one) and "${" not in str(one):
                reader.problem(node.where, name_rule(one, kind.removesuffix("s")), NAME_REMEDY)
        known[name] = Declared(
            name=name,
            actual=str(actual),
            external=bool(external),
            definition=definition,
            where=node.where,
        )
        return True

    def _check_secret(self, name: str, node: Node, definition: Mapping[str, Any]) -> None:
        """Compose's own secrets: a file may be one, a variable may not."""
        reader = self.reader
        if "environment" in definition:
            reader.problem(
                node.where,
                f"The secret '{name}' comes from a variable, which podman-compose cannot deliver.",
                "Put the variable under the service's 'environment' as NAME: ${NAME}; "
                "it reaches the container as a Podman secret.",
            )
        file = definition.get("file")
        # As in the service's paths: expanduser of os.path raises for nobody.
        if file and not reader.has(self.base / os.path.expanduser(str(file))):  # noqa: PTH111
            reader.problem(
                node.where,
                f"The file {str(file)!r} of the secret '{name}' does not exist in {self.base}.",
                "Create it, or name it by an absolute path.",
            )
