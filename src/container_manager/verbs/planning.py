"""``plan``: what ``build`` and ``up`` would change, and which key or file is the cause."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from container_manager.build import causes, pipeline
from container_manager.build.preparing import Prepared
from container_manager.build.trace import to_templates
from container_manager.compose.overrides import overrides_of, placed
from container_manager.config.loader import Config, load
from container_manager.discovery import select
from container_manager.errors import Location, PreconditionError, Problem
from container_manager.lifecycle.changes import shown_part
from container_manager.lifecycle.foreseeing import Foreseen, foresee
from container_manager.lifecycle.free_ports import with_free_ports
from container_manager.lifecycle.planning import KEEP, ContainerChange
from container_manager.lifecycle.project import open_project
from container_manager.model import Build, KeyPath
from container_manager.names import Match, resolve
from container_manager.places import ConfigPath
from container_manager.report import warn_all

_MOUNTED = "file"
_ENVIRONMENT = ("environment", "secret")
_OF_ALL = ("proxy", "ca_certificates")
"""Parts that every container gets, and no template says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What ``build`` and ``up`` would do.

    Attributes:
        build: what would be generated; its ``plan`` has the files.
        foreseen: images and containers; None where Podman was not asked, or cannot be.
        unknown: why Podman could not be asked.
    """

    build: Build
    foreseen: Foreseen | None
    unknown: tuple[Problem, ...] = ()

    @property
    def pending(self) -> bool:
        """Whether anything would change."""
        if self.build.plan.pending:
            return True
        if self.foreseen is None:
            return False
        moving = any(one.action != KEEP for one in self.foreseen.containers)
        return moving or bool(self.foreseen.images)


def plan(config: ConfigPath = None, *, service: Iterable[str] = ()) -> Plan:
    """What :func:`build` and :func:`up` would do now; nothing is done.

    Args:
        config: the configuration; None: ``config.yml``, found upwards.
        service: names of services; no other is looked at then.

    Raises:
        ManagerError: it could not be built.
    """
    loaded = _with_free_ports(load(config))
    names = tuple(service)
    prepared = pipeline.prepare(loaded, prune=not names)
    planned = pipeline.build_of(prepared, causes.explained(prepared, pipeline.plan(prepared)))
    warn_all(planned.warnings)
    chosen = [one.name for one in select(prepared.services, loaded, names)] if names else None
    try:
        with _state_dir(loaded) as state_dir:
            project = open_project(loaded, prepared.services, state_dir=state_dir)
            foreseen = foresee(project, planned, prepared.stack, only=chosen)
    except PreconditionError as error:  # it is on another machine that the stack will run
        return Plan(build=planned, foreseen=None, unknown=error.problems)
    told = tuple(_explained(one, prepared, planned, foreseen) for one in foreseen.containers)
    problems = tuple(to_templates(foreseen.problems, prepared.rendered))
    return Plan(build=planned, foreseen=replace(foreseen, containers=told, problems=problems))


def _with_free_ports(loaded: Config) -> Config:
    """The configuration with the ports that a start would have, as far as Podman can be asked."""
    try:
        with _state_dir(loaded) as state_dir:
            moved = with_free_ports(loaded, state_dir=state_dir)
    except PreconditionError:
        return loaded
    ports = moved.ports
    warn_all(
        [
            Problem(
                message=f"Port {port} of {key} is taken by {who}: 'up' takes {ports.chosen[key]}.",
                where=moved.origin(key),
            )
            for key, (port, who) in ports.given_up.items()
        ]
    )
    return moved


@contextlib.contextmanager
def _state_dir(config: Config) -> Iterator[Path]:
    """The private folder, or one for the moment where nothing was ever started."""
    if config.state_dir.is_dir():
        yield config.state_dir
    else:
        with tempfile.TemporaryDirectory(prefix="container-manager-") as folder:
            yield Path(folder) / "state"


def _explained(
    change: ContainerChange, prepared: Prepared, planned: Build, foreseen: Foreseen
) -> ContainerChange:
    """The same change, its causes traced to keys of the configuration and to files."""
    match change.action:
        case "recreate":
            found = _behind_recreation(change, prepared, planned, foreseen)
        case "create" | "remove":
            place = _deployed_at(change.owner, prepared.config)
            where = f" (deployed_services, {place})" if place is not None else ""
            found = [f"{cause}{where}" for cause in change.causes]
        case _:
            found = list(change.causes)
    return replace(change, causes=tuple(found))


def _deployed_at(owner: str | None, config: Config) -> Location | None:
    """The place that deploys one of our services; of one that nothing deploys, the list's."""
    for index, name in enumerate(config.values.get("deployed_services") or ()):
        match = resolve(config.values, name)
        if isinstance(match, Match) and match.name == owner:
            return config.origin(("deployed_services", index))
    return config.origin("deployed_services")


def _behind_recreation(
    change: ContainerChange, prepared: Prepared, planned: Build, foreseen: Foreseen
) -> list[str]:
    name, owner = change.service, prepared.stack.services[change.service].owner
    parts = foreseen.differing.get(name, ())
    image = next((one for one in foreseen.images if name in one.services), None)
    found: list[str] = []
    if any(not part.startswith((_MOUNTED, "image")) for part in parts):
        found += causes.keys_behind(prepared, owner, foreseen.configurations.get(name, {}))
    for part in parts:
        kind, _, what = part.partition(" ")
        if kind == "image" and image is not None:
            continue
        if kind == _MOUNTED:
            found.append(_behind_file(Path(what), planned) or shown_part(part))
        elif kind in _OF_ALL:
            found.append(shown_part(part))
        else:
            found.append(_placed(shown_part(part), prepared, name, _path_of(kind, what)))
    if image is not None:
        verb = "is built" if image.action == "build" else "is pulled"
        found.append(f"its image {image.image} {verb}: {', '.join(image.causes)}")
    return found or list(change.causes)


def _path_of(kind: str, what: str) -> KeyPath:
    if kind in _ENVIRONMENT:
        return ("environment", what)
    return ("env_file",) if kind == "env_file" else (what,) if kind == "key" else ("image",)


def _placed(text: str, prepared: Prepared, service: str, path: KeyPath) -> str:
    """A cause with the line of the template that says it."""
    one = prepared.stack.services[service]
    where = one.entry_places.get(str(path[-1])) if path[0] == "environment" else None
    if where is None:
        where = _place(prepared, service, one.owner, path) or one.where
    (traced,) = to_templates([Problem(message="", where=where)], prepared.rendered)
    return f"{text} ({traced.where})"


def _place(prepared: Prepared, service: str, owner: str | None, path: KeyPath) -> Location | None:
    own = placed(overrides_of(prepared.config)).place(("services", service, *path))
    if own is not None:
        return own
    file = next((one for one in prepared.compose_files if one.service == owner), None)
    node = file.load().find(("services", service)) if file is not None else None
    return node.nearest(path).where if node is not None else None


def _behind_file(path: Path, planned: Build) -> str | None:
    """Why a mounted file changes, where the build is about to change it."""
    for change in planned.plan.pending:
        if planned.build_dir / change.path == path:
            why: Sequence[str] = change.causes or (change.reason,)
            return f"{planned.build_dir.name}/{change.path} changes: {', '.join(why)}"
    return None
