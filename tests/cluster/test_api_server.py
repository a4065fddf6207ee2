"""What a real API server makes of what we apply: nothing here is a stand-in but nodes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from tests.cluster.objects import (
    claim,
    deployment,
    job,
    secret_variable,
    service,
    wanted,
)
from tests.cluster.server import ApiServer

from container_manager.cluster.api import Api, Object
from container_manager.cluster.applying import apply, prune, removal, remove
from container_manager.cluster.contexts import Target
from container_manager.cluster.planning import ClusterPlan, plan
from container_manager.cluster.wanted import SECRETS, Wanted
from container_manager.errors import RuntimeFailure

pytestmark = pytest.mark.timeout(3600)  # in CI the first one waits until the server is built


class Cluster:
    """One namespace of the server, applied to as ``kube.up`` does, and changed by others."""

    def __init__(self, api: Api, target: Target, server: ApiServer) -> None:
        self.api, self.target, self._server = api, target, server

    def plan(self, what: Wanted, *, force: bool = False) -> ClusterPlan:
        return plan(self.api, self.target, what, force=force)

    def actions(self, what: Wanted) -> Mapping[str, str]:
        """What a plan says: object -> what becomes of it."""
        return {step.name: step.action for step in self.plan(what).steps}

    def up(self, what: Wanted, *, force: bool = False) -> tuple[Object, ...]:
        planned = self.plan(what, force=force)
        assert planned.problems == ()
        applied = apply(self.api, planned, what, force=force, tell=lambda _: None)
        prune(self.api, planned, tell=lambda _: None)
        return applied

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """What somebody else does in the same namespace."""
        done = self._server.run("-n", self.target.namespace, *arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def names(self, kind: str) -> list[str]:
        return self.kubectl("get", kind, "-o", "jsonpath={.items[*].metadata.name}").split()

    def show(self, kind: str, name: str) -> Any:
        return json.loads(self.kubectl("get", kind, name, "-o", "json"))


@pytest.fixture
def cluster(api: Api, target: Target, api_server: ApiServer) -> Cluster:
    return Cluster(api, target, api_server)


def test_a_new_namespace_is_made_and_everything_in_it(cluster: Cluster) -> None:
    everything = wanted(claim(), deployment(), service(), job())
    planned = cluster.plan(everything)
    assert planned.new_namespace
    assert {step.action for step in planned.pending} == {"create"}
    cluster.up(everything)
    assert cluster.names("deployments") == ["web"]
    assert cluster.names("persistentvolumeclaims") == ["data"]


def test_what_was_applied_once_makes_no_difference_when_it_is_applied_again(
    cluster: Cluster,
) -> None:
    env = [secret_variable("KEY", "keys", "KEY")]
    everything = wanted(claim(), deployment(env=env), service(), job(), keys={"KEY": "v-4711"})
    cluster.up(everything)
    assert cluster.plan(everything).pending == ()
    before = cluster.show("deployment", "web")["metadata"]["generation"]
    cluster.up(everything)
    assert cluster.show("deployment", "web")["metadata"]["generation"] == before


def test_a_plan_writes_nothing(cluster: Cluster) -> None:
    cluster.up(wanted(deployment()))
    cluster.plan(wanted(deployment(image="example.org/web:2"), service(), keys={"A": "b"}))
    assert cluster.names("services") == []
    assert cluster.names("secrets") == []
    (container,) = cluster.show("deployment", "web")["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "example.org/web:1"


def test_a_difference_is_shown_with_what_it_stands_in(cluster: Cluster) -> None:
    cluster.up(wanted(deployment()))
    (step,) = cluster.plan(wanted(deployment(image="example.org/web:2"))).pending
    assert step.action == "change"
    changed = [line for line in step.lines if line.startswith(("+", "-"))]
    assert [line.strip("+- ") for line in changed] == [
        "image: example.org/web:1",
        "image: example.org/web:2",
    ]


def test_a_dropped_service_goes_and_its_volume_stays(cluster: Cluster) -> None:
    cluster.up(wanted(claim(), deployment("db"), service("db"), deployment()))
    rest = wanted(deployment())
    assert cluster.actions(rest) == {
        "Deployment web": "keep",
        "Deployment db": "remove",
        "Service db": "remove",
        "PersistentVolumeClaim data": "leave",
    }
    cluster.up(rest)
    assert cluster.names("deployments") == ["web"]
    assert cluster.names("services") == []
    assert cluster.names("persistentvolumeclaims") == ["data"]


def test_what_others_made_is_never_removed_be_it_labelled_as_ours(cluster: Cluster) -> None:
    cluster.up(wanted(deployment()))
    copied = deployment("theirs")
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(copied))
    cluster.up(wanted(service()))
    assert cluster.names("deployments") == ["theirs"]


def test_what_another_project_has_in_the_namespace_stays(cluster: Cluster) -> None:
    theirs = deployment("theirs")
    theirs["metadata"]["labels"]["app.kubernetes.io/part-of"] = "other"
    cluster.up(wanted(theirs, project="other"))
    cluster.up(wanted(deployment()))
    assert cluster.names("deployments") == ["theirs", "web"]


def test_a_field_that_somebody_else_set_is_told_and_stays(cluster: Cluster) -> None:
    cluster.up(wanted(deployment()))
    cluster.kubectl("patch", "deployment", "web", "--patch", '{"spec": {"replicas": 5}}')
    planned = cluster.plan(wanted(deployment()))
    (problem,) = planned.problems
    assert "Deployment web has fields that somebody else has set" in problem.message
    assert "spec.replicas: 'kubectl" in problem.message
    assert "--force-conflicts" in (problem.remedy or "")
    assert cluster.show("deployment", "web")["spec"]["replicas"] == 5


def test_a_field_of_somebody_else_is_taken_over_where_that_is_said(cluster: Cluster) -> None:
    cluster.up(wanted(deployment()))
    cluster.kubectl("patch", "deployment", "web", "--patch", '{"spec": {"replicas": 5}}')
    cluster.up(wanted(deployment()), force=True)
    assert cluster.show("deployment", "web")["spec"]["replicas"] == 2


def test_a_field_that_we_do_not_name_may_be_anybodys(cluster: Cluster) -> None:
    scaled = deployment()
    del scaled["spec"]["replicas"]
    cluster.up(wanted(scaled))
    cluster.kubectl("patch", "deployment", "web", "--patch", '{"spec": {"replicas": 5}}')
    assert cluster.plan(wanted(scaled)).pending == ()


def test_what_cannot_be_changed_is_told_with_what_to_do(cluster: Cluster) -> None:
    cluster.up(wanted(deployment(), claim(size="2Gi")))
    other = deployment()
    other["spec"]["selector"]["matchLabels"]["tier"] = "front"
    other["spec"]["template"]["metadata"]["labels"]["tier"] = "front"
    selector, size = cluster.plan(wanted(other, claim(size="1Gi"))).problems
    assert selector.message == (
        "Deployment web is there already, and spec.selector cannot be changed: field is immutable"
    )
    assert selector.remedy == (
        "Delete it, which ends its pods and keeps its volumes, then apply again: "
        f"{cluster.target.kubectl} delete deployment web"
    )
    assert "PersistentVolumeClaim data is there already" in size.message
    assert "cannot become smaller" in (size.remedy or "")


def test_a_job_whose_pods_change_is_made_anew(cluster: Cluster) -> None:
    cluster.up(wanted(job()))
    newer = wanted(job(image="example.org/migrate:2"))
    (step,) = cluster.plan(newer).pending
    assert step.action == "replace"
    cluster.up(newer)
    (container,) = cluster.show("job", "migrate")["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "example.org/migrate:2"


def test_everything_that_the_server_refuses_is_told_at_once(cluster: Cluster) -> None:
    broken = wanted(
        deployment("Upper_Case"),
        service(port=70000),
        {"apiVersion": "example.org/v1", "kind": "Ghost", "metadata": {"name": "boo"}},
    )
    upper, port, ghost = (problem.message for problem in cluster.plan(broken).problems)
    assert "Deployment Upper_Case is refused by the cluster:\n    metadata.name" in upper
    assert "Service web is refused by the cluster:\n    spec.ports[0].port" in port
    assert "this cluster has no example.org/v1 Ghost" in ghost


def test_values_of_secrets_are_in_no_difference(cluster: Cluster) -> None:
    env = [secret_variable("KEY", "keys", "KEY")]
    cluster.up(wanted(deployment(env=env), keys={"KEY": "first-hunter22", "SAME": "same-value"}))
    other = wanted(deployment(env=env), keys={"KEY": "second-hunter33", "SAME": "same-value"})
    told = "\n".join(line for step in cluster.plan(other).steps for line in step.lines)
    assert "KEY: (another value)" in told
    assert "SAME: (as it is)" in told
    for value in ("hunter", "Zmlyc3Q", "c2Vjb25k", "same-value", "c2FtZS"):
        assert value not in told


def test_nor_are_those_that_another_way_of_applying_has_copied(cluster: Cluster) -> None:
    cluster.up(wanted(service()))
    about = {"name": "keys"}
    theirs = {"apiVersion": "v1", "kind": "Secret", "metadata": about, "data": {"KEY": "aHVudGVy"}}
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(theirs))
    planned = cluster.plan(wanted(service(), keys={"KEY": "other-4711"}), force=True)
    (step,) = [one for one in planned.steps if one.name == "Secret keys"]
    assert "-  KEY: (as it is)" in "\n".join(step.lines)
    assert "last-applied-configuration: (as it is)" in "\n".join(step.lines)
    assert "aHVudGVy" not in "\n".join(step.lines)


def test_a_new_value_of_a_secret_starts_the_pods_anew_that_read_it(cluster: Cluster) -> None:
    reads = deployment("reads", env=[secret_variable("KEY", "keys", "KEY")])
    other = deployment("other")
    cluster.up(wanted(reads, other, keys={"KEY": "first"}))
    before = _digest(cluster.show("deployment", "reads"))
    assert cluster.actions(wanted(reads, other, keys={"KEY": "second"})) == {
        "Secret keys": "change",
        "Deployment reads": "change",
        "Deployment other": "keep",
    }
    cluster.up(wanted(reads, other, keys={"KEY": "second"}))
    assert _digest(cluster.show("deployment", "reads")) != before
    cluster.up(wanted(reads, other, keys={"KEY": "first"}))
    assert _digest(cluster.show("deployment", "reads")) == before


def _digest(workload: Any) -> str:
    return str(workload["spec"]["template"]["metadata"]["annotations"][SECRETS])


def test_down_removes_what_is_ours_and_keeps_volumes(cluster: Cluster) -> None:
    cluster.up(wanted(claim(), deployment(), service(), keys={"A": "b"}))
    cluster.kubectl("create", "configmap", "theirs")
    found = removal(cluster.api, "lab", volumes=False)
    assert [one["metadata"]["name"] for one in found.kept] == ["data"]
    told: list[str] = []
    remove(cluster.api, found, cluster.target, tell=told.append)
    assert told == ["remove  Deployment web", "remove  Service web", "remove  Secret keys"]
    assert cluster.names("configmaps") == ["theirs"]
    assert cluster.names("persistentvolumeclaims") == ["data"]


def test_down_removes_volumes_where_that_is_said(cluster: Cluster) -> None:
    cluster.up(wanted(claim()))
    found = removal(cluster.api, "lab", volumes=True)
    remove(cluster.api, found, cluster.target, tell=lambda _: None)
    # Without controllers nobody takes the finalizer away; that it is being deleted is seen.
    metadata = cluster.show("persistentvolumeclaim", "data")["metadata"]
    assert "deletionTimestamp" in metadata


def test_what_breaks_between_the_dry_run_and_the_real_one_names_what_was_applied(
    cluster: Cluster,
) -> None:
    cluster.up(wanted(deployment()))
    both = wanted(service(), deployment())
    planned = cluster.plan(both)
    cluster.kubectl("patch", "deployment", "web", "--patch", '{"spec": {"replicas": 5}}')
    with pytest.raises(RuntimeFailure, match="Applied before it: 1 objects, which stay"):
        apply(cluster.api, planned, both, force=False, tell=lambda _: None)


def test_a_project_with_a_long_name_is_found_again(cluster: Cluster) -> None:
    project = "p" * 64  # a label holds 63 characters
    cluster.up(wanted(project=project, keys={"KEY": "hunter-4711"}))
    found = removal(cluster.api, project, volumes=False)
    assert [one["metadata"]["name"] for one in found.objects] == ["keys"]
