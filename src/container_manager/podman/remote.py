"""A Podman that is called through a socket: where it answers, and whether it sees our folders."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from container_manager.errors import RuntimeFailure
from container_manager.podman import probe
from container_manager.run import Runner

_ABSENT = re.compile(r"no such file|does not exist|not found", re.I)


def address(runner: Runner, executable: str, environ: Mapping[str, str]) -> str:
    """The address of the Podman that calls go to; empty where nothing says it.

    ``CONTAINER_HOST`` comes first, then the connection that ``CONTAINER_CONNECTION`` names, then
    the default one.

    Source: podman(1), podman-system-connection(1).
    """
    if environ.get("CONTAINER_HOST"):
        return environ["CONTAINER_HOST"]
    wanted = environ.get("CONTAINER_CONNECTION")
    try:
        argv = (executable, "system", "connection", "list", "--format=json")
        listed = json.loads(runner.run(argv, env=environ).stdout or "[]")
        for one in listed:
            # A default is marked in its name by Podman 4.0 and older.
            if str(one["Name"]).rstrip("*") == wanted if wanted else one.get("Default"):
                return str(one["URI"])
    except (RuntimeFailure, ValueError, AttributeError, TypeError, KeyError, RecursionError):
        pass
    return ""


def sees_folders(
    runner: Runner, executable: str, environ: Mapping[str, str], folder: Path
) -> bool | None:
    """Whether it sees a folder of this machine; None where that cannot be tried.

    It is asked to start a program from there.
    """
    program = probe.static_program()
    if program is None:
        return None
    answer = probe.start_container(runner, executable, environ, program, folder)
    if answer.works:
        return True
    told = str(folder) in answer.output and _ABSENT.search(answer.output)
    return False if told else None


def without_user(address: str) -> str:
    """An address as people may be shown it.

    >>> without_user("ssh://me@cluster.example/run/podman.sock")
    'ssh://cluster.example/run/podman.sock'
    """
    return re.sub(r"//[^@/]*@", "//", address)
