"""How a file came to be read: the steps from the configuration that was named."""

from __future__ import annotations

from pathlib import Path

from container_manager.config.loader import Config
from container_manager.config.packages import is_package_path
from container_manager.config.source import read_yaml
from container_manager.errors import ConfigError, Location
from container_manager.explaining.told import Import


def imports_of(config: Config, file: Path) -> tuple[Import, ...]:
    """The steps to a file, the first one out of the configuration that was named.

    A file that several import is told by the place that was read first.
    """
    steps: list[Import] = []
    seen: set[Path] = set()
    while file != config.path and file not in seen and file in config.imported_from:
        seen.add(file)
        where = config.imported_from[file]
        steps.append(Import(file=file, where=where, how=_how(where)))
        file = where.file
    return tuple(reversed(steps))


def package_of(config: Config, imports: tuple[Import, ...]) -> str | None:
    """The package behind the last step that leads into one, as the configuration names it."""
    into = [step.where for step in imports if step.how == "package"]
    if not into:
        return None
    return next(
        (str(n.value) for _, n in config.tree.walk() if n.where == into[-1] and _is_path(n.value)),
        None,
    )


def _is_path(value: object) -> bool:
    return isinstance(value, str) and is_package_path(value)


def _how(where: Location) -> str:
    """Which key asks for a file: read once more, since only an explanation needs it."""
    if where.line is None:
        return "local"
    try:
        tree = read_yaml(where.file)
    except ConfigError:
        return "import"
    keys = [path for path, node in tree.walk() if node.where == where] if tree else []
    for path in keys:
        if path[:1] in (("import",), ("applications",)) and not path[2:]:
            return str(path[0])
        if path[-1:] == ("path",):
            return "package"
    return "import"
