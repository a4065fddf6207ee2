"""``kube.build`` as people use it: which files there are, whose they are, and when they change."""

from __future__ import annotations

import errno
import json
import tempfile

import pytest
import yaml
from tests.conftest import Project
from tests.export.kubernetes.stacks import REGISTRY, template
from tests.test_cli import invoke, outcome

BASE = "build/kubernetes/base"
EXAMPLE = "kubernetes/overlays/example/kustomization.yaml"


@pytest.fixture
def site(project: Project) -> Project:
    text = template(web={"environment": {"A": "1"}}, api={"pids_limit": 5})
    project.deploy("web", text, more=REGISTRY)
    return project


def test_there_is_a_file_a_service_and_what_names_them(site: Project) -> None:
    assert outcome("kube.build") == 0
    assert sorted(site.built(BASE)) == ["api.yaml", "kustomization.yaml", "web.yaml"]
    assert yaml.safe_load(site.read(f"{BASE}/kustomization.yaml"))["resources"] == [
        "api.yaml",
        "web.yaml",
    ]
    kinds = [one["kind"] for one in yaml.safe_load_all(site.read(f"{BASE}/web.yaml"))]
    assert kinds == ["Service", "Deployment"]


def test_a_second_time_touches_nothing(site: Project, capsys: pytest.CaptureFixture[str]) -> None:
    outcome("kube.build")
    before = site.tree(BASE)
    capsys.readouterr()
    assert outcome("kube.build") == 0
    assert site.tree(BASE) == before
    assert capsys.readouterr().out == f"{BASE}: 0 written, 3 kept, 0 removed\n"


def test_what_nothing_asks_for_goes_and_what_is_not_ours_stays(site: Project) -> None:
    outcome("kube.build")
    site.write(f"{BASE}/mine.yaml", "kind: ConfigMap\n")
    site.deploy("web", template(web={}), more=REGISTRY)
    assert outcome("kube.build") == 0
    assert sorted(site.built(BASE)) == ["kustomization.yaml", "mine.yaml", "web.yaml"]


@pytest.mark.parametrize("theirs", [b"kind: Mine\n", b"\xff\xfe no text"], ids=["text", "binary"])
def test_a_file_of_others_is_not_overwritten(
    site: Project, capsys: pytest.CaptureFixture[str], theirs: bytes
) -> None:
    outcome("kube.build")
    site.write(f"{BASE}/web.yaml", theirs)
    assert outcome("kube.build") == 2
    assert "was not made by 'kube.build'" in capsys.readouterr().err
    assert (site.root / BASE / "web.yaml").read_bytes() == theirs


def test_what_was_killed_while_it_wrote_leaves_nothing(site: Project) -> None:
    outcome("kube.build")
    site.write(f"{BASE}/.kube-abc123", "half a manif")
    assert outcome("kube.build") == 0
    assert not (site.root / BASE / ".kube-abc123").exists()


def test_a_link_leads_nowhere_else(site: Project) -> None:
    site.write("elsewhere/keep", "")
    (site.root / "build/kubernetes").mkdir(parents=True)
    (site.root / BASE).symlink_to(site.root / "elsewhere")
    assert outcome("kube.build") == 2
    assert sorted(site.tree("elsewhere")) == ["keep"]


def test_an_overlay_is_an_example_once_and_then_the_users(site: Project) -> None:
    outcome("kube.build")
    (base,) = yaml.safe_load(site.read(EXAMPLE))["resources"]
    assert (site.root / EXAMPLE).parent.joinpath(base).resolve() == site.root / BASE
    (site.root / EXAMPLE).unlink()
    site.write("kubernetes/overlays/prod/kustomization.yaml", "mine\n")
    outcome("kube.build")
    assert site.read("kubernetes/overlays/prod/kustomization.yaml") == "mine\n"
    assert not (site.root / EXAMPLE).exists()


def test_a_build_and_manifests_leave_each_other_alone(site: Project) -> None:
    outcome("kube.build")
    before = site.tree(BASE)
    assert outcome("build") == 0
    assert site.tree(BASE) == before
    assert outcome("kube.build") == 0


def test_strict_and_refusals_write_nothing(site: Project) -> None:
    assert outcome("kube.build", "--strict") == 2
    site.deploy("web", template(web={"privileged": True}), more=REGISTRY)
    assert outcome("kube.build") == 2
    assert not (site.root / "build").exists()


def test_it_can_be_seen_without_being_done(
    site: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert outcome("--dry", "kube.build", "--json") == 0
    assert sorted(json.loads(capsys.readouterr().out)) == [
        "api.yaml",
        "kustomization.yaml",
        "web.yaml",
    ]
    assert not (site.root / "build").exists()


def test_stock_invoke_knows_it_too(site: Project) -> None:
    done = invoke(site, "kube.build")
    assert done.returncode == 0, done.stderr
    assert (site.root / BASE / "web.yaml").exists()


def test_the_namespace_of_the_configuration_is_in_the_kustomization(project: Project) -> None:
    project.deploy("web", template(web={}), more={"kubernetes": {"namespace": "lab-test"}})
    outcome("kube.build")
    said = yaml.safe_load(project.read(f"{BASE}/kustomization.yaml"))
    assert said["namespace"] == "lab-test"


def test_a_folder_in_the_place_of_a_manifest_is_told(
    site: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome("build")
    site.write(f"{BASE}/web.yaml/mine.txt")
    assert outcome("kube.build") == 2
    assert f"{BASE}/web.yaml is a folder; a manifest is to be written there." in (
        capsys.readouterr().err
    )


def test_a_file_in_the_place_of_the_folder_is_told(
    site: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome("build")
    site.write("build/kubernetes")
    assert outcome("kube.build") == 2
    assert "build/kubernetes is not a folder of the build; nothing was written." in (
        capsys.readouterr().err
    )


def test_a_disk_that_takes_nothing_is_told(
    site: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", f"{site.root}/{BASE}")

    monkeypatch.setattr(tempfile, "mkstemp", full)
    assert outcome("kube.build") == 2
    assert f"{BASE} cannot be written: No space left on device." in capsys.readouterr().err
