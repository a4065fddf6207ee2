"""What a project's pods do at this moment, as the rows that ``status`` shows of containers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from container_manager.cluster.api import Api, Object
from container_manager.cluster.contexts import Target
from container_manager.cluster.rollout import cannot_make, is_ready, waiting_reasons
from container_manager.cluster.wanted import SERVICE, selector_of
from container_manager.lifecycle.status.model import Status, StatusRow

_DIGEST = "sha256:"
_WORKLOADS = (("apps/v1", "Deployment"), ("apps/v1", "StatefulSet"), ("batch/v1", "Job"))


def look(api: Api, target: Target, project: str, config: str) -> Status:
    """What runs of a project.

    What differs from the configuration is not looked for: ``kube.plan`` asks the cluster that.

    Args:
        api: the cluster.
        target: where it is, for people.
        project: whose pods.
        config: the path of its configuration.
    """
    selector = selector_of(project)
    workloads = [
        one for version, kind in _WORKLOADS for one in api.listed(version, kind, labels=selector)
    ]
    pods = api.listed("v1", "Pod", labels=selector)
    services = api.listed("v1", "Service", labels=selector)
    return Status(
        project=project,
        config=f"{config} ({target})",
        rows=tuple(rows(workloads, pods, services)),
        missing=(),
        others=(),
        problems=(),
        drift_known=False,
        taken_at=time.time(),
    )


def rows(
    workloads: Sequence[Object], pods: Sequence[Object], services: Sequence[Object]
) -> Iterator[StatusRow]:
    """One row for each pod, and one for each workload that has fewer than it should.

    Args:
        workloads: Deployments, StatefulSets and Jobs of a project.
        pods: its pods.
        services: its Services.
    """
    done = {_name(one) for one in workloads if one["kind"] == "Job" and _succeeded(one)}
    for pod in sorted(pods, key=lambda one: (_service(one), _name(one))):
        labels = pod["metadata"].get("labels") or {}
        yield _row(pod, _addresses(pod, services), of_done_job=labels.get("job-name") in done)
    there = Counter(_service(one) for one in pods if not one["metadata"].get("deletionTimestamp"))
    for one in workloads:
        wanted = 0 if _name(one) in done else int(one["spec"].get("replicas", 1))
        if there[_service(one)] < wanted:
            yield _lacking(one, there[_service(one)], wanted)


def _row(pod: Object, addresses: tuple[str, ...], *, of_done_job: bool) -> StatusRow:
    status: Mapping[str, Any] = pod.get("status") or {}
    containers = status.get("containerStatuses") or ()
    first = containers[0] if containers else {}
    state = first.get("state") or {}
    ended = state.get("terminated") or {}
    name, since, exit_code = _state(pod, state)
    return StatusRow(
        service=_service(pod),
        owner="",
        container=_name(pod),
        state=name,
        health=_health(pod, first) if name == "running" else None,
        health_age=None,
        stale=False,
        exit_code=exit_code,
        since=since,
        restarts=sum(int(one.get("restartCount") or 0) for one in containers),
        addresses=addresses if name == "running" else (),
        image=str(pod["spec"]["containers"][0].get("image") or ""),
        digest=_digest(str(first.get("imageID") or "")),
        usage=None,
        drift=(),
        wrong=None if of_done_job else _wrong(pod, name, ended),
        one_off=False,
    )


def _state(pod: Object, state: Mapping[str, Any]) -> tuple[str, float | None, int | None]:
    """What the pod does, since when, and the code with which it has ended."""
    if pod["metadata"].get("deletionTimestamp"):
        return "ending", None, None
    if "running" in state:
        return "running", _seconds(state["running"].get("startedAt")), None
    if "terminated" in state:
        ended = state["terminated"]
        return "exited", _seconds(ended.get("finishedAt")), int(ended.get("exitCode") or 0)
    return "waiting", None, None


def _wrong(pod: Object, state: str, ended: Mapping[str, Any]) -> str | None:
    if state == "ending" or is_ready(pod):
        return None
    for reason, message in waiting_reasons(pod):
        return f"{reason}: {message}" if message else reason
    if ended:
        return f"it ended with code {ended.get('exitCode')} ({ended.get('reason')})"
    return "it is not ready" if state == "running" else "it is being prepared"


def _health(pod: Object, status: Mapping[str, Any]) -> str | None:
    container = pod["spec"]["containers"][0]
    if not any(key in container for key in ("readinessProbe", "startupProbe")):
        return None
    if is_ready(pod):
        return "healthy"
    return "starting" if status.get("started") is False else "unhealthy"


def _addresses(pod: Object, services: Sequence[Object]) -> tuple[str, ...]:
    """Where other pods reach it, by name."""
    labels = pod["metadata"].get("labels") or {}
    return tuple(
        f"{_name(one)}:{port['port']}"
        for one in services
        if (selector := one["spec"].get("selector"))
        and all(labels.get(key) == value for key, value in selector.items())
        for port in one["spec"].get("ports") or ()
        if "port" in port
    )


def _lacking(workload: Object, there: int, wanted: int) -> StatusRow:
    why = cannot_make(workload)
    return StatusRow(
        service=_service(workload),
        owner="",
        container=_name(workload),
        state="missing",
        health=None,
        health_age=None,
        stale=False,
        exit_code=None,
        since=None,
        restarts=0,
        addresses=(),
        image=str(workload["spec"]["template"]["spec"]["containers"][0].get("image") or ""),
        digest="",
        usage=None,
        drift=(),
        wrong=f"it has {there or 'none'} of its {wanted} pods" + (f": {why}" if why else ""),
        one_off=False,
    )


def _succeeded(job: Object) -> bool:
    conditions = (job.get("status") or {}).get("conditions") or ()
    return any(one.get("type") == "Complete" and one.get("status") == "True" for one in conditions)


def _digest(image_id: str) -> str:
    at = image_id.find(_DIGEST)
    return image_id[at:] if at >= 0 else ""


def _service(one: Object) -> str:
    return str((one["metadata"].get("labels") or {}).get(SERVICE) or _name(one))


def _name(one: Object) -> str:
    return str(one["metadata"]["name"])


def _seconds(moment: object) -> float | None:
    return datetime.fromisoformat(str(moment)).timestamp() if moment else None
