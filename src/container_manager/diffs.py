"""What would change in a generated file, for people to read."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from container_manager.model import BuildPlan, Change

MAX_BYTES = 1 << 20
"""Larger files are told by their size: nobody reads their difference."""


def diff_of(plan: BuildPlan, change: Change) -> str:
    """The difference that a change makes, as a unified diff; empty where no content changes.

    Args:
        plan: the plan.
        change: one of its changes.
    """
    if change.action == "mode":
        return ""
    old = _content(plan.build_dir / change.path) if change.present else b""
    new = _wanted(plan, change)
    if old is None or new is None:
        return "           (a large file)\n"
    if old == new:
        return ""
    try:
        before, after = old.decode(), new.decode()
    except UnicodeDecodeError:
        return f"           (not text: {len(old)} bytes, then {len(new)})\n"
    lines = difflib.unified_diff(
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        f"a/{change.path}" if change.present else "/dev/null",
        f"b/{change.path}" if change.digest else "/dev/null",
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _wanted(plan: BuildPlan, change: Change) -> bytes | None:
    output = plan.outputs.get(change.path)
    if output is None:
        return b""
    if output.link is not None:
        return output.link.encode()
    if output.text is not None:
        return output.text.encode()
    return _content(Path(output.source)) if output.source is not None else b""


def _content(path: Path) -> bytes | None:
    """What is there; None where that is too much."""
    if path.is_symlink():
        return str(path.readlink()).encode()
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        return path.read_bytes()
    except OSError:
        return b""
