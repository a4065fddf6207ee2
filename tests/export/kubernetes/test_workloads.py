"""Each row of the mapping table that is about pods and what keeps them running."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import Project
from tests.export.kubernetes.stacks import on_cluster

DATA: dict[str, Any] = {"volumes": {"data": {}}}


def test_a_service_is_a_deployment_found_by_labels_that_never_change(project: Project) -> None:
    made = on_cluster(project, web={"labels": {"build.path": "/srv/my project"}})
    one = made.get("Deployment")
    stable = {"app.kubernetes.io/name": "web", "app.kubernetes.io/part-of": "lab"}
    ours = {**stable, "app.kubernetes.io/managed-by": "container-manager"}
    assert one["spec"]["selector"] == {"matchLabels": stable}
    assert one["metadata"]["labels"] == one["spec"]["template"]["metadata"]["labels"] == ours
    assert one["metadata"]["annotations"] == {"build.path": "/srv/my project"}
    assert one["spec"]["replicas"] == 1
    assert made.pod()["enableServiceLinks"] is False
    assert "annotations" not in one["spec"]["template"]["metadata"]


def test_replicas_are_as_asked_and_left_to_whoever_scales(project: Project) -> None:
    asked = {"replicas": 3}
    assert on_cluster(project, asked, web={}).get("Deployment")["spec"]["replicas"] == 3
    assert (
        "replicas"
        not in on_cluster(project, {"autoscaled": True}, web={}).get("Deployment")["spec"]
    )


def test_who_alone_writes_a_volume_is_a_stateful_set(project: Project) -> None:
    made = on_cluster(project, top=DATA, web={"volumes": ["data:/data"], "user": "70:71"})
    one = made.get("StatefulSet")
    assert one["spec"]["serviceName"] == "web"
    assert one["spec"]["podManagementPolicy"] == "Parallel"
    assert made.pod("StatefulSet")["securityContext"]["fsGroup"] == 71
    assert made.names("Deployment") == []


def test_without_state_by_configuration_it_is_replaced_and_never_runs_twice(
    project: Project,
) -> None:
    made = on_cluster(project, {"stateful": False}, top=DATA, web={"volumes": ["data:/data"]})
    assert made.get("Deployment")["spec"]["strategy"] == {"type": "Recreate"}


def test_several_with_state_have_a_volume_each(project: Project) -> None:
    asked = {"replicas": 3, "stateful": True, "storage": {"data": {"size": "5Gi", "class": "fast"}}}
    made = on_cluster(project, asked, top=DATA, web={"volumes": ["data:/data"]})
    (template,) = made.get("StatefulSet")["spec"]["volumeClaimTemplates"]
    assert template["spec"]["storageClassName"] == "fast"
    assert template["spec"]["resources"] == {"requests": {"storage": "5Gi"}}
    assert made.container("StatefulSet")["volumeMounts"][0]["name"] == template["metadata"]["name"]
    assert made.names("PersistentVolumeClaim") == []


class TestJobs:
    def test_what_ends_is_a_job_named_after_what_it_does(self, project: Project) -> None:
        made = on_cluster(project, one_shot=["seed"], web={}, seed={"command": "seed"})
        (name,) = made.names("Job")
        job = made.get("Job", name)
        assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never"
        assert job["spec"]["backoffLimit"] == 0
        again = on_cluster(project, one_shot=["seed"], web={}, seed={"command": "seed --more"})
        assert again.names("Job") != [name]
        assert name.startswith("seed-")
        assert made.names("Service") == ["web"]

    def test_it_is_tried_as_often_as_its_policy_says(self, project: Project) -> None:
        seed = {"restart": "on-failure:4"}
        made = on_cluster(project, one_shot=["seed"], web={}, seed=seed)
        job = made.get("Job", made.names("Job")[0])
        assert job["spec"]["backoffLimit"] == 4
        assert job["spec"]["template"]["spec"]["restartPolicy"] == "OnFailure"

    def test_what_somebody_waits_for_runs_in_the_pod_of_the_waiting(self, project: Project) -> None:
        made = on_cluster(
            project,
            web={"depends_on": {"seed": {"condition": "service_completed_successfully"}}},
            seed={"command": "seed", "depends_on": {"db": {"condition": "service_healthy"}}},
            db={"expose": ["5432"], "healthcheck": {"test": "ready"}},
        )
        before = made.pod()["initContainers"]
        assert [one["name"] for one in before] == ["wait-for-db", "seed"]
        assert before[0]["command"][-2:] == ["db", "5432"]
        assert made.names("Job") == []

    def test_that_it_may_run_twice_at_once_is_told(self, project: Project) -> None:
        waits = {"depends_on": {"seed": {"condition": "service_completed_successfully"}}}
        made = on_cluster(project, web=waits, other=waits, seed={})
        assert made.lost == ["depends_on"]
        assert "in each pod of web, other" in made.manifests.warnings[0].message


class TestContainers:
    def test_entrypoint_and_command_change_names(self, project: Project) -> None:
        made = on_cluster(project, web={"entrypoint": "run 'a b'", "command": ["$$(date)", "$$x"]})
        one = made.container()
        assert one["command"] == ["run", "a b"]
        assert one["args"] == ["$$(date)", "$x"]  # Kubernetes would fill in $(date)

    def test_a_terminal_a_folder_and_when_to_pull(self, project: Project) -> None:
        said = {"tty": True, "stdin_open": True, "working_dir": "/app", "pull_policy": "always"}
        one = on_cluster(project, web=said).container()
        assert (one["tty"], one["stdin"], one["workingDir"]) == (True, True, "/app")
        assert one["imagePullPolicy"] == "Always"

    def test_amounts_of_memory_keep_their_meaning(self, project: Project) -> None:
        limits = {"cpus": "0.5", "memory": "64M"}
        resources = {"limits": limits, "reservations": {"memory": "32M"}}
        one = on_cluster(project, web={"deploy": {"resources": resources}}).container()
        assert one["resources"] == {
            "limits": {"cpu": "500m", "memory": "64Mi"},
            "requests": {"memory": "32Mi"},
        }
        one = on_cluster(project, web={"mem_limit": "1g", "cpus": 2}).container()
        assert one["resources"] == {"limits": {"cpu": "2", "memory": "1Gi"}}

    def test_the_configuration_has_the_last_word_on_them(self, project: Project) -> None:
        asked = {"resources": {"limits": {"memory": "2Gi"}, "requests": {"cpu": "100m"}}}
        one = on_cluster(project, asked, web={"mem_limit": "1g"}).container()
        assert one["resources"] == {"limits": {"memory": "2Gi"}, "requests": {"cpu": "100m"}}

    def test_one_of_several_services_may_be_asked_for_apart(self, project: Project) -> None:
        asked = {"replicas": 2, "containers": {"api": {"replicas": 5}}}
        made = on_cluster(project, asked, web={}, api={})
        assert made.get("Deployment")["spec"]["replicas"] == 2
        assert made.get("Deployment", "api")["spec"]["replicas"] == 5


class TestSecurity:
    def test_who_it_is_and_what_it_may(self, project: Project) -> None:
        said = {
            "user": "1000:1000",
            "read_only": True,
            "cap_add": ["NET_BIND_SERVICE"],
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges:true"],
            "group_add": ["44"],
            "sysctls": {"net.core.somaxconn": "1024"},
            "stop_grace_period": "90s",
        }
        made = on_cluster(project, web=said)
        assert made.container()["securityContext"] == {
            "runAsUser": 1000,
            "runAsGroup": 1000,
            "readOnlyRootFilesystem": True,
            "capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]},
            "allowPrivilegeEscalation": False,
        }
        assert made.pod()["securityContext"] == {
            "supplementalGroups": [44],
            "sysctls": [{"name": "net.core.somaxconn", "value": "1024"}],
        }
        assert made.pod()["terminationGracePeriodSeconds"] == 90
        assert made.lost == []

    def test_a_pod_gets_no_key_to_the_cluster(self, project: Project) -> None:
        assert on_cluster(project, web={}).pod()["automountServiceAccountToken"] is False


CHECK = {"interval": "10s", "timeout": "3s", "retries": 5}


class TestProbes:
    def test_a_text_is_run_by_a_shell(self, project: Project) -> None:
        check = {**CHECK, "test": "curl -f localhost || exit 1"}
        one = on_cluster(project, web={"healthcheck": check}).container()
        command = ["/bin/sh", "-c", "curl -f localhost || exit 1"]
        assert one["readinessProbe"] == {
            "exec": {"command": command},
            "periodSeconds": 10,
            "timeoutSeconds": 3,
            "failureThreshold": 5,
        }
        assert not one.keys() & {"startupProbe", "livenessProbe"}

    def test_a_slow_start_is_waited_for(self, project: Project) -> None:
        check = {**CHECK, "test": ["CMD", "ready"], "start_period": "600s"}
        probe = on_cluster(project, web={"healthcheck": check}).container()["startupProbe"]
        assert probe["exec"] == {"command": ["ready"]}
        assert probe["periodSeconds"] * probe["failureThreshold"] >= 600

    def test_what_is_unhealthy_is_restarted_where_that_is_asked_for(self, project: Project) -> None:
        check = {**CHECK, "test": ["CMD", "ready"]}
        one = on_cluster(project, {"liveness": True}, web={"healthcheck": check}).container()
        assert one["livenessProbe"] == one["readinessProbe"]

    @pytest.mark.parametrize("check", [{"test": ["NONE"]}, {"disable": True}], ids=["none", "off"])
    def test_a_check_that_is_off_is_no_probe(self, project: Project, check: dict[str, Any]) -> None:
        assert "readinessProbe" not in on_cluster(project, web={"healthcheck": check}).container()


class TestWaiting:
    def test_a_pod_waits_with_its_own_image_for_who_accepts_connections(
        self, project: Project
    ) -> None:
        web = {"depends_on": ["db"], "user": "1000"}
        made = on_cluster(project, web=web, db={"ports": ["127.0.0.1:15432:5432"]})
        (wait,) = made.pod()["initContainers"]
        assert wait["image"] == made.container()["image"]
        assert wait["command"][:2] == ["/bin/sh", "-c"]
        assert wait["command"][-2:] == ["db", "5432"]
        assert wait["securityContext"] == {"runAsUser": 1000}

    def test_who_opens_no_known_port_is_waited_for_by_name(self, project: Project) -> None:
        made = on_cluster(project, web={"depends_on": ["db"]}, db={})
        assert made.pod()["initContainers"][0]["command"][-2:] == ["db", ""]
        assert made.get("Service", "db")["spec"]["clusterIP"] == "None"

    def test_another_image_may_do_it_or_nobody(self, project: Project) -> None:
        stack: dict[str, Any] = {"web": {"depends_on": ["db"]}, "db": {}}
        made = on_cluster(project, {"wait_image": "example.org/busybox:1"}, **stack)
        assert made.pod()["initContainers"][0]["image"] == "example.org/busybox:1"
        assert "initContainers" not in on_cluster(project, {"wait": False}, **stack).pod()


def test_several_pods_go_to_several_nodes_where_there_are_any(project: Project) -> None:
    (spread,) = on_cluster(project, {"replicas": 2}, web={}).pod()["topologySpreadConstraints"]
    assert spread["topologyKey"] == "kubernetes.io/hostname"
    assert spread["whenUnsatisfiable"] == "ScheduleAnyway"
    assert "topologySpreadConstraints" not in on_cluster(project, web={}).pod()
