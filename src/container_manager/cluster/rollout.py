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
        pods: those of its present revision; see :func:`current`.
        now: the present time, with its zone.
    """
    if _unseen(workload):  # the pods that are there are not those that were asked for
        return Verdict(phase=Phase.WAITING, reason="the cluster has not looked at it yet")
    said = _BY_KIND.get(workload["kind"], _replicas)(workload)
    if said.phase is not Phase.WAITING:
        return said
    for pod in pods:
        for reason, message in waiting_reasons(pod):
            text = f"{pod['metadata']['name']}: {reason}" + (f", {message}" if message else "")
            if reason in _HOPELESS or (reason == _PULLING and _age(pod, now) > _PULL_PATIENCE):
                return Verdict(phase=Phase.FAILED, reason=text)
            said = Verdict(phase=Phase.WAITING, reason=f"{said.reason} ({reason})")
            break
    return said


def current(
    workload: Object, pods: Sequence[Object], replica_sets: Sequence[Object]
) -> list[Object]:
    """The pods of the present revision: those of an older one may well serve on, or be broken.

    Args:
        workload: a Deployment, StatefulSet or Job as the cluster shows it.
        pods: all of its pods.
        replica_sets: those of a Deployment.
    """
    if workload["kind"] == "StatefulSet":
        revision = (workload.get("status") or {}).get("updateRevision")
        return [pod for pod in pods if _label(pod, "controller-revision-hash") == revision]
    if workload["kind"] != "Deployment":
        return list(pods)
    newest = max(replica_sets, key=_number, default=None)
    if newest is None:
        return []
    revision = _label(newest, "pod-template-hash")
    return [pod for pod in pods if _label(pod, "pod-template-hash") == revision]


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


def cannot_make(workload: Object) -> str:
    """Why the cluster makes no pods, a quota say; empty where it does."""
    for condition in (workload.get("status") or {}).get("conditions") or ():
        if condition.get("type") == "ReplicaFailure" and condition.get("status") == "True":
            return str(condition.get("message") or condition.get("reason") or "")
    return ""


def is_ready(pod: Object) -> bool:
    """Whether the pod serves, or is done."""
    status = pod.get("status") or {}
    if status.get("phase") == "Succeeded":
        return True
    conditions = status.get("conditions") or ()
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)


def _unseen(workload: Object) -> bool:
    observed = int((workload.get("status") or {}).get("observedGeneration") or 0)
    counted = workload["kind"] != "Job"
    return counted and observed < int(workload["metadata"].get("generation", 0))


def _replicas(workload: Object) -> Verdict:
    status: dict[str, Any] = workload.get("status") or {}
    for condition in status.get("conditions") or ():
        if condition.get("reason") == "ProgressDeadlineExceeded":
            return Verdict(phase=Phase.FAILED, reason=str(condition.get("message")))
    wanted = workload["spec"].get("replicas", 1)
    updated, ready = _updated(workload, status, wanted), status.get("readyReplicas") or 0
    if updated < wanted:
        why = cannot_make(workload)
        reason = f"{updated} of {wanted} pods are new" + (f": {why}" if why else "")
        return Verdict(phase=Phase.WAITING, reason=reason)
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


def _everywhere(daemons: Object) -> Verdict:
    """Of a DaemonSet, the nodes say how many pods there are."""
    status: dict[str, Any] = daemons.get("status") or {}
    wanted = int(status.get("desiredNumberScheduled") or 0)
    new = int(status.get("updatedNumberScheduled") or 0)
    ready = min(new, int(status.get("numberAvailable") or 0))
    told = f"{ready} of {wanted} pods are ready"
    return Verdict(phase=Phase.READY if ready >= wanted else Phase.WAITING, reason=told)


_BY_KIND = {"Job": _job, "DaemonSet": _everywhere}


def _label(one: Object, name: str) -> str:
    return str((one["metadata"].get("labels") or {}).get(name) or "")


def _number(replica_set: Object) -> int:
    """Revisions count up; the cluster itself writes them here."""
    annotations = replica_set["metadata"].get("annotations") or {}
    return int(annotations.get("deployment.kubernetes.io/revision") or 0)


def _age(pod: Object, now: datetime) -> float:
    made = pod["metadata"].get("creationTimestamp")
    return (now - datetime.fromisoformat(made).astimezone(UTC)).total_seconds() if made else 0.0
