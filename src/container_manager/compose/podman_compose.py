"""podman-compose: what it is asked, as argv. Nothing here runs anything.

It is the copy installed next to us, run as a module of our own interpreter. ``-P`` keeps the
working directory out of the module path; ``--env-file`` names an empty file, because without it a
stray ``.env`` of the working directory would be read.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

MODULE = "podman_compose"


class PodmanCompose:
    """The argv of podman-compose 1.6 and later."""

    name = "podman-compose"

    def base(self, podman: str, project: str, files: Sequence[Path]) -> list[str]:
        """What every call begins with."""
        return [
            *(sys.executable, "-P", "-m", MODULE),
            *(f"--podman-path={podman}", f"--env-file={os.devnull}", "--in-pod=false"),
            *("-p", project),
            *(word for file in files for word in ("-f", str(file))),
        ]

    def build(self, base: Sequence[str], services: Sequence[str], *, no_cache: bool) -> list[str]:
        """Build the images of services."""
        return [*base, "build", *(["--no-cache"] if no_cache else []), *services]

    def create(self, base: Sequence[str], services: Sequence[str]) -> list[str]:
        """Make the containers of services, with their networks and volumes; start none.

        Starting is ours: podman-compose would wait for dependencies, for ever if they ended, and
        would recreate what hangs together with a changed container.
        """
        flags = ("--no-start", "--no-deps", "--no-recreate", "--no-build")
        return [*base, "up", *flags, *services]
