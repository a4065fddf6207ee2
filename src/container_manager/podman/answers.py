"""Reads what Podman answers; the answers of Podman 4.3 and 5.x are read alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from container_manager.errors import RuntimeFailure
from container_manager.podman.state import (
    ContainerState,
    HealthState,
    ImageState,
    ListedContainer,
    PublishedPort,
    VolumeState,
)
from container_manager.run import Finished

State = TypeVar("State")

_EXAMINE = "See what this program is: 'doctor' examines it."
_NEVER = "0001-01-01"
_NANO = 1e9


def json_list(finished: Finished, *, tolerant: bool = False) -> list[Any]:
    """The objects of a JSON answer, be it one array or one object a line.

    With ``tolerant``, an answer that is no JSON means that nothing was found.
    """
    text = finished.stdout.strip()
    try:
        value = json.loads(text or "[]")
    except (ValueError, RecursionError):
        try:
            value = [json.loads(line) for line in text.splitlines()]
        except (ValueError, RecursionError) as error:
            if tolerant:
                return []
            shown = " ".join(finished.argv[1:3])
            raise RuntimeFailure(
                f"'podman {shown}' gave an answer that is not JSON.", remedy=_EXAMINE
            ) from error
    return value if isinstance(value, list) else [] if value is None else [value]


def objects(
    finished: Finished, read: Callable[[Mapping[str, Any]], State], *, tolerant: bool = False
) -> list[State]:
    """The objects of a JSON answer, read; ``tolerant`` as in :func:`json_list`.

    Raises:
        RuntimeFailure: they are not what Podman says; the program may be another one.
    """
    try:
        return [read(one) for one in json_list(finished, tolerant=tolerant)]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        shown = " ".join(finished.argv[1:3])
        raise RuntimeFailure(
            f"'{finished.argv[0]} {shown}' gave an answer that is not Podman's.",
            remedy=_EXAMINE,
        ) from error


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
        image_digest=str(data.get("ImageDigest") or "")
        or f"sha256:{str(data.get('Image', '')).removeprefix('sha256:')}",
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
        labels=dict(data.get("Labels") or {}),
        running=str(data.get("State", "")).lower() == "running",
        ports=tuple(ports),
    )


def volume_state(data: Mapping[str, Any]) -> VolumeState:
    """Read one object of ``podman volume ls`` or ``inspect``."""
    return VolumeState(
        name=data["Name"],
        driver=str(data.get("Driver") or "local"),
        labels=dict(data.get("Labels") or {}),
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
        labels=dict(data.get("Labels") or {}),
    )


def network_labels(data: Mapping[str, Any]) -> tuple[str, Mapping[str, str]]:
    """Name and labels from one object of ``podman network ls``."""
    labels = data.get("labels") or data.get("Labels") or {}
    return str(data.get("name") or data.get("Name")), dict(labels)


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
