"""Files of a build that a container has given to user ids of its own.

An ordinary user may neither read nor replace them, but Podman can: it starts a program where the
ids are those that containers see, and this user is root among them. What is to be done there is
:mod:`container_manager.build.within`.

Source: podman-unshare(1).
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from container_manager.errors import RuntimeFailure
from container_manager.inputs import UNSETTLED, Stamp

_PROGRAM = "container_manager.build.within"
_SECONDS = 600.0
_VARIABLES = ("PATH", "HOME", "USER", "LANG", "TMPDIR", "PYTHONPATH", "LD_LIBRARY_PATH")
_FAMILIES = ("XDG_", "CONTAINERS_")
"""What Podman and Python need; no variable of the project's, which may be secret."""


def is_shut(path: str) -> bool:
    """Whether this user may not see what is at a path."""
    try:
        os.lstat(path)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return not os.access(path, os.R_OK, follow_symlinks=False)


def refuse_shut(path: str) -> None:
    """Raise where this user may not see whether anything is at a path.

    Raises:
        PermissionError: it is so.
    """
    if is_shut(path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)


def presences(paths: Sequence[str]) -> dict[str, tuple[Stamp, str] | None]:
    """Stamp and digest of what is at paths that this user may not read; None where nothing is.

    Where nobody can look, something is there that is not ours.

    Args:
        paths: absolute.
    """
    said = _call("look", stdin=json.dumps(paths))
    if said is None:
        return dict.fromkeys(paths, (UNSETTLED, ""))
    found = json.loads(said)
    return {p: (tuple(found[p][0]), found[p][1]) if p in found else None for p in paths}


def finish(build_dir: Path) -> bool:
    """Carry out the journal of a build, with files of other ids; whether that could be done."""
    return _call("finish", str(build_dir)) is not None


def _call(*words: str, stdin: str = "") -> str | None:
    podman = shutil.which("podman")
    if os.geteuid() == 0 or podman is None:
        return None  # root needs no help
    from container_manager.run import ProcessRunner  # most builds need none

    environ = {
        name: value
        for name, value in os.environ.items()
        if name in _VARIABLES or name.startswith(_FAMILIES)
    }
    argv = (podman, "unshare", sys.executable, "-P", "-m", _PROGRAM, *words)
    try:
        finished = ProcessRunner().run(argv, env=environ, stdin=stdin.encode(), timeout=_SECONDS)
    except RuntimeFailure:
        return None
    return finished.stdout if finished.ok else None
