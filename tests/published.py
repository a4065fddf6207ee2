"""What is published of a checkout, built without an index: its wheel and its source archive."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from container_manager import __version__

NAME = f"container_manager-{__version__}"


def build(source: Path, folder: Path, *targets: str) -> Path:
    """Build as a release does, with the build backend of this environment.

    Args:
        source: a checkout, or an unpacked source archive.
        folder: where to.
        targets: ``wheel`` and ``sdist``.

    Returns:
        The wheel's file, whether it was among the targets or not.
    """
    chosen = [f"--target={target}" for target in targets]
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", f"--directory={folder}", *chosen],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / f"{NAME}-py3-none-any.whl"
