"""What becomes of running containers when files that they mount change: ``on_change``.

``up`` makes a container anew when anything that it is made of changes. Whoever works on code wants
less: a server that reloads by itself is best left alone, another needs a restart or a signal. That
is done where mounted files are all that has changed; everything else is applied as ``up`` does. The
containers are left as they were made, so that ``plan`` and the next ``up`` tell the difference.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from container_manager.compose.model import Stack
from container_manager.errors import Problem
from container_manager.identity import DIGEST, SERVICE
from container_manager.lifecycle.changes import changes_of, other_parts, parts_of
from container_manager.lifecycle.daily.restarting import restart
from container_manager.lifecycle.images import ensure_images
from container_manager.lifecycle.made import MadeRecords
from container_manager.lifecycle.planning import CREATE, KEEP, RECREATE, ContainerChange
from container_manager.lifecycle.podman_secrets import secret_values
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.starting import prepare, start
from container_manager.model import Build
from container_manager.podman.state import ContainerState

NOTHING, RESTART, AS_UP = "nothing", "restart", "recreate"
"""The words that ``on_change`` may be, beside a command."""

_FILE = "file "
_TIMEOUT = 60.0

Parts = Mapping[str, Mapping[str, str]]


class Reactions:
    """Applies builds to what runs, and remembers which mounted files were reacted to.

    Args:
        timeout: seconds that each service may take to become ready.
    """

    def __init__(self, timeout: float | None = None) -> None:
        self._timeout = timeout
        self._seen: dict[str, dict[str, str]] = {}

    def apply(
        self, project: Project, build: Build, stack: Stack, only: Collection[str] | None
    ) -> None:
        """Make what runs follow a build, as gently as its services ask for.

        Args:
            project: whose.
            build: its generated files.
            stack: what they mean together.
            only: canonical names of our services; None: all.

        Raises:
            ManagerError: as for ``up``.
        """
        composition, names = prepare(project, build, only, stack=stack)
        images = ensure_images(composition, names)
        parts = parts_of(composition, names, images, secret_values(stack))
        changes = changes_of(composition, parts, only_some=only is not None)
        records = MadeRecords(project.state_dir, project.name)
        gentle = {
            one.service: one.container
            for one in changes
            if one.container is not None and self._is_gentle(project, one, records, parts)
        }
        if any(one.action != KEEP and one.service not in gentle for one in changes):
            made = {
                name: found.parts
                for name, one in gentle.items()
                if (found := records.of(name, one.labels.get(DIGEST, "")))
            }
            start(
                composition,
                names,
                images,
                only_some=only is not None,
                timeout=self._timeout,
                as_they_are=made,
            )
        fresh = {one.service for one in changes if one.action in (CREATE, RECREATE)}
        self._react(project, gentle, parts, fresh - gentle.keys())

    def _is_gentle(
        self, project: Project, change: ContainerChange, records: MadeRecords, parts: Parts
    ) -> bool:
        """Whether mounted files are all that has changed, and its service asks for less."""
        if change.action != RECREATE or reaction(project, change.owner) == AS_UP:
            return False
        if change.service not in self._seen:  # at first everything is to be as it is written
            return False
        different = other_parts(change, records, parts)
        return bool(different) and all(part.startswith(_FILE) for part in different)

    def _react(
        self,
        project: Project,
        gentle: Mapping[str, ContainerState],
        parts: Parts,
        fresh: Collection[str],
    ) -> None:
        """Do what services ask for whose files are others than they were at the last look."""
        changed = []
        for name, every in parts.items():
            files = {part: digest for part, digest in every.items() if part.startswith(_FILE)}
            before = self._seen.get(name)
            self._seen[name] = files
            if name in gentle and name not in fresh and files != before:
                changed.append(gentle[name])
        again = []
        for one in changed:
            asked = reaction(project, owner_of(one))
            if asked == RESTART:
                again.append(one.name)
            elif isinstance(asked, str):
                project.progress.step(f"{one.service}: what it mounts changed; it is left to it")
            else:
                _tell(project, one, asked)
        if again:
            restart(project, again, timeout=self._timeout)


def reaction(project: Project, owner: str | None) -> str | Sequence[str]:
    """What a service asks for: ``nothing``, ``restart``, ``recreate``, or a command."""
    service = project.services.get(owner or "")
    asked = service.settings.get("on_change") if service is not None else None
    return [str(word) for word in asked] if isinstance(asked, list) else str(asked or AS_UP)


def owner_of(container: ContainerState) -> str:
    """The canonical name of the service of ours that a container belongs to."""
    return container.labels.get(SERVICE, "")


def _tell(project: Project, container: ContainerState, command: Sequence[str]) -> None:
    """Run a service's own command in its container."""
    shown = " ".join(command)
    if not container.running:
        project.progress.step(f"{container.service} does not run: '{shown}' is not run in it")
        return
    finished = project.engine.call("exec", container.id, *command, timeout=_TIMEOUT)
    if finished.ok:
        project.progress.step(f"{container.service}: '{shown}' was run in it")
        return
    project.progress.warn(
        Problem(
            message=f"{container.service}: '{shown}' ended with exit code {finished.returncode}: "
            f"{project.redact(finished.last_lines)}"
        )
    )
