"""Short notes in the state folder about what is under way, for whoever finds it cut short.

They are written and removed by the holder of the lock: who holds it and finds one knows that its
writer was killed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from container_manager.identity import private_folder
from container_manager.lifecycle.project import Project
from container_manager.podman.containers_conf import write_private

STILLED = "stilled.json"
"""Containers that are paused, and commands to run in others, since a backup is being made."""

REMOVING = "removing.json"
"""Volumes that are being removed."""

RESTORING = "restoring.json"
"""Volumes whose content is being brought back: what is in them may be half of it."""


COPYING = "copying.json"
"""Volumes that are being filled from others: what is in them may be half of it."""

FORMER = "former.json"
"""Volumes of former names about which was decided; see ``lifecycle/data/former.py``."""


def write_note(project: Project, name: str, content: Mapping[str, Any]) -> None:
    """Write a note in place of the one before; it is there, whole, when we are killed then."""
    private_folder(project.state_dir)  # somebody may have cleared it away meanwhile
    write_private(project.state_dir / name, json.dumps({"project": project.name, **content}))


def drop_note(project: Project, name: str) -> None:
    """Remove a note, if it is there."""
    (project.state_dir / name).unlink(missing_ok=True)


def listed(note: Mapping[str, Any], key: str) -> list[Any]:
    """A list of a note; empty where it is none."""
    value = note.get(key)
    return value if isinstance(value, list) else []


def read_note(state_dir: Path, name: str) -> dict[str, Any]:
    """A note; empty where there is none, or none that can be used."""
    try:
        stored = json.loads((state_dir / name).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return stored if isinstance(stored, dict) else {}


def unfinished_removal(project: Project) -> dict[str, float | None]:
    """Volumes whose removal was cut short: name -> when each was made."""
    note = read_note(project.state_dir, REMOVING)
    volumes = note.get("volumes")
    if note.get("project") != project.name or not isinstance(volumes, dict):
        return {}
    return {str(name): created for name, created in volumes.items()}


def unfinished_restore(project: Project) -> tuple[str, frozenset[str]]:
    """The backup whose restore was cut short, and the volumes that are not whole since."""
    note = read_note(project.state_dir, RESTORING)
    volumes = note.get("volumes")
    if note.get("project") != project.name or not isinstance(volumes, list):
        return "", frozenset()
    return str(note.get("backup", "")), frozenset(map(str, volumes))
