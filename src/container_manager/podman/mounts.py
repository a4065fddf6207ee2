"""Whether a running container still mounts what its compose file names.

A bind mount holds on to the folder itself: when that is deleted and made again, the container keeps
an empty ghost of the old one, and nothing tells.
"""

from __future__ import annotations

from pathlib import Path

_DELETED = "//deleted"
_ROOT_FIELD = 3


def has_ghosts(pid: int, proc: Path = Path("/proc")) -> bool:
    """Whether a process mounts something whose source was deleted.

    Args:
        pid: a container's first process; 0 for one that does not run, or not on this machine.
        proc: the kernel's view of processes.

    Source: proc_pid_mountinfo(5); the kernel appends ``//deleted`` to the path within the file
    system.
    """
    if not pid:
        return False
    try:
        text = (proc / str(pid) / "mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    roots = (line.split(" ")[_ROOT_FIELD : _ROOT_FIELD + 1] for line in text.splitlines())
    return any(root[0].endswith(_DELETED) for root in roots if root)
