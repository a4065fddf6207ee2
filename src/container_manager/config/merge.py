"""Reads a configuration with everything it imports and merges it into one tree.

Mappings merge deeply, scalars and lists replace; the importing file wins over what it imports,
and of two imports the later. ``deployed_services`` has rules of its own, see
:mod:`container_manager.config.deployed`. What a service in an installed package brings along lies
below all of it.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from container_manager.config.deployed import Deployed, read_part
from container_manager.config.environment import Environment, Report, missing_variable
from container_manager.config.interpolation import InterpolationError
from container_manager.config.packages import FRAGMENT, find_package_folder, is_package_path
from container_manager.config.schema import service_nodes
from container_manager.config.source import read_yaml
from container_manager.errors import (
    ConfigError,
    Location,
    Problem,
    did_you_mean,
    display_path,
    raise_all,
)
from container_manager.model import Key, KeyPath, Node, dotted

APPLICATIONS_DIR = Path("src/applications")
"""Below the project: where the list form of ``applications`` looks for configurations."""


@dataclass(slots=True)
class Loader:
    """Loads files of one project.

    Attributes:
        root: the project's folder.
        environment: variables for paths of imports.
        problems: what was found so far.
        suspicions: packages that are not there, which stops only who needs them.
        imported_from: file -> the place that imported it first; the named file has none.
    """

    root: Path
    environment: Environment
    problems: list[Problem] = field(default_factory=list)
    suspicions: list[Problem] = field(default_factory=list)
    imported_from: dict[Path, Location] = field(default_factory=dict)
    _read: dict[Path, tuple[Node, Deployed]] = field(default_factory=dict)

    def load(self, path: Path) -> Node:
        """The merged tree of ``path``; ``deployed_services`` is a plain list in it, or absent.

        Raises:
            ConfigError: with every problem of every file.
        """
        if not os.path.exists(path):  # noqa: PTH110 - Path.exists() raises on names too long
            raise ConfigError(
                "There is no such configuration file.",
                where=Location(path),
                remedy="Name another with --config PATH, or run in a project's folder.",
            )
        first = read_yaml(path)
        if first is None:
            raise ConfigError(
                "The configuration is empty.",
                where=Location(path),
                remedy="It needs at least 'deployed_services' and the services it names.",
            )
        deployed = Deployed()
        try:
            tree, deployed = self._over_packages(self._file(path, (), deployed), deployed)
        except RecursionError as cause:
            raise ConfigError("The imports are nested too deeply.", where=Location(path)) from cause
        raise_all(ConfigError, [*self.problems, *self.suspicions] if self.problems else [])
        assert isinstance(tree.value, dict)
        services = deployed.final(self.problems)
        if services is not None:
            tree.value["deployed_services"] = services
        raise_all(ConfigError, self.problems)
        return tree

    def _over_packages(self, tree: Node, deployed: Deployed) -> tuple[Node, Deployed]:
        """The tree laid over the configuration that its services in packages bring along.

        That may ask for further packages, whose configuration lies lower still.
        """
        lowest, said = Node(value={}, where=tree.where), Deployed()
        whole = tree
        seen: set[KeyPath] = set()
        while asked := [item for item in self._in_packages(whole) if item[0] not in seen]:
            below, says = Node(value={}, where=tree.where), Deployed()
            for key_path, where, path in asked:
                seen.add(key_path)
                below = merge(below, self._fragment(key_path, where, path, says))
            lowest = merge(below, lowest)
            says.merge(said)
            said = says
            whole = merge(lowest, tree)
        said.merge(deployed)
        return whole, said

    def _in_packages(self, tree: Node) -> Iterator[tuple[KeyPath, Location, str]]:
        """The services whose path leads into a package: key path, place and path."""
        for key_path, service in service_nodes(tree, []):
            node = service.find(("path",))
            if node is None or not isinstance(node.value, str):
                continue
            report = Report()
            try:
                path = self.environment.interpolate(node.value, report)
            except InterpolationError:
                continue  # told where all values are expanded
            secret = any(self.environment.is_secret(name) for name in report.referenced)
            if is_package_path(path) and not (report.unset or report.missing or secret):
                yield key_path, node.where, path

    def _fragment(self, key_path: KeyPath, where: Location, path: str, says: Deployed) -> Node:
        """What one service in a package brings along; empty where there is nothing."""
        empty = Node(value={}, where=where)
        try:
            found = find_package_folder(path, where)
        except ConfigError as error:
            self.suspicions.extend(error.problems)
            return empty
        file = found.folder / FRAGMENT
        if not file.exists():
            return empty
        self.imported_from.setdefault(file, where)
        brought = self._once(file, (), says)
        names = [dotted(name) for name, _ in service_nodes(brought, [])]
        if names and dotted(key_path) not in names:
            self._problem(
                f"{found.shown} does not configure {dotted(key_path)}, but {', '.join(names)}.",
                where,
                "Define the service under that key.",
            )
            return empty
        return brought

    def _file(self, path: Path, chain: tuple[Path, ...], deployed: Deployed) -> Node:
        chain = (*chain, path.resolve())
        empty = Node(value={}, where=Location(path))
        try:
            own = read_yaml(path)
        except ConfigError as error:
            self.problems.extend(error.problems)
            return empty
        if own is None:
            return empty
        if not isinstance(own.value, dict):
            self._problem("The configuration must be a mapping of keys to values.", own.where)
            return empty
        for key, child in own.value.items():
            if not isinstance(key, str):
                self._problem(f"The key {key} must be text.", child.where, "Write it in quotes.")
        keys = dict(own.value)
        merged = empty
        for imported, place in self._imports(keys.pop("import", None), path):
            if imported.resolve() in chain:
                self._cycle(chain, imported.resolve(), place)
                continue
            self.imported_from.setdefault(imported, place)
            merged = merge(merged, self._once(imported, chain, deployed))
        deployed.merge(read_part(keys.pop("deployed_services", None), self.problems))
        if "applications" in keys:
            keys["applications"] = self._applications(keys["applications"], chain, deployed)
        return merge(merged, Node(value=keys, where=own.where))

    def _once(self, path: Path, chain: tuple[Path, ...], deployed: Deployed) -> Node:
        """A file that several import is read once: diamonds would cost exponentially."""
        key = path.resolve()
        if key not in self._read:
            own = Deployed()
            self._read[key] = (self._file(path, chain, own), own)
        tree, own = self._read[key]
        deployed.merge(own)
        return tree

    def _imports(self, node: Node | None, importer: Path) -> list[tuple[Path, Location]]:
        if node is None or node.value is None:
            return []
        items = node.value if isinstance(node.value, list) else [node]
        found: list[tuple[Path, Location]] = []
        for item in items:
            if not isinstance(item.value, str) or not item.value:
                self._problem("'import' takes a path or a list of paths.", item.where)
                continue
            text = self._expand(item.value, item.where)
            if text is not None:
                found.extend(self._import(text, importer, item.where))
        return found

    def _import(self, text: str, importer: Path, where: Location) -> list[tuple[Path, Location]]:
        if any(character in text for character in "*?["):
            try:
                names = glob.glob(text, root_dir=importer.parent, recursive=True)  # noqa: PTH207 - may be absolute
            except (ValueError, OSError) as error:
                self._problem(f"The pattern {text!r} cannot be used: {error}.", where)
                return []
            matches = sorted(importer.parent / name for name in names)
            return [(match, where) for match in matches if not match.is_dir()]
        target = importer.parent / text
        try:
            is_dir, exists = target.is_dir(), target.exists()
        except (ValueError, OSError):
            is_dir, exists = False, False
        if is_dir:
            self._problem(
                f"The import {text!r} is a directory.", where, f"Write '{text.rstrip('/')}/*.yml'."
            )
            return []
        if not exists:
            near = _near_files(target)
            self._problem(
                f"The imported file {text!r} does not exist.",
                where,
                near or f"It is looked for beside the importing file, in {importer.parent}.",
            )
            return []
        return [(target, where)]

    def _expand(self, text: str, where: Location) -> str | None:
        report = Report()
        try:
            expanded = self.environment.interpolate(text, report)
        except InterpolationError as error:
            self._problem(f"{error}.", where, "Write $$ for a plain dollar.")
            return None
        for name, message in report.missing.items():
            self.problems.append(missing_variable(name, message, where, self.environment))
        for name in sorted(report.referenced):
            if self.environment.is_secret(name):
                self._problem(f"The import would reveal the secret variable {name}.", where)
                return None
        for name in sorted(report.unset):
            self._problem(f"The import needs the variable {name}, which is not set.", where)
        return None if report.missing or report.unset else expanded

    def _cycle(self, chain: Sequence[Path], again: Path, where: Location) -> None:
        loop = [*chain[chain.index(again) :], again]
        shown = " -> ".join(display_path(path) for path in loop)
        self._problem(f"The imports form a cycle: {shown}.", where, "Remove one of them.")

    def _applications(self, node: Node, chain: tuple[Path, ...], deployed: Deployed) -> Node:
        """The list form names applications whose configuration lies at a known place."""
        if not isinstance(node.value, list):
            return node
        loaded: dict[Key, Node] = {}
        for item in node.value:
            name = item.value
            if not isinstance(name, str) or not name or "/" in name or name in (".", ".."):
                self._problem("'applications' as a list takes names of folders.", item.where)
                continue
            path = self.root / APPLICATIONS_DIR / name / "config.yml"
            loaded[name] = Node(value={}, where=item.where)
            if not os.path.exists(path):  # noqa: PTH110 - Path.exists() raises on names too long
                continue
            if path.resolve() in chain:
                self._cycle(chain, path.resolve(), item.where)
                continue
            self.imported_from.setdefault(path, item.where)
            own = Deployed()
            loaded[name] = self._file(path, chain, own)
            deployed.edits.extend(own.edits)
            if own.listed is not None:
                self._problem(
                    "An application cannot say which services the whole project deploys.",
                    own.listed.where,
                    "Write deployed_services: {add: [...]}.",
                )
        return Node(value=loaded, where=node.where)

    def _problem(self, message: str, where: Location, remedy: str | None = None) -> None:
        self.problems.append(Problem(message=message, where=where, remedy=remedy))


def merge(base: Node, over: Node) -> Node:
    """``over`` laid on ``base``; neither is changed."""
    if isinstance(base.value, dict) and isinstance(over.value, dict):
        merged = dict(base.value)
        for key, child in over.value.items():
            merged[key] = merge(merged[key], child) if key in merged else child
        return Node(value=merged, where=over.where, replaced=base)
    return Node(value=over.value, where=over.where, spelled=over.spelled, replaced=base)


def _near_files(target: Path) -> str | None:
    try:
        names = [entry.name for entry in target.parent.iterdir() if entry.is_file()]
    except (OSError, ValueError):
        return None
    return did_you_mean(target.name, names)
