"""The verbs: short functions that read like what they do, a module for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from container_manager.lazy import imports

if TYPE_CHECKING:
    from container_manager.lifecycle.cleaning import clean, clean_files, preview_clean
    from container_manager.lifecycle.credentials import MustOpen, locked_volumes
    from container_manager.lifecycle.daily.controlling import start
    from container_manager.lifecycle.daily.following import follow
    from container_manager.lifecycle.daily.restarting import restart
    from container_manager.lifecycle.data.adopting import adopt
    from container_manager.lifecycle.data.backing_up import backup
    from container_manager.lifecycle.data.backups import list_backups
    from container_manager.lifecycle.data.former import (
        begin_anew,
        decide,
        look_beside,
        refuse_beside,
    )
    from container_manager.lifecycle.data.quiescing import wake_what_was_left
    from container_manager.lifecycle.data.restoring import preview_restore, restore
    from container_manager.lifecycle.doors import doors_told_on_failure
    from container_manager.lifecycle.free_ports import load_to_start
    from container_manager.lifecycle.interrupting import stops_on_interrupt
    from container_manager.lifecycle.outcome import Outcome, ServiceOutcome
    from container_manager.lifecycle.project import Project, open_project
    from container_manager.lifecycle.rebuilding import preview_rebuild, rebuild
    from container_manager.lifecycle.removing import down, preview_down
    from container_manager.lifecycle.starting import build_images, up

__all__ = [
    "MustOpen",
    "Outcome",
    "Project",
    "ServiceOutcome",
    "adopt",
    "backup",
    "begin_anew",
    "build_images",
    "clean",
    "clean_files",
    "decide",
    "doors_told_on_failure",
    "down",
    "follow",
    "list_backups",
    "load_to_start",
    "locked_volumes",
    "look_beside",
    "open_project",
    "preview_clean",
    "preview_down",
    "preview_rebuild",
    "preview_restore",
    "rebuild",
    "refuse_beside",
    "restart",
    "restore",
    "start",
    "stops_on_interrupt",
    "up",
    "wake_what_was_left",
]

_PLACES = {
    "lifecycle.cleaning": ("clean", "clean_files", "preview_clean"),
    "lifecycle.credentials": ("MustOpen", "locked_volumes"),
    "lifecycle.daily.controlling": ("start",),
    "lifecycle.daily.following": ("follow",),
    "lifecycle.daily.restarting": ("restart",),
    "lifecycle.data.adopting": ("adopt",),
    "lifecycle.data.backing_up": ("backup",),
    "lifecycle.data.backups": ("list_backups",),
    "lifecycle.data.former": ("begin_anew", "decide", "look_beside", "refuse_beside"),
    "lifecycle.data.quiescing": ("wake_what_was_left",),
    "lifecycle.data.restoring": ("preview_restore", "restore"),
    "lifecycle.doors": ("doors_told_on_failure",),
    "lifecycle.free_ports": ("load_to_start",),
    "lifecycle.interrupting": ("stops_on_interrupt",),
    "lifecycle.outcome": ("Outcome", "ServiceOutcome"),
    "lifecycle.project": ("Project", "open_project"),
    "lifecycle.rebuilding": ("preview_rebuild", "rebuild"),
    "lifecycle.removing": ("down", "preview_down"),
    "lifecycle.starting": ("build_images", "up"),
}

__getattr__ = imports(__name__, _PLACES)
