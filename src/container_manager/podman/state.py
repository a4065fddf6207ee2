"""What Podman says about containers, volumes and images, as data.

The answers of Podman 4.3 and 5.x are read alike. The environment of a container is not kept: before
5.3 Podman shows the values of secrets there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_NEVER = "0001-01-01"
_NANO = 1e9


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


def container_state(data: Mapping[str, Any]) -> ContainerState:
    """Read one object of ``podman container inspect``."""
    state = data["State"]
    config = data.get("Config") or {}
    host = data.get("HostConfig") or {}
    labels = config.get("Labels") or {}
    started = timestamp(state.get("StartedAt"))
    return ContainerState(
        id=data["Id"],
        name=str(data["Name"]).removeprefix("/"),
        service=labels.get("com.docker.compose.service", ""),
        project=labels.get("com.docker.compose.project", ""),
        labels=labels,
        status=str(state.get("Status", "")).lower(),
        exit_code=int(state.get("ExitCode") or 0),
        started_at=started,
        finished_at=timestamp(state.get("FinishedAt")),
        health=_health(state, config),
        image_id=str(data.get("Image", "")).removeprefix("sha256:"),
        image=str(data.get("ImageName") or config.get("Image") or ""),
        # Podman tells those of the container whose network it shares, which publishes them.
        ports=_ports(host.get("PortBindings") or {}, data.get("NetworkSettings") or {})
        if not str(host.get("NetworkMode")).startswith("container:")
        else (),
        volumes=tuple(
            mount["Name"]
            for mount in data.get("Mounts") or ()
            if mount.get("Type") == "volume" and mount.get("Name")
        ),
        networks=tuple((data.get("NetworkSettings") or {}).get("Networks") or ()),
        restart_policy=str((host.get("RestartPolicy") or {}).get("Name") or "").replace("no", ""),
        restart_count=int(data.get("RestartCount") or 0),
        oom_killed=bool(state.get("OOMKilled")),
        error=str(state.get("Error") or ""),
        pid=int(state.get("Pid") or 0),
        network_mode=str(host.get("NetworkMode") or ""),
        binds=tuple(
            str(mount["Source"])
            for mount in data.get("Mounts") or ()
            if mount.get("Type") == "bind" and mount.get("Source")
        ),
        sessions=tuple(data.get("ExecIDs") or ()),
    )


def listed_container(data: Mapping[str, Any]) -> ListedContainer:
    """Read one object of ``podman ps --format json``."""
    ports = []
    for port in data.get("Ports") or ():
        for offset in range(int(port.get("range") or 1)):
            ports.append(
                PublishedPort(
                    host_ip=port.get("host_ip") or "",
                    host_port=int(port.get("host_port") or 0) + offset,
                    container_port=int(port.get("container_port") or 0) + offset,
                    protocol=port.get("protocol") or "tcp",
                )
            )
    return ListedContainer(
        name=(data.get("Names") or [""])[0],
        labels=data.get("Labels") or {},
        running=str(data.get("State", "")).lower() == "running",
        ports=tuple(ports),
    )


def volume_state(data: Mapping[str, Any]) -> VolumeState:
    """Read one object of ``podman volume ls`` or ``inspect``."""
    return VolumeState(
        name=data["Name"],
        driver=str(data.get("Driver") or "local"),
        labels=data.get("Labels") or {},
        options=data.get("Options") or {},
        mountpoint=str(data.get("Mountpoint") or ""),
        anonymous=bool(data.get("Anonymous")),
        created_at=timestamp(data.get("CreatedAt")),
    )


def image_state(data: Mapping[str, Any]) -> ImageState:
    """Read one object of ``podman image inspect`` or ``podman images``."""
    return ImageState(
        id=str(data["Id"]).removeprefix("sha256:"),
        tags=tuple(data.get("RepoTags") or data.get("Names") or ()),
        labels=data.get("Labels") or {},
    )


def timestamp(text: str | None) -> float | None:
    """Seconds since the epoch; None for Go's zero time.

    >>> timestamp("1970-01-01T00:00:01.500000000Z"), timestamp("0001-01-01T00:00:00Z")
    (1.5, None)
    """
    if not text or text.startswith(_NEVER):
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def _health(state: Mapping[str, Any], config: Mapping[str, Any]) -> HealthState | None:
    check = config.get("Healthcheck") or {}
    test = check.get("Test") or []
    if not test or test[0] == "NONE":
        return None
    stored = state.get("Health") or state.get("Healthcheck") or {}
    log = stored.get("Log") or []
    last = log[-1] if log else {}
    return HealthState(
        status=str(stored.get("Status") or "starting"),
        failing_streak=int(stored.get("FailingStreak") or 0),
        checked_at=timestamp(last.get("Start")),
        output=str(last.get("Output") or "").strip(),
        interval=(check.get("Interval") or 30 * _NANO) / _NANO,
        timeout=(check.get("Timeout") or 30 * _NANO) / _NANO,
        start_period=(check.get("StartPeriod") or 0) / _NANO,
        retries=int(check.get("Retries") or 3),
    )


def _ports(bindings: Mapping[str, Any], network: Mapping[str, Any]) -> tuple[PublishedPort, ...]:
    found = []
    for spec, hosts in (bindings or network.get("Ports") or {}).items():
        port, _, protocol = spec.partition("/")
        for host in hosts or ():
            if host.get("HostPort"):
                found.append(
                    PublishedPort(
                        host_ip=host.get("HostIp") or "",
                        host_port=int(host["HostPort"]),
                        container_port=int(port),
                        protocol=protocol or "tcp",
                    )
                )
    return tuple(found)
