"""From a port in a compose file back to the key of the configuration that gives it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from container_manager.build.preparing import site_of
from container_manager.config.auto_ports import CHOSEN, is_port_key
from container_manager.config.loader import Config
from container_manager.config.variables import variables_in
from container_manager.discovery import SERVICES_DIR, TEMPLATE_FILENAME
from container_manager.model import KeyPath, Node, Service, dotted


def port_keys(
    config: Config, services: Sequence[Service], owner: str | None, number: int
) -> list[str]:
    """The keys from which a service's template has a port, each with its place; empty if none.

    The template is rendered once more, and tells which keys it uses. This is for a message: where
    anything is in the way, nothing is found.

    Args:
        config: the configuration.
        services: the deployed services.
        owner: the service whose template publishes the port; None: the root template.
        number: the port.
    """
    folders = [service.folder for service in services if service.name == owner]
    folder: Path = folders[0] if folders else config.root / SERVICES_DIR
    try:
        used = site_of(config).renderer.used_keys(folder / TEMPLATE_FILENAME, service_dir=folder)
    except Exception:  # a template can raise anything, and the message is whole without this
        return []
    found = list(dict.fromkeys(_values(config, used)))
    same = [path for path in found if str(_at(config, path)) == str(number)]
    holding = re.compile(rf"(?<!\d){number}(?!\d)")
    same = same or [path for path in found if holding.search(str(_at(config, path)))]
    named = [path for path in same if is_port_key(path[-1])]
    return [_told(config, path) for path in named or same]


def _values(config: Config, used: set[KeyPath]) -> Iterator[KeyPath]:
    """The paths of all values that are used, in the order of the configuration."""
    for path, node in config.tree.walk():
        if isinstance(node.value, (dict, list)):
            continue
        if any(path[:length] in used for length in range(1, len(path) + 1)):
            yield path


def _at(config: Config, path: KeyPath) -> Any:
    value: Any = config.values
    for key in path:
        value = value[key]
    return value


def _told(config: Config, path: KeyPath) -> str:
    node = config.tree.find(path)
    assert isinstance(node, Node)
    text = node.value if isinstance(node.value, str) else ""
    given = [one for one in variables_in(text, config.environment) if one.source != "default"]
    after = "".join(
        f", from {one.name}" + (f" in {one.where}" if one.where else "") for one in given
    )
    after += f", {CHOSEN}" if dotted(path) in config.ports.chosen else ""
    if config.env is not None and node.where.file != config.env.path:
        after += f"; for this environment alone, in {config.env.path.name}"
    return f"{dotted(path)} ({node.where}{after})"
