"""Does a container start here? Asked with a folder and one static program: no image, no network."""

from __future__ import annotations

import shutil
import struct
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from container_manager.errors import RuntimeFailure
from container_manager.run import Runner

TIMEOUT = 60.0
"""Seconds that a container may take to start and end."""

_HEADER_BYTES = 65536
_PT_INTERP = 3
_WIDTHS = {b"\x01": False, b"\x02": True}
_ORDERS = {b"\x01": "<", b"\x02": ">"}

_CANDIDATES: tuple[tuple[str, str], ...] = (
    ("/bin/busybox", "true"),
    ("/usr/bin/busybox", "true"),
    ("/bin/busybox.static", "true"),
    ("/usr/sbin/busybox", "true"),
    ("/usr/bin/catatonit", "--version"),
    ("/usr/libexec/podman/catatonit", "--version"),
    ("/usr/libexec/catatonit/catatonit", "--version"),
    ("/usr/lib/podman/catatonit", "--version"),
    ("/usr/bin/tini-static", "--version"),
    ("/sbin/ldconfig.real", "--version"),
    ("/sbin/ldconfig", "--version"),
)
"""Programs that are often static, and the argument with which each ends at once with 0."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """A static program of this machine and the argument with which it ends with 0."""

    path: Path
    argument: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What Podman said when it was asked to start a container."""

    works: bool
    output: str

    @property
    def last_lines(self) -> str:
        """The end of the output, for an error message."""
        return "\n".join(self.output.strip().splitlines()[-6:])


def is_static_elf(data: bytes) -> bool:
    """Whether ``data`` begins an ELF program that asks for no dynamic loader.

    >>> is_static_elf(b"#!/bin/sh")
    False
    """
    width, endianness = data[4:5], data[5:6]
    if not data.startswith(b"\x7fELF") or width not in _WIDTHS or endianness not in _ORDERS:
        return False
    wide, order = _WIDTHS[width], _ORDERS[endianness]
    try:
        (table,) = struct.unpack_from(order + ("Q" if wide else "I"), data, 32 if wide else 28)
        size, count = struct.unpack_from(order + "HH", data, 54 if wide else 42)
        types = [
            struct.unpack_from(order + "I", data, table + index * size)[0] for index in range(count)
        ]
    except struct.error:
        return False
    return bool(types) and _PT_INTERP not in types


def static_program() -> Program | None:
    """The first static program found in the usual places, or None."""
    for path, argument in _CANDIDATES:
        try:
            with Path(path).open("rb") as file:
                head = file.read(_HEADER_BYTES)
        except OSError:
            continue
        if is_static_elf(head):
            return Program(path=Path(path), argument=argument)
    return None


def start_container(
    runner: Runner,
    executable: str,
    environ: Mapping[str, str],
    program: Program,
    state_dir: Path,
) -> Answer:
    """Start a container from a folder that holds nothing but ``program``.

    Args:
        runner: starts Podman.
        executable: Podman.
        environ: the whole environment for Podman.
        program: what runs in the container.
        state_dir: where the folder is made, for a moment.
    """
    # Not under /tmp: in a user namespace, or with SELinux, only our own folders are sure to work.
    root = Path(tempfile.mkdtemp(prefix="probe-", dir=state_dir))
    try:
        (root / "bin").mkdir()
        inside = root / "bin" / program.path.name
        shutil.copyfile(program.path, inside)
        inside.chmod(0o755)
        root.chmod(0o755)
        argv = (
            *(executable, "run", "--rm", "--network=none", "--log-driver=none"),
            # The folder carries the label of a user's file, which SELinux keeps containers from.
            "--security-opt=label=disable",
            *("--rootfs", str(root), f"/bin/{program.path.name}", program.argument),
        )
        finished = runner.run(argv, env=environ, timeout=TIMEOUT)
    except RuntimeFailure as error:
        return Answer(works=False, output=str(error))
    finally:
        # Podman creates mount points in the folder, as this user or as a mapped one.
        shutil.rmtree(root, ignore_errors=True)
    return Answer(works=finished.ok, output=f"{finished.stdout}\n{finished.stderr}")
