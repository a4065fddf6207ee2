"""The verb that makes a stack start with the machine, and ends that."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from container_manager import inputs
from container_manager.boot import enabling
from container_manager.boot.systemd import Systemd, assumed, find_systemd, lingers, user_name
from container_manager.boot.unit import (
    RETRYING,
    Record,
    Wanted,
    kept_variables,
    unit_text,
)
from container_manager.build.as_built import as_built
from container_manager.config.loader import Config, load
from container_manager.errors import Location, PreconditionError, Problem
from container_manager.places import ConfigPath, find_config
from container_manager.report import warn_all
from container_manager.run import ProcessRunner
from container_manager.started import candidates

_ELSEWHERE = ("CONTAINER_HOST", "CONTAINER_CONNECTION")
_EVERYWHERE = frozenset({"HOME", "LANG", "LOGNAME", "SHELL", "USER", "XDG_RUNTIME_DIR"})
"""Variables that systemd gives what it starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boot:
    """Whether and how a stack starts with the machine.

    Attributes:
        name: the unit's name; empty where there is none.
        unit: its file; None where there is none.
        text: what stands in it, or would.
        enabled: whether systemd starts it with the machine.
        active: whether systemd holds it for started.
        lingers: whether the user's systemd starts with the machine; None for the machine's.
        written: whether the file was written by this command.
        removed: files that this command removed.
        control: how systemctl is called.
        problems: why the stack would not start even so.
    """

    name: str = ""
    unit: Path | None = None
    text: str = ""
    enabled: bool = False
    active: bool = False
    lingers: bool | None = None
    written: bool = False
    removed: tuple[Path, ...] = ()
    control: str = "systemctl"
    problems: tuple[Problem, ...] = ()


def boot(config: ConfigPath = None, *, now: bool = False) -> Boot:
    """Have systemd start the stack with the machine, and stop it in order.

    Args:
        config: the configuration; what runs then is what was built of it.
        now: start the unit at once, as a start of the machine would.

    Raises:
        ManagerError: see the exit code.
    """
    systemd = _systemd(Path(os.path.abspath(config or find_config())))  # noqa: PTH100 - as load()
    loaded = _loaded(config)
    wanted = _wanted(loaded, systemd)
    done = enabling.enable(systemd, wanted)
    if now:
        enabling.start(systemd, wanted.name)
    lasting = _lingers(systemd)
    return Boot(
        name=wanted.name,
        unit=done.unit,
        text=unit_text(wanted),
        enabled=True,
        active=now,
        lingers=lasting,
        written=done.written,
        removed=done.removed,
        control=" ".join(systemd.control),
        problems=_not_lingering(lasting),
    )


def preview_boot(config: ConfigPath = None) -> Boot:
    """What :func:`boot` would write, and where; nothing is done, and systemd is not needed."""
    loaded = _loaded(config)
    systemd = assumed(ProcessRunner(), os.environ)
    wanted = _wanted(loaded, systemd)
    enabling.check(systemd, wanted)
    return Boot(
        name=wanted.name,
        unit=systemd.folder / wanted.name,
        text=unit_text(wanted),
        control=" ".join(systemd.control),
    )


def boot_status(config: ConfigPath = None) -> Boot:
    """Whether the stack starts with the machine, as systemd has it."""
    paths = candidates(config)
    systemd = _systemd(paths[0])
    found = _units_of(systemd, paths)
    if not found:
        return Boot(control=" ".join(systemd.control))
    file, record = next(iter(found.items()))
    lasting = _lingers(systemd)
    enabled = systemd.call("is-enabled", file.name)
    problems = [*_not_lingering(lasting), *_gone(record)]
    if not enabled.ok:
        said = "The unit is there, but systemd does not start it with the machine."
        problems.append(Problem(message=said, remedy="'boot' enables it."))
    return Boot(
        name=file.name,
        unit=file,
        text=file.read_text(encoding="utf-8"),
        enabled=enabled.ok,
        active=systemd.call("is-active", file.name).ok,
        lingers=lasting,
        control=" ".join(systemd.control),
        problems=tuple(problems),
    )


def unboot(config: ConfigPath = None) -> Boot:
    """No longer start the stack with the machine; what runs goes on running."""
    paths = candidates(config)
    systemd = _systemd(paths[0])
    found = _units_of(systemd, paths)
    enabling.remove(systemd, found)
    return Boot(control=" ".join(systemd.control), removed=tuple(found))


def preview_unboot(config: ConfigPath = None) -> Boot:
    """What :func:`unboot` would remove; nothing is done."""
    systemd = assumed(ProcessRunner(), os.environ)
    found = _units_of(systemd, candidates(config))
    return Boot(control=" ".join(systemd.control), removed=tuple(found))


def _loaded(config: ConfigPath) -> Config:
    """A configuration whose stack can start with the machine.

    Raises:
        ManagerError: it was never built, or its containers run elsewhere.
    """
    with inputs.noting() as seen:
        loaded = load(config)
        prepared = as_built(loaded)
    _refuse_another_users(loaded)
    far = [name for name in _ELSEWHERE if loaded.environment.get(name)]
    if far:
        raise PreconditionError(
            f"{far[0]} is set: the containers run on another machine, which has to start them.",
            remedy="Run 'boot' there, or unset it.",
        )
    warn_all(prepared.warnings)
    warn_all(_only_in_shell(loaded, seen.variables))
    return loaded


def _refuse_another_users(loaded: Config) -> None:
    """Under sudo, root's Podman would get a second stack, beside that of an ordinary user."""
    owner = loaded.state_dir.stat().st_uid if loaded.state_dir.exists() else os.geteuid()
    if os.geteuid() == 0 and owner != 0:
        raise PreconditionError(
            f"This stack is that of {user_name(owner)}; root's containers are others.",
            where=Location(loaded.state_dir),
            remedy="Run 'boot' as that user, without sudo.",
        )


def _only_in_shell(loaded: Config, asked: Iterable[str]) -> list[Problem]:
    """Variables that the project uses and that a start of the machine would not have."""
    environment = loaded.environment
    kept = {*kept_variables(environment.process), *_EVERYWHERE}
    names = sorted(set(asked) & environment.process.keys() - environment.dotenv.keys() - kept)
    names = [name for name in names if name not in environment.supplied]
    if not names:
        return []
    return [
        Problem(
            message="Set in this shell only, and not there when the machine starts: "
            f"{', '.join(names)}.",
            remedy=f"Write them into {environment.dotenv_path or '.env'} (mode 600).",
        )
    ]


def _wanted(loaded: Config, systemd: Systemd) -> Wanted:
    variables = kept_variables(os.environ)
    if systemd.system:
        variables["HOME"] = str(Path.home())  # systemd gives it to users' services alone
    return Wanted(
        project=loaded.project_name,
        config=loaded.path,
        python=Path(sys.executable),
        variables=variables,
        system=systemd.system,
        retries=systemd.version >= RETRYING or not systemd.version,
    )


def _systemd(config: Path) -> Systemd:
    words = (sys.executable, "-m", "container_manager", "up", "--as-built", "--detached")
    by_hand = (
        "Have whatever starts programs here run this: "
        f"{shlex.join([*words, '--config', str(config)])}"
        "\n  'boot --dry' shows the unit for a machine that has systemd."
    )
    return find_systemd(ProcessRunner(), os.environ, by_hand=by_hand)


def _units_of(systemd: Systemd, paths: Iterable[Path]) -> dict[Path, Record]:
    """The units of the first of several configurations that has any."""
    known = enabling.units(systemd.folder)
    for path in paths:
        found = {file: record for file, record in known.items() if record.config == path}
        if found:
            return found
    return {}


def _lingers(systemd: Systemd) -> bool | None:
    return None if systemd.system else lingers(systemd.runner)


def _not_lingering(lasting: bool | None) -> tuple[Problem, ...]:
    if lasting is not False:
        return ()
    said = "This user does not linger: the stack starts with their login, and ends with it."
    return (Problem(message=said, remedy=f"loginctl enable-linger {user_name()}"),)


def _gone(record: Record) -> list[Problem]:
    if record.gone is None:
        return []
    return [
        Problem(
            message=f"The unit needs {record.gone}, which is not there.",
            remedy="Run 'boot' where the project is now, or 'boot --remove'.",
        )
    ]
