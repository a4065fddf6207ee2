"""The commands ``kube.…`` on a real API server: what people type, see, and get as exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.cluster.objects import Manifest, claim, deployment, service
from tests.cluster.server import CONTEXT, ApiServer
from tests.conftest import Project
from tests.test_cli import outcome

from container_manager.cluster.contexts import Target
from container_manager.export.kubernetes.model import ImageNeed, Manifests, SecretNeed
from container_manager.verbs import clusters

pytestmark = pytest.mark.timeout(3600)  # in CI the first one waits until the server is built

Told = Callable[[], tuple[str, str]]


class Lab:
    """A project whose manifests a test says, at a cluster."""

    def __init__(self, project: Project, target: Target, server: ApiServer) -> None:
        self.project, self.target, self.server = project, target, server
        self.manifests = Manifests(project="lab", objects=())

    def wants(self, *objects: Manifest, secrets: tuple[SecretNeed, ...] = ()) -> None:
        self.manifests = replace(self.manifests, objects=objects, secrets=secrets)

    def run(self, command: str, *options: str) -> int:
        """The exit code of a command at the cluster of the test."""
        where = (f"--context={CONTEXT}", f"--namespace={self.target.namespace}")
        return outcome(command, *where, *options)

    def names(self, kinds: str) -> list[str]:
        done = self.server.run("-n", self.target.namespace, "get", kinds, "-o", "name")
        return done.stdout.split()


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    """What the last command has printed: stdout, stderr."""

    def read() -> tuple[str, str]:
        said = capsys.readouterr()
        return said.out, said.err

    return read


@pytest.fixture
def lab(
    project: Project, target: Target, api_server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> Lab:
    project.deploy("web")
    made = Lab(project, target, api_server)
    folder = project.write("../bin/kubectl", "").parent
    (folder / "kubectl").unlink()
    (folder / "kubectl").symlink_to(api_server.kubectl)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    monkeypatch.setenv("KUBECONFIG", str(api_server.kubeconfig))
    monkeypatch.setattr(clusters, "manifests_of", lambda _: made.manifests)
    return made


class TestPlan:
    def test_it_lists_what_would_become_of_each_object(self, lab: Lab, told: Told) -> None:
        lab.wants(claim(), deployment())
        assert lab.run("kube.plan") == 0
        assert told()[0].splitlines() == [
            f"{lab.target}: 2 new",
            f"  create   Namespace {lab.target.namespace}",
            "  create   PersistentVolumeClaim data",
            "  create   Deployment web",
        ]
        assert lab.names("pvc") == []

    def test_check_says_by_its_exit_code_whether_anything_would_change(self, lab: Lab) -> None:
        lab.wants(service())
        assert lab.run("kube.plan", "--check") == 3
        assert lab.run("kube.up") == 0
        assert lab.run("kube.plan", "--check") == 0

    def test_what_the_cluster_would_refuse_is_a_failure(self, lab: Lab, told: Told) -> None:
        lab.wants(service(port=70000), deployment("Upper"))
        assert lab.run("kube.plan") == 1
        out, err = told()
        assert "2 refused" in out
        assert "- Service web is refused by the cluster" in err
        assert "- Deployment Upper is refused by the cluster" in err

    def test_programs_get_data(self, lab: Lab, told: Told) -> None:
        lab.wants(service())
        assert lab.run("kube.plan", "--json") == 0
        said = json.loads(told()[0])
        assert (said["context"], said["namespace"]) == (CONTEXT, lab.target.namespace)
        assert [(one["action"], one["object"]) for one in said["objects"]] == [
            ("create", "Service web")
        ]


class TestUp:
    def test_what_is_dropped_is_removed_and_its_volume_named(self, lab: Lab, told: Told) -> None:
        lab.wants(claim(), service("db"), service())
        assert lab.run("kube.up") == 0
        lab.wants(service())
        assert lab.run("kube.up") == 0
        out, err = told()
        assert "remove  Service db" in err
        assert "left, with their data: PersistentVolumeClaim data" in out
        assert lab.names("pvc,services") == ["persistentvolumeclaim/data", "service/web"]

    def test_where_anything_is_refused_nothing_is_changed(self, lab: Lab, told: Told) -> None:
        lab.wants(service(), deployment("Upper"))
        assert lab.run("kube.up") == 1
        assert "So nothing in the cluster was changed." in told()[1]
        assert lab.names("services") == []

    def test_what_does_not_become_ready_is_a_failure_and_removes_nothing(
        self, lab: Lab, told: Told
    ) -> None:
        lab.wants(service("db"))
        assert lab.run("kube.up") == 0
        lab.wants(deployment())  # there is nothing that could make it ready
        assert lab.run("kube.up", "--timeout=1") == 1
        assert "Deployment web was not ready within 1 s" in told()[1]
        assert lab.names("deployments") == ["deployment.apps/web"]
        assert lab.names("services") == ["service/db"]

    def test_values_of_secrets_reach_the_cluster_and_nothing_else(
        self, lab: Lab, told: Told
    ) -> None:
        need = SecretNeed(name="keys", values={"KEY": lambda: "hunter-4711"})
        lab.wants(service(), secrets=(need,))
        assert lab.run("kube.plan") == 0
        assert lab.run("kube.up") == 0
        assert "hunter-4711" not in "".join(told())
        value = lab.server.run(
            *("-n", lab.target.namespace, "get", "secret", "keys"),
            *("-o", "go-template={{.data.KEY | base64decode}}"),
        )
        assert value.stdout == "hunter-4711"
        for path in lab.project.root.rglob("*"):
            assert not path.is_file() or b"hunter-4711" not in path.read_bytes()

    def test_a_secret_without_a_value_is_told_before_anything_is_done(
        self, lab: Lab, told: Told
    ) -> None:
        lab.wants(service(), secrets=(SecretNeed(name="keys", values={"KEY": lambda: ""}),))
        assert lab.run("kube.up") == 2
        assert "The secret 'KEY' of keys has no value: nothing was done." in told()[1]
        assert lab.names("services") == []

    def test_an_image_that_was_never_pushed_is_told(self, lab: Lab, told: Told) -> None:
        target = "registry.invalid/lab/web:latest"
        need = ImageNeed(service="web", local="localhost/web", built=True, target=target)
        lab.wants(deployment(image=target))
        lab.manifests = replace(lab.manifests, images=(need,))
        assert lab.run("kube.up") == 2
        assert "'kube.images' builds and pushes it." in told()[1]

    def test_dry_shows_the_plan_and_does_nothing(self, lab: Lab, told: Told) -> None:
        lab.wants(service())
        where = (f"--context={CONTEXT}", f"--namespace={lab.target.namespace}")
        assert outcome("--dry", "kube.up", *where) == 0
        assert "create   Service web" in told()[0]
        assert lab.names("services") == []


class TestOverlay:
    """What a site has of its own, in folders below ``kubernetes/overlays``."""

    BASE = "bases: [../../../build/kubernetes/base]\n"  # as an old kubectl knows it, too
    PLACE = "kubernetes/overlays/prod/kustomization.yaml"
    MAP = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "site"}}'

    def test_it_is_laid_over_what_is_made(self, lab: Lab) -> None:
        lab.wants(service())
        lab.project.write(self.PLACE, self.BASE + "commonAnnotations: {site: prod}\n")
        assert lab.run("kube.up", "--overlay=prod") == 0
        asked = ("-n", lab.target.namespace, "get", "service", "web", "-o")
        assert lab.server.run(*asked, "jsonpath={.metadata.annotations.site}").stdout == "prod"
        assert lab.run("kube.plan", "--overlay=prod", "--check") == 0
        assert lab.run("kube.plan", "--check") == 3

    def test_what_it_brings_goes_with_it(self, lab: Lab, told: Told) -> None:
        lab.wants(service())
        lab.project.write(self.PLACE, self.BASE + "resources: [site.yaml]\n")
        lab.project.write("kubernetes/overlays/prod/site.yaml", self.MAP)
        assert lab.run("kube.up", "--overlay=prod") == 0
        assert "configmap/site" in lab.names("configmaps")
        assert lab.run("kube.up") == 0
        assert "remove  ConfigMap site" in told()[1]
        assert "configmap/site" not in lab.names("configmaps")

    def test_a_plan_writes_nothing_so_the_base_has_to_be_there(self, lab: Lab, told: Told) -> None:
        lab.wants(service())
        lab.project.write(self.PLACE, self.BASE)
        assert lab.run("kube.plan", "--overlay=prod") == 2
        assert "is not what the configuration says now" in told()[1]
        assert not (lab.project.root / "build/kubernetes").exists()

    def test_one_that_there_is_not_is_told_with_those_that_are(self, lab: Lab, told: Told) -> None:
        lab.project.write(self.PLACE, self.BASE)
        assert lab.run("kube.up", "--overlay=prd") == 2
        assert "There are: prod.\n  Did you mean 'prod'?" in told()[1]
        assert lab.run("kube.up", "--overlay=../..") == 2

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("resources: [nothing.yaml]\n", "cannot be put together"),
            ("]", "cannot be put together"),
            (BASE + "namespace: other\n", "puts Service web into the namespace other"),
        ],
        ids=["missing", "broken", "elsewhere"],
    )
    def test_what_cannot_be_is_told_before_anything_is_done(
        self, lab: Lab, told: Told, text: str, said: str
    ) -> None:
        lab.wants(service())
        lab.project.write(self.PLACE, text)
        assert lab.run("kube.up", "--overlay=prod") == 2
        assert said in told()[1]
        assert lab.names("services") == []


class TestStatus:
    def test_what_has_no_pods_and_should_is_a_failure(self, lab: Lab, told: Told) -> None:
        lab.wants(deployment())
        assert lab.run("kube.up", "--timeout=1") == 1
        told()
        assert lab.run("kube.status", "--json") == 1
        (row,) = json.loads(told()[0])["containers"]
        assert (row["service"], row["wrong"]) == ("web", "it has none of its 2 pods")

    def test_where_nothing_is_nobody_can_say_that_it_is_well(self, lab: Lab, told: Told) -> None:
        assert lab.run("kube.status") == 1
        assert "There are no containers" in told()[0]


class TestDown:
    def test_it_tells_what_goes_and_keeps_volumes(self, lab: Lab, told: Told) -> None:
        lab.wants(claim(), service("db"), service())
        assert lab.run("kube.up") == 0
        assert lab.run("kube.down") == 0
        err = told()[1]
        assert "  Service db\n  Service web\n" in err
        assert "and keeps PersistentVolumeClaim data (1Gi)" in err
        assert lab.names("pvc,services") == ["persistentvolumeclaim/data"]

    def test_data_goes_only_where_that_is_said(self, lab: Lab, told: Told) -> None:
        lab.wants(claim())
        assert lab.run("kube.up") == 0
        told()
        assert lab.run("kube.down", "--volumes", "--json") == 0
        out, err = told()
        assert "PersistentVolumeClaim data (1Gi) goes, NOT SAVED" in err
        assert json.loads(out)["volumes"] == ["PersistentVolumeClaim data"]

    def test_dry_shows_what_would_go(self, lab: Lab, told: Told) -> None:
        lab.wants(service())
        assert lab.run("kube.up") == 0
        where = (f"--context={CONTEXT}", f"--namespace={lab.target.namespace}")
        assert outcome("--dry", "kube.down", *where) == 0
        assert "  Service web" in told()[0]
        assert lab.names("services") == ["service/web"]


class TestWhere:
    @pytest.mark.parametrize("command", ["kube.plan", "kube.up", "kube.down"])
    def test_a_context_is_not_guessed(self, lab: Lab, told: Told, command: str) -> None:
        assert outcome(command) == 2
        assert f"none is guessed: nothing was done. There are: {CONTEXT}." in told()[1]

    def test_the_configuration_may_say_it(self, lab: Lab, told: Told) -> None:
        where = {"context": CONTEXT, "namespace": lab.target.namespace}
        lab.project.deploy("web", more={"kubernetes": where})
        lab.wants(service())
        assert outcome("kube.up") == 0
        assert lab.names("services") == ["service/web"]

    def test_a_cluster_that_does_not_answer_is_told(self, lab: Lab, told: Told) -> None:
        settings = json.loads(lab.server.kubeconfig.read_text())
        settings["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:9"
        lab.project.write("away.json", json.dumps(settings))
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("KUBECONFIG", str(lab.project.root / "away.json"))
            assert lab.run("kube.plan") == 2
        assert "The cluster does not answer" in told()[1]

    def test_without_kubectl_it_is_said_what_is_missing(
        self, lab: Lab, told: Told, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(lab.project.root))
        assert lab.run("kube.plan") == 2
        assert "'kubectl' is not on PATH" in told()[1]


class TestSpelling:
    """No spelling of a command on a cluster does anything to what runs here."""

    @pytest.mark.parametrize(
        "words",
        [
            ("kube", "up"),
            ("kube-up",),
            ("kube_up",),
            ("kube.dwn",),
            ("kubeup",),
            ("kube:up",),
            ("up", "kube"),
            ("up", "kube.up"),
            ("kube.down", "web"),
            ("kube.plan", "down"),
            ("kube.up", "-d"),
            ("down", "kube.down"),
            ("kube",),
        ],
        ids="-".join,
    )
    def test_of_the_installed_program(
        self, project: Project, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project.deploy("web")
        monkeypatch.setenv("PATH", str(project.root))  # neither Podman nor kubectl
        assert outcome(*words) == 2
        assert not (project.root / "build").exists()
