"""What services in installed packages bring along, laid below the user's files.

It is the ``service.yml`` beside the template, with all that it imports. It configures its own
service, asks for further ones in packages, makes variables secret and adds context. What runs,
where it is built and what is no secret is for the user's files to say: a package whose service is
only defined, and perhaps never deployed, must not change any of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from container_manager.config.deployed import Deployed
from container_manager.config.environment import Report
from container_manager.config.interpolation import InterpolationError
from container_manager.config.known import TOP_LEVEL
from container_manager.config.merge import Loader, merge
from container_manager.config.mistyped import mistyped
from container_manager.config.packages import (
    FRAGMENT,
    PackageFolder,
    find_package_folder,
    in_one_spelling,
    is_package_path,
)
from container_manager.config.schema import service_nodes
from container_manager.errors import ConfigError, Location, Problem, raise_all, with_suspicions
from container_manager.inputs import note
from container_manager.model import Key, KeyPath, Node, dotted

_UNKNOWN = ""
"""Stands for a path that cannot be told yet: of a variable that is not set, or secret."""


def over_packages(tree: Node, files: Loader) -> tuple[Node, list[Problem]]:
    """The user's tree laid over what its services in packages bring along.

    Args:
        tree: what the user's files say.
        files: who read them; knows what was wrong so far, and learns what else is.

    Returns:
        The whole tree, and suspicions: packages that are not there, which stops only who needs
        them, and keys that are nearly one that a package brings.

    Raises:
        ConfigError: with every problem of every file.
    """
    packages = _Packages(files)
    whole = packages.below(tree)
    raise_all(ConfigError, with_suspicions(files.problems, packages.missing))
    return whole, [*packages.missing, *mistyped(tree, packages.brought)]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A service whose path leads into a package, and the place that says so."""

    key_path: KeyPath
    path: str
    where: Location


@dataclass(slots=True)
class _Packages:
    """Gathers what packages bring along.

    Attributes:
        files: who read the user's files.
        missing: packages that are not there.
        patterns: what packages make secret.
        brought: all that they bring along.
    """

    files: Loader
    missing: list[Problem] = field(default_factory=list)
    patterns: list[Node] = field(default_factory=list)
    brought: Node = field(default_factory=lambda: Node(value={}, where=Location(Path())))

    def below(self, tree: Node) -> Node:
        """The tree over all that its packages bring, and over what these ask for in turn."""
        lowest = Node(value={}, where=tree.where)
        whole = tree
        seen: set[KeyPath] = set()
        while asked := [item for item in self._asked(whole) if item.key_path not in seen]:
            brought = Node(value={}, where=tree.where)
            for item in asked:
                seen.add(item.key_path)
                brought = merge(brought, self._fragment(item, merge(brought, whole)))
            lowest = merge(brought, lowest)
            whole = merge(lowest, tree)
        self.brought = lowest
        return self._with_patterns(whole)

    def _asked(self, tree: Node) -> Iterator[_Asked]:
        for key_path, service in service_nodes(tree, []):
            path = self._path(service)
            if path is not None and is_package_path(path):
                yield _Asked(key_path, path, service.nearest(("path",)).where)

    def _path(self, service: Node) -> str | None:
        """The path of a service, expanded; None where none is said."""
        node = service.find(("path",))
        if node is None or not isinstance(node.value, str):
            return None
        environment, report = self.files.environment, Report()
        try:
            path = environment.interpolate(node.value, report)
        except InterpolationError:
            return _UNKNOWN  # told where all values are expanded
        secret = any(environment.is_secret(name) for name in report.referenced)
        return _UNKNOWN if report.unset or report.missing or secret else path

    def _fragment(self, asked: _Asked, known: Node) -> Node:
        """What one service brings along; empty where there is nothing, or nothing that may be."""
        empty = Node(value={}, where=asked.where)
        try:
            found = find_package_folder(asked.path, asked.where)
        except ConfigError as error:
            self.missing.extend(error.problems)
            return empty
        file = found.folder / FRAGMENT
        note(file)
        if not file.exists():
            return empty
        if not found.contains(file):
            self._problem("This symlink leads out of the package.", Location(file))
            return empty
        self.files.imported_from.setdefault(file, asked.where)
        reader = Loader(
            root=self.files.root,
            environment=self.files.environment,
            problems=self.files.problems,
            imported_from=self.files.imported_from,
            may_read=found.contains,
            said=self._said,
        )
        brought = reader.read(file, Deployed())
        return brought if self._may_bring(brought, found, asked, known) else empty

    def _said(self, keys: dict[Key, Node]) -> dict[Key, Node]:
        """What counts of one file of a package: all but what is for the user to say."""
        kept = dict(keys)
        for key, node in keys.items():
            rule = TOP_LEVEL.get(str(key))
            if key == "secrets":
                self._add_patterns(kept.pop(key))
            elif key == "applications" and isinstance(node.value, list):
                del kept[key]  # a list would load the user's own files
                self._problem("'applications' of a package must be a mapping.", node.where)
            elif rule is not None and not rule.brought:
                del kept[key]
                self._problem(
                    f"'{key}': a package may not decide this.",
                    node.where,
                    "Say it in your own configuration.",
                )
        return kept

    def _add_patterns(self, node: Node) -> None:
        """Note what a package makes secret; it cannot exempt anything."""
        patterns = [] if node.value is None else node.value
        if not isinstance(patterns, list):
            self._problem("'secrets' must be a list of texts.", node.where)
            return
        for pattern in patterns:
            if not isinstance(pattern.value, str) or not pattern.value:
                self._problem("A pattern of 'secrets' must be a text.", pattern.where)
            elif pattern.value.startswith("!"):
                self._problem(
                    f"'secrets': a package may not exempt variables: {pattern.value!r}.",
                    pattern.where,
                    "Say it in your own configuration.",
                )
            else:
                self.patterns.append(pattern)

    def _with_patterns(self, tree: Node) -> Node:
        """The tree, with what packages make secret added to what the user lists."""
        own = tree.find(("secrets",))
        listed = own.value if own is not None and own.value is not None else []
        if not self.patterns or not isinstance(listed, list):
            return tree
        patterns = {item.value: item for item in self.patterns}
        added = [item for text, item in patterns.items() if all(text != o.value for o in listed)]
        where = own.where if own is not None else self.patterns[0].where
        secrets = Node(value=[*listed, *added], where=where)
        return merge(tree, Node(value={"secrets": secrets}, where=tree.where))

    def _may_bring(self, brought: Node, found: PackageFolder, asked: _Asked, known: Node) -> bool:
        """Whether the services are its own and further ones in packages; else problems say why."""
        before = len(self.files.problems)
        services = service_nodes(brought, self.files.problems)
        names = [dotted(key_path) for key_path, _ in services]
        if names and dotted(asked.key_path) not in names:
            self._problem(
                f"{found.shown} does not configure {dotted(asked.key_path)}, "
                f"but {', '.join(names)}.",
                asked.where,
                "Define the service under that key.",
            )
            return False
        for key_path, service in services:
            if key_path != asked.key_path:
                self._check_further(key_path, service, found, known)
        return len(self.files.problems) == before

    def _check_further(
        self, key_path: KeyPath, service: Node, found: PackageFolder, known: Node
    ) -> None:
        """A further service must be in a package, and must not be another than is known."""
        path = self._path(service)
        if path is None or not is_package_path(path):
            self._problem(
                f"{found.shown} may not configure {dotted(key_path)}: it is another service.",
                service.where,
                "A package brings further services only with a path 'package:…' of their own.",
            )
            return
        for other_path, other in service_nodes(known, []):
            said = self._path(other)
            if (
                _identity(other_path) == _identity(key_path)
                and said is not None
                and in_one_spelling(said) != in_one_spelling(path)
            ):
                self._problem(
                    f"{found.shown} brings {dotted(key_path)}, but {dotted(other_path)} is "
                    f"another service: {other.nearest(('path',)).where}.",
                    service.where,
                    "Give one of them another name.",
                )

    def _problem(self, message: str, where: Location, remedy: str | None = None) -> None:
        self.files.problems.append(Problem(message=message, where=where, remedy=remedy))


def _identity(key_path: KeyPath) -> tuple[str, ...]:
    """What two services must not share, because a name could mean both of them.

    >>> _identity(("framework", "services", "open-webui")) == _identity(("services", "open_webui"))
    True
    """
    parts = key_path[1::2] if key_path[0] == "applications" else key_path[-1:]
    return tuple(str(part).replace("-", "_") for part in parts)
