"""Pods as rows of ``kube.status``."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cluster.objects import deployment, job, labels, service

from container_manager.cluster.observing import rows
from container_manager.lifecycle.status.model import StatusRow

STARTED = "2026-01-31T12:00:00Z"
RUNNING = {"running": {"startedAt": STARTED}}


def pod(
    state: dict[str, Any], *, ready: bool = False, probe: bool = False, **more: Any
) -> dict[str, Any]:
    container: dict[str, Any] = {"name": "web", "image": "example.org/web:1"}
    if probe:
        container["readinessProbe"] = {"exec": {"command": ["true"]}}
    image_id = f"example.org/web@sha256:{'a' * 64}"
    seen = {"name": "web", "state": state, "restartCount": 2, "imageID": image_id, **more}
    condition = {"type": "Ready", "status": str(ready)}
    return {
        "metadata": {"name": "web-1", "labels": labels("web")},
        "spec": {"containers": [container]},
        "status": {"containerStatuses": [seen], "conditions": [condition]},
    }


def replicas(wanted: int, **status: Any) -> dict[str, Any]:
    one = deployment()
    return {**one, "spec": {**one["spec"], "replicas": wanted}, "status": status}


def row(one: dict[str, Any], *others: dict[str, Any]) -> StatusRow:
    (found,) = rows([replicas(1), *others], [one], [service()])
    return found


def test_a_pod_that_runs_and_is_ready_is_all_right() -> None:
    seen = row(pod(RUNNING, ready=True))
    assert (seen.service, seen.container, seen.state) == ("web", "web-1", "running")
    assert (seen.wrong, seen.health, seen.restarts) == (None, None, 2)
    assert seen.image == "example.org/web:1"
    assert seen.digest == f"sha256:{'a' * 64}"
    assert seen.addresses == ("web:80",)
    assert seen.since == 1769860800.0


@pytest.mark.parametrize(
    ("ready", "started", "health", "wrong"),
    [
        (True, True, "healthy", None),
        (False, True, "unhealthy", "it is not ready"),
        (False, False, "starting", "it is not ready"),
    ],
)
def test_health_is_what_its_probes_say(
    ready: bool, started: bool, health: str, wrong: str | None
) -> None:
    seen = row(pod(RUNNING, ready=ready, probe=True, started=started))
    assert (seen.health, seen.wrong) == (health, wrong)


def test_what_a_pod_waits_for_is_why_it_is_wrong() -> None:
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}
    seen = row(pod(waiting))
    assert (seen.state, seen.wrong) == ("waiting", "ImagePullBackOff: no such image")


def test_a_pod_that_has_ended_says_how() -> None:
    ended = {"terminated": {"exitCode": 3, "reason": "Error", "finishedAt": STARTED}}
    seen = row(pod(ended))
    assert (seen.state, seen.exit_code) == ("exited", 3)
    assert seen.wrong == "it ended with code 3 (Error)"


def test_a_pod_that_is_taken_away_is_not_wrong() -> None:
    one = pod(RUNNING)
    one["metadata"]["deletionTimestamp"] = STARTED
    (seen,) = rows([replicas(0)], [one], [])
    assert (seen.state, seen.wrong) == ("ending", None)


def test_failed_pods_of_a_job_that_came_through_are_history() -> None:
    ended = {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": STARTED}}
    one, done = pod(ended), job()
    one["metadata"]["labels"]["job-name"] = "migrate"
    done["status"] = {"conditions": [{"type": "Complete", "status": "True"}]}
    assert row(one, done).wrong is None


def test_a_workload_without_pods_is_told() -> None:
    (seen,) = rows([deployment()], [], [])
    assert (seen.service, seen.state) == ("web", "missing")
    assert seen.wrong == "it has none of its 2 pods"


def test_a_workload_that_is_to_have_no_pods_is_not() -> None:
    none = deployment()
    none["spec"]["replicas"] = 0
    assert list(rows([none], [], [])) == []


def test_pods_that_are_lacking_have_a_row_with_the_reason() -> None:
    quota = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: small"}
    there, lacking = rows([replicas(3, conditions=[quota])], [pod(RUNNING, ready=True)], [])
    assert there.wrong is None
    assert (lacking.container, lacking.state) == ("web", "missing")
    assert lacking.wrong == "it has 1 of its 3 pods: exceeded quota: small"


def test_a_pod_that_ends_is_none_of_those_that_should_be_there() -> None:
    ending = pod(RUNNING, ready=True)
    ending["metadata"]["deletionTimestamp"] = STARTED
    _, lacking = rows([replicas(1)], [ending], [])
    assert lacking.wrong == "it has none of its 1 pods"
