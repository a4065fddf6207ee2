"""The data that flows through the program: frozen, keyword-only, free of behaviour that acts.

config.yml -> Node (value with its place) -> Config -> Service -> Build -> what runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from container_manager.errors import Location, Problem
from container_manager.inputs import Stamp

Key = str | int
KeyPath = tuple[Key, ...]
Scalar = str | int | float | bool | None


@dataclass(slots=True, kw_only=True)
class Node:
    """A configuration value together with the place that set it.

    Attributes:
        value: a scalar, a mapping of nodes, or a list of nodes.
        where: the file, line and column of the value.
        spelled: the plain text as written, where YAML 1.1 would read it as something else.
        replaced: the node that this one overrode in a merge, if any.
        tag: ``!reset`` or ``!override``, in compose files that are laid over others.
    """

    value: Scalar | dict[Key, Node] | list[Node]
    where: Location
    spelled: str | None = None
    replaced: Node | None = None
    tag: str = ""

    def plain(self) -> Any:
        """The value without places: dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def find(self, path: KeyPath) -> Node | None:
        """The node at ``path`` (mapping keys and list indices), or None."""
        node: Node = self
        for key in path:
            child: Node | None = None
            if isinstance(node.value, dict):
                child = node.value.get(key)
            elif isinstance(node.value, list) and isinstance(key, int):
                child = node.value[key] if 0 <= key < len(node.value) else None
            if child is None:
                return None
            node = child
        return node

    def nearest(self, path: KeyPath) -> Node:
        """The node at ``path``, or at the longest existing part of it."""
        for length in range(len(path), 0, -1):
            found = self.find(path[:length])
            if found is not None:
                return found
        return self

    def walk(self, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Node]]:
        """Every node below and including this one, with its path, in order."""
        yield path, self
        if isinstance(self.value, dict):
            for key, child in self.value.items():
                yield from child.walk((*path, key))
        elif isinstance(self.value, list):
            for index, child in enumerate(self.value):
                yield from child.walk((*path, index))


def dotted(path: KeyPath) -> str:
    """A key path as people write it.

    >>> dotted(("applications", "als_expert", "services", "mongo"))
    'applications.als_expert.services.mongo'
    """
    return ".".join(str(key) for key in path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A deployed service of ours: one folder with one compose template.

    Attributes:
        name: the canonical name, ``framework.jupyter`` or ``applications.app.mongo``.
        key_path: where its definition stands in the configuration.
        settings: its definition, variables expanded.
        path: its folder below the build directory, in POSIX form and normalised.
        folder: its folder, absolute: what a build reads.
        where: the place that defines it.
        package: ``package:DISTRIBUTION/FOLDER``, where its folder lies in an installed package.
    """

    name: str
    key_path: KeyPath
    settings: Mapping[str, Any]
    path: str
    folder: Path
    where: Location | None
    package: str | None = None

    @property
    def shown(self) -> str:
        """Its folder as the configuration names it."""
        return self.package or self.path

    @property
    def family(self) -> str:
        """``framework``, ``applications`` or ``services`` (the deprecated flat form)."""
        return str(self.key_path[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A file that a build wants below the build directory.

    Attributes:
        path: relative to the build directory, POSIX form.
        text: its content when rendered; None for a copied file.
        source: the absolute path of the template, or of what is copied.
        link: the target, when it is a symlink.
        stamp: what a copied source was when it was found.
        mode: permission bits.
        reason: which template, source file or key asks for it.
        owner: the service it belongs to; None for the root compose file.
        step: the step of the build that wants it.
    """

    path: str
    text: str | None
    source: str | None
    mode: int
    reason: str
    owner: str | None
    step: str
    link: str | None = None
    stamp: Stamp | None = None

    @property
    def where(self) -> Location | None:
        """Its source, for messages."""
        return Location(Path(self.source)) if self.source is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing a build does to the build directory.

    Attributes:
        action: ``write``, ``replace``, ``mode``, ``remove`` or ``keep``.
        path: relative to the build directory.
        digest: of the wanted content (``sha256:…`` or ``link:…``); empty for a removal.
        mode: permission bits wanted.
        reason: which template, source file or key asks for the file.
        present: the digest of what is there now; None where nothing is.
        stamp: of what is there now.
        source: the stamp of a copied source, when its digest was taken.
        by_hand: whether somebody changed what is there since we wrote it.
        causes: configuration keys that changed it, each with its place.
    """

    action: str
    path: str
    digest: str
    mode: int
    reason: str
    present: str | None = None
    stamp: Stamp | None = None
    source: Stamp | None = None
    by_hand: bool = False
    causes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildPlan:
    """Everything a build would do, decided before anything is done.

    Attributes:
        build_dir: the build directory.
        outputs: the wanted files.
        changes: what becomes of each file.
        notes: findings that stop nothing.
        hooks: the user's own commands, which a plan does not run.
    """

    build_dir: Path
    outputs: Mapping[str, Output]
    changes: tuple[Change, ...]
    notes: tuple[Problem, ...] = ()
    hooks: tuple[Hook, ...] = ()

    @property
    def pending(self) -> tuple[Change, ...]:
        """The changes that would alter something."""
        return tuple(change for change in self.changes if change.action != "keep")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One command of the user's own.

    Attributes:
        name: when it runs: ``before_build`` and the like.
        argv: program and arguments.
        timeout: seconds that it may take.
        where: the place of the configuration that says so.
    """

    name: str
    argv: tuple[str, ...]
    timeout: float
    where: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeFile:
    """A generated compose file: where it lies, whose it is, and what it says, with places.

    It does not hold what it says: of a thousand files, that would be most of a build's memory.

    Attributes:
        path: the absolute path of the generated file.
        template: the template it was rendered from.
        service: the canonical name of its service; None for the root file.
        load: reads what it says; variables are not interpolated.
    """

    path: Path
    template: Path
    service: str | None
    load: Callable[[], Node] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What a finished build offers to whoever runs it.

    Attributes:
        build_dir: absolute.
        compose_files: the root file first, then one a service, in deployment order.
        digests: absolute path of every file we wrote -> digest of its content.
        plan: what was done, or would be.
        shown: those of the compose files that the build was about.
        recorded: the stamp of its record, by which a later build is told apart.
        staged_by: when all new files had been written (ns since 1970), before they were placed.
        warnings: what people should know and no program needs.
    """

    build_dir: Path
    compose_files: tuple[ComposeFile, ...]
    digests: Mapping[str, str]
    plan: BuildPlan
    warnings: tuple[Problem, ...] = field(default=())
    shown: tuple[ComposeFile, ...] = ()
    recorded: Stamp | None = None
    staged_by: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    """One deployed service, for a table: name, family, template, published ports, definition."""

    name: str
    family: str
    template: str
    ports: tuple[str, ...]
    where: Location | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerBuild:
    """One build that can be brought back.

    Attributes:
        number: counts up.
        replaced: when the next build took its place.
        files: how many files it has.
        differs: paths in which it differs from the present build.
        lost: those of them whose content is not there any more: it was changed by others.
    """

    number: int
    replaced: datetime
    files: int
    differs: tuple[str, ...]
    lost: tuple[str, ...]
