"""What the configuration asks for on Kubernetes: for the project, and for a compose service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from container_manager.config.kubernetes import EXPOSED_AS
from container_manager.errors import ConfigError

_SIDES = ("requests", "limits")
_LAST_PORT = 65535
_EXPLAIN = "'explain' says which variable it comes from."

STORAGE_SIZE = "1Gi"
"""Of a volume for which nothing is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The key ``kubernetes`` at the top level."""

    context: str | None = None
    namespace: str | None = None
    registry: str | None = None
    storage_class: str | None = None
    storage_size: str = STORAGE_SIZE
    ingress_class: str | None = None
    image_pull_secrets: tuple[str, ...] = ()
    network_policies: bool = False
    wait_image: str | None = None
    accept: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """How a service is reached from outside of the cluster."""

    type: str = "none"
    port: int | None = None
    host: str | None = None
    path: str = "/"
    ingress_class: str | None = None
    tls_secret: str | None = None
    node_port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The key ``kubernetes`` of a service, as it holds for one compose service.

    Attributes:
        exposure: None where nothing is said, which is not the same as ``none``.
        storage: volume -> ``size``, ``class``, ``access``.
        binds: path in the container -> ``files``, ``volume`` or ``leave_out``.
        accept: compose keys whose loss is known and wanted.
    """

    replicas: int = 1
    autoscaled: bool = False
    stateful: bool | None = None
    image: str | None = None
    resources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    storage: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    binds: Mapping[str, str] = field(default_factory=dict)
    exposure: Exposure | None = None
    ports: tuple[int, ...] = ()
    secret_ref: str | None = None
    liveness: bool = False
    wait: bool = True
    wait_image: str | None = None
    accept: frozenset[str] = frozenset()


def project_asked(values: Mapping[str, Any]) -> Project:
    """What a configuration says for the whole project."""
    said = _said(values.get("kubernetes"))
    for key in ("image_pull_secrets", "accept"):
        if key in said:
            said[key] = tuple(map(str, said[key]))
    said["accept"] = frozenset(said.get("accept", ()))
    for name, value in said.items():
        _hold_no_secret(value, f"kubernetes.{name}")
    _flags(said, ("network_policies",), "the project")
    if "storage_size" in said:
        said["storage_size"] = str(said["storage_size"])
    return Project(**said)


def service_asked(settings: Mapping[str, Any], service: str, project: Project) -> Asked:
    """What is said for a compose service: of its own, over that of its template.

    Args:
        settings: those of the service of ours whose template defines it.
        service: the compose service.
        project: gives what nobody says.
    """
    of_all = _said(settings.get("kubernetes"))
    containers: Any = of_all.pop("containers", None)
    own = _said(containers).get(service)
    said = {**of_all, **_said(own)}
    accept = {*project.accept, *of_all.get("accept", ()), *_said(own).get("accept", ())}
    said["accept"] = frozenset(map(str, accept))
    _hold_no_secret(said, f"kubernetes' of '{service}")
    _flags(said, ("autoscaled", "stateful", "liveness", "wait"), f"'{service}'")
    if "resources" in said:
        said["resources"] = {side: _said(said["resources"].get(side)) for side in _SIDES}
    if "secretRef" in said:
        said["secret_ref"] = str(said.pop("secretRef"))
    if "replicas" in said:
        said["replicas"] = _number(said["replicas"], "replicas", service)
    if "ports" in said:
        said["ports"] = tuple(_port(port, "ports", service) for port in said["ports"])
    if "exposure" in said:
        said["exposure"] = _exposure(said["exposure"], project, service)
    said.setdefault("wait_image", project.wait_image)
    return Asked(**said)


def _number(value: Any, key: str, service: str) -> int:
    """A number that a variable may have given.

    Raises:
        ConfigError: it is none.
    """
    try:
        return int(str(value))
    except ValueError as error:
        raise ConfigError(
            f"'kubernetes.{key}' of '{service}' is {str(value)!r}, which is no whole number.",
            remedy=_EXPLAIN,
        ) from error


def _port(value: Any, key: str, service: str) -> int:
    number = _number(value, key, service)
    if not 1 <= number <= _LAST_PORT:
        raise ConfigError(
            f"'kubernetes.{key}' of '{service}' is {number}, and ports are from 1 to {_LAST_PORT}.",
            remedy=_EXPLAIN,
        )
    return number


def _flags(said: dict[str, Any], keys: tuple[str, ...], whose: str) -> None:
    """Make texts that variables gave true or false; a text is true in Python, whatever it says."""
    for key in keys:
        value = said.get(key)
        if value is None or isinstance(value, bool):
            continue
        if str(value).lower() not in ("true", "false"):
            raise ConfigError(
                f"'kubernetes.{key}' of {whose} is {str(value)!r}, neither true nor false.",
                remedy=_EXPLAIN,
            )
        said[key] = str(value).lower() == "true"


def _hold_no_secret(value: Any, path: str) -> None:
    """Refuse variables that are secrets: they are filled in nowhere here."""
    for secret in _placeholders(value):
        raise ConfigError(
            f"'{path}' holds the secret {secret}, and everybody can read what is asked for there.",
            remedy="Write the value, or name the variable so that it is no secret.",
        )


def _placeholders(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if "${" in value:
            yield value
    elif isinstance(value, (Mapping, list, tuple)):
        for child in value.values() if isinstance(value, Mapping) else value:
            yield from _placeholders(child)


def _said(value: Any) -> dict[str, Any]:
    """What a mapping says; a key with nothing behind it says nothing."""
    found = value if isinstance(value, Mapping) else {}
    return {str(key): one for key, one in found.items() if one is not None}


def _exposure(value: Any, project: Project, service: str) -> Exposure:
    said: dict[str, Any] = _said(value) if isinstance(value, Mapping) else {"type": str(value)}
    said.setdefault("type", "Ingress" if "host" in said else "none")
    if said["type"] not in EXPOSED_AS:
        raise ConfigError(
            f"'kubernetes.exposure' of '{service}' is {str(said['type'])!r}, and not one of "
            f"{', '.join(EXPOSED_AS)}.",
            remedy=_EXPLAIN,
        )
    for key in ("port", "node_port"):
        if key in said:
            said[key] = _port(said[key], f"exposure.{key}", service)
    said["ingress_class"] = said.pop("class", None) or project.ingress_class
    return Exposure(**said)
