"""Questions and simple orders to Podman. Each has a deadline; none carries a secret in its argv."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence

from container_manager.podman.answers import (
    container_state,
    image_state,
    listed_container,
    objects,
)
from container_manager.podman.state import (
    ContainerState,
    ImageState,
    ListedContainer,
)
from container_manager.podman.stores import COPY_TIMEOUT, ORDER_TIMEOUT, Stores
from container_manager.run import Finished

PULL_SILENCE = 300.0
"""Seconds without a word after which a pull is given up."""

_STOP_MARGIN = 30.0


class Engine(Stores):
    """One Podman: its containers and images, and what :class:`Stores` has."""

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
        return self.call("start", *ids, timeout=ORDER_TIMEOUT, stop=stop)

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
        return self.call(*words, timeout=ORDER_TIMEOUT + grace)

    def pause(self, ids: Sequence[str]) -> Finished:
        """Freeze all processes of containers; which are is the caller's to look at."""
        return self.call("pause", *ids, timeout=ORDER_TIMEOUT)

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
        times = {"timeout": COPY_TIMEOUT, "silence": PULL_SILENCE}
        return self.call("pull", *newer, image, **times, on_line=on_line, more=more)

    def remove_image(self, name: str) -> Finished:
        """Remove a name of an image, and the image with its last one; never one in use."""
        return self.call("rmi", name, timeout=ORDER_TIMEOUT)

    # Folders

    def disk_usage(self, path: str, *options: str) -> Finished:
        """The size in KiB of a folder that belongs to other user ids."""
        return self.unshared("du", "-sk", *options, path)

    def unshared(self, *argv: str) -> Finished:
        """Run a program where the user ids are those that rootless containers see."""
        return self.call("unshare", *argv, timeout=ORDER_TIMEOUT)

    def volume_folder(self) -> str:
        """Where Podman keeps volumes, on the machine where it runs."""
        return self.call("info", "--format={{.Store.VolumePath}}").stdout.strip()
