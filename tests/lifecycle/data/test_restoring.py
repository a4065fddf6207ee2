"""Backups that cannot be made, and volumes that cannot be brought back: what is left then.

Podman is a dictionary here; with the real one this is done in ``tests/integration``.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.lifecycle.data.stores import Store, project_with, tar

from container_manager.errors import InterruptedByUser, PreconditionError, RuntimeFailure
from container_manager.lifecycle.data.backing_up import backup
from container_manager.lifecycle.data.restoring import restore
from container_manager.lifecycle.project import Project
from container_manager.run import Finished

FULL = OSError(errno.ENOSPC, "No space left on device")
BIND = {"type": "none", "o": "bind", "device": "/srv"}


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def lab(store: Store, tmp_path: Path) -> Project:
    """A stack with two volumes of its own."""
    project = project_with(store, tmp_path)
    for name in ("lab_data", "lab_logs"):
        labels = project.identity(create=True).constant_labels
        store.labels[name], store.content[name] = labels, tar(run1="measured")
    return project


def forget(store: Store, *names: str) -> None:
    """Remove volumes, as somebody does."""
    for name in names:
        del store.labels[name], store.content[name]


# --- backup ---------------------------------------------------------------------------------------


def test_a_stack_without_volumes_has_nothing_to_save(lab: Project, store: Store) -> None:
    forget(store, "lab_data", "lab_logs")
    with pytest.raises(PreconditionError, match="The project 'lab' has no volumes to save"):
        backup(lab)


def test_a_service_without_volumes_has_nothing_to_save(lab: Project) -> None:
    with pytest.raises(PreconditionError, match=r"framework\.web has no volume to save"):
        backup(lab, only=["framework.web"])


@pytest.mark.parametrize(
    ("struck", "kind", "told"),
    [
        (KeyboardInterrupt(), InterruptedByUser, "nothing was kept, and all runs as before"),
        (FULL, RuntimeFailure, "The backup could not be written: No space left on device"),
    ],
    ids=["interrupted", "disk full"],
)
def test_a_backup_that_was_cut_short_is_not_kept(
    lab: Project,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    struck: BaseException,
    kind: type[Exception],
    told: str,
) -> None:
    def export(name: str, file: Path) -> None:
        file.write_bytes(b"half of it")
        raise struck

    monkeypatch.setattr(store, "export_volume", export)
    with pytest.raises(kind, match=told):
        backup(lab)
    assert list(lab.backups_dir.iterdir()) == []


def test_what_was_written_to_meanwhile_is_not_kept(
    lab: Project, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = store.export_volume

    def started(name: str, file: Path) -> None:
        export(name, file)
        store.running = ("lab_web_1",)

    monkeypatch.setattr(store, "export_volume", started)
    with pytest.raises(RuntimeFailure, match="A container was started while a volume that it uses"):
        backup(lab)
    assert list(lab.backups_dir.iterdir()) == []


# --- restore --------------------------------------------------------------------------------------


def test_volumes_come_back_as_they_were(lab: Project, store: Store) -> None:
    backup(lab)
    forget(store, "lab_data")
    store.content["lab_logs"] = tar()
    assert restore(lab).created == ("lab_data", "lab_logs")
    assert store.content["lab_data"] == store.content["lab_logs"] == tar(run1="measured")


def test_a_service_that_the_backup_does_not_know(lab: Project) -> None:
    backup(lab)
    with pytest.raises(PreconditionError, match=r"holds no volume of framework\.web") as caught:
        restore(lab, only=["framework.web"])
    assert "restore all" in str(caught.value)


@pytest.mark.parametrize("gone", [True, False])
def test_what_options_of_a_driver_name_is_not_written_to(
    lab: Project, store: Store, gone: bool
) -> None:
    store.options["lab_data"] = BIND
    backup(lab)
    if gone:
        forget(store, "lab_data")
    why = "; only a start makes it" if gone else ", and holds data"
    with pytest.raises(PreconditionError, match=f"lab_data has options of its driver{why}"):
        restore(lab, force=True)


def test_a_volume_that_an_image_asked_for_and_nobody_owns_stays(lab: Project, store: Store) -> None:
    backup(lab)
    store.labels["lab_data"], store.anonymous = {}, {"lab_data"}
    store.content["lab_data"] = tar(theirs="kept")
    store.content["lab_logs"] = tar()
    assert restore(lab).created == ("lab_logs",)
    assert store.content["lab_data"] == tar(theirs="kept")
    (warning,) = warned(lab)
    assert warning.startswith("The volume lab_data has no owner and is still there: it was left")


def test_no_room_for_what_comes_back(
    lab: Project, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup(lab)
    forget(store, "lab_data", "lab_logs")
    store.folder = str(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    with pytest.raises(PreconditionError, match=r"room for 0 MiB: nothing was touched\."):
        restore(lab)
    assert store.labels == {}


def test_a_disk_that_fills_up_half_way_leaves_a_list_of_what_is_whole(
    lab: Project, store: Store
) -> None:
    def strike(name: str) -> None:
        if name == "lab_logs":
            raise FULL

    backup(lab)
    forget(store, "lab_data", "lab_logs")
    store.strike = strike
    with pytest.raises(RuntimeFailure) as caught:
        restore(lab)
    told = str(caught.value)
    assert "The volumes could not be restored: [Errno 28] No space left on device." in told
    assert "Restored: lab_data. Not whole: lab_logs." in told
    (folder,) = (one.name for one in lab.backups_dir.iterdir())
    assert f"'restore {folder} --force' goes on" in told
    store.strike = lambda _: None
    assert restore(lab, folder, force=True).created == ("lab_data", "lab_logs")


def test_a_volume_that_somebody_takes_at_the_last_moment(
    lab: Project, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup(lab)
    store.content |= {"lab_data": tar(), "lab_logs": tar()}
    used = Finished(argv=(), returncode=2, stdout="", stderr="volume is being used")
    monkeypatch.setattr(store, "remove_volume", lambda _: used)
    with pytest.raises(RuntimeFailure, match="lab_data is in use: volume is being used"):
        restore(lab)


def test_an_owner_that_cannot_be_given_is_a_warning(
    lab: Project, store: Store, tmp_path: Path
) -> None:
    store.mountpoint = str(tmp_path)
    backup(lab)
    store.mountpoint = "/nowhere"
    forget(store, "lab_data")
    store.content["lab_logs"] = tar()
    restore(lab)
    assert len(warned(lab)) == 2
    assert warned(lab)[0].startswith("The owner and mode of the volume lab_data could not be set.")


def warned(lab: Project) -> list[str]:
    """What it warned of."""
    parts: Mapping[str, Any] = vars(lab)
    return [str(one) for one in parts["warned"]]
