"""What people and programs see of the user's own commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from container_manager.model import Hook


def hook_text(hook: Hook) -> str:
    """A command as it would be typed.

    >>> from pathlib import Path
    >>> from container_manager.errors import Location
    >>> from container_manager.model import Hook
    >>> at = Location(Path("config.yml"), 3)
    >>> hook_text(Hook(name="after_up", argv=("make", "all of it"), timeout=60, where=at))
    "make 'all of it'"
    """
    import shlex

    return shlex.join(hook.argv)


def show_hooks(hooks: Sequence[Hook]) -> None:
    """The commands that ``build`` and ``up`` would run."""
    for one in _of_a_start(hooks):
        print(f"hook: {one.name:<12} {hook_text(one)}  ({one.where})")


def hooks_data(hooks: Sequence[Hook]) -> list[dict[str, Any]]:
    """Commands for programs."""
    return [
        {
            "name": one.name,
            "command": list(one.argv),
            "timeout": one.timeout,
            "defined": str(one.where),
        }
        for one in hooks
    ]


def start_data(hooks: Sequence[Hook]) -> list[dict[str, Any]]:
    """Those that ``build`` and ``up`` would run, for programs."""
    return hooks_data(_of_a_start(hooks))


def _of_a_start(hooks: Sequence[Hook]) -> list[Hook]:
    return [one for one in hooks if one.name != "before_down"]
