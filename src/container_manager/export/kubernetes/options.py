"""What is lost of keys that are carried over: what stands below them, and has no counterpart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from container_manager.export.kubernetes.subject import Subject
from container_manager.export.kubernetes.values import texts

_ADDRESS = "addresses are given by the cluster."
_OF_ATTACHING: Mapping[str, str] = {
    **dict.fromkeys(("ipv4_address", "ipv6_address", "link_local_ips", "mac_address"), _ADDRESS),
    **dict.fromkeys(
        ("driver_opts", "gw_priority", "interface_name", "priority"),
        "a pod has one interface, in the network of the cluster.",
    ),
}
"""Keys of a service's network."""

_OF_NETWORKS: Mapping[str, str] = {
    "internal": "pods in it reach the world outside.",
    "external": "what else is in it here is not in the cluster.",
    **dict.fromkeys(
        ("driver", "driver_opts", "ipam", "enable_ipv4", "enable_ipv6", "attachable"),
        "a cluster has one network for all, which its operator has chosen.",
    ),
}
"""Keys of a network that is declared at the top level."""

_PULLED = ("always", "never", "missing", "if_not_present", "build", "newer")
_OF_TMPFS = ("size", "rw")


def look_for_lost_options(subject: Subject) -> None:
    """Note what of a service's keys is lost below them."""
    _attached(subject)
    definition = subject.service.definition
    for name, said in _mapping(definition.get("depends_on")):
        if isinstance(said, Mapping) and said.get("restart") is True:
            subject.lose(
                f"depends_on.{name}.restart",
                "pods are not started anew because others are.",
                "Let it connect again by itself, or accept it.",
                *("depends_on", name),
            )
    policy = str(definition.get("pull_policy") or "missing")
    if policy not in _PULLED:
        subject.lose(
            "pull_policy",
            f"nodes pull always, never, or what they do not have, and not '{policy}'.",
            "Say 'always', or accept it.",
        )
    for entry in texts(definition.get("tmpfs")):
        _memory(subject, "tmpfs", entry.partition(":")[2].split(","))
    for index, entry in enumerate(definition.get("volumes") or ()):
        if isinstance(entry, Mapping):
            _long_volume(subject, entry, index)


def look_for_lost_networks(subjects: Iterable[Subject]) -> None:
    """Note what is lost of the networks of a stack, each once."""
    told: set[str] = set()
    for subject in subjects:
        for name in subject.service.networks:
            declared = subject.stack.networks.get(name)
            if declared is None or name in told:
                continue
            told.add(name)
            for key in sorted(_OF_NETWORKS.keys() & declared.definition.keys()):
                if declared.definition[key]:
                    subject.lose(
                        f"networks.{name}.{key}",
                        _OF_NETWORKS[key],
                        "Say what may reach what in a NetworkPolicy of an overlay, or accept it.",
                        "networks",
                        name,
                    )


def _attached(subject: Subject) -> None:
    for name, said in _mapping(subject.service.definition.get("networks")):
        for key in sorted(_OF_ATTACHING.keys() & (said if isinstance(said, Mapping) else {})):
            subject.lose(
                f"networks.{name}.{key}",
                _OF_ATTACHING[key],
                "Reach it by its name, or accept it.",
                *("networks", name, key),
            )


def _long_volume(subject: Subject, entry: Mapping[str, Any], index: int) -> None:
    for below, key in (("bind", "propagation"), ("bind", "recursive"), ("tmpfs", "mode")):
        options = entry.get(below)
        if isinstance(options, Mapping) and options.get(key) is not None:
            subject.lose(
                f"volumes.{below}.{key}",
                "mounts of a pod have no such option.",
                f"Remove it, or accept it: kubernetes: {{accept: [volumes.{below}.{key}]}}.",
                *("volumes", index, below, key),
            )


def _memory(subject: Subject, key: str, options: list[str]) -> None:
    further = sorted({one for one in options if one and one.partition("=")[0] not in _OF_TMPFS})
    if further:
        subject.lose(
            key,
            f"the options {', '.join(further)} of a mount are Podman's.",
            "Remove them, or accept it.",
        )


def _mapping(value: Any) -> Iterator[tuple[str, Any]]:
    return iter(value.items() if isinstance(value, Mapping) else ())
