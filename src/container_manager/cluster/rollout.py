"""Is a workload as it should be? Decided from what the cluster says of it and of its pods."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from container_manager.cluster.api import Object

_HOPELESS = ("InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError")
"""Reasons that no waiting mends."""

_PULLING = "ImagePullBackOff"
_PULL_PATIENCE = 20.0
"""Seconds that a pod may be unable to pull its image: a registry may have hiccups."""


class Phase(enum.Enum):
    """How far a workload has come."""

    READY = "ready"
    WAITING = "waiting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How far, and why that is said."""

    phase: Phase
    reason: str


def verdict(workload: Object, pods: Sequence[Object], now: datetime) -> Verdict:
    """How far a workload has come.

    Args:
        workload: a Deployment, StatefulSet or Job as the cluster shows it.
        pods: its pods; see :func:`newest`.
        now: the present time, with its zone.
    """
    said = _job(workload) if workload["kind"] == "Job" else _replicas(workload)
    if said.phase is not Phase.WAITING:
        return said
    for pod in newest(pods):
        for reason, message in waiting_reasons(pod):
            text = f"{pod['metadata']['name']}: {reason}" + (f", {message}" if message else "")
            if reason in _HOPELESS or (reason == _PULLING and _age(pod, now) > _PULL_PATIENCE):
                return Verdict(phase=Phase.FAILED, reason=text)
            said = Verdict(phase=Phase.WAITING, reason=f"{said.reason} ({reason})")
            break
    return said


def newest(pods: Sequence[Object]) -> list[Object]:
    """The pods of the newest revision: those of an older one may well serve on."""
    if not pods:
        return []
    last = max(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp", "")))
    return [pod for pod in pods if _revision(pod) == _revision(last)]


def waiting_reasons(pod: Object) -> Iterable[tuple[str, str]]:
    """What the pod's containers wait for: reason and message."""
    status = pod.get("status") or {}
    for key in ("initContainerStatuses", "containerStatuses"):
        for container in status.get(key) or ():
            waiting = (container.get("state") or {}).get("waiting") or {}
            reason = waiting.get("reason")
            if reason and reason not in ("PodInitializing", "ContainerCreating"):
                yield str(reason), str(waiting.get("message") or "")
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            yield str(condition.get("reason")), str(condition.get("message") or "")


def is_ready(pod: Object) -> bool:
    """Whether the pod serves, or is done."""
    status = pod.get("status") or {}
    if status.get("phase") == "Succeeded":
        return True
    conditions = status.get("conditions") or ()
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)


def _replicas(workload: Object) -> Verdict:
    status: dict[str, Any] = workload.get("status") or {}
    if int(status.get("observedGeneration") or 0) < int(workload["metadata"].get("generation", 0)):
        return Verdict(phase=Phase.WAITING, reason="the cluster has not looked at it yet")
    for condition in status.get("conditions") or ():
        if condition.get("reason") == "ProgressDeadlineExceeded":
            return Verdict(phase=Phase.FAILED, reason=str(condition.get("message")))
    wanted = workload["spec"].get("replicas", 1)
    updated, ready = _updated(workload, status, wanted), status.get("readyReplicas") or 0
    if updated < wanted:
        return Verdict(phase=Phase.WAITING, reason=f"{updated} of {wanted} pods are new")
    if (status.get("replicas") or 0) > wanted:
        return Verdict(phase=Phase.WAITING, reason="old pods are ending")
    available = status.get("availableReplicas", ready) or 0
    if workload["kind"] == "Deployment":
        ready = available
    if ready < wanted:
        return Verdict(phase=Phase.WAITING, reason=f"{ready} of {wanted} pods are ready")
    return Verdict(phase=Phase.READY, reason=f"{ready} of {wanted} pods are ready")


def _updated(workload: Object, status: dict[str, Any], wanted: int) -> int:
    """How many pods are of the newest revision."""
    settled = status.get("updateRevision") == status.get("currentRevision")
    if workload["kind"] == "StatefulSet" and settled:
        return wanted  # what counts the updated ones is left away once all are
    return int(status.get("updatedReplicas") or 0)


def _job(job: Object) -> Verdict:
    status: dict[str, Any] = job.get("status") or {}
    for condition in status.get("conditions") or ():
        if condition.get("status") != "True":
            continue
        if condition.get("type") == "Complete":
            return Verdict(phase=Phase.READY, reason="it has ended well")
        if condition.get("type") == "Failed":
            return Verdict(phase=Phase.FAILED, reason=str(condition.get("message") or "it failed"))
    return Verdict(phase=Phase.WAITING, reason="it has not ended yet")


def _revision(pod: Object) -> str:
    labels = pod["metadata"].get("labels") or {}
    return str(labels.get("pod-template-hash") or labels.get("controller-revision-hash") or "")


def _age(pod: Object, now: datetime) -> float:
    made = pod["metadata"].get("creationTimestamp")
    return (now - datetime.fromisoformat(made).astimezone(UTC)).total_seconds() if made else 0.0
