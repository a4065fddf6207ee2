"""Limits of memory, processors and processes, as Podman and podman-compose take them.

What Podman refuses would stop the service that runs; what podman-compose cannot read, it drops
without a word, so that there would be no limit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from container_manager.compose.interpolate import Reader
from container_manager.model import KeyPath, Node, dotted

# The same for all versions of Podman: some take more than others.
_SIZE = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?) ?(?P<unit>b|[kmgtp](?:i?b)?)?", re.IGNORECASE)
_UNITS = " kmgtp"
_LEAST_MEMORY = 4 * 1024**2
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
_LEAST_CPUS = 0.01
_WHOLE = re.compile(r"-1|[0-9]{1,18}")
_SHARES = range(2, 262144 + 1)


def size(value: Any) -> float:
    """Bytes.

    >>> size("512m"), size("1.5 GiB"), size(2048)
    (536870912.0, 1610612736.0, 2048.0)
    """
    match = None if isinstance(value, bool) else _SIZE.fullmatch(str(value))
    if match is None:
        raise ValueError(f"{value!r} is no size; write a number and a unit: 512m, 1.5g")
    unit = (match["unit"] or " ")[0].lower()
    return float(match["number"]) * 1024.0 ** max(_UNITS.find(unit), 0)


def memory(value: Any) -> float:
    """Bytes that a container may use; 0 for no limit."""
    result = size(value)
    if 0 < result < _LEAST_MEMORY:
        raise ValueError(
            f"{value!r} is {result:.0f} bytes, and no container starts with less than 4m"
        )
    return result


def processors(value: Any) -> float:
    """Processors that a container may use; 0 for no limit."""
    if isinstance(value, bool) or not _NUMBER.fullmatch(str(value)):
        raise ValueError(f"{value!r} is no number of processors; write 2 or 0.5")
    result = float(value)
    if 0 < result < _LEAST_CPUS:
        raise ValueError(f"{value!r} is less than a processor can be divided into, which is 0.01")
    return result


def processes(value: Any) -> int:
    """Processes that a container may have."""
    if isinstance(value, bool) or not _WHOLE.fullmatch(str(value)):
        raise ValueError(
            f"{value!r} is no number of processes; write a whole number, or -1 for any"
        )
    return int(value)


def shares(value: Any) -> int:
    """The weight of a container among others."""
    if isinstance(value, bool) or not _WHOLE.fullmatch(str(value)) or int(value) not in _SHARES:
        raise ValueError(f"{value!r} is no whole number from {_SHARES[0]} to {_SHARES[-1]}")
    return int(value)


_LIMITS = ("deploy", "resources", "limits")
_MEMORY: KeyPath = (*_LIMITS, "memory")
_PIDS: KeyPath = (*_LIMITS, "pids")
_RESERVED: KeyPath = ("deploy", "resources", "reservations", "memory")
_READERS: Mapping[KeyPath, Callable[[Any], float]] = {
    ("mem_limit",): memory,
    _MEMORY: memory,
    ("mem_reservation",): size,
    _RESERVED: size,
    ("shm_size",): size,
    ("cpus",): processors,
    (*_LIMITS, "cpus"): processors,
    ("cpu_shares",): shares,
    ("pids_limit",): processes,
    _PIDS: processes,
}


def check_limits(node: Node, definition: Mapping[str, Any], path: KeyPath, reader: Reader) -> None:
    """Report every limit of a service that cannot be set.

    Args:
        node: the service as written.
        definition: the same, interpolated.
        path: its place in the file.
        reader: keeps the findings.
    """
    read: dict[KeyPath, float] = {}
    for keys, meaning in _READERS.items():
        value = _at(definition, keys, node, path, reader)
        # podman-compose takes an empty text for no limit, but hands that of pids_limit on.
        if value is None or (value == "" and meaning is not processes) or "${" in str(value):
            continue
        try:
            read[keys] = meaning(value)
        except ValueError as error:
            reader.problem(node.nearest(keys).where, f"'{dotted((*path, *keys))}': {error}.")
    _check_together(node, read, path, reader)


def _at(
    definition: Mapping[str, Any], keys: KeyPath, node: Node, path: KeyPath, reader: Reader
) -> Any:
    value: Any = definition
    for depth, key in enumerate(keys):
        if key not in value:
            return None
        value = value[key]
        if depth + 1 < len(keys) and not isinstance(value, Mapping):
            at = keys[: depth + 1]
            message = f"'{dotted((*path, *at))}' must be a mapping."
            if not any(one.message == message for one in reader.problems):
                reader.problem(node.nearest(at).where, message)
            return None
    return value


def _check_together(
    node: Node, read: Mapping[KeyPath, float], path: KeyPath, reader: Reader
) -> None:
    """What is right alone and wrong together; podman-compose prefers ``deploy`` for memory."""
    most = read.get(_MEMORY) or read.get(("mem_limit",)) or 0
    reserved = read.get(_RESERVED) or read.get(("mem_reservation",)) or 0
    if 0 < most < reserved:
        keys = _RESERVED if read.get(_RESERVED) else ("mem_reservation",)
        reader.problem(
            node.nearest(keys).where,
            f"'{dotted((*path, *keys))}' reserves more memory than the service may use.",
            "Reserve less, or raise the limit.",
        )
    pids = {read[keys] for keys in (("pids_limit",), _PIDS) if keys in read}
    if len(pids) > 1:
        reader.problem(
            node.nearest(_PIDS).where,
            f"'{dotted((*path, *_PIDS))}' and 'pids_limit' differ.",
            "Keep one of them.",
        )
