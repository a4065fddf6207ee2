"""One door to the configuration: read, merged, checked, expanded, with the place of every value."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from container_manager.config import findings
from container_manager.config.auto_ports import AutoPorts, Avoided
from container_manager.config.brought import over_packages
from container_manager.config.choosing_ports import resolve_auto
from container_manager.config.completing import default_values, normalise_name
from container_manager.config.deployed import Deployed
from container_manager.config.environment import Environment, Report
from container_manager.config.expanding import expand_tree
from container_manager.config.hooks import hooks_of
from container_manager.config.interpolation import Text
from container_manager.config.merge import Loader
from container_manager.config.schema import validate
from container_manager.config.staged import (
    keep_apart,
    stands_alone,
    variables_of,
    with_own_credentials,
)
from container_manager.config.supplying import supplied_by
from container_manager.environments import (
    NamedEnvironment,
    backups_of,
    environment_of,
    local_of,
    refuse_unusable,
    state_dir_of,
)
from container_manager.errors import ConfigError, Location, Problem, raise_all, with_suspicions
from container_manager.model import Hook, Key, KeyPath, Node
from container_manager.places import BUILD_DIR, KEEP_BACKUPS, KEEP_BUILDS, absolute_config


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A checked configuration.

    Attributes:
        path: the configuration file that was named, absolute.
        root: the project: the folder of that file.
        tree: the merged values with their places; placeholders kept.
        raw: the same as plain dicts.
        values: variables expanded, secrets still as placeholders (:class:`Text`).
        environment: the variables, and which of them are secret.
        referenced: the names of all variables that the configuration refers to.
        imported_from: file -> the place that imported it.
        warnings: findings that do not stop anything.
        suspicions: those of them about mistyped keys and missing packages, causes of errors.
        unset: the variables without a value, which were told.
        deployed: how ``deployed_services`` came to be what it is.
        ports: the ports that were chosen where the configuration says ``auto``.
        env: the environment that it is; None for one that is none.
        hooks: the user's own commands.
    """

    path: Path
    root: Path
    tree: Node
    raw: Mapping[str, Any]
    values: Mapping[str, Any]
    environment: Environment
    referenced: frozenset[str]
    imported_from: Mapping[Path, Location]
    warnings: tuple[Problem, ...]
    suspicions: tuple[Problem, ...] = ()
    unset: frozenset[str] = frozenset()
    deployed: Deployed = field(default_factory=Deployed)
    ports: AutoPorts = field(default_factory=lambda: AutoPorts(path=Path(), config=""))
    env: NamedEnvironment | None = None
    hooks: tuple[Hook, ...] = ()

    @property
    def project_name(self) -> str:
        """The normalised name, ``[a-z0-9][a-z0-9_-]*``."""
        return normalise_name(str(self.values.get("project_name") or self.root.name))

    @property
    def build_dir(self) -> Path:
        """The build directory, absolute; the guards of the build decide whether it may be used."""
        text = str(self.values.get("build_dir") or BUILD_DIR)
        return Path(os.path.normpath(self.root / text))

    @property
    def keep_builds(self) -> int:
        """How many former builds can be brought back."""
        value = self.values.get("keep_builds")
        return KEEP_BUILDS if value is None else int(value)

    @property
    def keep_backups(self) -> int:
        """How many automatic backups are kept; 0: all."""
        value = self.values.get("keep_backups")
        return KEEP_BACKUPS if value is None else int(value)

    @property
    def state_dir(self) -> Path:
        """The folder for what must outlive a build; mode 0700."""
        return state_dir_of(self.path)

    @property
    def backups_dir(self) -> Path:
        """The folder of its backups."""
        return backups_of(self.path)

    def origin(self, path: str | KeyPath) -> Location | None:
        """The file, line and column that set the value at a dotted path."""
        node = self.tree.find(self._key_path(path))
        return node.where if node else None

    def nearest_origin(self, path: str | KeyPath) -> Location:
        """The place of the value, or of the nearest mapping around it."""
        return self.tree.nearest(self._key_path(path)).where

    def _key_path(self, path: str | KeyPath) -> KeyPath:
        if not isinstance(path, str):
            return path
        keys: list[Key] = []
        node: Node | None = self.tree
        for part in path.split("."):
            number = int(part) if part.isdecimal() else None
            is_text = node is not None and isinstance(node.value, dict) and part in node.value
            keys.append(part if number is None or is_text else number)
            node = node.find((keys[-1],)) if node else None
        return tuple(keys)


class ConfigBuilder:
    """Loads a configuration; the original module's door to it.

    Args:
        config_path: the file; None looks for ``config.yml`` from the current directory upwards.

    Attributes:
        raw_config: the merged dict, ``${VAR}`` kept.
        config: the same with variables expanded; secrets are still their placeholders.

    Raises:
        ConfigError: with every problem found.
    """

    def __init__(self, config_path: str | os.PathLike[str] | None = None) -> None:
        self.loaded = load(config_path)
        self.raw_config: dict[str, Any] = dict(self.loaded.raw)
        self.config: dict[str, Any] = dict(self.loaded.values)

    def origin(self, path: str) -> Location | None:
        """The file, line and column that set the value at ``a.b.c``; None where there is none."""
        return self.loaded.origin(path)


def load(
    config_path: str | os.PathLike[str] | None = None,
    environ: Mapping[str, str] | None = None,
    avoided: Avoided | None = None,
) -> Config:
    """Load, merge, check and expand a configuration.

    Args:
        config_path: the file; None looks for it, see :func:`~container_manager.places.find_config`.
        environ: the process environment; None takes the real one.
        avoided: ports that are not to be chosen for ``auto``.

    Raises:
        ConfigError: with every problem found.
    """
    config, errors = examine(config_path, environ, avoided)
    raise_all(ConfigError, errors)
    return config


def examine(
    config_path: str | os.PathLike[str] | None = None,
    environ: Mapping[str, str] | None = None,
    avoided: Avoided | None = None,
) -> tuple[Config, list[Problem]]:
    """The same for who only looks: what is wrong with values that can be read is in the result.

    Args:
        config_path: the file; None looks for it, see :func:`~container_manager.places.find_config`.
        environ: the process environment; None takes the real one.
        avoided: ports that are not to be chosen for ``auto``.

    Returns:
        The configuration, and why it cannot be used; nothing where it can.

    Raises:
        ConfigError: files cannot be read, or not be laid over each other.
    """
    environ = dict(os.environ if environ is None else environ)
    path = absolute_config(config_path, environ)
    root, env = path.parent, environment_of(path)
    refuse_unusable(path)
    files = Loader(root=root, environment=variables_of(root, env, environ))
    tree, missing = over_packages(files.load(path, local_of(path)), files)
    errors, suspicions = validate(tree)
    suspicions += missing
    suspicions += stands_alone(env, files.imported_from) if env is not None else []
    warnings = list(suspicions)
    environment = _with_own_values(files.environment, tree, root, errors)
    errors += findings.credential_problems(tree, environment)
    report = Report()
    values = expand_tree(tree, environment, report, errors)
    warnings += [
        *findings.unset_variables(report, tree, environment),
        *findings.literal_secrets(tree),
        *findings.short_secrets(environment, report),
    ]
    if env is not None:
        keep_apart(values, tree, env)
    default_values(values, root, errors, tree)
    ports, mistaken = resolve_auto(values, tree, path, avoided or Avoided(), errors)
    suspicions += mistaken
    warnings += mistaken
    hooks = hooks_of(tree, values, errors) if not errors else ()
    config = Config(
        path=path,
        root=root,
        tree=tree,
        raw=tree.plain(),
        values=values,
        environment=environment,
        referenced=frozenset(report.referenced),
        imported_from=files.imported_from,
        warnings=tuple(dict.fromkeys(warnings)),
        suspicions=tuple(suspicions),
        unset=frozenset(report.unset - environment.generated),
        deployed=files.deployed,
        ports=ports,
        env=env,
        hooks=hooks,
    )
    return config, with_suspicions(errors, suspicions)


def _with_own_values(
    environment: Environment, tree: Node, root: Path, errors: list[Problem]
) -> Environment:
    """The variables, with what the configuration itself says of them and gets from elsewhere."""
    environment = with_own_credentials(environment, findings.declared_credentials(tree))
    return replace(
        environment,
        patterns=_secret_patterns(tree),
        supplied=supplied_by(tree, environment, root, errors),
    )


def without_content(path: Path, project_name: str, environ: Mapping[str, str]) -> Config:
    """A stand-in for a configuration that cannot be read: enough to find and stop what runs."""
    path = Path(os.path.abspath(path))  # noqa: PTH100 - as in load()
    return Config(
        path=path,
        root=path.parent,
        tree=Node(value={}, where=Location(path)),
        raw={},
        # How many backups it wants to keep is not known: none is removed.
        values={"project_name": project_name, "keep_backups": 0},
        environment=Environment(process=dict(environ)),
        referenced=frozenset(),
        imported_from={},
        warnings=(),
        env=environment_of(path),
    )


def _secret_patterns(tree: Node) -> tuple[str, ...]:
    node = tree.find(("secrets",))
    if node is None or not isinstance(node.value, list):
        return ()
    return tuple(str(item.value) for item in node.value)


def _write_text(dumper: Any, value: Text) -> yaml.Node:
    node: yaml.Node = dumper.represent_str(str(value))
    return node


# Text is ours alone; people dump the configuration that ConfigBuilder gives them with plain PyYAML.
yaml.SafeDumper.add_representer(Text, _write_text)
yaml.Dumper.add_representer(Text, _write_text)
