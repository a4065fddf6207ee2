"""How Podman is called, and its volumes, networks and secrets."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from container_manager.errors import RuntimeFailure
from container_manager.podman.answers import (
    listed_container,
    network_labels,
    objects,
    volume_state,
)
from container_manager.podman.host import PodmanHost
from container_manager.podman.state import ListedContainer, VolumeState
from container_manager.run import QUERY_TIMEOUT, Finished, Runner

ORDER_TIMEOUT = 120.0
COPY_TIMEOUT = 6 * 3600.0
_LISTINGS = 5
_LISTING_PAUSE = 0.2


class Calls:
    """One Podman that is called.

    Args:
        runner: starts the processes.
        host: where Podman is and how it is called.
        environ: the environment of its calls, without secrets.
    """

    def __init__(self, runner: Runner, host: PodmanHost, environ: Mapping[str, str]) -> None:
        self.runner = runner
        self.host = host
        self.environ = host.environment(environ)

    def call(self, *arguments: str, timeout: float = QUERY_TIMEOUT, **options: Any) -> Finished:
        """Run ``podman ARGUMENTS``; failures are the caller's to look at."""
        argv = (self.host.executable, *arguments)
        env = {**self.environ, **options.pop("more", {})}
        return self.runner.run(argv, env=env, timeout=timeout, **options)

    def order(self, *arguments: str, timeout: float = ORDER_TIMEOUT, **options: Any) -> Finished:
        """Run ``podman ARGUMENTS``.

        Raises:
            RuntimeFailure: Podman says that it failed.
        """
        finished = self.call(*arguments, timeout=timeout, **options)
        if not finished.ok:
            shown = " ".join(arguments[:2])
            raise RuntimeFailure(
                f"'podman {shown}' failed: {finished.last_lines}",
                remedy="Mend what it says; 'doctor' examines what Podman can do here.",
            )
        return finished

    def listing(self, *arguments: str) -> Finished:
        """Run a listing, again where something was removed while it was made.

        Raises:
            RuntimeFailure: Podman says each time that it failed.
        """
        for _ in range(_LISTINGS - 1):
            finished = self.call(*arguments, timeout=ORDER_TIMEOUT)
            if finished.ok:
                return finished
            time.sleep(_LISTING_PAUSE)
        return self.order(*arguments)


class Stores(Calls):
    """Its volumes, networks and secrets."""

    def volumes(self, label: str | None = None) -> list[VolumeState]:
        """All volumes, or those with a label."""
        chosen = [f"--filter=label={label}"] if label else []
        finished = self.listing("volume", "ls", *chosen, "--format=json")
        return objects(finished, volume_state)

    def volume(self, name: str) -> VolumeState | None:
        """A volume by name; None when there is none."""
        found = objects(self.call("volume", "inspect", name), volume_state, tolerant=True)
        return found[0] if found else None

    def volume_users(self, name: str) -> list[ListedContainer]:
        """All containers that mount a volume, whoever made them, the stopped ones too."""
        finished = self.listing("ps", "--all", f"--filter=volume={name}", "--format=json")
        return objects(finished, listed_container)

    def names(self, kind: str) -> set[str]:
        """The names of all networks (``network``) or volumes (``volume``) of this machine."""
        return set(self.listing(kind, "ls", "--format={{.Name}}").stdout.split())

    def create_volume(
        self, name: str, *, labels: Mapping[str, str], driver: str, options: Mapping[str, str]
    ) -> None:
        """Make a volume."""
        extra = [f"--label={key}={value}" for key, value in labels.items()]
        extra += [f"--opt={key}={value}" for key, value in options.items()]
        self.order("volume", "create", f"--driver={driver}", *extra, name)

    def remove_volume(self, name: str) -> Finished:
        """Remove a volume that no container uses."""
        return self.call("volume", "rm", name)

    def export_volume(self, name: str, file: Path) -> None:
        """Write a volume's content to a tar file."""
        self.order("volume", "export", f"--output={file}", name, timeout=COPY_TIMEOUT)

    def import_volume(self, name: str, file: Path) -> None:
        """Add a tar file's content to a volume."""
        self.order("volume", "import", name, str(file), timeout=COPY_TIMEOUT)

    def networks(self, label: str) -> dict[str, Mapping[str, str]]:
        """All networks with a label: name -> labels."""
        finished = self.listing("network", "ls", f"--filter=label={label}", "--format=json")
        return dict(objects(finished, network_labels))

    def has_network(self, name: str) -> bool:
        """Whether a network exists."""
        return self.call("network", "exists", name).ok

    def remove_network(self, name: str) -> Finished:
        """Remove a network that no container uses."""
        return self.call("network", "rm", name)

    def secrets(self, prefix: str) -> list[str]:
        """The names of secrets that begin with ``prefix``."""
        names = self.listing("secret", "ls", "--format={{.Name}}").stdout.split()
        return [name for name in names if name.startswith(prefix)]

    def create_secret(self, name: str, value: str) -> None:
        """Store a secret; its value goes through a pipe."""
        self.order("secret", "create", name, "-", stdin=value.encode())

    def remove_secrets(self, names: Iterable[str]) -> Finished | None:
        """Remove secrets."""
        listed = list(names)
        return self.call("secret", "rm", *listed) if listed else None
