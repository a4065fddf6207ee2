"""What the steps of a build share: the project as they see it, and how a wanted file is made."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from container_manager.build.content import flatten
from container_manager.build.ignore import ignores_of
from container_manager.build.sources import Entry, Walk, identity
from container_manager.errors import Location, ManagerError, Problem
from container_manager.inputs import Inputs, note, note_all, noting, stamp_of
from container_manager.model import Output, Service
from container_manager.places import BACKUPS
from container_manager.plugins import Plugin
from container_manager.render import Renderer

COMPOSE_STEP = "compose"
"""The step that renders compose files; the root file belongs to it, too."""


@dataclass(slots=True, kw_only=True)
class Site:
    """What every step of a build reads.

    Attributes:
        root: the project; sources resolve against it.
        build_dir: absolute; skipped by copies that would contain it.
        state_dir: absolute; skipped likewise.
        values: the configuration that templates see.
        renderer: the strict environment.
        service_paths: folders of all services, which are nobody else's files.
        fragments: configuration files that were imported.
        origin: tells the place of a key path, for messages.
        plugged: the build steps of other distributions, and what finding them looked at.
    """

    root: Path
    build_dir: Path
    state_dir: Path
    values: Mapping[str, Any]
    renderer: Renderer
    service_paths: Collection[Path] = ()
    fragments: Collection[Path] = ()
    origin: Callable[[tuple[Any, ...]], Location | None] = lambda _: None
    warnings: list[Problem] = field(default_factory=list)
    plugged: tuple[list[tuple[Plugin, Callable[..., Any]]], Inputs] | None = None
    _flattened: str | None = None
    _made_by_us: frozenset[tuple[int, int]] | None = None
    _of_services: frozenset[tuple[int, int]] | None = None
    _walked: tuple[str, list[Entry], list[Problem]] | None = None
    _copied: dict[str, tuple[list[Entry], list[Problem], Inputs]] = field(default_factory=dict)

    @property
    def flattened(self) -> str:
        """The text of the flattened ``config.yml``; the same for every service."""
        if self._flattened is None:
            self._flattened = flatten(self.values)
        return self._flattened

    def look_at_folders(self) -> None:
        """Find the folders that are nobody's files, once for all services."""
        note(self.root / BACKUPS)
        _ = self.made_by_us, self.of_services

    @property
    def made_by_us(self) -> frozenset[tuple[int, int]]:
        """The folders that the manager makes, which no copy holds."""
        if self._made_by_us is None:
            made = (self.build_dir, self.state_dir, self.root / BACKUPS)
            self._made_by_us = _identities(made)
        return self._made_by_us

    @property
    def of_services(self) -> frozenset[tuple[int, int]]:
        """The folders of all services: none of them holds another's files."""
        if self._of_services is None:
            self._of_services = _identities(self.service_paths)
        return self._of_services


def _identities(folders: Iterable[Path]) -> frozenset[tuple[int, int]]:
    found = (identity(folder) for folder in folders)
    return frozenset(one for one in found if one is not None)


def rendered(
    site: Site, template: Path, path: str, service: Service | None, *, step: str
) -> Output:
    """A file rendered from a template; a secret's placeholder in it is worth a warning.

    Raises:
        RenderError: with every problem of the template.
    """
    folder = service.folder if service else template.parent
    compose = step == COMPOSE_STEP
    note(template)
    result = site.renderer.render(template, service_dir=folder, compose=compose)
    if result.secrets and not compose:
        names = ", ".join(sorted(result.secrets))
        site.warnings.append(
            Problem(
                message=f"The rendered file holds the placeholder of a secret ({names}), "
                "which nobody fills in there.",
                where=Location(template),
                remedy="Read the variable inside the container; "
                "give it to the service under 'environment'.",
            )
        )
    return Output(
        path=path,
        text=result.text,
        source=os.fspath(template),
        mode=stat.S_IMODE(template.stat().st_mode),
        reason=f"the template {_shown(template, site, service)}",
        owner=service.name if service else None,
        step=step,
    )


def copied(path: str, entry: Entry, service: Service, reason: str, step: str) -> Output:
    """A file that is copied as it is."""
    return Output(
        path=path,
        text=None,
        source=entry.source,
        mode=entry.mode,
        reason=reason,
        owner=service.name,
        step=step,
        link=entry.link,
        stamp=entry.stamp,
    )


def walk_service(site: Site, service: Service, problems: list[Problem]) -> list[Entry]:
    """The files of a service's own folder, without other services and what the manager makes.

    Symlinks may lead into the project too, unless the service lies in a package.
    """
    if site._walked is None or site._walked[0] != service.name:
        folder = service.folder
        found = Walk(
            folder,
            allowed=(folder,) if service.package is not None else (site.root, folder),
            skipped=site.made_by_us | site.of_services,
            private=site.made_by_us,
        )
        site._walked = (service.name, list(found.entries()), found.problems)
    _, entries, new = site._walked
    problems.extend(new)
    return entries


def walk_copied(site: Site, folder: Path, problems: list[Problem]) -> list[Entry]:
    """The files of ``src/`` or an additional directory, read once for all services."""
    known = site._copied.get(str(folder))
    if known is None:
        with noting() as inputs:
            entries, found = _walk_copied(site, folder)
        known = site._copied[str(folder)] = (entries, found, inputs)
    entries, found, inputs = known
    note_all(inputs.stamps)
    problems.extend(found)
    return entries


def _walk_copied(site: Site, folder: Path) -> tuple[list[Entry], list[Problem]]:
    if not folder.is_dir():
        message = "This is neither a file, a folder nor a symlink."
        remedy = "Move it away: nothing else can be copied."
        return [], [Problem(message=message, where=Location(folder), remedy=remedy)]
    try:
        ignores = ignores_of(folder)
    except ManagerError as error:
        return [], list(error.problems)
    allowed = (site.root, folder)
    made = site.made_by_us
    found = Walk(folder, allowed=allowed, skipped=made, private=made, ignores=ignores)
    entries = [one for one in found.entries() if not _is_of_environment(one, site.root)]
    return entries, found.problems


def _is_of_environment(entry: Entry, root: Path) -> bool:
    """Whether a file has the variables of an environment, whose secrets others do not look for."""
    folder, name = os.path.split(entry.source)
    return folder == str(root) and name.startswith(".env.") and name != ".env.example"


def entry_of(source: Path) -> Entry:
    """A single file, as if it had been met in its folder; a symlink is what it leads to."""
    note(source)
    path = os.path.realpath(source)
    return Entry(path=source.name, source=path, stamp=stamp_of(os.stat(path)))  # noqa: PTH116


def _shown(template: Path, site: Site, service: Service | None) -> str:
    if service and template.is_relative_to(service.folder):
        return f"{service.shown}/{template.relative_to(service.folder).as_posix()}"
    inside = template.is_relative_to(site.root)  # else a symlink led to it
    return template.relative_to(site.root).as_posix() if inside else str(template)
