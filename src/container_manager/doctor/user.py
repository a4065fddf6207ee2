"""Checks of an ordinary user's rights: ids, namespaces, network programs, logging out."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from container_manager.doctor.catalogue import fine, found
from container_manager.doctor.findings import Finding
from container_manager.doctor.subject import Subject
from container_manager.podman.info import Info
from container_manager.podman.selinux import enforcing
from container_manager.preflight.host import unprivileged_ports
from container_manager.preflight.rootless import lingers, may_use_tun, network_programs

ENOUGH_IDS = 65536
"""What images are made for: the ids of a whole small machine."""

_SYSTEM_PATH = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What this user may, as measured.

    Attributes:
        user: the name.
        uid: the number.
        subordinate: how many ids /etc/subuid and /etc/subgid give the user.
        mappers: newuidmap and newgidmap -> whether each is there.
        max_namespaces: the kernel's bound of user namespaces; None where it has none.
        forbidding: a kernel setting that forbids them, as ``name=value that allows``.
        lingers: whether the user's processes outlive a logout; None without systemd-logind.
        runtime_folder: XDG_RUNTIME_DIR, or empty.
        runtime_is_ours: whether that is a folder of this user's.
        tun: whether /dev/net/tun can be opened.
        network_programs: which of pasta and slirp4netns are there.
    """

    user: str
    uid: int
    subordinate: tuple[int, int]
    mappers: Mapping[str, bool]
    max_namespaces: int | None
    forbidding: str
    lingers: bool | None
    runtime_folder: str
    runtime_is_ours: bool
    tun: bool
    network_programs: tuple[str, ...]


def ordinary_user(subject: Subject) -> list[Finding]:
    """What an ordinary user needs; root has all of it."""
    info = subject.info
    if info is not None and info.remote:
        return []
    # A Podman that lacks one of these may be unable to say anything at all.
    if not (info.rootless if info is not None else os.geteuid()):
        return [fine("user", "Podman runs as root: all ids and ports are at its disposal.")]
    return judge_rights(measure_rights(subject.user, subject.environ), info)


def measure_rights(
    user: str, environ: Mapping[str, str], *, root: Path = Path("/"), uid: int | None = None
) -> Rights:
    """Look at this machine.

    Args:
        user: the user's name.
        environ: the environment.
        root: where the machine's files lie.
        uid: the user's number; None: this process's.
    """
    uid = os.getuid() if uid is None else uid
    path = f"{environ.get('PATH', '')}:{_SYSTEM_PATH}"
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    return Rights(
        user=user,
        uid=uid,
        subordinate=(
            _granted(root / "etc/subuid", user, uid),
            _granted(root / "etc/subgid", user, uid),
        ),
        mappers={name: bool(shutil.which(name, path=path)) for name in ("newuidmap", "newgidmap")},
        max_namespaces=_number(root / "proc/sys/user/max_user_namespaces"),
        forbidding=_forbidding(root),
        lingers=lingers(user, root),
        runtime_folder=runtime,
        runtime_is_ours=_is_ours(runtime, uid),
        tun=may_use_tun(root / "dev/net/tun"),
        network_programs=network_programs(environ),
    )


def _granted(file: Path, user: str, uid: int) -> int:
    """How many ids a file like /etc/subuid gives a user, by name or by number."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return 0
    rows = [line.split(":") for line in lines]
    return sum(
        int(row[2])
        for row in rows
        if len(row) == 3 and row[0] in (user, str(uid)) and row[2].strip().isdigit()  # noqa: PLR2004
    )


def _forbidding(root: Path) -> str:
    switches = (
        ("kernel.unprivileged_userns_clone", 0, 1),
        ("kernel.apparmor_restrict_unprivileged_userns", 1, 0),
    )
    for name, forbids, allows in switches:
        if _number(root / "proc/sys" / name.replace(".", "/")) == forbids:
            return f"{name}={allows}"
    return ""


def _is_ours(folder: str, uid: int) -> bool:
    try:
        return bool(folder) and Path(folder).is_dir() and Path(folder).stat().st_uid == uid
    except OSError:
        return False


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def judge_rights(rights: Rights, info: Info | None) -> list[Finding]:
    """Everything that an ordinary user lacks.

    Args:
        rights: what was measured.
        info: what Podman says; None where it says nothing.
    """
    findings = [*_judge_ids(rights, info), *_judge_namespaces(rights, info)]
    if rights.lingers is False:
        said = "Containers end when this user logs out."
        findings.append(found("linger-off", said, user=rights.user))
    if not rights.runtime_is_ours:
        shown = rights.runtime_folder or "not set"
        said = f"XDG_RUNTIME_DIR is {shown}, and no folder of this user's."
        findings.append(found("runtime-folder-missing", said, uid=rights.uid))
    return [*findings, *_judge_network(rights, info)]


def _judge_ids(rights: Rights, info: Info | None) -> list[Finding]:
    uids, gids = (granted + 1 for granted in rights.subordinate)  # and the user's own
    if info is not None:
        uids, gids = info.mapped_uids or 0, info.mapped_gids or 0
    facts: dict[str, Any] = {"user": rights.user, "uids": uids, "gids": gids}
    fewest = min(uids, gids)
    absent = [name for name, there in rights.mappers.items() if not there]
    if absent:
        return [found("id-maps-missing", f"{' and '.join(absent)} cannot be found.", **facts)]
    if fewest <= 1:
        said = f"The user {rights.user} has no subordinate user or group ids."
        return [found("ids-missing", said, **facts)]
    if fewest < ENOUGH_IDS:
        said = f"Containers of {rights.user} have {fewest} ids; images are made for {ENOUGH_IDS}."
        return [found("ids-few", said, **facts)]
    return [fine("ids", f"Containers of {rights.user} have {fewest} user and group ids.", **facts)]


def _judge_namespaces(rights: Rights, info: Info | None) -> list[Finding]:
    setting = rights.forbidding
    if rights.max_namespaces == 0:
        setting = "user.max_user_namespaces=28633"
    # Distributions let Podman pass by a profile of its own: what it does counts.
    if not setting or (info is not None and (info.mapped_uids or 0) > 1):
        return []
    said = "The kernel forbids user namespaces to ordinary users."
    return [found("namespaces-forbidden", said, setting=setting)]


def _judge_network(rights: Rights, info: Info | None) -> list[Finding]:
    program = info.rootless_network if info is not None else ""
    if info is not None and info.lacks_network_program:
        said = f"Podman uses {program} for this user's network, which is not installed."
        return [found("network-program-missing", said)]
    if not rights.network_programs and not program:
        return [found("network-program-missing", "There is neither pasta nor slirp4netns.")]
    program = program or rights.network_programs[0]
    if not rights.tun:
        said = f"{program} needs /dev/net/tun, which this user cannot open."
        return [found("tun-missing", said)]
    return [fine("user-network", f"{program} carries this user's network.", program=program)]


def ports(subject: Subject) -> list[Finding]:
    """From which number on this user may publish ports; what the project needs of them."""
    info = subject.info
    if info is None or info.remote or not info.rootless:
        return []
    wanted = [
        port.host_port
        for service in (subject.stack.services.values() if subject.stack else ())
        for port in service.ports
        if port.host_port is not None
    ]
    return judge_ports(unprivileged_ports(), wanted)


def judge_ports(first: int, wanted: list[int]) -> list[Finding]:
    """Compare the ports that the project publishes with what an ordinary user may have.

    The problem itself is told, with its line, by what looks at the ports of the configuration.
    """
    low = sorted({port for port in wanted if 0 < port < first})
    if not low and first <= 1:
        return [fine("low-ports", "This user may publish every port.", first=first)]
    said = f"This user may publish ports from {first} on."
    if low:
        said += f" The project wants {', '.join(map(str, low))}."
    return [found("low-ports", said, first=first, wanted=low)]


def selinux(subject: Subject) -> list[Finding]:
    """Whether SELinux confines containers."""
    if subject.info is None:
        return []
    return judge_selinux(subject.info.selinux, enforcing())


def judge_selinux(used: bool, enforcing: bool) -> list[Finding]:
    """The finding about SELinux.

    Args:
        used: whether Podman gives containers labels.
        enforcing: whether the kernel refuses, instead of logging alone.
    """
    if used and enforcing:
        return [found("selinux", "SELinux is enforcing, and confines containers.")]
    return [fine("selinux", "SELinux does not confine containers here.")]
