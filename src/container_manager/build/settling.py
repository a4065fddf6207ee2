"""A build that was stopped half-way is finished or rolled back before anything else."""

from __future__ import annotations

from pathlib import Path

from container_manager.build.lock import build_lock
from container_manager.build.manifest import needs_recovery


def settle(build_dir: Path) -> bool:
    """Finish or roll back a build that was stopped, before anything else is done.

    Returns:
        Whether there was one to finish.

    Raises:
        BuildError: the file system refuses.
        PreconditionError: that build is still going on.
    """
    if not needs_recovery(build_dir):
        return False
    from container_manager.build.apply import recover  # rarely needed

    with build_lock(build_dir):
        return recover(build_dir)
