"""Labels of SELinux: what gets one, what keeps its own, and what must never be relabelled."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.compose.reading import one, read

from container_manager.compose.labelling import with_labels
from container_manager.compose.model import Stack
from container_manager.compose.one_off import OneOff, compose_text
from container_manager.compose.overlay import Overlay, relabelling
from container_manager.podman import selinux
from container_manager.podman.host import PodmanHost
from container_manager.podman.selinux import confines
from container_manager.preflight.labels import label_of, relabelled_system, unlabelled

PROJECT = Path("/project")
HOME = Path("/home/ada")


def labelled(body: str) -> Stack:
    """A stack on a host that confines containers; the project is its own folder."""
    return with_labels(read(one(body)), (PROJECT,))


def volumes(stack: Stack) -> object:
    return stack.services["web"].definition["volumes"]


def refusals(body: str, folders: tuple[Path, ...] = (PROJECT,)) -> list[str]:
    services = list(read(one(body)).services.values())
    found = relabelled_system(services, folders, home=HOME)
    assert all(problem.remedy and problem.where for problem in found)
    return [problem.message for problem in found]


def test_the_projects_own_files_get_the_shared_label() -> None:
    body = """
    volumes:
    - ./web/state:/state
    - ./web/conf:/conf:ro
    - /project/src:/src:ro,cached
    - data:/data
    - /opt/tool:/tool
    - {type: bind, source: web/long, target: /long, read_only: true}
    """
    stack = read(one(body), "volumes: {data: {}}")
    after = with_labels(stack, (PROJECT,))
    assert volumes(after) == [
        "./web/state:/state:z",
        "./web/conf:/conf:ro,z",
        "/project/src:/src:ro,cached,z",
        "data:/data",
        "/opt/tool:/tool",
        "./web/long:/long:ro,z",
    ]


@pytest.mark.parametrize(
    "body",
    [
        "volumes: ['./state:/state:z']",
        "volumes: ['./state:/state:ro,Z']",
        "volumes: [{type: bind, source: ./s, target: /s, bind: {selinux: Z}}]",
        "volumes: ['./state:/state']\nsecurity_opt: ['label=disable']",
        "volumes: ['./state:/state']\nsecurity_opt: ['label:disable']",
        "volumes: ['./state:/state']\nprivileged: true",
        "volumes: ['./state:/state']\nx-selinux-relabel: false",
        "volumes: ['/elsewhere/data:/data']",
    ],
)
def test_what_a_template_says_holds(body: str) -> None:
    assert labelled(body).services == read(one(body)).services


def test_providers_get_the_volumes_of_the_managers_own_file_in_place_of_the_templates() -> None:
    stack = labelled("volumes: ['./state:/state']")
    own = yaml.safe_load(Overlay(constant={}).text(stack))
    away, again = relabelling(stack)
    assert "volumes: !reset" in away
    for document in (own, yaml.safe_load(again)):
        assert document["services"]["web"]["volumes"] == ["./state:/state:z"]
    once = compose_text("lab", stack.services["web"], OneOff(name="web-run"), {}, {})
    assert yaml.safe_load(once)["services"]["web-run"]["volumes"] == ["./state:/state:z"]


def test_without_selinux_nothing_is_added() -> None:
    stack = read(one("volumes: ['./state:/state']"))
    assert relabelling(stack) == []
    assert "volumes" not in yaml.safe_load(Overlay(constant={}).text(stack))["services"]["web"]


@pytest.mark.parametrize(
    "source", ["/", "/etc", "/usr", "/home", "/home/ada", "/home/bob", "/var/lib"]
)
def test_the_system_keeps_its_labels(source: str) -> None:
    (said,) = refusals(f"volumes: ['{source}:/there:z']")
    assert f"mounts {source} with a label" in said
    assert refusals(f"volumes: ['{source}:/there']") == []
    assert refusals(f"volumes: ['{source}:/there:z']\nsecurity_opt: ['label=disable']") == []
    assert refusals(f"volumes: ['{source.rstrip('/')}/lab/data:/there:z']") == []


def test_a_project_in_the_home_itself_relabels_no_home() -> None:
    assert refusals("volumes: ['/home/ada:/work']", (HOME,)) != []
    assert refusals("volumes: ['/home/ada/data:/work']", (HOME,)) == []


def test_only_a_host_that_enforces_confines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def host(*, used: bool = True, remote: bool = False) -> PodmanHost:
        return PodmanHost(
            executable="/usr/bin/podman",
            version=(5, 4),
            rootless=True,
            settings={},
            reasons=(),
            selinux=used,
            remote=remote,
        )

    monkeypatch.setattr(selinux, "ENFORCE", tmp_path / "enforce")
    assert not confines(host())
    (tmp_path / "enforce").write_text("0")
    assert not confines(host())
    (tmp_path / "enforce").write_text("1")
    assert confines(host())
    assert not confines(host(used=False))
    assert not confines(host(remote=True))


@pytest.mark.parametrize(
    ("label", "warned"),
    [
        ("unconfined_u:object_r:user_home_t:s0", True),
        ("system_u:object_r:default_t:s0", True),
        ("system_u:object_r:container_file_t:s0:c1,c2", False),
        ("system_u:object_r:nfs_t:s0", False),
        ("", False),
    ],
)
def test_folders_from_elsewhere_are_warned_of_by_their_labels(
    tmp_path: Path, label: str, warned: bool
) -> None:
    def warnings(more: str = "", options: str = "") -> list[str]:
        text = one(f"volumes: ['{tmp_path}:/data{options}']\n{more}")
        services = read(text).services.values()
        return [str(one) for one in unlabelled(services, (PROJECT,), lambda _: label)]

    assert [label in said for said in warnings()] == [True] * warned
    assert warnings(options=":z") == []
    assert warnings("security_opt: ['label=disable']") == []
    assert unlabelled(read(one("volumes: ['./a:/a']")).services.values(), (PROJECT,), str) == []


def test_a_path_without_a_label_has_none(tmp_path: Path) -> None:
    assert label_of(tmp_path / "nothing") == ""
