"""Our own compose file as Docker Compose v2 gets it, so that it makes what podman-compose makes.

Networks and volumes are made before, by us, and are external to it: it would isolate networks from
each other, take a network whose settings changed away from the containers that use it, and offer to
make a changed volume anew, without its data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from container_manager.compose.model import ComposeService, Declared, Stack
from container_manager.compose.overlay import Override, Reset
from container_manager.compose.values import mount

_DEFAULT = "default"


def for_compose_v2(
    document: Mapping[str, Any], stack: Stack, names: Collection[str]
) -> dict[str, Any]:
    """What :meth:`container_manager.compose.overlay.Overlay.document` gives, adapted.

    Args:
        document: our own compose file.
        stack: all services.
        names: the services that it is to make or build; it sees no others.
    """
    chosen = [stack.services[name] for name in names]
    networks = {one for service in chosen for one in networks_of(stack, service)}
    volumes = {one for service in chosen for one in service.volumes}
    anonymous = {
        key: _external(anonymous_volume(stack.project, service.name, target))
        for service in chosen
        for key, target in _keys(service).items()
    }
    return {
        "services": {
            name: _service(stack, one, document["services"][name]) if name in names else Reset()
            for name, one in stack.services.items()
        },
        "networks": {
            name: _external(actual) if name in networks else Reset()
            for name, actual in _networks(stack).items()
        },
        "volumes": {
            name: _external(one.actual) if name in volumes else Reset()
            for name, one in stack.volumes.items()
        }
        | anonymous,
    }


def anonymous_volume(project: str, service: str, target: str) -> str:
    """The name of a volume that has none, as podman-compose makes it up."""
    return f"{project}_{service}_{hashlib.sha256(target.encode()).hexdigest()}"


def networks_of(stack: Stack, service: ComposeService) -> tuple[str, ...]:
    """The networks that a service joins, as podman-compose reads it.

    One declared network is the default of all that name none.
    """
    if "network_mode" in service.definition:
        return ()
    if service.networks:
        return service.networks
    return tuple(stack.networks) if len(stack.networks) == 1 else (_DEFAULT,)


def needed_networks(stack: Stack, names: Collection[str]) -> dict[str, Declared | None]:
    """Podman's name -> what is declared, of each network of ours that services join."""
    joined = {n: None for name in names for n in networks_of(stack, stack.services[name])}
    actual = _networks(stack)
    return {
        actual[one]: stack.networks.get(one)
        for one in joined
        if one not in stack.networks or not stack.networks[one].external
    }


def needed_volumes(stack: Stack, names: Collection[str]) -> dict[str, Declared | None]:
    """Podman's name -> what is declared, of each volume of ours that services mount."""
    services = [stack.services[name] for name in names]
    declared = [stack.volumes[v] for one in services for v in one.volumes if v in stack.volumes]
    anonymous = [
        anonymous_volume(stack.project, one.name, target)
        for one in services
        for target in one.anonymous
    ]
    return {one.actual: one for one in declared if not one.external} | dict.fromkeys(anonymous)


def _networks(stack: Stack) -> dict[str, str]:
    """Every network as compose files call it -> as Podman does."""
    default = {_DEFAULT: f"{stack.project}_{_DEFAULT}"}
    return default | {one.name: one.actual for one in stack.networks.values()}


def _external(actual: str) -> Override:
    return Override(external=True, name=actual)


def _keys(service: ComposeService) -> dict[str, str]:
    """A key for each volume without a name -> its target."""
    return {f"{service.name}.{index}": target for index, target in enumerate(service.anonymous)}


def _service(stack: Stack, service: ComposeService, given: Mapping[str, Any]) -> dict[str, Any]:
    # Secrets as variables are not in its language: podman-compose makes what needs them.
    result = {key: value for key, value in given.items() if key != "secrets"}
    result["depends_on"] = Reset()  # it sees no services but those that it makes
    environment = {
        key: value
        for key, value in result.pop("environment", {}).items()
        if not isinstance(value, Reset)
    }
    if environment:
        result["environment"] = environment
    if "stop_grace_period" not in service.definition:
        result["stop_grace_period"] = f"{service.stop_grace_period:g}s"
    if not service.networks and "network_mode" not in service.definition:
        result["networks"] = {name: {} for name in networks_of(stack, service)}
    if service.anonymous:
        result["volumes"] = [
            *(one for one in result.get("volumes", ()) if not _is_anonymous(one)),
            *(
                {"type": "volume", "source": key, "target": target}
                for key, target in _keys(service).items()
            ),
        ]
    return result


def _is_anonymous(entry: Any) -> bool:
    mounted = mount(entry)
    return mounted.kind == "volume" and not mounted.source
