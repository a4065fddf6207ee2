"""``lint``: the check that a build makes first, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace

from container_manager.build.preparing import prepare
from container_manager.config.loader import examine
from container_manager.config.modelines import schema_findings
from container_manager.errors import BuildError, ConfigError, Problem, RenderError
from container_manager.places import ConfigPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """What a check found.

    Attributes:
        errors: what keeps a project from being built; nothing where it can be.
        warnings: what stops nothing.
    """

    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()


def lint(config: ConfigPath = None) -> Linted:
    """Load, find the services, render and check, as a build does first; nothing is written.

    What is wrong with the configuration is told before anything is rendered with it.

    Args:
        config: the configuration; None: ``config.yml``, found upwards.

    Raises:
        UsageError: there is no configuration.
    """
    warnings: list[Problem] = []
    try:
        loaded, errors = examine(config)
        warnings.extend(loaded.warnings)
        warnings.extend(schema_findings([loaded.path, *loaded.imported_from]))
        if not errors:
            warnings.extend(prepare(loaded).warnings)
    except (ConfigError, RenderError, BuildError) as error:
        errors = list(error.problems)
    warnings.extend(replace(one, suspicion=False) for one in errors if one.suspicion)
    errors = list(dict.fromkeys(one for one in errors if not one.suspicion))
    rest = tuple(one for one in dict.fromkeys(warnings) if one not in errors)
    return Linted(errors=tuple(errors), warnings=rest)
