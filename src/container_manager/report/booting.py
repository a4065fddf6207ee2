"""What people and programs see of a stack that starts with the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from container_manager.errors import display_path
from container_manager.report import print_json, warn_all

if TYPE_CHECKING:
    from container_manager.verbs.booting import Boot


def show_boot(state: Boot, *, json: bool) -> None:
    """What was done about a stack's start with the machine, and what stands against it."""
    if json:
        print_json(_as_object(state))
    elif state.unit is None:
        for path in state.removed:
            print(f"Removed {path}. What runs goes on running.")
        if not state.removed:
            print("This stack does not start with the machine: there is no unit of it.")
    else:
        _show_unit(state)
    warn_all(state.problems)


def _show_unit(state: Boot) -> None:
    assert state.unit is not None
    print(f"{'Wrote' if state.written else 'Unit:'} {display_path(state.unit)}")
    for path in state.removed:
        print(f"Removed {path}, its former name.")
    if state.enabled:
        print("systemd starts the stack with the machine, and stops it in order.")
    print(f"State: {'started' if state.active else 'not started'} by systemd.")
    journal = state.control.replace("systemctl", "journalctl")
    if not state.active:
        print(f"  {state.control} start {state.name}    starts it now, as the machine would")
    print(f"  {journal} -u {state.name}    shows what it said")


def show_boot_preview(state: Boot, *, json: bool) -> None:
    """What would be written or removed."""
    if json:
        print_json({**_as_object(state), "text": state.text})
        return
    if state.unit is None:
        for path in state.removed:
            print(f"Would remove {path}.")
        if not state.removed:
            print("There is nothing to remove.")
        return
    print(f"Would write {state.unit}, and run:")
    print(f"  {state.control} daemon-reload")
    print(f"  {state.control} enable {state.name}")
    print(f"\n{state.text}", end="")


def _as_object(state: Boot) -> dict[str, object]:
    return {
        "name": state.name or None,
        "unit": None if state.unit is None else str(state.unit),
        "enabled": state.enabled,
        "active": state.active,
        "lingers": state.lingers,
        "written": state.written,
        "removed": [str(path) for path in state.removed],
        "problems": [{"message": one.message, "remedy": one.remedy} for one in state.problems],
    }
