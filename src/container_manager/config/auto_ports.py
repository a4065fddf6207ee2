"""The value ``auto`` of a service's port: a free one, which stays once it is remembered.

A key that is called ``port_host``, or ends in ``_port_host``, may say ``auto`` at any depth of a
service's definition. ``choosing_ports`` finds the ports, ``build/ports.py`` remembers them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

AUTO = "auto"
CHOSEN = "chosen for 'auto'"
"""How a place is told where the port was ours to choose."""

KEY = "port_host"
ADDRESS = "bind_address"

FILE = "ports.json"
"""In the private folder: configuration -> key -> port."""

FIRST = 20000
COUNT = 10000
"""The ports that are chosen from: above the privileged ones, below those that Linux gives to
programs that name none (from 32768 on) and those of Kubernetes' nodes (from 30000 on)."""


class AutoPort(int):
    """A port that was chosen for ``auto``; a plain number for everybody who reads it.

    Attributes:
        key: the key that said ``auto``.
        config: the name of its configuration.
        path: the file that remembers it, or will.
    """

    key: str
    config: str
    path: Path

    @classmethod
    def of(cls, ports: AutoPorts, key: str) -> AutoPort:
        """The port of a key."""
        port = cls(ports.chosen[key])
        port.key, port.config, port.path = key, ports.config, ports.path
        return port


def represent_port(dumper: Any, value: AutoPort) -> yaml.Node:
    """A port as YAML: the number that it is."""
    node: yaml.Node = dumper.represent_int(int(value))
    return node


# People dump the configuration that ConfigBuilder gives them with plain PyYAML.
for _name in ("SafeDumper", "Dumper", "CSafeDumper", "CDumper"):
    if hasattr(yaml, _name):  # the latter two are there where PyYAML was built with libyaml
        getattr(yaml, _name).add_representer(AutoPort, represent_port)


@dataclass(frozen=True, slots=True, kw_only=True)
class Avoided:
    """What is not to be chosen.

    Attributes:
        ports: ports of others.
        given_up: keys whose remembered ports somebody else has, and who that is.
    """

    ports: frozenset[int] = frozenset()
    given_up: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoPorts:
    """The ports of one configuration that ``auto`` stands for.

    Attributes:
        path: the file that remembers them.
        config: the name of the configuration, as that file has it.
        chosen: key -> port, for every key that says ``auto``.
        addresses: the same keys -> the address at which the port is to be free; empty for all.
        fresh: those keys whose ports are not remembered yet.
        given_up: those of them that had another port -> that port, and who has it now.
    """

    path: Path
    config: str
    chosen: Mapping[str, int] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    fresh: frozenset[str] = frozenset()
    given_up: Mapping[str, tuple[int, str]] = field(default_factory=dict)


def is_port_key(name: object) -> bool:
    """Whether a key may say ``auto``.

    >>> [is_port_key(name) for name in ("port_host", "admin-port-host", "port", "transport_host")]
    [True, True, False, False]
    """
    plain = str(name).replace("-", "_")
    return plain == KEY or plain.endswith(f"_{KEY}")


def read(path: Path) -> dict[str, dict[str, int]]:
    """What is remembered; nothing where the file is not what we write."""
    try:
        stored = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(stored, dict):
        return {}
    return {
        str(config): {str(key): port for key, port in ports.items() if _is_port(port)}
        for config, ports in stored.items()
        if isinstance(ports, dict)
    }


def _is_port(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 16
