"""What a stack consists of: frozen data that decisions are made on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from container_manager.config.environment import Environment
from container_manager.errors import Location, Problem

STARTED = "service_started"
HEALTHY = "service_healthy"
COMPLETED = "service_completed_successfully"
CONDITIONS = (STARTED, HEALTHY, COMPLETED)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """A health check as the compose file gives it; times in seconds."""

    test: tuple[str, ...] = ()
    interval: float = 30.0
    timeout: float = 30.0
    start_period: float = 0.0
    retries: int = 3
    disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A published port and the line that asks for it; ``host_port`` None: Podman chooses."""

    host_ip: str
    host_port: int | None
    container_port: int
    protocol: str
    where: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """A path of the host that a container mounts.

    Attributes:
        source: absolute.
        target: the path in the container.
        create: whether the template allows that a missing source is created.
        where: the line that asks for it.
        index: which entry of the service's ``volumes`` it is.
        options: what else is said of it: ``ro``, ``z``, …
    """

    source: Path
    target: str
    create: bool
    where: Location
    index: int = 0
    options: tuple[str, ...] = ()

    @property
    def labelled(self) -> bool:
        """Whether the template itself says which label SELinux is to know it by."""
        return not {"z", "Z"}.isdisjoint(self.options)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretEntry:
    """An entry of ``environment`` that holds a secret.

    Attributes:
        key: the name in the container.
        text: the value, not interpolated.
        passed_through: a bare ``KEY``, whose value is the variable of that name.
        variables: the secret variables in it.
        where: the line.
    """

    key: str
    text: str
    passed_through: bool
    variables: tuple[str, ...]
    where: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvFile:
    """A file of ``env_file``.

    Attributes:
        digest: of what it says.
        names: the variables that it sets.
        plain: whether every provider reads it alike: no quotes, dollars, escapes or remarks.
    """

    digest: str
    names: frozenset[str]
    plain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageBuild:
    """How an image is built.

    Attributes:
        context: the folder, absolute; None when it is a repository's address.
        dockerfile: its path, absolute; None for the usual names in the context.
        labels_as_list: whether the template writes its build labels as a list.
        definition: all of it, interpolated.
    """

    context: Path | None
    dockerfile: Path | None
    labels_as_list: bool
    definition: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeService:
    """One container of the stack.

    Attributes:
        name: the compose service.
        owner: the canonical name of our service whose template defines it; None: the root's.
        where: the place that defines it.
        image: the reference; for a built image without one, the name that we give it.
        build: how to build it, if it is built.
        named_image: whether the template itself names the image.
        depends_on: compose service -> condition.
        implied: services that must run first because a namespace or a link is shared.
        healthcheck: None where the template has none (the image may).
        environment: interpolated, without the entries that hold secrets; None: passed through.
        secret_entries: those that do.
        entry_places: key in its environment -> where it is written.
        env_files: file -> what it gives.
        binds: paths of the host.
        volumes: named volumes, as named at the top level of the compose files.
        anonymous: targets of volumes without a name.
        networks: the networks named by the service.
        secrets: the compose secrets (files) that it mounts.
        ports: published ports.
        one_shot: whether it is meant to end.
        start_timeout: seconds that it may take to become ready; None: the default.
        stop_grace_period: seconds between SIGTERM and SIGKILL.
        restart: the restart policy, or empty.
        container_name: if the template gives one.
        definition: everything, interpolated, secrets as references: what a digest is taken of.
        default_keys: those of its keys that only the configuration's ``defaults`` give it.
        default_entries: the names in its environment for which the same holds.
        relabelled: whether its ``volumes`` say ``z`` where its template says nothing.
        given_mounts: further entries of ``volumes``, which the manager adds.
        given_parts: what else of the manager counts when it is asked whether the container is out
            of date: part -> a text.
    """

    name: str
    owner: str | None
    where: Location
    image: str
    build: ImageBuild | None
    named_image: bool
    depends_on: Mapping[str, str]
    implied: tuple[str, ...]
    healthcheck: HealthCheck | None
    environment: Mapping[str, str | None]
    secret_entries: tuple[SecretEntry, ...]
    entry_places: Mapping[str, Location]
    env_files: Mapping[Path, EnvFile]
    binds: tuple[Bind, ...]
    volumes: tuple[str, ...]
    anonymous: tuple[str, ...]
    networks: tuple[str, ...]
    secrets: tuple[str, ...]
    ports: tuple[Port, ...]
    one_shot: bool
    start_timeout: float | None
    stop_grace_period: float
    restart: str
    container_name: str | None
    definition: Mapping[str, Any]
    default_keys: Mapping[str, Any] = field(default_factory=dict)
    default_entries: frozenset[str] = frozenset()
    relabelled: bool = False
    given_mounts: tuple[Any, ...] = ()
    given_parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def awaited(self) -> Mapping[str, str]:
        """Everything that has to happen before it starts: service -> condition."""
        return {**dict.fromkeys(self.implied, STARTED), **self.depends_on}


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A volume, network or secret declared at the top level.

    Attributes:
        name: as the compose files call it.
        actual: as Podman calls it.
        external: whether it exists apart from this stack.
        definition: interpolated.
        where: the place that declares it.
    """

    name: str
    actual: str
    external: bool
    definition: Mapping[str, Any]
    where: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """All services of all compose files.

    Attributes:
        project: the compose project's name.
        base: the folder that relative paths start from: the root file's.
        services: by compose service name, in the order of the files.
        volumes: declared volumes.
        networks: declared networks.
        secrets: declared compose secrets (files); ours are not among them.
        referenced: variable -> whether empty means the same as unset wherever it is used.
        environment: the variables as the provider is to see them.
        warnings: findings that stop nothing.
        interfaces: service of ours -> a digest of what other services may rely on in its file.
        named: what the files' own ``name`` would call the project; it has no effect here.
    """

    project: str
    base: Path
    services: Mapping[str, ComposeService]
    volumes: Mapping[str, Declared]
    networks: Mapping[str, Declared]
    secrets: Mapping[str, Declared]
    referenced: Mapping[str, bool]
    environment: Environment
    warnings: tuple[Problem, ...]
    interfaces: Mapping[str, str] = field(default_factory=dict)
    named: tuple[str, ...] = ()

    @property
    def one_shots(self) -> frozenset[str]:
        """The compose services that are meant to end."""
        return frozenset(name for name, service in self.services.items() if service.one_shot)

    @property
    def default_network(self) -> bool:
        """Whether the stack uses the network ``default`` without declaring it."""
        if not self.networks:
            return True
        # One declared network is everybody's default for podman-compose; with several it would
        # fall back to Podman's own, where containers do not find each other by name.
        silent = any(
            not s.networks and "network_mode" not in s.definition for s in self.services.values()
        )
        return len(self.networks) > 1 and silent and "default" not in self.networks

    @property
    def builders(self) -> Mapping[str, ComposeService]:
        """Image -> the first service that says how it is built; others may share the image."""
        built = [one for one in self.services.values() if one.build is not None]
        return {one.image: one for one in reversed(built)}

    def owned_by(self, owners: Sequence[str]) -> frozenset[str]:
        """The compose services of some of our services."""
        return frozenset(name for name, s in self.services.items() if s.owner in owners)
