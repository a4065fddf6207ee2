"""Health checks as probes: they decide who gets requests, and restart nothing unless asked to."""

from __future__ import annotations

import math
from typing import Any

from container_manager.compose.model import HealthCheck
from container_manager.export.kubernetes.subject import Subject
from container_manager.export.kubernetes.values import seconds

_START_EVERY = 5.0
"""Seconds between two looks at a container that starts, at most."""

_LEAST_START = 300.0
"""Seconds that a start may take at least: Kubernetes ends a container that takes longer."""


def probes(subject: Subject) -> dict[str, Any]:
    """The probes of a service's container; none where its compose file has no health check."""
    check = subject.service.healthcheck
    if check is None or check.disabled or not check.test or subject.is_job:
        return {}
    action = {"exec": {"command": _command(check)}}
    readiness = {
        **action,
        "periodSeconds": seconds(check.interval),
        "timeoutSeconds": seconds(check.timeout),
        "failureThreshold": check.retries,
    }
    found: dict[str, Any] = {"readinessProbe": readiness}
    if check.start_period > 0:
        every = min(check.interval, _START_EVERY)
        longest = max(check.start_period, subject.service.start_timeout or 0.0, _LEAST_START)
        found["startupProbe"] = {
            **action,
            "periodSeconds": seconds(every),
            "timeoutSeconds": seconds(check.timeout),
            "failureThreshold": math.ceil(longest / seconds(every)) + check.retries,
        }
    if subject.asked.liveness:
        found["livenessProbe"] = {**readiness}
    return found


def _command(check: HealthCheck) -> list[str]:
    kind, *words = check.test
    if kind == "CMD-SHELL":
        return ["/bin/sh", "-c", " ".join(words)]
    return words
