"""Copies of volumes: what refuses them, and what a copy that fails leaves behind.

Podman is a dictionary here; with the real one they are made in ``tests/integration``.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.lifecycle.data.stores import Store, project_with, tar
from tests.preflight.test_former import COMPOSE, COPIED

from container_manager.errors import (
    InterruptedByUser,
    Location,
    ManagerError,
    PreconditionError,
    RuntimeFailure,
)
from container_manager.lifecycle.data.adopting import adopt
from container_manager.lifecycle.data.former import unfinished_copies
from container_manager.lifecycle.project import Project
from container_manager.preflight.former import Former


@pytest.fixture
def store() -> Store:
    """One volume that podman-compose has made."""
    return Store({"services_data": {COMPOSE: "services"}}, {"services_data": tar(run1="measured")})


@pytest.fixture
def lab(tmp_path: Path, store: Store) -> Project:
    """As much of a project as a copy needs."""
    return project_with(store, tmp_path)


def former(project: str = "services") -> Former:
    return Former(
        volume=f"{project}_data",
        project=project,
        actual="lab_data",
        made=False,
        whose=None,
        where=Location(Path("/lab/services/docker-compose.yml.j2"), 3),
    )


def refused(lab: Project, *chosen: Former, kind: type[ManagerError] = PreconditionError) -> str:
    with pytest.raises(kind) as caught:
        adopt(lab, chosen or (former(),))
    return str(caught.value)


def test_a_copy_is_ours_and_says_where_it_comes_from(lab: Project, store: Store) -> None:
    assert adopt(lab, [former()]) == ("lab_data",)
    assert store.content["lab_data"] == store.content["services_data"]
    labels = store.labels["lab_data"]
    assert labels[COMPOSE] == "lab"
    assert labels[COPIED] == "services_data"
    assert lab.identity(create=False).owns(labels)
    assert unfinished_copies(lab) == {}


def test_one_volume_has_one_original(lab: Project, store: Store) -> None:
    store.labels["als_data"], store.content["als_data"] = {COMPOSE: "als"}, tar()
    said = refused(lab, former(), former("als"))
    assert "lab_data can be copied from services_data or from als_data" in said
    assert "'adopt --copy --project services' or 'adopt --copy --project als'" in said
    assert "lab_data" not in store.labels


def test_an_original_that_is_gone(lab: Project) -> None:
    assert "There is no volume gone_data" in refused(lab, former("gone"))


def test_an_original_that_is_used(lab: Project, store: Store) -> None:
    store.running = ("services_mongo_1",)
    said = refused(lab)
    assert "services_data is used by what runs: services_mongo_1" in said
    assert "'podman stop services_mongo_1'" in said
    assert "lab_data" not in store.labels


def test_no_room(
    lab: Project, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.folder = str(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    said = refused(lab)
    assert f"in {tmp_path}, which has room for 0 MiB: nothing was touched" in said
    assert "lab_data" not in store.labels


def test_nothing_is_copied_into_what_is_there(lab: Project, store: Store) -> None:
    store.labels["lab_data"], store.content["lab_data"] = {}, tar(mine="kept")
    assert "There is a volume lab_data already" in refused(lab)
    assert store.content["lab_data"] == tar(mine="kept")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ("lab_data", "lab_data does not hold what"),
        ("services_data", "services_data was changed while it was copied"),
    ],
)
def test_a_copy_that_differs_is_not_whole(
    lab: Project, store: Store, changed: str, said: str
) -> None:
    def strike(_: str) -> None:
        store.content[changed] = tar(run1="measureD")

    store.strike = strike
    assert said in refused(lab, kind=RuntimeFailure)
    assert unfinished_copies(lab) == {"lab_data": "services_data"}


@pytest.mark.parametrize(
    ("struck", "kind", "said"),
    [
        (KeyboardInterrupt(), InterruptedByUser, "the originals are as they were"),
        (OSError(28, "No space left on device"), RuntimeFailure, "No space left on device"),
    ],
    ids=["interrupted", "disk full"],
)
def test_a_copy_that_was_cut_short_is_begun_anew(
    lab: Project, store: Store, struck: BaseException, kind: type[ManagerError], said: str
) -> None:
    def strike(name: str) -> None:
        store.content[name] = tar(half="of it")
        raise struck

    store.strike = strike
    assert said in refused(lab, kind=kind)
    assert unfinished_copies(lab) == {"lab_data": "services_data"}
    assert not list(lab.state_dir.glob("copying-*"))

    store.strike = lambda _: None
    assert adopt(lab, [former()]) == ("lab_data",)
    assert store.content["lab_data"] == store.content["services_data"]
    assert unfinished_copies(lab) == {}


def test_ctrl_c_between_two_copies_says_which_are_there(lab: Project, store: Store) -> None:
    store.labels["services_logs"], store.content["services_logs"] = {COMPOSE: "services"}, tar()
    logs = replace(former(), volume="services_logs", actual="lab_logs")

    def strike(name: str) -> None:
        if name == "lab_logs":
            raise KeyboardInterrupt

    store.strike = strike
    said = refused(lab, former(), logs, kind=InterruptedByUser)
    assert "the originals are as they were. Copied before: lab_data." in said
    assert "'adopt --copy' copies what is left." in said


def test_half_a_copy_that_somebody_uses_stays(lab: Project, store: Store) -> None:
    def strike(_: str) -> None:
        raise KeyboardInterrupt

    store.strike = strike
    refused(lab, kind=InterruptedByUser)
    store.running, store.unused = ("somebodys",), ("services_data",)
    said = refused(lab, kind=RuntimeFailure)
    assert "lab_data, whose copy was cut short, is in use: volume is being used" in said
