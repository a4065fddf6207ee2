"""What an update can be about: the project itself, and each service made from a template."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from container_manager.config import answers
from container_manager.config.loader import Config
from container_manager.config.packages import FRAGMENT
from container_manager.errors import Location, Problem, UsageError, did_you_mean, raise_all
from container_manager.model import dotted
from container_manager.names import Match, defined_names, resolve

_PROJECT = "the project"
_SERVICES = "services"
_SKIPPED = frozenset({".git", ".venv", "__pycache__", "node_modules"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One thing that was made from a template.

    Attributes:
        name: how people are told of it: ``the project``, or a service's full name.
        folder: where it lies, absolute; its answers file is in it.
        called: every name that chooses it.
    """

    name: str
    folder: Path
    called: frozenset[str]

    @property
    def answers_path(self) -> Path:
        """Its answers file, absolute."""
        return self.folder / answers.NAME

    @property
    def where(self) -> Location | None:
        """Where it lies; None for the project, whose folder people mostly stand in."""
        return None if self.name == _PROJECT else Location(self.folder)


def choose(root: Path, config: Config | None, names: Iterable[str]) -> list[Target]:
    """The targets that ``names`` mean; all where there are none. The project comes first.

    Args:
        root: the project's folder.
        config: its configuration; None where it cannot be loaded, and folders have to do.
        names: names of services.

    Raises:
        UsageError: with every name that leads nowhere, or there is nothing to update at all.
    """
    wanted = list(names)
    from_template = (root / answers.NAME).is_file()
    known = _named(root, config)
    targets = [target for target in known.values() if target.answers_path.is_file()]
    if not wanted:
        if from_template:
            targets.insert(0, Target(name=_PROJECT, folder=root, called=frozenset()))
        if not targets:
            raise UsageError(
                f"Nothing in {root} was made from a template: no folder has a {answers.NAME}.",
                remedy="'new' makes services that can be updated.",
            )
        return targets
    problems: list[Problem] = []
    chosen: dict[Path, Target] = {}
    for name in wanted:
        found = [target for target in known.values() if _spelled(name) in target.called]
        exact = [target for target in found if _spelled(name) == _spelled(target.name)]
        found = exact or found
        if len(found) == 1 and found[0] in targets:
            chosen[found[0].folder] = found[0]
        else:
            problems.append(_no_target(name, found, targets, with_project=from_template))
    raise_all(UsageError, problems)
    return list(chosen.values())


def _no_target(
    name: str, found: Sequence[Target], targets: Sequence[Target], *, with_project: bool
) -> Problem:
    if len(found) > 1:
        listed = " or ".join(target.name for target in found)
        return Problem(message=f"{name!r} is ambiguous.", remedy=f"Write {listed}.")
    if found:
        return Problem(
            message=f"{found[0].name} has no {answers.NAME}: it was not made from a template of "
            "its own.",
            remedy="If it came with the project, 'update' without a name brings it forward."
            if with_project
            else "It is yours alone; there is nothing to update.",
        )
    near = did_you_mean(name, {spelling for target in targets for spelling in target.called})
    listed = ", ".join(target.name for target in targets) or "none"
    return Problem(
        message=f"There is no service {name!r}.",
        remedy=near or f"Services made from a template: {listed}.",
    )


def _named(root: Path, config: Config | None) -> dict[Path, Target]:
    """Services by folder: those that are defined, and those that only their files tell of."""
    found: dict[Path, Target] = {}
    for name, folder in _defined(config):
        if folder.is_relative_to(root) and folder != root:
            found.setdefault(folder, _target(name, folder))
    for folder in _made(root / _SERVICES):
        found.setdefault(folder, _target(_name_of(folder.relative_to(root / _SERVICES)), folder))
    return dict(sorted(found.items(), key=lambda item: item[1].name))


def _target(name: str, folder: Path) -> Target:
    called = {name, name.rpartition(".")[2], folder.name}
    return Target(name=name, folder=folder, called=frozenset(map(_spelled, called)))


def _defined(config: Config | None) -> Iterator[tuple[str, Path]]:
    if config is None:
        return
    for name in defined_names(config.values):
        match = resolve(config.values, name)
        path = match.settings.get("path") if isinstance(match, Match) else None
        if isinstance(path, str) and ":" not in path:
            yield name, Path(os.path.normpath(config.root / path))


def _made(services: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(services):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        if not {answers.NAME, FRAGMENT}.isdisjoint(files) and Path(folder) != services:
            yield Path(folder)


def _name_of(path: Path) -> str:
    """The name that a service's folder says, where no configuration does.

    >>> _name_of(Path("framework/web")), _name_of(Path("web"))
    ('framework.web', 'services.web')
    """
    return dotted(path.parts if len(path.parts) > 1 else (_SERVICES, *path.parts))


def _spelled(name: str) -> str:
    return name.replace("-", "_")
