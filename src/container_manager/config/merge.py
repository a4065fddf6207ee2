"""Reads a configuration with everything it imports and merges it into one tree.

Mappings merge deeply, scalars and lists replace; the importing file wins over what it imports,
and of two imports the later. ``deployed_services`` has rules of its own, see
:mod:`container_manager.config.deployed`. What services in packages bring along is laid below, see
:mod:`container_manager.config.brought`.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from container_manager.config.deployed import Deployed, read_part
from container_manager.config.environment import Environment, Report, missing_variable
from container_manager.config.interpolation import InterpolationError
from container_manager.config.source import read_yaml
from container_manager.config.values import FOLDER, TEXT
from container_manager.environments import base_of
from container_manager.errors import ConfigError, Location, Problem, did_you_mean, display_path
from container_manager.inputs import note
from container_manager.model import Key, Node
from container_manager.places import refuse_no_file

APPLICATIONS_DIR = Path("src/applications")
"""Below the project: where the list form of ``applications`` looks for configurations."""


@dataclass(slots=True)
class Loader:
    """Loads files of one project.

    Attributes:
        root: the project's folder.
        environment: variables for paths of imports.
        problems: what was found so far.
        imported_from: file -> the place that imported it first; the named file has none.
        may_read: whether a file may be imported.
        said: what counts of the keys of one file.
        deployed: what all files say of ``deployed_services``.
    """

    root: Path
    environment: Environment
    problems: list[Problem] = field(default_factory=list)
    imported_from: dict[Path, Location] = field(default_factory=dict)
    may_read: Callable[[Path], bool] = lambda _: True
    said: Callable[[dict[Key, Node]], dict[Key, Node]] = lambda keys: keys
    deployed: Deployed = field(default_factory=Deployed)
    _read: dict[Path, tuple[Node, Deployed]] = field(default_factory=dict)

    def load(self, path: Path, local: Path | None = None) -> Node:
        """The merged tree of ``path``, with ``local`` laid over it where that is there.

        ``deployed_services`` is a plain list in it, or absent; what is wrong is in ``problems``.

        Raises:
            ConfigError: there is nothing to read, or no end of it.
        """
        refuse_no_file(path)
        first = read_yaml(path)
        if first is None:
            raise ConfigError(
                "The configuration is empty.",
                where=Location(path),
                remedy="It needs at least 'deployed_services' and the services it names.",
            )
        tree = self.read(path, self.deployed)
        if local is not None:
            note(local)
        if local is not None and os.path.lexists(local):
            self.imported_from.setdefault(local, Location(path))
            over = tuple(dict.fromkeys((base_of(local), path)))  # without --env they are one
            tree = merge(tree, self.read(local, self.deployed, over=over))
        services = self.deployed.final(self.problems)
        if services is not None:
            assert isinstance(tree.value, dict)
            tree.value["deployed_services"] = services
        return tree

    def read(self, path: Path, deployed: Deployed, over: Sequence[Path] = ()) -> Node:
        """A file with all that it imports, without what they say of ``deployed_services``.

        Args:
            path: the file.
            deployed: gains what they say.
            over: what it is laid over, and so cannot import.

        Raises:
            ConfigError: the imports are nested too deeply.
        """
        try:
            return self._file(path, tuple(file.resolve() for file in over), deployed)
        except RecursionError as cause:
            raise ConfigError("The imports are nested too deeply.", where=Location(path)) from cause

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
            self._problem(
                "The configuration must be a mapping of keys to values.",
                own.where,
                "Write 'KEY: VALUE' lines, such as 'deployed_services: [NAME]'.",
            )
            return empty
        for key, child in own.value.items():
            if not isinstance(key, str):
                self._problem(f"The key {key} must be text.", child.where, "Write it in quotes.")
        keys = self.said(dict(own.value))
        merged = empty
        for imported, place in self._imports(keys.pop("import", None), path):
            if imported.resolve() in chain:
                self._cycle(chain, imported.resolve(), place)
                continue
            if not self.may_read(imported):
                self._problem(
                    "This import leads out of the package.", place, "Bring the file along."
                )
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
            if not isinstance(item.value, str) or not TEXT.fits(item):
                self._problem("'import' takes a path or a list of paths.", item.where)
                continue
            text = self._expand(item.value, item.where)
            if text is not None:
                found.extend(self._import(text, importer, item.where))
        return found

    def _import(self, text: str, importer: Path, where: Location) -> list[tuple[Path, Location]]:
        if _is_glob(text):
            try:
                _note_globbed(text, importer.parent)
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
                message = f"The import would reveal the secret variable {name}."
                self._problem(message, where, "Take a variable that is no secret.")
                return None
        for name in sorted(report.unset):
            message = f"The import needs the variable {name}, which is not set."
            self._problem(message, where, f"Set it, or write ${{{name}:-DEFAULT}}.")
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
            if not isinstance(name, str) or not FOLDER.fits(item):
                self._problem("'applications' as a list takes names of folders.", item.where)
                continue
            path = self.root / APPLICATIONS_DIR / name / "config.yml"
            note(path)
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
    return Node(
        value=over.value,
        where=over.where,
        spelled=over.spelled,
        replaced=base if over.replaced is None else _after(over.replaced, base),
    )


def _after(chain: Node, last: Node) -> Node:
    """A chain of replaced values with one more at its end; the chain itself is not changed."""
    links: list[Node] = []
    link: Node | None = chain
    while link is not None:
        links.append(link)
        link = link.replaced
    for link in reversed(links):
        last = replace(link, replaced=last)
    return last


def _is_glob(text: str) -> bool:
    return any(character in text for character in "*?[")


def _note_globbed(pattern: str, root: Path) -> None:
    """Note every folder in which a new file could match a pattern."""
    parts = Path(pattern).parts
    first = next(index for index, part in enumerate(parts) if _is_glob(part))
    for length in range(first, len(parts)):
        start = os.path.join(*parts[:length]) if length else "."  # noqa: PTH118 - may be absolute
        note(root / start)  # it may come into being
        for name in glob.glob(start, root_dir=root, recursive=True):  # noqa: PTH207
            note(root / name)


def _near_files(target: Path) -> str | None:
    try:
        names = [entry.name for entry in target.parent.iterdir() if entry.is_file()]
    except (OSError, ValueError):
        return None
    return did_you_mean(target.name, names)
