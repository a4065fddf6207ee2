"""What :mod:`container_manager.build.unsharing` does where user ids are those of containers.

A program of its own, which is started by ``podman unshare``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from container_manager.build import journal, placing
from container_manager.build.reading import Reading


def main(words: Sequence[str]) -> None:
    """Do one thing: ``look`` (paths on standard input) or ``finish BUILD_DIR``."""
    if words[0] == "finish":
        build_dir = Path(words[1])
        if journal.is_interrupted(build_dir):
            placing.finish(build_dir, journal.read(build_dir))
        return
    reading = Reading()
    found = {path: reading.present(path) for path in json.load(sys.stdin)}
    print(json.dumps({p: (one.stamp, one.digest) for p, one in found.items() if one is not None}))


if __name__ == "__main__":
    main(sys.argv[1:])
