"""A compose service for one command: a service's settings without what only one may have.

It is a service of its own in a compose file of its own, laid over all others, so that every
provider makes its container as it makes the others', and no setting has to be translated here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from container_manager import identity as labels
from container_manager.compose.model import ComposeService
from container_manager.compose.overlay import dumped, secret_name

ONE_OFF = "com.docker.compose.oneoff"
"""The label by which compose providers know such a container, too."""

_DROPPED = frozenset(
    {
        *("ports", "expose", "container_name", "hostname", "mac_address"),  # of the service's own
        *("depends_on", "healthcheck", "restart", "profiles", "scale", "pull_policy"),
        *("build", "environment", "labels", "command", "stdin_open", "tty", "secrets"),
    }
)
_OF_ONE = ("aliases", "ipv4_address", "ipv6_address", "link_local_ips", "mac_address")
"""What of an attachment to a network belongs to the service's own container."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOff:
    """What is special about the container for one command.

    Attributes:
        name: the compose service that it is.
        command: program and arguments; empty: the service's own.
        terminal: whether it gets a terminal.
        publish: whether it publishes the service's ports.
        user: whom it runs as; empty: as the service.
        workdir: where it runs; empty: where the service does.
        variables: further entries of its environment; none is secret.
    """

    name: str
    command: Sequence[str] = ()
    terminal: bool = False
    publish: bool = False
    user: str = ""
    workdir: str = ""
    variables: Mapping[str, str] | None = None


def as_service(service: ComposeService, one: OneOff) -> ComposeService:
    """The service that the container belongs to, for checks and for the wait."""
    return replace(
        service,
        name=one.name,
        container_name=None,
        depends_on={},
        healthcheck=None,
        ports=service.ports if one.publish else (),
        one_shot=True,
        restart="",
        relabelled=False,  # no earlier file has volumes of it
    )


def compose_text(
    project: str,
    service: ComposeService,
    one: OneOff,
    constant: Mapping[str, str],
    secrets: Mapping[str, str],
) -> str:
    """The compose file with the one service.

    Args:
        project: the compose project's name.
        service: the service whose settings are used.
        one: what is special.
        constant: our labels of everything.
        secrets: key in its environment -> value; the values are not written.
    """
    settings = {**service.definition, **service.default_keys}
    definition: dict[str, Any] = {k: v for k, v in settings.items() if k not in _DROPPED}
    if isinstance(definition.get("networks"), dict):
        definition["networks"] = {k: _shared(v) for k, v in definition["networks"].items()}
    delivered = [
        {"source": secret_name(project, one.name, key), "type": "env", "target": key}
        for key, value in secrets.items()
        if value
    ]
    empty = {
        entry.key: ""  # Podman's secrets cannot be empty
        for entry in service.secret_entries
        if not secrets.get(entry.key) and not entry.passed_through
    }
    if service.given_mounts:
        definition["volumes"] = [*(definition.get("volumes") or ()), *service.given_mounts]
    document = {
        "services": {
            one.name: {
                **definition,
                "image": service.image,
                "environment": {**service.environment, **empty, **(one.variables or {})},
                "secrets": [*(service.definition.get("secrets") or ()), *delivered],
                "labels": {**_own_labels(settings), **_labels(service, constant)},
                "stdin_open": True,
                "tty": one.terminal,
                "restart": "no",
                "healthcheck": {"disable": True},
                **_said(service, one),
            }
        },
        "secrets": {each["source"]: {"external": True} for each in delivered},
    }
    return dumped(document)


def _said(service: ComposeService, one: OneOff) -> dict[str, Any]:
    """What was said on the command line, over what the service says."""
    command = list(one.command) or service.definition.get("command")
    ports = service.definition.get("ports") if one.publish else None
    said = {"command": command, "ports": ports, "user": one.user, "working_dir": one.workdir}
    return {key: value for key, value in said.items() if value}


def _labels(service: ComposeService, constant: Mapping[str, str]) -> dict[str, str]:
    return {
        **constant,
        labels.SERVICE: service.owner or "",
        labels.GRACE: f"{service.stop_grace_period:g}",
        labels.AFTER: ",".join(service.implied),
        labels.STARTS: json.dumps({"one_shot": True}),
        ONE_OFF: "True",
    }


def _own_labels(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The labels that the template gives, whichever way it writes them."""
    given = settings.get("labels") or {}
    if isinstance(given, Mapping):
        return dict(given)
    return {name: value for name, _, value in (str(each).partition("=") for each in given)}


def _shared(attachment: Any) -> Any:
    if not isinstance(attachment, Mapping):
        return attachment
    return {key: value for key, value in attachment.items() if key not in _OF_ONE}
