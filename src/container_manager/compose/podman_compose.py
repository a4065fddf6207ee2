"""podman-compose: what it is asked, as argv. Nothing here runs anything.

By default it is the copy installed next to us, run as a module of our own interpreter. ``-P`` keeps
the working directory out of the module path; ``--env-file`` names an empty file, because without it
a stray ``.env`` of the working directory would be read.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from container_manager.compose.capabilities import PODMAN_COMPOSE, Kind

MODULE = "podman_compose"

OLDEST = (1, 6)
"""Earlier versions drop secrets as variables, or the exit codes of what failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PodmanCompose:
    """The argv of podman-compose 1.6 and later.

    Attributes:
        program: what every call begins with.
        name: what messages call it.
        title: what people are told that runs.
        variables: for the environment of its calls.
    """

    program: Sequence[str] = (sys.executable, "-P", "-m", MODULE)
    name: str = "podman-compose"
    title: str = "the bundled podman-compose"
    variables: Mapping[str, str] = field(default_factory=dict)
    kind: Kind = PODMAN_COMPOSE
    socket: str | None = None

    def base(self, podman: str, project: str, files: Sequence[Path]) -> list[str]:
        """What every call begins with."""
        return [
            *self.program,
            *(f"--podman-path={podman}", f"--env-file={os.devnull}", "--in-pod=false"),
            *("-p", project),
            *(word for file in files for word in ("-f", str(file))),
        ]

    def check(self, base: Sequence[str]) -> list[str] | None:
        """Nothing: it takes whatever is YAML, and our own checks are stricter."""
        del base
        return None

    def build(
        self,
        base: Sequence[str],
        services: Sequence[str],
        *,
        no_cache: bool,
        options: Sequence[str] = (),
    ) -> list[str]:
        """Build the images of services.

        Args:
            base: what the call begins with.
            services: whose images.
            no_cache: whether everything is built anew.
            options: further ones, for ``podman build``.
        """
        handed_on = [f"--podman-build-args={shlex.join(options)}"] if options else []
        return [*base, *handed_on, "build", *(["--no-cache"] if no_cache else []), *services]

    def create(self, base: Sequence[str], services: Sequence[str]) -> list[str]:
        """Make the containers of services, with their networks and volumes; start none.

        Starting is ours: podman-compose would wait for dependencies, for ever if they ended, and
        would recreate what hangs together with a changed container.
        """
        flags = ("--no-start", "--no-deps", "--no-recreate", "--no-build")
        # Podman would give containers the proxies of this call; they get those that are theirs.
        return [*base, "--podman-run-args=--http-proxy=false", "up", *flags, *services]
