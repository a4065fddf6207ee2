"""``environment`` and ``env_file`` of a service: plain values in the pod, secrets beside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from container_manager.compose.model import SecretEntry
from container_manager.config.environment import Environment, Report
from container_manager.export.kubernetes.model import SecretNeed
from container_manager.export.kubernetes.subject import Subject
from container_manager.export.kubernetes.values import literal

_KEY = re.compile(r"[A-Za-z0-9._-]{1,253}")
_NAME = re.compile(r"[A-Za-z_.-][A-Za-z0-9_.-]*")


def secret_of_variables(subject: Subject) -> str:
    """The Secret that holds them: ours, or one that the cluster has."""
    return subject.asked.secret_ref or f"{subject.name}-environment"


def variables(subject: Subject) -> list[dict[str, Any]]:
    """The environment of its container, in the order of names."""
    service = subject.service
    plain = {**subject.env_files, **{k: v for k, v in service.environment.items() if v is not None}}
    found: dict[str, dict[str, Any]] = {
        name: {"name": name, "value": literal(value)} for name, value in plain.items()
    }
    for entry in _delivered(subject):
        if _KEY.fullmatch(entry.key) is None:
            subject.refuse(
                f"holds a secret in the variable '{entry.key}', a name that no Secret can hold.",
                "Use letters, digits, '_', '.' and '-'.",
                *("environment", entry.key),
            )
        reference = {"name": secret_of_variables(subject), "key": entry.key}
        found[entry.key] = {"name": entry.key, "valueFrom": {"secretKeyRef": reference}}
    for name in found:
        if _NAME.fullmatch(name) is None:
            subject.refuse(
                f"has the variable '{name}', a name that Kubernetes does not take.",
                "Use letters, digits, '_', '.' and '-', and begin with no digit.",
                *("environment", name),
            )
    return [found[name] for name in sorted(found)]


def secret_need(subject: Subject) -> SecretNeed | None:
    """The Secret of its variables, where one has to be made."""
    entries = _delivered(subject)
    if not entries or subject.asked.secret_ref:
        return None
    environment = subject.stack.environment
    return SecretNeed(
        name=secret_of_variables(subject),
        values={entry.key: _finder(entry, environment) for entry in entries},
    )


def _delivered(subject: Subject) -> list[SecretEntry]:
    """Entries that the container gets: a bare name that is not set is none, as in compose."""
    environment = subject.stack.environment
    return [
        entry
        for entry in subject.service.secret_entries
        if subject.asked.secret_ref
        or not entry.passed_through
        or environment.get(entry.key) is not None
    ]


def _finder(entry: SecretEntry, environment: Environment) -> Callable[[], str]:
    def find() -> str:
        return environment.interpolate(entry.text, Report())

    return find
