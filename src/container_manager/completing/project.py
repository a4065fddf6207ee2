"""What the files of a project tell at once: names and keys, without values and variables' meaning.

The configuration is read and merged, and no more: nothing is checked, no port is chosen, and
``secrets_command`` is not run.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from container_manager.model import Node
from container_manager.names import Match, resolve

_MOST_FILES = 300
"""Compose files that are read; more would take too long."""


class Known:
    """A project, as far as it can be read.

    Args:
        config: the configuration that was named; None: it is found upwards.
        env: the environment that was named; None for none.
    """

    def __init__(self, config: str | None, env: str | None) -> None:
        self._config = config
        self._env = env

    @functools.cached_property
    def path(self) -> Path:
        """The configuration's file."""
        from container_manager.environments import config_of
        from container_manager.places import find_config

        if self._env:
            return config_of(self._config, self._env)
        return Path(os.path.abspath(self._config or find_config()))  # noqa: PTH100 - as load() does

    @functools.cached_property
    def tree(self) -> Node:
        """The merged configuration, variables unexpanded."""
        from container_manager.config.brought import over_packages
        from container_manager.config.merge import Loader
        from container_manager.config.staged import variables_of
        from container_manager.environments import environment_of, local_of

        root = self.path.parent
        variables = variables_of(root, environment_of(self.path), dict(os.environ))
        files = Loader(root=root, environment=variables)
        return over_packages(files.load(self.path, local_of(self.path)), files)[0]

    @functools.cached_property
    def plain(self) -> Mapping[str, Any]:
        """The same as plain data."""
        found = self.tree.plain()
        return found if isinstance(found, dict) else {}

    def services(self) -> Iterator[tuple[str, str]]:
        """The deployed services: full name, and the short one where that leads to the same."""
        listed = self.plain.get("deployed_services")
        for said in sorted(map(str, listed)) if isinstance(listed, list) else ():
            match = resolve(self.plain, said)
            if isinstance(match, Match):
                alone = str(match.key_path[-1])
                same = resolve(self.plain, alone)
                meant = isinstance(same, Match) and same.key_path == match.key_path
                yield match.name, alone if meant else ""

    def compose_services(self) -> Iterator[str]:
        """The compose services of the last build."""
        import yaml

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        files = sorted((self._build_dir / "services").rglob("docker-compose.yml"))
        for file in files[:_MOST_FILES]:
            found = yaml.load(file.read_bytes(), loader)  # noqa: S506 - both loaders are safe
            services = found.get("services") if isinstance(found, dict) else None
            yield from map(str, services if isinstance(services, dict) else ())

    @property
    def _build_dir(self) -> Path:
        from container_manager.environments import environment_of

        own = environment_of(self.path)
        usual = "build" if own is None else f"build-{own.name}"
        said = self.plain.get("build_dir")
        return self.path.parent / (said if isinstance(said, str) and "$" not in said else usual)

    def keys(self, head: str) -> dict[str, tuple[bool, str]]:
        """The keys below one: name -> whether there are more below it, and what it is.

        Args:
            head: where: ``framework.services``, or the name of a service; empty for the top.
        """
        node, path = self._node(head)
        known = self._known_at(path)
        found = {name: (False, one.meaning) for name, one in known.items()}
        for name, child in _children(node):
            meaning = known[name].meaning if name in known else ""
            found[name] = (bool(_children(child)), meaning)
        return dict(sorted(found.items()))

    def _node(self, head: str) -> tuple[Node, tuple[Any, ...]]:
        parts = tuple(int(part) if part.isdecimal() else part for part in head.split(".") if part)
        if (found := self.tree.find(parts)) is not None:
            return found, parts
        for size in (3, 2, 1):  # the name of a service, in any of its forms
            match = resolve(self.plain, ".".join(map(str, parts[:size])))
            if isinstance(match, Match):
                path = (*match.key_path, *parts[size:])
                return self.tree.find(path) or Node(value={}, where=self.tree.where), path
        return Node(value={}, where=self.tree.where), parts

    def _known_at(self, path: tuple[Any, ...]) -> Mapping[str, Any]:
        from container_manager.config.known import TOP_LEVEL
        from container_manager.config.service_keys import SERVICE

        if not path:
            return TOP_LEVEL
        name = ".".join(str(part) for part in path if part != "services")
        match = resolve(self.plain, name)
        is_service = isinstance(match, Match) and match.key_path == path
        return SERVICE if is_service else {}

    def environments(self) -> list[str]:
        """The names of the environments beside the configuration."""
        from container_manager.environments import environments_beside

        return environments_beside(self.path)

    def backups(self) -> list[str]:
        """The names of the backups, newest first."""
        from container_manager.environments import backups_of

        folder = backups_of(self.path)
        found = (one.name for one in folder.iterdir() if (one / "manifest.json").is_file())
        return sorted(found, reverse=True)

    def templates(self) -> list[str]:
        """The names of the templates that the configuration lists."""
        said = self.plain.get("templates")
        return sorted(map(str, said)) if isinstance(said, dict) else []


def _children(node: Node) -> list[tuple[str, Node]]:
    if isinstance(node.value, dict):
        return [(str(key), child) for key, child in node.value.items()]
    if isinstance(node.value, list):
        return [(str(number), child) for number, child in enumerate(node.value)]
    return []
