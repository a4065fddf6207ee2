"""How facts are gathered where no container is needed: from files of a machine made up here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from container_manager.doctor import clock, disks, project, user
from container_manager.doctor.subject import Subject
from container_manager.run import ProcessRunner


def put(root: Path, path: str, text: str = "") -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def measured(root: Path, **environ: str) -> user.Rights:
    return user.measure_rights("ada", environ, root=root, uid=os.getuid())


def test_a_machine_with_systemd(tmp_path: Path) -> None:
    put(tmp_path, "run/systemd/system/x")
    put(tmp_path, "proc/sys/user/max_user_namespaces", "28633\n")
    put(tmp_path, "dev/net/tun")
    rights = measured(tmp_path, XDG_RUNTIME_DIR=str(tmp_path))
    assert (rights.lingers, rights.max_namespaces, rights.forbidding) == (False, 28633, "")
    assert (rights.tun, rights.runtime_is_ours) == (True, True)
    put(tmp_path, "var/lib/systemd/linger/ada")
    assert measured(tmp_path).lingers is True


@pytest.mark.parametrize(
    ("setting", "value", "forbidding"),
    [
        ("unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"),
        ("unprivileged_userns_clone", "1", ""),
        (
            "apparmor_restrict_unprivileged_userns",
            "1",
            "kernel.apparmor_restrict_unprivileged_userns=0",
        ),
    ],
)
def test_what_a_kernel_forbids(tmp_path: Path, setting: str, value: str, forbidding: str) -> None:
    put(tmp_path, f"proc/sys/kernel/{setting}", value)
    rights = measured(tmp_path, XDG_RUNTIME_DIR="/no/such/folder")
    assert (rights.forbidding, rights.lingers, rights.tun) == (forbidding, None, False)
    assert not rights.runtime_is_ours


def test_what_a_user_was_given(tmp_path: Path) -> None:
    uid = os.getuid()
    put(tmp_path, "etc/subuid", f"eve:1:9\nada:100000:65536\n{uid}:300000:1000\nada:broken\n")
    assert measured(tmp_path).subordinate == (66536, 0)


def test_folders_on_one_disk_are_told_once(tmp_path: Path) -> None:
    subject = Subject(runner=ProcessRunner(), environ={}, folder=tmp_path)
    (only,) = disks.measure_disks(subject)
    assert only.uses == "temporary files"
    assert only.space is not None
    wanted = [("a", tmp_path, 5), ("b", tmp_path / "not" / "yet", 7)]
    (both,) = disks.by_device(wanted)
    assert (both.uses, both.path, both.low) == ("a; b", tmp_path, 7)


def test_files_made_now_have_the_time_of_now(tmp_path: Path) -> None:
    now, times = clock.measure_stamps(tmp_path)
    assert len(times) == 3
    assert all(abs(stamp / 1e9 - now) < 5 for stamp in times)


def test_a_place_is_tried_and_nothing_stays_there(tmp_path: Path) -> None:
    assert project.look_at(tmp_path).writable
    assert list(tmp_path.iterdir()) == []
    assert project.look_at(tmp_path / "absent").mode is None
    assert not project.look_at(Path("/proc/sys")).writable
    put(tmp_path, ".env", "A=1")
    (tmp_path / ".env").chmod(0o640)
    assert project.look_at(tmp_path / ".env").open
