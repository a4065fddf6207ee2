"""The systemd that starts stacks: the machine's for root, else the user's own."""

from __future__ import annotations

import os
import pwd
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from container_manager.errors import PreconditionError
from container_manager.run import Finished, Runner

_SYSTEM_UNITS = Path("/etc/systemd/system")

_RUNS = ("initializing", "starting", "running", "degraded", "maintenance", "stopping")
"""What ``systemctl is-system-running`` says where systemd is there; see systemctl(1)."""

_STARTS_WITHIN = 3600.0
"""Seconds that the start of a stack may take; ``up`` itself ends earlier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Systemd:
    """One systemd, and how it is asked.

    Attributes:
        system: whether it is the machine's.
        folder: where its units are written.
        runner: starts the processes.
        version: its version; 0 where it is not known.
    """

    system: bool
    folder: Path
    runner: Runner
    version: int = 0

    @property
    def control(self) -> tuple[str, ...]:
        """The program that is called, with what stands before each command."""
        return ("systemctl",) if self.system else ("systemctl", "--user")

    @property
    def journal(self) -> str:
        """The command that shows what a unit said, but for the unit's name."""
        return "journalctl -u" if self.system else "journalctl --user -u"

    def call(self, *words: str) -> Finished:
        """Call systemctl."""
        timeout = _STARTS_WITHIN if words[0] == "start" else 60.0
        return self.runner.run([*self.control, *words], timeout=timeout)


def unit_folder(environ: Mapping[str, str], *, system: bool) -> Path:
    """Where units are written: of the machine, or of this user."""
    if system:
        return _SYSTEM_UNITS
    return Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"


def assumed(runner: Runner, environ: Mapping[str, str]) -> Systemd:
    """The systemd that would be used, be it there or not."""
    system = os.geteuid() == 0
    return Systemd(system=system, folder=unit_folder(environ, system=system), runner=runner)


def find_systemd(runner: Runner, environ: Mapping[str, str], *, by_hand: str) -> Systemd:
    """The systemd that starts what this user wants.

    Args:
        runner: starts the processes.
        environ: the environment.
        by_hand: what to do where there is none.

    Raises:
        PreconditionError: there is none, or it cannot be reached.
    """
    found = assumed(runner, environ)
    if shutil.which("systemctl", path=environ.get("PATH", "")) is None:
        raise PreconditionError("There is no systemd here: nothing was done.", remedy=by_hand)
    answered = found.call("is-system-running")
    if answered.stdout.strip() not in _RUNS:
        said = answered.last_lines.splitlines()
        reason = f" ({said[-1]})" if said else ""
        lone = not found.system and not environ.get("XDG_RUNTIME_DIR")
        raise PreconditionError(
            f"systemd does not answer here{reason}: nothing was done.",
            remedy="Log in as this user itself (ssh, or 'machinectl shell USER@'), not through su "
            "or sudo: XDG_RUNTIME_DIR is not set."
            if lone
            else by_hand,
        )
    first = re.search(r"\d+", found.call("--version").stdout)
    return Systemd(
        system=found.system,
        folder=found.folder,
        runner=runner,
        version=int(first.group()) if first else 0,
    )


def user_name(uid: int | None = None) -> str:
    """A user's name, as logind knows it; without a number, this one's."""
    uid = os.geteuid() if uid is None else uid
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def lingers(runner: Runner) -> bool:
    """Whether this user's systemd starts with the machine, and not with a login."""
    if shutil.which("loginctl") is None:
        return False
    # Where the user is neither logged in nor lingers, logind does not know them.
    return (
        runner.run(["loginctl", "show-user", user_name(), "--property=Linger"]).stdout.strip()
        == "Linger=yes"
    )
