"""Which volumes of former names correspond to those of a stack."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.preflight.test_checks import listed, stack

from container_manager.compose.model import Stack
from container_manager.config.environment import Environment
from container_manager.podman.state import ListedContainer, VolumeState
from container_manager.preflight.former import (
    Former,
    former_problems,
    former_projects,
    former_volumes,
)

MONGO = """
services: {mongo: {image: localhost/x, volumes: ['data:/data']}}
volumes: {data: %s}
"""

COMPOSE = "com.docker.compose.project"
PODMAN_COMPOSE = "io.podman.compose.project"
OURS = "io.container-manager.project"
COPIED = "io.container-manager.copied-from"
FOLDER = "com.docker.compose.project.working_dir"


def volume(name: str, labels: Mapping[str, str] | None = None) -> VolumeState:
    return VolumeState(name=name, driver="local", labels=labels or {}, options={}, mountpoint="")


def found(
    read: Stack, root: Path, *volumes: VolumeState, containers: tuple[ListedContainer, ...] = ()
) -> list[Former]:
    projects = former_projects(read, Environment(process={}))
    return former_volumes(read, ["data"], projects, volumes, containers, root=root)


@pytest.mark.parametrize(
    "labels",
    [{}, {COMPOSE: "services"}, {COMPOSE: "services", PODMAN_COMPOSE: "services"}],
    ids=["unlabelled", "compose", "podman-compose"],
)
def test_a_volume_of_the_original_corresponds(labels: dict[str, str], tmp_path: Path) -> None:
    (one,) = found(stack(MONGO % "{}", tmp_path), tmp_path, volume("services_data", labels))
    assert (one.volume, one.actual, one.project) == ("services_data", "lab_data", "services")
    assert (one.made, one.whose) == (False, None)
    assert one.where.line == 3
    (problem,) = former_problems([one])
    assert "lab_data would begin empty" in problem.message
    assert "services_data" in problem.message


@pytest.mark.parametrize(
    "declared",
    [
        "{external: true}",
        "{name: services_data}",
        "{driver_opts: {type: none, o: bind, device: /srv/data}}",
    ],
)
def test_one_that_a_stack_shares_or_places_needs_no_copy(declared: str, tmp_path: Path) -> None:
    assert found(stack(MONGO % declared, tmp_path), tmp_path, volume("services_data")) == []


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("services_data2", {}),
        ("services-data", {}),
        ("other_data", {COMPOSE: "other"}),
        ("services_data", {COMPOSE: "other"}),
        ("services_data", {PODMAN_COMPOSE: "other"}),
        ("services_data", {OURS: "other", COMPOSE: "services"}),
    ],
)
def test_others_do_not(name: str, labels: dict[str, str], tmp_path: Path) -> None:
    assert found(stack(MONGO % "{}", tmp_path), tmp_path, volume(name, labels)) == []


def test_a_volume_that_nobody_uses_does_not(tmp_path: Path) -> None:
    read = stack(MONGO % "{}", tmp_path)
    volumes = [volume("services_data")]
    assert former_volumes(read, [], ["services"], volumes, (), root=tmp_path) == []


def test_the_names_that_a_stack_may_have_had(tmp_path: Path) -> None:
    read = stack("name: als\n" + MONGO % "{}", tmp_path)
    environment = Environment(process={"COMPOSE_PROJECT_NAME": "beam"})
    assert former_projects(read, environment) == ("beam", "als", "services")
    same = stack("name: lab\n" + MONGO % "{}", tmp_path)
    assert former_projects(same, Environment(process={})) == ("services",)


def test_a_volume_of_our_own_is_told(tmp_path: Path) -> None:
    read = stack(MONGO % "{}", tmp_path)
    (one,) = found(read, tmp_path, volume("services_data"), volume("lab_data"))
    assert one.made


def test_what_another_project_has_copied_is_its(tmp_path: Path) -> None:
    read = stack(MONGO % "{}", tmp_path)
    heir = volume("other_data", {COPIED: "services_data"})
    (one,) = found(read, tmp_path, volume("services_data"), heir)
    assert one.whose == "which was copied to other_data"
    own = volume("lab_data", {COPIED: "services_data"})
    (one,) = found(read, tmp_path, volume("services_data"), own)
    assert one.whose is None


@pytest.mark.parametrize(
    ("folder", "somebody_elses"),
    [
        ("theirs/build/services", True),
        ("lab/build/services", False),
        ("gone/build/services", False),
        ("", False),
    ],
)
def test_whose_it_is_shows_where_its_containers_were_started(
    folder: str, somebody_elses: bool, tmp_path: Path
) -> None:
    root = tmp_path / "lab"
    (tmp_path / "theirs/build/services").mkdir(parents=True)
    started = str(tmp_path / folder) if folder else ""
    container = listed("services_mongo_1", {COMPOSE: "services", FOLDER: started})
    (one,) = found(
        stack(MONGO % "{}", root), root, volume("services_data"), containers=(container,)
    )
    assert (one.whose is not None) is somebody_elses
    if somebody_elses:
        assert started in str(one.whose)
