"""Published ports, as Podman takes them: what it would refuse is refused before anything stops.

:func:`ports` takes an interpolated value and raises :class:`ValueError` with a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

_RANGE = r"[0-9]+(?:-[0-9]+)?"
_NUMBERS = re.compile(rf"(?:(?P<host>{_RANGE})?:)?(?P<container>{_RANGE})")
_PROTOCOLS = ("tcp", "udp", "sctp")
_MAX_PORT = 65535
_HERE_ONLY = "127.0.0.1 is this machine alone, 0.0.0.0 every address"


@dataclass(frozen=True, slots=True, kw_only=True)
class PortSpec:
    """One published port; ``host_port`` is None where Podman chooses."""

    host_ip: str
    host_port: int | None
    container_port: int
    protocol: str


def ports(value: Any) -> list[PortSpec]:
    """The ports of one entry, ranges spelled out.

    >>> [(p.host_ip, p.host_port, p.container_port) for p in ports("127.0.0.1:80-81:8080-8081")]
    [('127.0.0.1', 80, 8080), ('127.0.0.1', 81, 8081)]
    """
    if isinstance(value, Mapping):
        return _long_port(value)
    text, slash, protocol = str(value).partition("/")
    address, numbers = _split(text)
    match = _NUMBERS.fullmatch(numbers)
    if isinstance(value, bool) or not match:
        raise ValueError(f"{value!r} is no port; {_hint(text)}")
    host_ip = "" if address is None else _address(address)
    if address is not None and ":" not in numbers:
        raise ValueError(_lonely(address, numbers))
    return _expanded(
        host_ip=host_ip,
        host=match["host"] or "",
        container=match["container"],
        protocol=protocol if slash else "tcp",
    )


def _split(text: str) -> tuple[str | None, str]:
    """The address, None where there is none, and the ports behind it."""
    if text.startswith("["):
        address, bracket, numbers = text.partition("]:")
        return (address + "]", numbers) if bracket else (None, text)
    if text.count(":") > 1:
        address, host, container = text.rsplit(":", 2)
        return address, f"{host}:{container}"
    return None, text


def _hint(text: str) -> str:
    """What to write instead of a port that is none."""
    first, colon, container = text.rpartition(":")
    if colon and _is_address(first):
        return _lonely(first, container)
    return "write HOST:CONTAINER or ADDRESS:HOST:CONTAINER, in quotes and in plain digits"


def _lonely(address: str, container: str) -> str:
    return (
        f"after an address stand two ports: write {address}:HOST:{container}, or "
        f"{address}::{container} to let Podman choose the port of this machine"
    )


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _address(text: str) -> str:
    """An address as Podman takes it, without brackets.

    Raises:
        ValueError: it is none, or one that Podman refuses.
    """
    if not text:
        raise ValueError(f"the address before the port is empty; {_HERE_ONLY}")
    inner = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        address: IPv4Address | IPv6Address = ip_address(inner)
    except ValueError:
        kind = "a name" if re.match(r"[A-Za-z_]", text) and ":" not in text else "no IP address"
        raise ValueError(
            f"'{text}' is {kind}, and a port is bound to an IP address: {_HERE_ONLY}"
        ) from None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            raise ValueError(
                f"Podman does not take the zone '%{address.scope_id}' of the address '{text}'; "
                f"{_HERE_ONLY}"
            )
        if inner == text:
            raise ValueError(
                f"the IPv6 address {text} must stand in brackets and quotes: '[{text}]'"
            )
        return str(address.ipv4_mapped or address)
    return str(address)


def _long_port(value: Mapping[str, Any]) -> list[PortSpec]:
    if "target" not in value:
        raise ValueError("a port needs 'target', the port in the container")
    given = {key: _text(value.get(key)) for key in ("target", "published", "host_ip")}
    for key in ("target", "published"):
        if not re.fullmatch(rf"{_RANGE}|", given[key]):
            raise ValueError(f"'{key}' is {value[key]!r}, which is no port")
    return _expanded(
        host_ip=_address(given["host_ip"]) if given["host_ip"] else "",
        host=given["published"],
        container=given["target"],
        protocol=_text(value.get("protocol")) or "tcp",
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _expanded(*, host_ip: str, host: str, container: str, protocol: str) -> list[PortSpec]:
    if protocol not in _PROTOCOLS:
        raise ValueError(f"{protocol!r} is no protocol; there are {', '.join(_PROTOCOLS)}")
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
    # Beyond the fifth digit it is too large anyway, and Python reads no number of 5000 digits.
    low, high = (int(part[:6] or 0) for part in (first, last or first))
    if not 0 < low <= high <= _MAX_PORT:
        raise ValueError(f"{text} is not between 1 and {_MAX_PORT}")
    return list(range(low, high + 1))
