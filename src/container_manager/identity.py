"""Whose stack is it? A checkout is known by its configuration's path and a random id.

Both are labels on everything that we start, so that two checkouts whose projects have one name
never take each other's containers or data for their own.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from container_manager.environments import ENVIRONMENTS
from container_manager.errors import Location, PreconditionError, Problem, display_path
from container_manager.places import STATE_DIR
from container_manager.podman.containers_conf import write_private
from container_manager.podman.state import ContainerState, VolumeState

PREFIX = "io.container-manager."
PROJECT = PREFIX + "project"
CHECKOUT = PREFIX + "checkout"
CONFIG = PREFIX + "config"
SERVICE = PREFIX + "service"
DIGEST = PREFIX + "digest"
IMAGE = PREFIX + "image"
AFTER = PREFIX + "after"
GRACE = PREFIX + "grace"
STARTS = PREFIX + "starts"
COPIED = PREFIX + "copied-from"
"""On a volume: the one whose content was copied into it."""

COMPOSE_PROJECT = "com.docker.compose.project"
COMPOSE_PROJECTS = (COMPOSE_PROJECT, "io.podman.compose.project")
"""Under which compose tools say whose something is."""

_FILE = "identity.json"
_OTHERS = 0o077
"""Every permission of those who do not own a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who we are.

    Attributes:
        project: the compose project's name.
        config: the configuration's path, absolute.
        checkout: the random id; None while nothing was ever started from here.
        key: for keyed hashes of secrets.
        adopted: volumes of others, or of nobody, that were declared ours.
        adopt: whether this run takes everything of the project's name for ours.
        named: where the configuration says ``project_name``; None where it does not.
    """

    project: str
    config: Path
    checkout: str | None
    key: bytes
    adopted: frozenset[str] = frozenset()
    adopt: bool = False
    named: Location | None = None

    @property
    def constant_labels(self) -> dict[str, str]:
        """The labels that never change: for volumes, networks and images."""
        return {PROJECT: self.project, CHECKOUT: self.checkout or "", CONFIG: str(self.config)}

    def owns(self, labels: Mapping[str, str]) -> bool:
        """Whether something with these labels is ours.

        It is when it says our path, or a path at which there is nothing any more: the checkout was
        moved or deleted. A copy of a checkout has its id, but the original still has the path.
        """
        if self.adopt and labels.get(PROJECT, self.project) == self.project:
            return True
        return self.has_marked(labels)

    def has_marked(self, labels: Mapping[str, str]) -> bool:
        """The same, by what the labels say alone: what is adopted in this run is not."""
        recorded = labels.get(CONFIG, "")
        same = recorded == str(self.config) or not os.path.lexists(recorded)
        return same and labels.get(PROJECT) == self.project


def private_folder(state_dir: Path) -> None:
    """Make the state folder: for us alone, and ignored by git.

    Raises:
        PreconditionError: it is open to others, and not ours to close.
    """
    if state_dir.parent.name == ENVIRONMENTS and state_dir.parent.parent.name == STATE_DIR:
        private_folder(state_dir.parent.parent)
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if state_dir.stat().st_mode & _OTHERS:
        try:
            state_dir.chmod(0o700)
        except OSError as cause:
            raise PreconditionError(
                f"This folder is open to others, and cannot be closed: {cause.strerror}.",
                where=Location(state_dir),
                remedy="It holds what is private: it has to belong to the user who runs this.",
            ) from cause
    ignore = state_dir / ".gitignore"
    if not ignore.exists() or not ignore.stat().st_size:  # a power failure leaves it empty
        temporary = ignore.with_name(".gitignore.tmp")
        temporary.write_text("*\n", encoding="utf-8")
        temporary.replace(ignore)


def load_identity(
    state_dir: Path,
    *,
    project: str,
    config: Path,
    create: bool,
    adopt: bool = False,
    named: Location | None = None,
) -> Identity:
    """Read who we are.

    Args:
        state_dir: the project's private folder.
        project: the compose project's name.
        config: the configuration's path.
        create: whether an identity is made if there is none: by what starts or builds something.
        adopt: whether everything of the project's name is ours.
        named: where the configuration says ``project_name``.
    """
    file = state_dir / _FILE
    stored: dict[str, object] = {}
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        stored = {}
    if not isinstance(stored, dict) or not {"id", "key"} <= stored.keys():
        stored = {"id": secrets.token_hex(16), "key": secrets.token_hex(32)} if create else {}
        if create:
            private_folder(state_dir)
            write_private(file, json.dumps(stored, indent=1), lasting=True)
    adopted = stored.get("adopted")
    return Identity(
        project=project,
        config=config,
        checkout=str(stored["id"]) if stored else None,
        key=str(stored.get("key", "")).encode(),
        adopted=frozenset(map(str, adopted)) if isinstance(adopted, list) else frozenset(),
        adopt=adopt,
        named=named,
    )


def remember_adopted(state_dir: Path, volumes: Iterable[str]) -> None:
    """Note that volumes without our labels are ours from now on."""
    file = state_dir / _FILE
    stored = json.loads(file.read_text(encoding="utf-8"))
    known = set(stored.get("adopted", []))
    if set(volumes) - known:
        stored["adopted"] = sorted(known | set(volumes))
        write_private(file, json.dumps(stored, indent=1), lasting=True)


def foreign_problems(
    identity: Identity,
    containers: Iterable[ContainerState],
    volumes: Iterable[VolumeState],
    *,
    used: Iterable[str] = (),
) -> list[Problem]:
    """Who else uses our project's name, one problem an owner.

    Args:
        identity: who we are.
        containers: all containers of the compose project.
        volumes: all volumes of the compose project.
        used: volumes that the stack is about to use, by their actual names.
    """
    if identity.adopt:
        return []
    owners: dict[str, list[str]] = {}
    handmade: list[str] = []
    for container in containers:
        _sort(identity, container.labels, f"the container {container.name}", owners, handmade)
    wanted = set(used)
    for volume in volumes:
        if volume.name in identity.adopted:
            continue
        if PROJECT in volume.labels or volume.name in wanted:
            _sort(identity, volume.labels, f"the volume {volume.name}", owners, handmade)
    problems = [
        Problem(
            message=f"A stack called '{identity.project}' belongs to {owner}: {', '.join(things)}.",
            where=identity.named,
            remedy=f"{_rename(identity)}, or remove that stack from its own folder. If it is "
            "yours, take it over with --adopt.",
        )
        for owner, things in owners.items()
    ]
    if handmade:
        problems.append(
            Problem(
                message=f"These belong to a compose project '{identity.project}' that was not "
                f"started by Container Manager: {', '.join(handmade)}.",
                where=identity.named,
                remedy=f"{_rename(identity)}, or remove them. If they are yours, take them over "
                "with --adopt.",
            )
        )
    return problems


def _rename(identity: Identity) -> str:
    """What to do about a name that others have."""
    if identity.named is not None:
        return f"Change project_name ({identity.named})"
    return (
        f"Add 'project_name: ANOTHER' to {display_path(identity.config)}, which has none, so that "
        "its folder's name is taken"
    )


def _sort(
    identity: Identity,
    labels: Mapping[str, str],
    thing: str,
    owners: dict[str, list[str]],
    handmade: list[str],
) -> None:
    if PROJECT not in labels:
        handmade.append(thing)
    elif not identity.owns(labels):
        owners.setdefault(labels.get(CONFIG, "an unknown configuration"), []).append(thing)
