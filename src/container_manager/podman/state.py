"""What is known of containers, volumes and images, as data; `answers` reads it.

The environment of a container is not kept: before 5.3 Podman shows the values of secrets there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthState:
    """The health that Podman has stored.

    Attributes:
        status: ``starting``, ``healthy`` or ``unhealthy``.
        failing_streak: checks that failed in a row.
        checked_at: when the last check began, seconds since the epoch.
        output: what the last check printed.
        interval: seconds between checks.
        timeout: seconds that a check may take.
        start_period: seconds during which failures do not count.
        retries: failures in a row that make it unhealthy.
    """

    status: str
    failing_streak: int
    checked_at: float | None
    output: str
    interval: float
    timeout: float
    start_period: float
    retries: int


_NOT_WEB = frozenset({22, 25, 53, 1883, 3306, 5064, 5065, 5432, 5672, 6379, 27017})
"""Container ports of protocols that no browser speaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPort:
    """A port of the host that a container holds."""

    host_ip: str
    host_port: int
    container_port: int
    protocol: str

    @property
    def address(self) -> str:
        """Where it is reached, as a link where a browser may know what to do with it."""
        host = self.host_ip if self.host_ip not in ("", "0.0.0.0", "::") else "127.0.0.1"  # noqa: S104
        shown = f"[{host}]:{self.host_port}" if ":" in host else f"{host}:{self.host_port}"
        if self.protocol != "tcp":
            return f"{shown}/{self.protocol}"
        return shown if self.container_port in _NOT_WEB else f"http://{shown}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerState:
    """One container, as observed.

    Attributes:
        id: the full id.
        name: the container's name.
        service: the compose service; empty when it belongs to none.
        project: the compose project; empty when it belongs to none.
        labels: all labels.
        status: Podman's word: ``created``, ``running``, ``exited``, …
        exit_code: meaningful once it ended.
        started_at: seconds since the epoch; None when it never ran.
        finished_at: the same for its end.
        health: None when there is no health check.
        image_id: the image's id.
        image_digest: what the image is known by everywhere, ``sha256:…``; its id where Podman does
            not tell that.
        image: the image's name.
        ports: published ports.
        volumes: the names of mounted volumes.
        binds: the paths of this machine that it mounts.
        networks: the names of its networks.
        restart_policy: ``always``, ``on-failure``, … or empty.
        restart_count: how often Podman restarted it.
        oom_killed: whether it ran out of memory.
        error: what Podman noted when it could not be started.
        pid: its first process on this machine; 0 when it does not run or runs elsewhere.
        network_mode: ``bridge``, ``host``, ``container:ID``, ``ns:PATH``, …
        sessions: the ids of commands that ``podman exec`` runs in it, or ran.
    """

    id: str
    name: str
    service: str
    project: str
    labels: Mapping[str, str]
    status: str
    exit_code: int
    started_at: float | None
    finished_at: float | None
    health: HealthState | None
    image_id: str
    image: str
    ports: tuple[PublishedPort, ...]
    volumes: tuple[str, ...]
    networks: tuple[str, ...]
    restart_policy: str
    restart_count: int
    oom_killed: bool
    error: str
    pid: int = 0
    network_mode: str = ""
    binds: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    image_digest: str = ""

    @property
    def running(self) -> bool:
        """Whether its process is there (paused and stopping count)."""
        return self.status in ("running", "paused", "stopping", "restarting")

    @property
    def ended(self) -> bool:
        """Whether it ran and ended."""
        return not self.running and self.started_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedContainer:
    """One line of the list of all containers of this machine: enough to say who holds what."""

    name: str
    labels: Mapping[str, str]
    running: bool
    ports: tuple[PublishedPort, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeState:
    """A volume.

    Attributes:
        name: unique on the machine.
        driver: ``local``, most often.
        labels: its labels.
        options: of its driver.
        mountpoint: its folder on the machine where Podman runs.
        anonymous: whether Podman made it because an image asks for it; such a one goes with its
            container.
        created_at: seconds since the epoch; tells a volume from an earlier one of its name.
    """

    name: str
    driver: str
    labels: Mapping[str, str]
    options: Mapping[str, str]
    mountpoint: str
    anonymous: bool = False
    created_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageState:
    """An image with its names and labels."""

    id: str
    tags: tuple[str, ...]
    labels: Mapping[str, str]
