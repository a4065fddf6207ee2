"""Each row of the mapping table that is about files, volumes, secrets and variables."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import Project
from tests.export.kubernetes.stacks import REGISTRY, Cluster, on_cluster, template

from container_manager.errors import ConfigError, RuntimeFailure
from container_manager.export.kubernetes.building import build

DATA: dict[str, Any] = {"volumes": {"data": {}}}
WEB = "./framework/web"


def mounting(project: Project, *volumes: str, **files: str | bytes) -> Cluster:
    """A service that mounts files of its folder."""
    for name, content in files.items():
        project.write(
            f"services/framework/web/{name.replace('__', '/').replace('_', '.')}", content
        )
    return on_cluster(project, web={"volumes": list(volumes)})


class TestFiles:
    def test_a_file_is_a_config_map_named_after_its_content(self, project: Project) -> None:
        made = mounting(project, f"{WEB}/app.conf:/etc/app.conf:ro", app_conf="port = 1\n")
        (name,) = made.names("ConfigMap")
        assert made.get("ConfigMap", name)["data"] == {"app.conf": "port = 1\n"}
        (mount,) = made.container()["volumeMounts"]
        assert mount["mountPath"] == "/etc/app.conf"
        assert mount["subPath"] == "app.conf"
        again = mounting(project, f"{WEB}/app.conf:/etc/app.conf:ro", app_conf="port = 2\n")
        assert again.names("ConfigMap") != [name]
        assert again.pod()["volumes"][0]["configMap"]["name"] == again.names("ConfigMap")[0]

    def test_a_folder_keeps_its_paths_and_what_is_no_text(self, project: Project) -> None:
        made = mounting(project, f"{WEB}/conf:/etc/app:ro", conf__a="a\n", conf__sub__b=b"\x00\xff")
        one = made.get("ConfigMap", made.names("ConfigMap")[0])
        assert one["data"] == {"0-a": "a\n"}
        assert one["binaryData"] == {"1-sub_b": "AP8="}
        assert made.pod()["volumes"][0]["configMap"]["items"] == [
            {"key": "0-a", "path": "a"},
            {"key": "1-sub_b", "path": "sub/b"},
        ]

    def test_scripts_may_be_run(self, project: Project) -> None:
        made = mounting(project, f"{WEB}/run.sh:/run.sh:ro", run_sh="#!/bin/sh\n")
        assert made.pod()["volumes"][0]["configMap"]["defaultMode"] == 0o555

    @pytest.mark.parametrize(
        ("volume", "why"),
        [
            ("/srv/data:/data", "mounts /srv/data, which is no part of the build"),
            (f"{WEB}/conf:/etc/app", "may write to the folder of the build"),
            (f"{WEB}/large:/large:ro", "a ConfigMap holds 1 MiB"),
            (f"{WEB}/repo_src:/code:ro", "mounts code into /code"),
        ],
        ids=["elsewhere", "writable", "large", "code"],
    )
    def test_what_no_config_map_can_be_is_refused(
        self, project: Project, volume: str, why: str
    ) -> None:
        project.files({"src/app.py": "x = 1\n", "services/framework/web/conf/a": "a\n"})
        project.write("services/framework/web/large", "x" * 2**20)
        text = template(web={"volumes": [volume]})
        project.deploy("web", text, more=REGISTRY, copy_src=True)
        with project.refuses(ConfigError) as refusal:
            build(project.prepare())
        assert why in refusal.text
        assert "docker-compose.yml.j2:" in refusal.messages[0]
        assert "COPY" in str(refusal.remedies[0])

    def test_what_becomes_of_it_can_be_said(self, project: Project) -> None:
        volumes = ["/srv/a:/a", "/srv/b:/b"]
        asked = {"binds": {"/a": "volume", "/b": "leave_out"}, "storage": {"/a": {"size": "3Gi"}}}
        made = on_cluster(project, asked, web={"volumes": volumes})
        assert made.names("PersistentVolumeClaim") == ["web-a"]
        claim = made.get("PersistentVolumeClaim", "web-a")
        assert claim["spec"]["resources"]["requests"]["storage"] == "3Gi"
        assert [m["mountPath"] for m in made.container("StatefulSet")["volumeMounts"]] == ["/a"]


class TestVolumes:
    def test_a_volume_is_a_claim_as_large_as_asked(self, project: Project) -> None:
        asked = {"storage": {"data": {"size": "20Gi", "class": "fast"}}}
        made = on_cluster(project, asked, top=DATA, web={"volumes": ["data:/data"]})
        assert made.get("PersistentVolumeClaim", "data")["spec"] == {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "20Gi"}},
            "storageClassName": "fast",
        }

    def test_the_project_says_what_holds_for_all(self, project: Project) -> None:
        said = {"storage_class": "slow", "storage_size": "2Gi", "registry": "r.example.org"}
        made = on_cluster(
            project, more={"kubernetes": said}, top=DATA, web={"volumes": ["data:/data:ro"]}
        )
        spec = made.get("PersistentVolumeClaim", "data")["spec"]
        assert (spec["storageClassName"], spec["resources"]["requests"]["storage"]) == (
            "slow",
            "2Gi",
        )
        assert made.container("StatefulSet")["volumeMounts"][0]["readOnly"] is True

    def test_shared_ones_have_several_writers_which_is_told(self, project: Project) -> None:
        both = {"volumes": ["data:/data"]}
        made = on_cluster(project, top=DATA, web=both, worker=both)
        spec = made.get("PersistentVolumeClaim", "data")["spec"]
        assert spec["accessModes"] == ["ReadWriteMany"]
        assert made.lost == ["volumes.data"]
        asked = {"storage": {"data": {"class": "shared"}}}
        assert on_cluster(project, asked, top=DATA, web=both, worker=both).lost == []

    def test_two_replicas_on_a_volume_with_one_writer_are_refused(self, project: Project) -> None:
        with project.refuses(ConfigError, written=True) as refusal:
            on_cluster(project, {"replicas": 2}, top=DATA, web={"volumes": ["data:/data"]})
        assert "its volume 'data' has one writer" in refusal.text
        assert "stateful: true" in str(refusal.remedies[0])

    def test_one_writer_shared_by_two_services_is_refused(self, project: Project) -> None:
        both = {"volumes": ["data:/data"]}
        asked = {"storage": {"data": {"access": "ReadWriteOnce"}}}
        with project.refuses(ConfigError, written=True) as refusal:
            on_cluster(project, asked, top=DATA, web=both, worker=both)
        assert "shares the volume 'data' with others (web, worker)" in refusal.text

    def test_an_external_one_has_to_be_there(self, project: Project) -> None:
        top = {"volumes": {"data": {"external": True, "name": "old_data"}}}
        made = on_cluster(project, top=top, web={"volumes": ["data:/data"]})
        assert made.names("PersistentVolumeClaim") == []
        claim = made.pod()["volumes"][0]["persistentVolumeClaim"]
        assert claim == {"claimName": "old-data"}

    def test_memory_and_nameless_volumes_end_with_the_pod(self, project: Project) -> None:
        said = {"tmpfs": ["/run:size=64m"], "volumes": ["/cache"], "shm_size": "256m"}
        made = on_cluster(project, web=said)
        sources = {
            m["mountPath"]: v["emptyDir"]
            for m, v in zip(made.container()["volumeMounts"], made.pod()["volumes"], strict=True)
        }
        assert sources == {
            "/cache": {},
            "/run": {"medium": "Memory", "sizeLimit": "64Mi"},
            "/dev/shm": {"medium": "Memory", "sizeLimit": "256Mi"},
        }


class TestVariables:
    def test_plain_ones_are_in_the_pod_and_secrets_are_in_no_object(self, project: Project) -> None:
        said = {"MODE": "fast", "DB": "mongodb://app:${DB_PASSWORD}@db:27017", "LIT": "$$(HOME)"}
        made = on_cluster(
            project, environ={"DB_PASSWORD": "correct-horse"}, web={"environment": said}, db={}
        )
        reference = {"secretKeyRef": {"name": "web-environment", "key": "DB"}}
        assert made.container()["env"] == [
            {"name": "DB", "valueFrom": reference},
            {"name": "LIT", "value": "$$(HOME)"},
            {"name": "MODE", "value": "fast"},
        ]
        assert "correct-horse" not in str(made.manifests)
        (need,) = made.manifests.secrets
        assert need.values["DB"]() == "mongodb://app:correct-horse@db:27017"

    def test_a_secret_that_the_cluster_has_is_referred_to(self, project: Project) -> None:
        made = on_cluster(
            project, {"secretRef": "vault"}, web={"environment": {"TOKEN": "${API_TOKEN}"}}
        )
        assert made.container()["env"][0]["valueFrom"]["secretKeyRef"]["name"] == "vault"
        assert made.manifests.secrets == ()

    def test_files_of_variables_lie_below_the_others(self, project: Project) -> None:
        project.write("services/framework/web/app.env", "A=file\nB=file\n")
        said = {"env_file": f"{WEB}/app.env", "environment": {"B": "own"}}
        env = on_cluster(project, web=said).container()["env"]
        assert env == [{"name": "A", "value": "file"}, {"name": "B", "value": "own"}]

    def test_variables_in_them_are_filled_in_as_podman_compose_does(self, project: Project) -> None:
        project.environ["REGION"] = "north"
        project.write(
            "services/framework/web/app.env",
            "PART=db\nA=${PART}.${REGION}\nREGION=south\nB=${REGION}\nC=$PART\nD=${NONE:-x}${NONE}\n",
        )
        env = on_cluster(project, web={"env_file": f"{WEB}/app.env"}).container()["env"]
        assert {one["name"]: one["value"] for one in env} == {
            "PART": "db", "A": "db.north", "REGION": "south", "B": "south", "C": "$PART", "D": "x"
        }  # fmt: skip

    def test_files_that_are_secrets_are_read_when_they_are_needed(self, project: Project) -> None:
        project.write("services/framework/web/key.pem", "first")
        top = {"secrets": {"key": {"file": f"{WEB}/key.pem"}}}
        made = on_cluster(project, top=top, web={"secrets": ["key"]})
        assert made.container()["volumeMounts"] == [
            {
                "name": made.pod()["volumes"][0]["name"],
                "mountPath": "/run/secrets/key",
                "subPath": "value",
                "readOnly": True,
            }
        ]
        project.write("services/framework/web/key.pem", "second")
        assert made.manifests.secrets[0].values["value"]() == "second"

    def test_a_secret_in_a_mounted_file_is_refused(self, project: Project) -> None:
        project.write("services/framework/web/app.conf", "password = correct-horse\n")
        said = {
            "volumes": [f"{WEB}/app.conf:/etc/app.conf:ro"],
            "environment": {"DB_PASSWORD": "${DB_PASSWORD}"},
        }
        with project.refuses(written=True) as refusal:
            on_cluster(project, environ={"DB_PASSWORD": "correct-horse"}, web=said)
        assert "DB_PASSWORD" in refusal.text
        assert "correct-horse" not in refusal.text

    @pytest.mark.parametrize(
        "said",
        [
            r'environment: {X: "correct-\x68orse"}',
            r'command: ["login", "correct-\x68orse"]',
            r'labels: {door: "correct-\x68orse"}',
        ],
    )
    def test_a_secret_that_yaml_spells_in_its_own_way_is_refused(
        self, project: Project, said: str
    ) -> None:
        """The text that a build writes does not hold the value; what it means does."""
        web = f"services: {{web: {{image: example.org/app:1, {said}}}}}\n"
        project.deploy("web", web, more=REGISTRY)
        project.write(".env", "DB_PASSWORD=correct-horse\n")
        prepared = project.prepare()
        with project.refuses(ConfigError) as refusal:
            build(prepared)
        told = "The value of the secret DB_PASSWORD would be written into a manifest."
        assert refusal.messages == [told]
        assert "correct-horse" not in refusal.text

    def test_a_secret_that_is_no_text_is_told_when_it_is_needed(self, project: Project) -> None:
        project.write("services/framework/web/key.pem", b"\xff\xfe")
        top = {"secrets": {"key": {"file": f"{WEB}/key.pem"}}}
        made = on_cluster(project, top=top, web={"secrets": ["key"]})
        with pytest.raises(
            RuntimeFailure, match=r"The secret \S+key\.pem cannot be read as a text"
        ):
            made.manifests.secrets[0].values["value"]()
