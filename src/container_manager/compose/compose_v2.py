"""Docker Compose v2: what it is asked, as argv. Nothing here runs anything.

It talks to Podman's socket, which whoever runs it puts into ``DOCKER_HOST``. The user's own
configuration of Docker is left out: its proxies and contexts would have a say in what runs.

It builds nothing for us. With Podman it has to do without BuildKit, and its own builder passes over
``dockerfile_inline`` in silence, and writes labels in a random order: the same files give another
image each time, and so would recreate containers.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from container_manager.compose.capabilities import COMPOSE_V2, Kind

OLDEST = (2, 24, 4)
"""The first version that knows ``!override``, with which our compose file replaces networks."""

_PLAIN = {"DOCKER_CONFIG": "/nonexistent", "DOCKER_CONTEXT": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeV2:
    """The argv of Docker Compose v2.

    Attributes:
        program: what every call begins with.
        title: what people are told that runs.
        variables: for the environment of its calls.
        socket: the address of Podman's socket; None: one is opened for the time of a call.
        name: what messages call it.
    """

    program: Sequence[str]
    title: str
    variables: Mapping[str, str] = field(default_factory=lambda: dict(_PLAIN))
    socket: str | None = None
    name: str = "Docker Compose"
    kind: Kind = COMPOSE_V2

    def base(self, podman: str, project: str, files: Sequence[Path]) -> list[str]:
        """What every call begins with."""
        del podman
        return [
            *self.program,
            *("--ansi=never", f"--env-file={os.devnull}", "-p", project),
            *(word for file in files for word in ("-f", str(file))),
        ]

    def check(self, base: Sequence[str]) -> list[str] | None:
        """Read the files, and fail where something in them is not understood."""
        return [*base, "config", "--quiet"]

    def create(self, base: Sequence[str], services: Sequence[str]) -> list[str]:
        """Make the containers of services; start none, pull nothing."""
        flags = ("--no-start", "--no-deps", "--no-recreate", "--no-build", "--pull=never")
        return [*base, "up", *flags, *services]
