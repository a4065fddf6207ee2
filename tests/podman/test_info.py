"""What ``podman info`` says, as 4.3 and 5.4 say it."""

from __future__ import annotations

from typing import Any

import pytest

from container_manager.podman.info import parse_info

# Shortened from Podman 4.3.1 as root; and from 5.4.2, with what it says to an ordinary user.
OLD: dict[str, Any] = {
    "host": {
        "cgroupManager": "cgroupfs",
        "cgroupVersion": "v1",
        "cgroupControllers": ["cpuset", "cpu", "memory", "pids"],
        "idMappings": {"gidmap": None, "uidmap": None},
        "networkBackend": "netavark",
        "ociRuntime": {"name": "runc", "path": "/usr/bin/runc"},
        "serviceIsRemote": False,
        "security": {"rootless": False, "selinuxEnabled": False},
        "slirp4netns": {"executable": "", "package": "", "version": ""},
    },
    "store": {
        "graphDriverName": "overlay",
        "graphOptions": {},
        "graphRoot": "/var/lib/containers/storage",
        "graphStatus": {"Backing Filesystem": "extfs", "Native Overlay Diff": "true"},
        "imageCopyTmpDir": "/var/tmp",
    },
    "version": {"Version": "4.3.1"},
}
_MAP = [
    {"container_id": 0, "host_id": 1000, "size": 1},
    {"container_id": 1, "host_id": 524288, "size": 65536},
]
NEW: dict[str, Any] = {
    "host": {
        "cgroupManager": "systemd",
        "cgroupVersion": "v2",
        "cgroupControllers": ["cpu", "memory", "pids"],
        "idMappings": {"gidmap": _MAP, "uidmap": _MAP},
        "networkBackend": "netavark",
        "networkBackendInfo": {"backend": "netavark", "dns": {"path": "/usr/lib/aardvark-dns"}},
        "ociRuntime": {"name": "crun"},
        "pasta": {"executable": "/usr/bin/pasta"},
        "rootlessNetworkCmd": "pasta",
        "serviceIsRemote": False,
        "security": {"rootless": True, "selinuxEnabled": True},
        "slirp4netns": {"executable": "/usr/bin/slirp4netns"},
    },
    "store": {
        "graphDriverName": "overlay",
        "graphOptions": {
            "overlay.mount_program": {"Executable": "/usr/bin/fuse-overlayfs", "Version": "1.14"}
        },
        "graphRoot": "/home/x/.local/share/containers/storage",
        "graphStatus": {"Backing Filesystem": "xfs"},
        "imageCopyTmpDir": "/var/tmp",
    },
    "version": {"Version": "5.4.2"},
}


def test_root_with_podman_4() -> None:
    info = parse_info(OLD)
    assert (info.version, info.rootless, info.remote) == ((4, 3, 1), False, False)
    assert (info.driver, info.store, info.backing) == (
        "overlay", "/var/lib/containers/storage", "extfs",
    )  # fmt: skip
    assert (info.mapped_uids, info.mapped_gids, info.rootless_network) == (None, None, "")
    assert (info.cgroup_version, info.runtime, info.mount_program) == ("v1", "runc", "")


def test_an_ordinary_user_with_podman_5() -> None:
    info = parse_info(NEW)
    assert (info.version, info.rootless, info.selinux) == ((5, 4, 2), True, True)
    assert (info.mapped_uids, info.mapped_gids, info.rootless_network) == (65537, 65537, "pasta")
    assert not info.lacks_network_program
    assert info.mount_program == "/usr/bin/fuse-overlayfs"


def test_podman_5_names_its_network_program_even_where_it_is_not_there() -> None:
    host = {**NEW["host"], "pasta": {"executable": "", "package": "", "version": ""}}
    info = parse_info({**NEW, "host": host})
    assert (info.rootless_network, info.lacks_network_program) == ("pasta", True)
    assert not parse_info(OLD).lacks_network_program


@pytest.mark.parametrize("answer", [{}, {"host": None, "store": []}])
def test_what_is_not_said_is_empty(answer: dict[str, Any]) -> None:
    info = parse_info(answer)
    assert (info.version, info.driver, info.network_backend, info.mapped_uids) == ((), "", "", None)
