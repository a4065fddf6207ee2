"""Memory and processors that containers use, from what ``podman stats`` says."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from container_manager.lifecycle.status.model import Usage
from container_manager.podman.answers import json_list
from container_manager.podman.engine import Engine

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_SIZE = re.compile(r"([\d.]+)\s*([kmgt]?)(i?)b", re.IGNORECASE)
_SPAN = re.compile(r"([\d.]+)(h|ms|m|s|us|µs|ns)")
_SHORTEST = 0.2
"""Seconds between two looks from which the use of processors can be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What Podman said of one container.

    Attributes:
        memory: bytes.
        memory_limit: bytes; None where nothing says.
        cpu_time: seconds of processors since it was started.
        average: processors in use, on average since then.
    """

    memory: int
    memory_limit: int | None
    cpu_time: float
    average: float


class Meter:
    """Measures what containers use; processors are those since it looked last.

    Args:
        engine: Podman.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._before: tuple[float, Mapping[str, Sample]] = (0.0, {})

    def measure(self, ids: Iterable[str]) -> dict[str, Usage]:
        """What running containers use; those that Podman cannot tell are left out.

        Args:
            ids: full ids of containers.
        """
        running = list(ids)
        if not running:
            return {}
        answer = self._engine.call("stats", "--no-stream", "--format=json", *running)
        now = time.monotonic()
        samples = samples_of(json_list(answer, tolerant=True))
        full = {one[: len(short)]: one for short in samples for one in running}
        earlier, known = self._before
        if now - earlier >= _SHORTEST:
            self._before = (now, samples)
        return {
            full[short]: _usage(sample, known.get(short), now - earlier)
            for short, sample in samples.items()
            if short in full
        }


def _usage(sample: Sample, before: Sample | None, seconds: float) -> Usage:
    cpu = sample.average
    # A container that was started again counts from nothing.
    if before is not None and seconds >= _SHORTEST and sample.cpu_time >= before.cpu_time:
        cpu = (sample.cpu_time - before.cpu_time) / seconds
    return Usage(memory=sample.memory, memory_limit=sample.memory_limit, cpu=cpu)


def samples_of(answer: Iterable[Any]) -> dict[str, Sample]:
    """Short id of a container -> what Podman says of it; what cannot be read is left out."""
    found = {}
    for one in answer:
        if not isinstance(one, Mapping):
            continue
        used, _, limit = str(one.get("mem_usage") or "").partition("/")
        memory, percent = size(used), str(one.get("avg_cpu") or one.get("cpu_percent") or "")
        if memory is None or not one.get("id"):
            continue
        found[str(one["id"])] = Sample(
            memory=memory,
            memory_limit=size(limit),
            cpu_time=span(str(one.get("cpu_time") or "")),
            average=_number(percent.rstrip("%")) / 100,
        )
    return found


def size(text: str) -> int | None:
    """Bytes, as Podman writes them.

    >>> size("647.2kB"), size("1.5GiB "), size("-- ")
    (647200, 1610612736, None)
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        return None
    number, unit, binary = match.groups()
    decimal = _UNITS[unit.lower()]
    factor = 1024 ** (len(str(decimal)) // 3) if binary else decimal
    return round(_number(number) * factor)


def span(text: str) -> float:
    """Seconds, as Go writes a length of time; 0 where it is none.

    >>> span("1m2.5s"), span("338.5ms"), span("")
    (62.5, 0.3385, 0.0)
    """
    return sum((_number(number) * _SECONDS[unit] for number, unit in _SPAN.findall(text)), 0.0)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
