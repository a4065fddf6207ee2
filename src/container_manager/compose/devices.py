"""The devices that services ask for.

One of the Container Device Interface is named ``VENDOR/CLASS=NAME``; graphics processors are given
to containers that way.

Source: the CDI specification; podman-run(1), ``--device``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from container_manager.compose.model import ComposeService

GRAPHICS = "nvidia.com/gpu"
"""What podman-compose asks Podman for where a template reserves ``driver: nvidia``."""

_NAMED = re.compile(r"([^/=:]+/[^/=:]+)=([^=:]+)")


def is_cdi(device: str) -> bool:
    """Whether a device is one of the Container Device Interface.

    >>> is_cdi("nvidia.com/gpu=all"), is_cdi("/dev/fuse")
    (True, False)
    """
    return _NAMED.fullmatch(device) is not None


def devices_of(service: ComposeService) -> list[str]:
    """The devices that a service asks for, as written; reserved ones by their names."""
    said = {**service.definition, **service.default_keys}
    listed = [str(one) for one in _listed(said.get("devices"))]
    reserved: Any = said
    for key in ("deploy", "resources", "reservations", "devices"):
        reserved = reserved.get(key) if isinstance(reserved, Mapping) else None
    for one in _listed(reserved):
        if isinstance(one, Mapping):
            listed += _reserved(one)
    return listed


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _reserved(one: Mapping[str, Any]) -> list[str]:
    if one.get("driver") != "nvidia" or "gpu" not in (one.get("capabilities") or ()):
        return []
    ids, count = _listed(one.get("device_ids")), one.get("count", "all")
    if ids:
        return [f"{GRAPHICS}={each}" for each in ids]
    if isinstance(count, int):
        return [f"{GRAPHICS}={number}" for number in range(count)]
    return [f"{GRAPHICS}=all"]
