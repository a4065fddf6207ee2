"""Environments of a project: which file is one, and where what belongs to one is kept.

``config.prod.yml`` beside ``config.yml`` is the environment ``prod``, whoever names it and however:
``--env prod``, ``--config config.prod.yml`` and ``up("config.prod.yml")`` are the same. So a file
tells by its name alone where its things are, also when it is broken or gone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from container_manager.errors import ConfigError, Location, UsageError, did_you_mean, display_path
from container_manager.inputs import note
from container_manager.places import BACKUPS, CONFIG_NAME, STATE_DIR, ConfigPath, find_config

LOCAL = "local"
"""``config.local.yml`` belongs to one host, and is laid over every environment there."""

ENVIRONMENTS = "environments"
"""In the private folder: one folder for each environment."""

_RESERVED = (LOCAL, "example")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?")
_FILE = re.compile(rf"(?P<stem>.+)\.(?P<name>{_NAME.pattern})\.(?P<suffix>ya?ml)")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedEnvironment:
    """An environment.

    Attributes:
        name: ``prod``.
        base: the configuration that it is an environment of: ``config.yml``.
        path: its own configuration: ``config.prod.yml``.
    """

    name: str
    base: Path
    path: Path

    @property
    def folder(self) -> str:
        """How its folders are called: ``prod``; of another file than ``config.yml``, with that."""
        return self.name if self.base.name == CONFIG_NAME else f"{self.base.stem}.{self.name}"

    @property
    def dotenv(self) -> Path:
        """Its own variables, which are read over ``.env``."""
        return self.path.parent / f".env.{self.name}"


def environment_of(config: Path) -> NamedEnvironment | None:
    """The environment that a configuration is; None for one that is none.

    It is one where its name is ``X.NAME.yml`` (or ``.yaml``), ``X.yml`` lies beside it, and NAME
    may be the name of an environment. Whether the file itself is there makes no difference.
    """
    found = _FILE.fullmatch(config.name)
    if found is None or found["name"] in _RESERVED:
        return None
    base = config.with_name(f"{found['stem']}.{found['suffix']}")
    return NamedEnvironment(name=found["name"], base=base, path=config) if is_there(base) else None


def config_of(config: ConfigPath, name: str, environ: Mapping[str, str] | None = None) -> Path:
    """The configuration of an environment: what ``--env NAME`` means.

    Args:
        config: the configuration that it is an environment of, or that of the environment itself;
            None looks for it, see :func:`~container_manager.places.find_config`.
        name: the environment.
        environ: the process environment; None takes the real one.

    Raises:
        UsageError: no environment can have this name, or ``config`` is another environment.
        ConfigError: there is no such configuration.
    """
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise _no_name(name)
    named = Path(config) if config else find_config(environ=environ)
    own = environment_of(named)
    if own is not None and own.name != name:
        raise UsageError(
            f"{display_path(named)} is the environment '{own.name}', and --env asks for '{name}'.",
            remedy=f"Name {own.base.name}, or leave --env out.",
        )
    if own is not None:
        return named
    if not is_there(named):
        raise ConfigError(
            "There is no such configuration file.",
            where=Location(named),
            remedy="Name another with --config PATH.",
        )
    return named.with_name(f"{named.stem}.{name}{named.suffix}")


def local_of(config: Path) -> Path:
    """What one host lays over a configuration and all its environments: ``config.local.yml``."""
    own = environment_of(config)
    base = own.base if own is not None else config
    return base.with_name(f"{base.stem}.{LOCAL}{base.suffix}")


def base_of(local: Path) -> Path:
    """What a ``config.local.yml`` is laid over: ``config.yml``."""
    return local.with_name(f"{local.stem.removesuffix(f'.{LOCAL}')}{local.suffix}")


def refuse_unusable(config: Path) -> None:
    """Refuse an environment that is not there, and what is laid over others as one of its own.

    Raises:
        ConfigError: with what to do instead.
    """
    own = environment_of(config)
    if own is not None and not os.path.lexists(config):
        raise _missing(own)
    base = base_of(config)
    if config.stem.endswith(f".{LOCAL}") and is_there(base):
        raise ConfigError(
            f"This file belongs to one host: it is laid over {base.name} and is no configuration "
            "of its own.",
            where=Location(config),
            remedy=f"Name {base.name}.",
        )


def state_dir_of(config: Path) -> Path:
    """The private folder of a configuration, for what must outlive a build; mode 0700."""
    own, top = environment_of(config), config.parent / STATE_DIR
    return top if own is None else top / ENVIRONMENTS / own.folder


def backups_of(config: Path) -> Path:
    """The folder of a configuration's backups."""
    own, top = environment_of(config), config.parent / BACKUPS
    return top if own is None else top / own.folder


def environments_beside(base: Path) -> list[str]:
    """The names of all environments of a configuration."""
    try:
        files = sorted(base.parent.iterdir())
    except OSError:
        return []
    found = (environment_of(file) for file in files if file.suffix == base.suffix)
    return [one.name for one in found if one is not None and one.base == base]


def is_there(path: Path) -> bool:
    """Whether there is a file; noted as something that a build depends on."""
    note(path)
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file() raises on names too long


def _no_name(name: str) -> UsageError:
    if name == LOCAL:
        return UsageError(
            "'local' is no environment: config.local.yml belongs to one host.",
            remedy="It is laid over every environment there; leave --env out.",
        )
    lowered = name.lower().strip("-_")
    fits = _NAME.fullmatch(lowered) and lowered not in _RESERVED
    remedy = f"Did you mean '{lowered}'?" if fits else "Take another, as in --env prod."
    if "=" in name:
        remedy = "A variable for a container is given with --setenv NAME=VALUE."
    return UsageError(
        f"No environment can be called {name!r}: a name is made of lower-case letters, digits, "
        "'-' and '_', and begins and ends with a letter or digit."
        if name not in _RESERVED
        else f"No environment can be called '{name}': .env.{name} is for everybody to read.",
        remedy=remedy,
    )


def _missing(own: NamedEnvironment) -> ConfigError:
    """What is said where an environment was asked for that nobody has written."""
    others = environments_beside(own.base)
    near = did_you_mean(own.name, others)
    there = f"Environments here: {', '.join(others)}." if others else ""
    write = (
        f"For a new one, write {own.path.name} with the line 'import: {own.base.name}', and below "
        f"it what differs in {own.name}."
    )
    return ConfigError(
        f"There is no environment '{own.name}': this file is missing.",
        where=Location(own.path),
        remedy=" ".join(filter(None, (near or there, write))),
    )
