"""The small languages inside of compose files: durations, ports, volumes.

Each function takes an interpolated value and raises :class:`ValueError` with a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:us|ms|s|m|h))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|m|h)")
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PORT = re.compile(
    r"(?:(?P<ip>\[[\w:.%]+\]|\d+\.\d+\.\d+\.\d+):)?"
    r"(?:(?P<host>\d*(?:-\d+)?):)?(?P<container>\d+(?:-\d+)?)(?:/(?P<protocol>tcp|udp|sctp))?"
)
_MAX_PORT = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class PortSpec:
    """One published port; ``host_port`` is None where Podman chooses."""

    host_ip: str
    host_port: int | None
    container_port: int
    protocol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One entry of ``volumes``: a path on the host, a named volume, or neither (anonymous, tmpfs).

    Attributes:
        kind: ``bind``, ``volume``, ``tmpfs`` or another type of Podman's.
        source: a path or a name as written; empty where there is none.
        target: the path in the container.
        create: whether a missing path on the host may be created.
    """

    kind: str
    source: str
    target: str
    create: bool = True


def duration(value: Any) -> float:
    """Seconds of a compose duration.

    >>> duration("1m30s"), duration("500ms")
    (90.0, 0.5)
    """
    text = value if isinstance(value, str) else ""
    if not _DURATION.fullmatch(text):
        raise ValueError(f"{value!r} is no duration; write a number and a unit: 30s, 1m30s, 500ms")
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))


def ports(value: Any) -> list[PortSpec]:
    """The ports of one entry, ranges spelled out.

    >>> [(p.host_ip, p.host_port, p.container_port) for p in ports("127.0.0.1:80-81:8080-8081")]
    [('127.0.0.1', 80, 8080), ('127.0.0.1', 81, 8081)]
    """
    if isinstance(value, Mapping):
        return _long_port(value)
    match = _PORT.fullmatch(str(value))
    if isinstance(value, bool) or not match:
        raise ValueError(f"{value!r} is no port; write HOST:CONTAINER, in quotes")
    return _expanded(
        host_ip=(match["ip"] or "").strip("[]"),
        host=match["host"] or "",
        container=match["container"],
        protocol=match["protocol"] or "tcp",
    )


def _long_port(value: Mapping[str, Any]) -> list[PortSpec]:
    if "target" not in value:
        raise ValueError("a port needs 'target', the port in the container")
    for key in ("target", "published"):
        if not re.fullmatch(r"\d+(-\d+)?|", str(value.get(key) or "")):
            raise ValueError(f"'{key}' is {value[key]!r}, which is no port")
    return _expanded(
        host_ip=str(value.get("host_ip") or ""),
        host=str(value.get("published") or ""),
        container=str(value["target"]),
        protocol=str(value.get("protocol") or "tcp"),
    )


def _expanded(*, host_ip: str, host: str, container: str, protocol: str) -> list[PortSpec]:
    inside = _range(container)
    outside: list[int | None] = [*_range(host)] if host else [None] * len(inside)
    if len(outside) != len(inside):
        raise ValueError(f"the ranges {host} and {container} are not equally long")
    return [
        PortSpec(host_ip=host_ip, host_port=h, container_port=c, protocol=protocol)
        for h, c in zip(outside, inside, strict=True)
    ]


def _range(text: str) -> list[int]:
    first, _, last = text.partition("-")
    low, high = int(first or 0), int(last or first or 0)
    if not 0 < low <= high <= _MAX_PORT:
        raise ValueError(f"{text} is not between 1 and {_MAX_PORT}")
    return list(range(low, high + 1))


def mount(value: Any) -> Mount:
    """One entry of ``volumes``.

    >>> mount("./data:/data:ro").kind, mount("data:/data").source, mount("/data").source
    ('bind', 'data', '')
    """
    if isinstance(value, Mapping):
        return _long_mount(value)
    first, *others = str(value).split(":")
    if not others or not others[0].startswith("/"):
        if not first.startswith("/"):
            raise ValueError(f"{value!r} is no volume; write SOURCE:TARGET or SOURCE:TARGET:ro")
        return Mount(kind="volume", source="", target=first)
    if len(others) > len(("target", "options")) or not first:
        raise ValueError(f"{value!r} is no volume; write SOURCE:TARGET or SOURCE:TARGET:ro")
    return Mount(kind="bind" if first[0] in "./~" else "volume", source=first, target=others[0])


def _long_mount(value: Mapping[str, Any]) -> Mount:
    kind = str(value.get("type") or "volume")
    if not value.get("target"):
        raise ValueError("a volume needs 'target', the path in the container")
    source = str(value.get("source") or "")
    if kind == "bind" and not source:
        raise ValueError("a bind mount needs 'source', the path on the host")
    options = value.get("bind")
    create = not (isinstance(options, Mapping) and options.get("create_host_path") is False)
    return Mount(kind=kind, source=source, target=str(value["target"]), create=create)
