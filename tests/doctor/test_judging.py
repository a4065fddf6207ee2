"""What is made of measurements: for each thing that can be wrong, facts that show it.

The last test sees to it that no row of the catalogue goes without.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from container_manager.boot.unit import Record
from container_manager.doctor import (
    booting,
    clock,
    devices,
    disks,
    podman_itself,
    project,
    provider,
    provider_trials,
    registries,
    trials,
    user,
)
from container_manager.doctor.catalogue import ADVICE
from container_manager.doctor.findings import Finding, Level
from container_manager.errors import Location, Problem
from container_manager.podman.host import PodmanHost
from container_manager.podman.info import Info
from container_manager.preflight.devices import Specified
from container_manager.preflight.host import FLOOR, Space, full_disk, missing_ids

INFO = Info(
    version=(5, 4, 2),
    rootless=True,
    remote=False,
    driver="overlay",
    mount_program="",
    backing="xfs",
    store="/store",
    temporary="/var/tmp",
    cgroup_version="v2",
    cgroup_manager="systemd",
    controllers=("cpu", "memory", "pids"),
    runtime="crun",
    network_backend="netavark",
    rootless_network="pasta",
    lacks_network_program=False,
    selinux=False,
    mapped_uids=65537,
    mapped_gids=65537,
)
HOST = PodmanHost(
    executable="/usr/bin/podman", version=(5, 4, 2), rootless=True, settings={}, reasons=()
)
RIGHTS = user.Rights(
    user="ada",
    uid=1000,
    subordinate=(65536, 65536),
    mappers={"newuidmap": True, "newgidmap": True},
    max_namespaces=28633,
    forbidding="",
    lingers=True,
    runtime_folder="/run/user/1000",
    runtime_is_ours=True,
    tun=True,
    network_programs=("pasta",),
)
MEETING = trials.Meeting(
    looked_up="Name:\tserver\nAddress: 10.89.0.2",
    address="10.89.0.2",
    by_name="tok",
    by_address="tok",
    from_host="tok",
    expected="tok",
    port=40000,
)
GOOD = provider_trials.Behaviour(
    name="compose",
    title="compose 2.40",
    kind="compose-v2",
    made=provider_trials.Ended(code=0),
    base="first",
    environment={"CM_BOTH": "from-the-shell", "CM_ONE": "from-the-file"},
    failed_start=provider_trials.Ended(code=1),
    missing_image=provider_trials.Ended(code=1),
    failed_job=provider_trials.Ended(code=1),
    unhealthy=provider_trials.Ended(code=1),
)
NOW = 1_800_000_000.0


def host(**changes: Any) -> list[Finding]:
    return podman_itself.judge_podman(replace(HOST, **changes))


def storage(**changes: Any) -> list[Finding]:
    return podman_itself.judge_storage(replace(INFO, **changes))


def disk(size: int, files: int | None = 1000) -> list[Finding]:
    measured = disks.Disk(
        uses="images", path=Path("/store"), space=Space(size, files), low=disks.LOW_STORE
    )
    return disks.judge_disks([measured])


def met(**changes: Any) -> list[Finding]:
    return trials.judge_meeting(replace(MEETING, **changes))


def rights(info: Mapping[str, Any] | None = None, **changes: Any) -> list[Finding]:
    return user.judge_rights(replace(RIGHTS, **changes), replace(INFO, **(info or {})))


def answered(missing: list[str] | None = None, **changes: Any) -> list[Finding]:
    answer = registries.Answer(registry="quay.io", **{"status": 401, "now": NOW, **changes})
    return registries.judge_registry(answer, missing or [])


def private(mode: int, problem: Problem | None = None, state: int = 0o700) -> list[Finding]:
    folder = project.Place(path=Path("/lab/.container-manager"), mode=state)
    dotenv = project.Place(path=Path("/lab/.env"), mode=mode)
    exposed = [problem] if problem else []
    return project.judge_state(folder) + project.judge_dotenv(dotenv, exposed)


def provided(**changes: Any) -> list[Finding]:
    return provider.judge_provider(replace(GOOD, **changes))


def units(config: str = __file__, *, lasting: bool = True) -> list[Finding]:
    """What is said of a unit; this file stands for a configuration that is there."""
    record = Record(config=Path(config), python=Path(__file__))
    ours = {Path("/units/container-manager-lab.service"): record}
    return booting.judge_units(ours, lasting=lasting, user="ada")


def ended(code: int | None) -> provider_trials.Ended:
    return provider_trials.Ended(code=code, said="Error: what it said")


def limits(**changes: str) -> list[Finding]:
    seen = {"memory": "67108864", "processes": "50", "cpu": "50000 100000", **changes}
    return podman_itself.judge_limits(seen, "")


WELL: Mapping[str, Callable[[], list[Finding]]] = {
    "podman": host,
    "storage": storage,
    "limits in cgroups v2": limits,
    "limits in cgroups v1": lambda: limits(cpu="50000"),
    "control groups": lambda: podman_itself.judge_control_groups(INFO),
    "network backend": lambda: podman_itself.judge_network_backend(INFO),
    "disk": lambda: disk(disks.LOW_STORE),
    "files without bound": lambda: disk(disks.LOW_STORE, None),
    "meeting": met,
    "a name that only the C library finds": lambda: met(looked_up="garbled"),
    "a name that a crashing C library does not find": lambda: met(by_name=""),
    "health": lambda: trials.judge_health(2, 2.2),
    "rights": rights,
    "rights where Podman says nothing": lambda: user.judge_rights(RIGHTS, None),
    "no logins by systemd": lambda: rights(lingers=None),
    "a forbidding kernel that lets Podman pass": lambda: rights(forbidding="a=1"),
    "a network program that only Podman finds": lambda: rights(network_programs=()),
    "every port": lambda: user.judge_ports(1, [80]),
    "clock": lambda: clock.judge_clock(NOW, NOW - 1000),
    "stamps": lambda: clock.judge_stamps(NOW, [int(NOW * 1e9) + 1, int(NOW * 1e9)]),
    "a container's clock": lambda: trials.judge_container_clock(str(int(NOW)), NOW, NOW + 1),
    "a folder": lambda: [trials.judge_folder(True, "", remote=True)],
    "registry": answered,
    "a proxy's old date": lambda: answered(date=NOW - 200),
    "provider": provided,
    "start": lambda: project.judge_start((), ()),
    "a unit": units,
}


@pytest.mark.parametrize("name", WELL)
def test_where_all_is_well_nothing_is_to_be_done(name: str) -> None:
    findings = WELL[name]()
    assert findings
    assert {(one.level, one.remedy) for one in findings} == {(Level.OK, None)}


NO_REMEDY = Problem(message="Port 80 is taken.", where=Location(Path("t.yml"), 3))

WRONG: Mapping[str, tuple[Callable[[], list[Finding]], str, str]] = {
    "old": (lambda: host(version=(4, 0, 2)), "podman-old", "4.0.2"),
    "settings": (
        lambda: host(changes=('[engine] runtime = "runc"',), reasons=("crun refuses.",)),
        "podman-settings",
        "crun refuses.",
    ),
    "shown": (lambda: host(version=(4, 9)), "podman-shows-secrets", "secrets of running"),
    "remote": (lambda: host(remote=True), "podman-remote", "through a socket"),
    "apart": (
        lambda: [trials.judge_folder(False, "no such directory", remote=True)],
        "podman-apart",
        "The remote Podman does not see this machine's folders:\nno such directory",
    ),
    "vfs": (lambda: storage(driver="vfs"), "store-vfs", "/store"),
    "fuse": (lambda: storage(mount_program="/usr/bin/fuse-overlayfs"), "store-fuse", "fuse-ov"),
    "moved": (lambda: units("/lab/c.yml"), "boot-gone", "needs /lab/c.yml, which is gone"),
    "logins": (
        lambda: units(lasting=False),
        "boot-without-linger",
        f"only when ada logs in, and not with the machine: {__file__}",
    ),
    "nfs": (lambda: storage(backing="nfs"), "store-on-network", "nfs"),
    "full": (lambda: disk(FLOOR - 1), "disk-full", "Only 100.0 MiB free at /store (images)."),
    "no files": (lambda: disk(9 << 30, 0), "disk-full", "Only 0 files free"),
    "low": (lambda: disk(disks.LOW_STORE - 1), "disk-low", "Only 2.0 GiB free"),
    "cgroups": (
        lambda: podman_itself.judge_control_groups(replace(INFO, cgroup_version="v1")),
        "cgroups-old",
        "v1",
    ),
    "limits": (
        lambda: limits(memory="max", cpu="max 100000"),
        "limits-ignored",
        "do not take effect: memory, cpu.",
    ),
    "no limits at all": (
        lambda: podman_itself.judge_limits({}, "crun: the memory controller is not available"),
        "limits-ignored",
        "controller is not available",
    ),
    "cni": (
        lambda: podman_itself.judge_network_backend(replace(INFO, network_backend="cni")),
        "network-cni",
        "CNI",
    ),
    "no network": (lambda: met(refused="iptables not found"), "network-refused", "iptables"),
    "no name": (
        lambda: met(looked_up="** server can't find server: NXDOMAIN", by_name=""),
        "names-unresolved",
        "NXDOMAIN",
    ),
    "another one's address": (
        lambda: met(looked_up="Server: 10.89.0.23:53\nAddress: 110.89.0.2", by_name=""),
        "names-unresolved",
        "by name",
    ),
    "no connection": (lambda: met(by_name="", by_address=""), "containers-apart", "10.89.0.2"),
    "no port": (lambda: met(from_host="Connection refused"), "port-silent", "Connection refused"),
    "low ports": (lambda: user.judge_ports(1024, [8080, 443, 80]), "low-ports", "wants 80, 443."),
    "no health checks": (lambda: trials.judge_health(0, 4.0), "health-not-by-itself", "in 4 s"),
    "one health check": (
        lambda: trials.judge_health(1, 4.0), "health-not-by-itself", "one alone was made",
    ),
    "no ids": (lambda: rights({"mapped_uids": 1}), "ids-missing", "ada has no subordinate"),
    "no group ids": (lambda: rights({"mapped_gids": 1}), "ids-missing", "ada"),
    "no ids, and a Podman that says nothing": (
        lambda: user.judge_rights(replace(RIGHTS, subordinate=(65536, 0)), None),
        "ids-missing",
        "ada has no subordinate",
    ),
    "few ids": (lambda: rights({"mapped_uids": 1001}), "ids-few", "have 1001 ids"),
    "no newuidmap": (
        lambda: rights(mappers={"newuidmap": False, "newgidmap": True}),
        "id-maps-missing",
        "newuidmap cannot be found.",
    ),
    "no namespaces": (
        lambda: rights(
            {"mapped_uids": None}, forbidding="kernel.unprivileged_userns_clone=1", mappers={}
        ),
        "namespaces-forbidden",
        "forbids",
    ),
    "none left": (
        lambda: rights({"mapped_uids": None}, max_namespaces=0),
        "namespaces-forbidden",
        "forbids",
    ),
    "no linger": (lambda: rights(lingers=False), "linger-off", "logs out"),
    "no runtime folder": (
        lambda: rights(runtime_folder="", runtime_is_ours=False),
        "runtime-folder-missing",
        "is not set",
    ),
    "no network program": (
        lambda: rights({"rootless_network": ""}, network_programs=()),
        "network-program-missing",
        "neither pasta nor slirp4netns",
    ),
    "no pasta, but the other one": (
        lambda: rights({"lacks_network_program": True}, network_programs=("slirp4netns",)),
        "network-program-missing",
        "Podman uses pasta for this user's network, which is not installed.",
    ),
    "no tun": (lambda: rights(tun=False), "tun-missing", "pasta needs /dev/net/tun"),
    "SELinux": (lambda: user.judge_selinux(True, True), "selinux", "enforcing"),
    "a description of devices": (
        lambda: devices.judge_devices(
            Specified(names=(), broken={Path("/etc/cdi/x.json"): "it is empty"}, folders=())
        ),
        "device-file-broken",
        "/etc/cdi/x.json describes no devices: it is empty.",
    ),
    "an old clock": (lambda: clock.judge_clock(0.0, NOW), "clock-wrong", "says 1970-01-01 00:00"),
    "a file server's clock": (
        lambda: clock.judge_stamps(NOW, [int((NOW + 60) * 1e9) + 1]),
        "clock-of-files",
        "by 60 s",
    ),
    "whole seconds": (
        lambda: clock.judge_stamps(NOW, [int(NOW) * 10**9] * 3),
        "stamps-coarse",
        "whole seconds",
    ),
    "a virtual machine's clock": (
        lambda: trials.judge_container_clock(str(int(NOW) - 3600), NOW, NOW + 1),
        "clock-of-containers",
        "by 3599 s",
    ),
    "a registry's clock": (
        lambda: answered(date=NOW - 86400), "clock-of-registry", "by 86400 s",
    ),
    "a full start": (
        lambda: project.judge_start([NO_REMEDY], []), "start-refused", "t.yml:3: Port 80 is taken.",
    ),
    "a doubtful start": (lambda: project.judge_start([], [NO_REMEDY]), "start-doubtful", "Port"),
    "read-only": (
        lambda: project.judge_folders(
            [project.Place(path=Path("/lab/build"), mode=0o755, writable=False)], "ada"
        ),
        "folder-read-only",
        "/lab/build cannot be written.",
    ),
    "open secrets": (lambda: private(0o644), "env-open", "/lab/.env (mode 0644)"),
    "published secrets": (
        lambda: private(0o600, Problem(message="git does not ignore this file")),
        "env-in-git",
        "/lab/.env: git does not ignore",
    ),
    "an open private folder": (lambda: private(0o600, state=0o755), "state-open", "mode 0755"),
    "an unreachable registry": (
        lambda: answered(["quay.io/a"], status=None, reason="timed out", through="proxy.example"),
        "registry-silent",
        "quay.io cannot be reached through the proxy proxy.example: timed out. From there have to "
        "come: quay.io/a.",
    ),
    "an unneeded registry": (
        lambda: answered(status=None, reason="timed out"), "registry-not-needed", "timed out",
    ),
    "no container": (
        lambda: provided(base="", made=ended(1)),
        "provider-fails",
        "compose made no container of a compose file (exit code 1):\nError: what it said",
    ),
    "paths from elsewhere": (lambda: provided(base="second"), "provider-fails", "(second)"),
    "the file wins": (
        lambda: provided(environment={"CM_BOTH": "from-the-file", "CM_ONE": "from-the-file"}),
        "provider-differs",
        "- prefers variables of '--env-file' to those of the shell. We read '.env' ourselves",
    ),
    "the file is not read": (
        lambda: provided(environment={"CM_BOTH": "from-the-shell", "CM_ONE": ""}),
        "provider-differs",
        "does not read the file that '--env-file' names.",
    ),
    "a failed start": (
        lambda: provided(failed_start=ended(0)),
        "provider-differs",
        "says nothing of a container that cannot start (exit code 0). We look at the containers",
    ),
    "a missing image": (
        lambda: provided(missing_image=ended(0)),
        "provider-differs",
        "says nothing of an image that is missing (exit code 0).",
    ),
    "a failed job": (
        lambda: provided(failed_job=ended(0), after_failed_job=True),
        "provider-differs",
        "starts what waits for 'service_completed_successfully', though it cannot come true (exit "
        "code 0). We start services ourselves",
    ),
    "a new version": (
        lambda: provided(failed_start=ended(14)),
        "provider-untested",
        "compose 2.40 is not like the versions that are tested:\n"
        "- exit code when a container cannot start: 14, not 1",
    ),
    "an unhealthy service": (
        lambda: provided(unhealthy=ended(None)),
        "provider-differs",
        "waits without end for 'service_healthy' where it cannot come true. We start services",
    ),
    "no registry": (lambda: answered(status=404), "registry-odd", "status 404"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_with_its_remedy(name: str) -> None:
    judge, code, said = WRONG[name]
    told = [one for one in judge() if one.code == code]
    assert len(told) == 1
    assert told[0].level is ADVICE[code].level
    assert said in told[0].message
    assert told[0].remedy
    assert "{" not in told[0].remedy


def test_remedies_can_be_pasted() -> None:
    (ids,) = rights({"mapped_uids": 1})[:1]
    assert ids.remedy is not None
    assert "--add-subgids 100000-165535 ada " in ids.remedy
    (open_to_all,) = private(0o644)
    assert open_to_all.remedy == "chmod 600 /lab/.env"


def test_what_a_start_refuses_is_told_once() -> None:
    twice = [*full_disk("/store", Space(5, 5)), *missing_ids(1), NO_REMEDY]
    assert project.not_told_elsewhere(twice) == [NO_REMEDY]


ELSEWHERE = {
    "podman-unusable", "container-refused", "no-trial-program", "no-configuration",
    "configuration-broken", "registries-not-asked", "not-measured", "check-failed", "left-behind",
    "provider-missing",
}  # fmt: skip
"""Shown to be told in test_examining.py, by whole runs."""


def test_nothing_of_the_catalogue_goes_without_a_test() -> None:
    shown = {code for _, code, _ in WRONG.values()}
    assert shown | ELSEWHERE == set(ADVICE)
    assert not shown & ELSEWHERE


def test_devices_that_there_are_are_listed() -> None:
    specified = Specified(names=("vendor.com/thing=one",), broken={}, folders=())
    (finding,) = devices.judge_devices(specified)
    assert (finding.level, finding.facts["names"]) == (Level.OK, ["vendor.com/thing=one"])
    assert devices.judge_devices(replace(specified, names=())) == []
