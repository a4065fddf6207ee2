"""The small languages inside of compose files: durations, volumes, restart policies.

Each function takes an interpolated value and raises :class:`ValueError` with a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:us|ms|s|m|h))+", re.ASCII)
_PART = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|m|h)", re.ASCII)
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_RESTART = re.compile(r"no|always|unless-stopped|on-failure(?::[0-9]{1,9})?|")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One entry of ``volumes``: a path on the host, a named volume, or neither (anonymous, tmpfs).

    Attributes:
        kind: ``bind``, ``volume``, ``tmpfs`` or another type of Podman's.
        source: a path or a name as written; empty where there is none.
        target: the path in the container.
        create: whether a missing path on the host may be created.
        options: what else is said of it: ``ro``, ``z``, …
    """

    kind: str
    source: str
    target: str
    create: bool = True
    options: tuple[str, ...] = ()


def duration(value: Any) -> float:
    """Seconds of a compose duration.

    >>> duration("1m30s"), duration("500ms")
    (90.0, 0.5)
    """
    text = value if isinstance(value, str) else ""
    if not _DURATION.fullmatch(text):
        raise ValueError(f"{value!r} is no duration; write a number and a unit: 30s, 1m30s, 500ms")
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))


def restart(value: Any) -> str:
    """The restart policy, or empty.

    >>> restart(None), restart("on-failure:3")
    ('', 'on-failure:3')
    """
    text = "" if value is None or isinstance(value, bool) else str(value)
    if not _RESTART.fullmatch(text):
        raise ValueError(
            f"{text!r} is no policy; there are 'no', always, unless-stopped, on-failure and "
            "on-failure:TIMES"
        )
    return text


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
    kind = "bind" if first[0] in "./~" else "volume"
    said = tuple(others[1].split(",")) if others[1:] else ()
    return Mount(kind=kind, source=first, target=others[0], options=said)


def _long_mount(value: Mapping[str, Any]) -> Mount:
    kind = str(value.get("type") or "volume")
    if not value.get("target"):
        raise ValueError("a volume needs 'target', the path in the container")
    source = str(value.get("source") or "")
    if kind == "bind" and not source:
        raise ValueError("a bind mount needs 'source', the path on the host")
    options = value.get("bind")
    create = not (isinstance(options, Mapping) and options.get("create_host_path") is False)
    label = options.get("selinux") if isinstance(options, Mapping) else None
    said = (str(label),) if label else ()
    return Mount(kind=kind, source=source, target=str(value["target"]), create=create, options=said)
