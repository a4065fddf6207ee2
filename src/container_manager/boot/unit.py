"""The unit that starts a stack with the machine, as text; and what such a text says.

A plain service that calls our own ``up`` and ``stop``. Quadlet units would be a second way to make
containers: with other names and labels, which no verb of ours knows, and without our waves, health
waits and secrets.

Words are quoted as systemd.syntax(7) and systemd.service(5) say: ``%%`` for a percent sign
everywhere, ``$$`` for a dollar in command lines alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from container_manager.errors import Problem

PREFIX = "container-manager-"
"""Every unit of ours is called so, followed by the project's name."""

RETRYING = 244
"""The version of systemd since which a oneshot service may have ``Restart=on-failure``."""

KEPT_VARIABLES = (
    "PATH",
    "CONTAINERS_CONF",
    "CONTAINERS_CONF_OVERRIDE",
    "CONTAINERS_REGISTRIES_CONF",
    "CONTAINERS_STORAGE_CONF",
    "REGISTRY_AUTH_FILE",
    "STORAGE_DRIVER",
    "STORAGE_OPTS",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
)
"""What decides which Podman is used and where it keeps its containers; none is ever a secret."""

_MARK = "# Written by Container Manager"
_SECTION = "[X-Container-Manager]"
_PLAIN = re.compile(r"[A-Za-z0-9_@+:,./-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a unit is made from.

    Attributes:
        project: the compose project's name.
        config: the configuration, absolute.
        python: the interpreter that runs us, absolute.
        variables: environment variables that it is to have.
        system: whether it belongs to the machine and not to a user.
        retries: whether a start that failed is tried again, which old versions of systemd refuse.
    """

    project: str
    config: Path
    python: Path
    variables: Mapping[str, str]
    system: bool
    retries: bool = True

    @property
    def name(self) -> str:
        """The unit's name; a project's name needs no escaping there."""
        return f"{PREFIX}{self.project}.service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a unit of ours says of itself.

    Attributes:
        config: the configuration that it starts.
        python: the interpreter that it calls.
    """

    config: Path
    python: Path

    @property
    def gone(self) -> Path | None:
        """What it needs and is there no more: it starts nothing then."""
        return next((path for path in (self.config, self.python) if not path.exists()), None)


def unit_text(wanted: Wanted) -> str:
    """The whole unit: what systemd has to know of it, and how it is started and stopped."""
    return "\n\n".join(
        "\n".join(part)
        for part in (_head(wanted), _unit(wanted), _service(wanted), _install(wanted))
    )


def _head(wanted: Wanted) -> list[str]:
    return [
        f"{_MARK}: 'boot' replaces this file, 'boot --remove' removes it.",
        _SECTION,
        f"Config={json.dumps(str(wanted.config), ensure_ascii=False)}",
        f"Python={json.dumps(str(wanted.python), ensure_ascii=False)}",
    ]


def _unit(wanted: Wanted) -> list[str]:
    if wanted.system:
        waits = [
            "Wants=network-online.target",
            "After=network-online.target",
            f"RequiresMountsFor={quoted(str(wanted.config.parent))}",
        ]
    else:
        waits = [
            "# Podman 5.3 and later have this one, which waits for the network of the machine.",
            "Wants=podman-user-wait-network-online.service",
            "After=podman-user-wait-network-online.service",
        ]
    return [
        "[Unit]",
        f"Description=Stack {wanted.project} (Container Manager)",
        *waits,
        "# That one starts all containers with 'restart: always', in no order: ours comes first.",
        "Before=podman-restart.service",
        f"AssertPathExists={_unquoted(wanted.config)}",
        "StartLimitIntervalSec=30min",
        "StartLimitBurst=5",
    ]


def _service(wanted: Wanted) -> list[str]:
    variables = [f"Environment={quoted(f'{k}={v}')}" for k, v in sorted(wanted.variables.items())]
    retry = [
        "# The network, or a registry, may not be there yet.",
        "Restart=on-failure",
        "RestartSec=30s",
    ]
    config = str(wanted.config)
    return [
        "[Service]",
        "Type=oneshot",
        "RemainAfterExit=yes",
        "SyslogIdentifier=%N",
        *variables,
        f"ExecStart={_command(wanted, 'up', '--as-built', '--detached', '--config', config)}",
        f"ExecStop={_command(wanted, 'stop', '--config', config)}",
        "# 'up' gives each service its own time, start_timeout, and ends by itself.",
        "TimeoutStartSec=infinity",
        "TimeoutStopSec=5min",
        *(retry if wanted.retries else ()),
        "KillSignal=SIGINT",
        "# What watches the containers and carries their network outlives the command.",
        "KillMode=process",
    ]


def _install(wanted: Wanted) -> list[str]:
    target = "multi-user.target" if wanted.system else "default.target"
    return ["[Install]", f"WantedBy={target}", ""]


def _command(wanted: Wanted, *arguments: str) -> str:
    """A command line of ours.

    The shell is what SELinux lets systemd start where the interpreter lies in somebody's home; and
    systemd has rules of its own for a command's first word, of which a path may run foul.
    """
    own = (str(wanted.python), "-P", "-m", "container_manager")
    shell = ("/bin/sh", "-c", 'exec "$0" "$@"')
    return " ".join(quoted(word, dollars=True) for word in (*shell, *own, *arguments))


def quoted(word: str, *, dollars: bool = False) -> str:
    r"""One word for a unit.

    Args:
        word: the word, without control characters.
        dollars: whether it stands in a command line, where a dollar means a variable.

    >>> print(quoted("plain"), quoted('50% "off"'), quoted("$HOME", dollars=True))
    plain "50%% \"off\"" "$$HOME"
    """
    if _PLAIN.fullmatch(word):
        return word
    word = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{word.replace("$", "$$") if dollars else word}"'


def _unquoted(path: Path) -> str:
    """A path where systemd takes the rest of the line as it is."""
    return str(path).replace("%", "%%")


def unusable_paths(wanted: Wanted) -> list[Problem]:
    """Paths that no unit can name.

    A line of a unit ends where a path has a line break, and blanks and a backslash at its end are
    not the path's.
    """
    return [
        Problem(
            message=f"systemd cannot be told of this path: {str(path)!r}.",
            remedy="Rename it: no control characters, and no blank or backslash at its end.",
        )
        for path in (wanted.config, wanted.python)
        if _CONTROL.search(str(path)) or str(path) != str(path).rstrip(" \t\\")
    ]


def kept_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that a unit keeps of an environment; of PATH, what means the same elsewhere."""
    kept = {name: environ[name] for name in KEPT_VARIABLES if environ.get(name)}
    folders = [one for one in kept.get("PATH", "").split(":") if one.startswith("/")]
    kept["PATH"] = ":".join(dict.fromkeys(folders))
    return {name: value for name, value in kept.items() if value and not _CONTROL.search(value)}


def read_record(text: str) -> Record | None:
    """What a unit says of itself; None where we did not write it."""
    if not text.startswith(_MARK):
        return None
    own = text.partition(_SECTION)[2].partition("\n[")[0]
    values = dict(line.split("=", 1) for line in own.splitlines() if "=" in line)
    try:
        return Record(
            config=Path(json.loads(values["Config"])), python=Path(json.loads(values["Python"]))
        )
    except (KeyError, TypeError, ValueError):
        return None
