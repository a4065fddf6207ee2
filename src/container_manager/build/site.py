"""What the steps of a build share: the project as they see it, and how a wanted file is made."""

from __future__ import annotations

import stat
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from container_manager.build.content import flatten
from container_manager.build.sources import Entry, Walk
from container_manager.errors import Location, Problem
from container_manager.model import Output, Service
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
    _flattened: str | None = None

    @property
    def flattened(self) -> str:
        """The text of the flattened ``config.yml``; the same for every service."""
        if self._flattened is None:
            self._flattened = flatten(self.values)
        return self._flattened


def rendered(
    site: Site, template: Path, path: str, service: Service | None, *, compose: bool
) -> Output:
    """A file rendered from a template; a secret's placeholder in it is worth a warning.

    Raises:
        RenderError: with every problem of the template.
    """
    folder = service.folder if service else template.parent
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
        source=template,
        mode=stat.S_IMODE(template.stat().st_mode),
        reason=f"the template {_shown(template, site, service)}",
        owner=service.name if service else None,
        step=COMPOSE_STEP if compose else "",
    )


def copied(path: str, entry: Entry, service: Service, reason: str) -> Output:
    """A file that is copied as it is."""
    return Output(
        path=path,
        text=None,
        source=entry.source,
        mode=entry.mode,
        reason=reason,
        owner=service.name,
        step="",
        link=entry.link,
    )


def walk(
    site: Site,
    folder: Path,
    problems: list[Problem],
    skipped: Collection[Path] = (),
    *,
    alone: bool = False,
) -> Iterator[Entry]:
    """The files of a folder, without what the manager makes; problems are collected.

    Symlinks may lead into the project too, unless the folder stands ``alone``.
    """
    found = Walk(
        folder,
        allowed=(folder,) if alone else (site.root, folder),
        skipped=(
            site.build_dir,
            site.state_dir,
            site.root / "backups",
            *(path for path in skipped if path != folder),
        ),
    )
    yield from found.entries()
    problems.extend(found.problems)


def entry_of(source: Path) -> Entry:
    """A single file, as if it had been met in its folder."""
    return Entry(path=source.name, source=source, mode=stat.S_IMODE(source.stat().st_mode))


def _shown(template: Path, site: Site, service: Service | None) -> str:
    if service and template.is_relative_to(service.folder):
        return f"{service.shown}/{template.relative_to(service.folder).as_posix()}"
    inside = template.is_relative_to(site.root)  # else a symlink led to it
    return template.relative_to(site.root).as_posix() if inside else str(template)
