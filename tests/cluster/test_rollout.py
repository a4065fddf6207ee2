"""How far a workload has come, from what a cluster says of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from container_manager.cluster.rollout import Phase, current, verdict

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
EARLIER = "2026-01-31T11:00:00Z"


def workload(kind: str = "Deployment", *, replicas: int = 2, **status: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "metadata": {"name": "web", "generation": 3},
        "spec": {"replicas": replicas},
        "status": {"observedGeneration": 3, **status},
    }


def pod(
    reason: str = "", *, made: str = EARLIER, revision: str = "b", name: str = "web-1"
) -> dict[str, Any]:
    state = {"waiting": {"reason": reason, "message": "told so"}} if reason else {"running": {}}
    return {
        "metadata": {
            "name": name,
            "creationTimestamp": made,
            "labels": {"pod-template-hash": revision},
        },
        "status": {"containerStatuses": [{"name": "web", "state": state}]},
    }


@pytest.mark.parametrize(
    ("one", "phase", "reason"),
    [
        (
            workload(observedGeneration=2, replicas=2, updatedReplicas=2, availableReplicas=2),
            Phase.WAITING,
            "the cluster has not looked at it yet",
        ),
        (workload(updatedReplicas=1), Phase.WAITING, "1 of 2 pods are new"),
        (
            workload(replicas=2, updatedReplicas=2, availableReplicas=1),
            Phase.WAITING,
            "1 of 2 pods are ready",
        ),
        (
            workload(replicas=2, updatedReplicas=2, availableReplicas=2),
            Phase.READY,
            "2 of 2 pods are ready",
        ),
        (
            workload("StatefulSet", replicas=1, updateRevision="b", currentRevision="a"),
            Phase.WAITING,
            "0 of 1 pods are new",
        ),
        (
            workload(
                "StatefulSet",
                replicas=1,
                updateRevision="b",
                currentRevision="b",
                readyReplicas=1,
            ),
            Phase.READY,
            "1 of 1 pods are ready",
        ),
        (workload(replicas=0), Phase.READY, "0 of 0 pods are ready"),
    ],
    ids=["unseen", "new", "unready", "ready", "stateful", "stateful-ready", "none-wanted"],
)
def test_replicas(one: dict[str, Any], phase: Phase, reason: str) -> None:
    said = verdict(one, [], NOW)
    assert (said.phase, said.reason) == (phase, reason)


def test_pods_of_the_former_revision_that_still_run_are_waited_for() -> None:
    one = workload(updatedReplicas=2, availableReplicas=2)
    one["status"]["replicas"] = 3
    assert verdict(one, [], NOW).reason == "old pods are ending"


def test_a_deadline_of_the_cluster_itself_is_a_failure() -> None:
    condition = {"reason": "ProgressDeadlineExceeded", "message": "took too long"}
    said = verdict(workload(conditions=[condition]), [], NOW)
    assert (said.phase, said.reason) == (Phase.FAILED, "took too long")


@pytest.mark.parametrize("reason", ["InvalidImageName", "CreateContainerConfigError"])
def test_what_no_waiting_mends_fails_at_once(reason: str) -> None:
    said = verdict(workload(updatedReplicas=2), [pod(reason, made="2026-01-31T12:00:00Z")], NOW)
    assert (said.phase, said.reason) == (Phase.FAILED, f"web-1: {reason}, told so")


def test_an_image_that_cannot_be_pulled_may_take_a_moment() -> None:
    one = workload(updatedReplicas=2)
    fresh = pod("ImagePullBackOff", made="2026-01-31T11:59:55Z")
    assert verdict(one, [fresh], NOW).phase is Phase.WAITING
    assert verdict(one, [pod("ImagePullBackOff")], NOW).phase is Phase.FAILED


def test_a_container_that_is_started_again_and_again_is_waited_for_and_named() -> None:
    """What it needs may come up meanwhile."""
    said = verdict(workload(updatedReplicas=2), [pod("CrashLoopBackOff")], NOW)
    assert (said.phase, said.reason) == (
        Phase.WAITING,
        "0 of 2 pods are ready (CrashLoopBackOff)",
    )


def test_pods_of_a_former_revision_do_not_count_be_they_the_newest() -> None:
    """Right after a correction, the latest pods are still those that were broken."""

    def replica_set(revision: str, number: int) -> dict[str, Any]:
        key = "deployment.kubernetes.io/revision"
        labels = {"pod-template-hash": revision}
        return {"metadata": {"labels": labels, "annotations": {key: str(number)}}}

    sets = [replica_set("b", 9), replica_set("c", 10)]
    broken, mended = pod("InvalidImageName", revision="b"), pod(revision="c")
    assert current(workload(), [broken], sets) == []
    assert current(workload(), [broken, mended], sets) == [mended]


def test_pods_do_not_count_until_the_cluster_has_looked_at_what_is_asked_for() -> None:
    one = workload(observedGeneration=2)
    said = verdict(one, [pod("InvalidImageName")], NOW)
    assert (said.phase, said.reason) == (Phase.WAITING, "the cluster has not looked at it yet")


@pytest.mark.parametrize(
    ("kind", "phase"), [("Complete", Phase.READY), ("Failed", Phase.FAILED), ("", Phase.WAITING)]
)
def test_a_job_is_ready_when_it_has_ended_well(kind: str, phase: Phase) -> None:
    condition = {"type": kind, "status": "True", "message": "BackoffLimitExceeded"}
    assert verdict(workload("Job", conditions=[condition]), [], NOW).phase is phase


def test_a_quota_that_keeps_pods_from_being_made_is_the_reason() -> None:
    quota = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: small"}
    one = workload(updatedReplicas=1, conditions=[quota])
    said = verdict(one, [], NOW)
    assert (said.phase, said.reason) == (
        Phase.WAITING,
        "1 of 2 pods are new: exceeded quota: small",
    )


@pytest.mark.parametrize(("available", "phase"), [(3, Phase.READY), (2, Phase.WAITING)])
def test_a_daemon_set_is_ready_on_all_nodes(available: int, phase: Phase) -> None:
    one = workload(
        "DaemonSet",
        desiredNumberScheduled=3,
        updatedNumberScheduled=3,
        numberAvailable=available,
    )
    assert verdict(one, [], NOW).phase is phase
