"""Questions and simple orders to Podman. Each has a deadline; none carries a secret in its argv."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from container_manager.errors import RuntimeFailure
from container_manager.podman.answers import (
    container_state,
    image_state,
    listed_container,
    network_labels,
    objects,
    volume_state,
)
from container_manager.podman.host import PodmanHost
from container_manager.podman.state import (
    ContainerState,
    ImageState,
    ListedContainer,
    VolumeState,
)
from container_manager.run import QUERY_TIMEOUT, Finished, Runner

PULL_SILENCE = 300.0
"""Seconds without a word after which a pull is given up."""

_ORDER_TIMEOUT = 120.0
_LISTINGS = 5
_LISTING_PAUSE = 0.2
_COPY_TIMEOUT = 6 * 3600.0
_STOP_MARGIN = 30.0


class Engine:
    """One Podman.

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

    def order(self, *arguments: str, timeout: float = _ORDER_TIMEOUT, **options: Any) -> Finished:
        """Run ``podman ARGUMENTS``.

        Raises:
            RuntimeFailure: Podman says that it failed.
        """
        finished = self.call(*arguments, timeout=timeout, **options)
        if not finished.ok:
            shown = " ".join(arguments[:2])
            raise RuntimeFailure(f"'podman {shown}' failed: {finished.last_lines}")
        return finished

    def listing(self, *arguments: str) -> Finished:
        """Run a listing, again where something was removed while it was made.

        Raises:
            RuntimeFailure: Podman says each time that it failed.
        """
        for _ in range(_LISTINGS - 1):
            finished = self.call(*arguments, timeout=_ORDER_TIMEOUT)
            if finished.ok:
                return finished
            time.sleep(_LISTING_PAUSE)
        return self.order(*arguments)

    # Containers

    def containers(self, label: str) -> list[ContainerState]:
        """All containers with a label (``NAME=VALUE``), the stopped ones too."""
        return self.inspect(self.container_ids(f"label={label}"))

    def container_ids(self, *filters: str) -> list[str]:
        """The ids of all containers that pass the filters."""
        asked = [f"--filter={one}" for one in filters]
        return self.listing("ps", "--all", "--quiet", "--no-trunc", *asked).stdout.split()

    def everything(self) -> list[ListedContainer]:
        """All containers of this machine, in short."""
        finished = self.listing("ps", "--all", "--format=json")
        return objects(finished, listed_container)

    def inspect(self, ids: Sequence[str]) -> list[ContainerState]:
        """The states of containers; those that are gone meanwhile are left out."""
        if not ids:
            return []
        finished = self.call("container", "inspect", *ids)
        return objects(finished, container_state, tolerant=True)

    def start(self, ids: Sequence[str], *, stop: threading.Event | None = None) -> Finished:
        """Start containers; which of them run is the caller's to look at."""
        return self.call("start", *ids, timeout=_ORDER_TIMEOUT, stop=stop)

    def stop(
        self, ids: Sequence[str], grace: float, *, abandon: threading.Event | None = None
    ) -> Finished:
        """End containers: SIGTERM, and after ``grace`` seconds SIGKILL.

        When ``abandon`` is set, nobody waits for that any more.
        """
        seconds = str(round(grace + 0.49))
        return self.call("stop", "-t", seconds, *ids, timeout=grace + _STOP_MARGIN, stop=abandon)

    def unpause(self, ids: Sequence[str]) -> Finished:
        """Let paused containers go on."""
        return self.call("unpause", *ids)

    def kill(self, ids: Sequence[str]) -> Finished:
        """End containers at once."""
        return self.call("kill", *ids)

    def remove(
        self, ids: Sequence[str], *, grace: float = 0.0, anonymous_volumes: bool = False
    ) -> Finished:
        """Remove containers; what still runs is ended, and killed after ``grace`` seconds."""
        extra = ["--volumes"] if anonymous_volumes else []
        seconds = str(round(grace + 0.49))
        words = ("rm", "--force", "-t", seconds, *extra, *ids)
        return self.call(*words, timeout=_ORDER_TIMEOUT + grace)

    def pause(self, ids: Sequence[str]) -> Finished:
        """Freeze all processes of containers; which are is the caller's to look at."""
        return self.call("pause", *ids, timeout=_ORDER_TIMEOUT)

    def exec(self, container: str, argv: Sequence[str], *, timeout: float) -> Finished:
        """Run a command in a running container."""
        return self.call("exec", container, *argv, timeout=timeout)

    def check_health(self, container: str, *, timeout: float, stop: threading.Event) -> Finished:
        """Run a container's health check once; Podman stores the result."""
        return self.call("healthcheck", "run", container, timeout=timeout, stop=stop)

    def last_log_lines(self, container: str, count: int) -> list[str]:
        """The end of what a container printed, both streams as they came."""
        lines: list[str] = []
        self.call("logs", f"--tail={count}", container, on_line=lines.append)
        return lines[-count:]

    def log(
        self,
        container: str,
        *,
        on_line: Callable[[str], None],
        stop: threading.Event,
        follow: bool = False,
        since: str = "",
        until: str = "",
        tail: int | None = None,
    ) -> Finished:
        """Hand on what a container has printed, each line after its time, in the order of times.

        That order needs both outputs in one pipe. Where a container has printed the beginning of a
        line and then something to its other output, both come as one line, as on a terminal.

        Args:
            container: its id.
            on_line: called with each line.
            stop: when set, this ends.
            follow: go on until the container ends.
            since: a time or a length of time; nothing from before; empty for all.
            until: the same, nothing from after.
            tail: how many of the lines before now at most; None for all.
        """
        limits = [f"--since={since}"] if since else []
        limits += [f"--until={until}"] if until else []
        limits += [f"--tail={tail}"] if tail is not None else []
        limits += ["--follow"] if follow else []
        return self.call(
            *("logs", "--timestamps", *limits, container),
            on_line=on_line, stop=stop, timeout=float("inf"), merged=True,
        )  # fmt: skip

    # Images

    def image(self, name: str) -> ImageState | None:
        """An image by name or id; None when it is not on this machine."""
        found = objects(self.call("image", "inspect", name), image_state, tolerant=True)
        return found[0] if found else None

    def images_named(self, names: Collection[str]) -> dict[str, ImageState | None]:
        """Several images by name, with one question where all of them are there."""
        listed = list(names)
        if not listed:
            return {}
        finished = self.call("image", "inspect", *listed)
        found = objects(finished, image_state, tolerant=True)
        if finished.ok and len(found) == len(listed):
            return dict(zip(listed, found, strict=True))
        return {name: self.image(name) for name in listed}

    def images(self, label: str) -> list[ImageState]:
        """All images with a label, untagged ones too."""
        finished = self.listing("images", f"--filter=label={label}", "--quiet", "--no-trunc")
        ids = list(dict.fromkeys(finished.stdout.split()))
        if not ids:
            return []
        return objects(self.call("image", "inspect", *ids), image_state, tolerant=True)

    def pull(
        self, image: str, on_line: Callable[[str], None], *, policy: str, more: Mapping[str, str]
    ) -> Finished:
        """Fetch an image, with these further variables."""
        newer = [] if policy == "always" else ["--policy=newer"] if policy == "newer" else []
        times = {"timeout": _COPY_TIMEOUT, "silence": PULL_SILENCE}
        return self.call("pull", *newer, image, **times, on_line=on_line, more=more)

    def remove_image(self, name: str) -> Finished:
        """Remove a name of an image, and the image with its last one; never one in use."""
        return self.call("rmi", name, timeout=_ORDER_TIMEOUT)

    # Volumes, networks, secrets

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
        self.order("volume", "export", f"--output={file}", name, timeout=_COPY_TIMEOUT)

    def import_volume(self, name: str, file: Path) -> None:
        """Add a tar file's content to a volume."""
        self.order("volume", "import", name, str(file), timeout=_COPY_TIMEOUT)

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

    def disk_usage(self, path: str, *options: str) -> Finished:
        """The size in KiB of a folder that belongs to other user ids."""
        return self.unshared("du", "-sk", *options, path)

    def unshared(self, *argv: str) -> Finished:
        """Run a program where the user ids are those that rootless containers see."""
        return self.call("unshare", *argv, timeout=_ORDER_TIMEOUT)

    def volume_folder(self) -> str:
        """Where Podman keeps volumes, on the machine where it runs."""
        return self.call("info", "--format={{.Store.VolumePath}}").stdout.strip()
